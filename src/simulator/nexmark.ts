/** The events of the Nexmark benchmark as a generator of columns: persons, auctions, bids. */
import { batchOf, type ColumnBatch } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import type {
  Generator,
  GeneratorContext,
  GeneratorField,
  GeneratorPart,
  GeneratorSettings,
  GeneratorStream,
} from '../model/generator.ts';
import type { SplitPosition } from '../model/source.ts';
import { formatType, types } from '../model/types.ts';
import { type EventRows, eventRows, type FillColumn, nexmarkColumn } from './nexmark-columns.ts';
import { NexmarkEvents } from './nexmark-events.ts';
import { eventKinds, holdsKind, nexmarkFields, typeColumn } from './nexmark-fields.ts';
import { type NexmarkSettings, nexmarkOptions, nexmarkSettings } from './nexmark-options.ts';

/** Whole rounds of all kinds are dealt to the parts in turn: the events are the same, however many read them. */
const partCount = 16;

export const nexmark: Generator = {
  name: 'nexmark',
  description: 'The events of the Nexmark benchmark: persons, auctions and bids of an online auction.',
  options: nexmarkOptions,
  fields: [typeField(), ...eventKinds.map(kindField)],
  settings: (options, where) => nexmarkSettings(options, where),
  bounded: (settings) => settingsOf(settings).events !== null,
  parts: () => Array.from({ length: partCount }, (_, index) => ({ id: `part ${index}`, index, count: partCount })),
  begin: (startMs) => ({ start: startMs, events: 0 }),
  open: (settings, part, position, ctx) => new NexmarkStream(settingsOf(settings), part, position, ctx),
};

function typeField(): GeneratorField {
  return {
    name: typeColumn,
    type: types.of('int'),
    description: '0: a person, 1: an auction, 2: a bid.',
    accepts: (type) => type.kind === 'int',
    accepted: 'INT',
  };
}

function kindField(kind: (typeof eventKinds)[number]): GeneratorField {
  const type = types.row(nexmarkFields[kind]);
  return {
    name: kind,
    type,
    description: `The ${kind}; NULL in events of another kind.`,
    accepts: (other) => holdsKind(other, kind),
    accepted: formatType(type),
  };
}

function settingsOf(settings: GeneratorSettings): NexmarkSettings {
  return settings as NexmarkSettings;
}

class NexmarkStream implements GeneratorStream {
  readonly #events: NexmarkEvents;
  readonly #part: GeneratorPart;
  readonly #startMs: number;
  readonly #limit: number;
  readonly #batchRows: number;
  readonly #rows: EventRows;
  readonly #fills: readonly FillColumn[];
  /** Events of this part that were handed out. */
  #count: number;

  constructor(settings: NexmarkSettings, part: GeneratorPart, position: SplitPosition, ctx: GeneratorContext) {
    this.#startMs = whole(position, 'start');
    this.#count = whole(position, 'events');
    this.#events = new NexmarkEvents(settings, this.#startMs);
    this.#part = part;
    this.#limit = settings.events ?? Infinity;
    this.#batchRows = ctx.batchRows;
    this.#rows = eventRows(ctx.batchRows);
    this.#fills = ctx.columns.map((column) => nexmarkColumn(column, this.#events));
  }

  get nextDueMs(): number {
    const n = this.#numberOf(this.#count);
    return n < this.#limit ? this.#events.timeMs(n) : Infinity;
  }

  next(untilMs: number): ColumnBatch | null {
    const rows = this.#rows;
    rows.length = 0;
    while (rows.length < this.#batchRows && this.nextDueMs <= untilMs && this.nextDueMs !== Infinity) this.#add(rows);
    if (rows.length === 0) return null;
    return batchOf(
      rows.length,
      this.#fills.map((fill) => fill(rows)),
    );
  }

  position(): SplitPosition {
    return { start: this.#startMs, events: this.#count };
  }

  #add(rows: EventRows): void {
    const n = this.#numberOf(this.#count++);
    const event = this.#events.eventOf(n);
    const place = rows.length++;
    rows.event[place] = event;
    rows.kind[place] = eventKinds.indexOf(this.#events.kindOf(event));
    rows.timeMs[place] = this.#events.timeMs(n);
  }

  /** Of all events the number of this part's `count`-th. */
  #numberOf(count: number): number {
    const { round } = this.#events;
    const { index, count: parts } = this.#part;
    return (Math.floor(count / round) * parts + index) * round + (count % round);
  }
}

function whole(position: SplitPosition, key: string): number {
  const value = position[key];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new EngineError(
    'CHECKPOINT',
    `position of Nexmark's events: expected a whole number as '${key}', found ${JSON.stringify(value)}`,
  );
}
