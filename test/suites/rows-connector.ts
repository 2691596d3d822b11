/**
 * The source of the suites' tables: rows with their kinds, as they stand in a test, one at a time, so that tables of a job take turns as in the
 * tests that they are from. It can be cut: so many rows, and then nothing until the job is stopped; the position goes on from there.
 */
import { BroadcastChannel } from 'node:worker_threads';
import { jsonConverter } from '../../src/formats/json-convert.ts';
import { JsonNumber } from '../../src/formats/json-node.ts';
import { type RowKind, rowKinds } from '../../src/model/column.ts';
import type { Connector, ConnectorConfig, ConnectorRegistry } from '../../src/model/connector.ts';
import type { SqlValue } from '../../src/model/function.ts';
import type { ScanColumn } from '../../src/model/plan.ts';
import type { ReaderContext, ReaderOutput, SourceReader, SourceSplit } from '../../src/model/source.ts';
import type { DataType, Field } from '../../src/model/types.ts';
import { Nap } from '../../src/sources/nap.ts';
import { scanLookup } from '../../src/sources/scan-lookup.ts';
import { columnOfValues } from '../../src/state/value-column.ts';
import type { Cell, InputRow } from './suite-test.ts';

/** `after`: so many rows come before it. `channel`: where a reader says that they are handed on. */
export type Cut = Readonly<{ after: number; channel: string }>;

export type RowsConfig = ConnectorConfig &
  Readonly<{ rows: readonly InputRow[]; fields: readonly Field[]; cut?: Cut | undefined }>;

const splitId = 'rows';
const textOptions = {
  failOnMissingField: false,
  ignoreParseErrors: false,
  timestampStandard: 'ISO-8601',
} as const;

/**
 * The product's connectors, with `rows`, `upsert-kafka` as the same with the newest row by key alone, and `upsert-print`, which takes no -U
 * where a table has a primary key, and `retract-print`, which has to have them.
 */
export function withRows(all: ConnectorRegistry): ConnectorRegistry {
  const source: Connector['source'] = {
    metadata: new Map(),
    plan: ({ columns, options }) => ({
      rows: JSON.parse(options.get('rows') ?? '[]') as InputRow[],
      fields: columns.filter(({ kind }) => kind === 'physical').map(({ name, type }) => ({ name, type })),
    }),
    passesNullRowtimes: true,
    bounded: () => true,
    maxParallelism: async () => 1,
    enumerator: () => ({
      start: async (restored) => restored ?? [{ id: splitId, position: { next: 0 } }],
      assign: () => 0,
      discoveryIntervalMs: null,
      discover: async () => [],
      close: async () => {},
    }),
    reader: (config, ctx) => new RowsReader(config as RowsConfig, ctx),
  };
  const rows: Connector = {
    name: 'rows',
    description: 'The rows of a test.',
    example: '',
    options: [],
    portable: false,
    source,
    lookup: scanLookup(source),
  };
  const print = all.print!;
  const printOf = (changes: 'upsert' | 'retract'): Connector => ({
    ...print,
    name: `${changes}-print`,
    sink: {
      ...print.sink!,
      plan: (table, ctx) =>
        print.sink!.plan({ ...table, options: new Map(table.options).set('connector', 'print') }, ctx),
      changelog: () => changes,
    },
  });
  return {
    ...all,
    rows,
    'upsert-print': printOf('upsert'),
    'retract-print': printOf('retract'),
    'upsert-kafka': { ...rows, name: 'upsert-kafka' },
  };
}

class RowsReader implements SourceReader {
  readonly #config: RowsConfig;
  readonly #columns: readonly Readonly<{ type: DataType; read: (row: InputRow) => SqlValue }>[];
  readonly #nap = new Nap();
  #next: number | null = null;
  #noMore = false;
  #said = false;

  constructor(config: RowsConfig, ctx: ReaderContext) {
    this.#config = config;
    this.#columns = ctx.columns.map((column) => {
      const { type, path } = column as Extract<ScanColumn, { kind: 'physical' }>;
      const places = placesOf(path, config.fields);
      const read = cellReader(type);
      return { type, read: ([, ...cells]) => read(cellAt(cells, places)) };
    });
  }

  addSplits(splits: readonly SourceSplit[]): void {
    for (const { position } of splits) this.#next = Number(position.next);
    this.#nap.wake();
  }

  noMoreSplits(): void {
    this.#noMore = true;
    this.#nap.wake();
  }

  async poll(timeoutMs: number): Promise<ReaderOutput> {
    if (this.#next === null) {
      if (!this.#noMore) await this.#nap.sleep(timeoutMs);
      return { kind: this.#noMore && this.#next === null ? 'end' : 'none' };
    }
    const end = this.#config.cut?.after ?? this.#config.rows.length;
    if (this.#next < end) return this.#batch(this.#config.rows.slice(this.#next, this.#next + 1));
    if (this.#config.cut === undefined) return { kind: 'end' };
    this.#say(this.#config.cut.channel);
    await this.#nap.sleep(timeoutMs);
    return { kind: 'none' };
  }

  #batch(rows: readonly InputRow[]): ReaderOutput {
    this.#next! += rows.length;
    const columns = this.#columns.map(({ type, read }) => columnOfValues(type, rows.map(read)));
    const ops = Uint8Array.from(rows, ([kind]) => rowKinds.indexOf(kind as RowKind));
    return { kind: 'batch', splitId, batch: { length: rows.length, columns, ops, watermarks: null } };
  }

  /** Its rows are behind: this poll came when they had been handed on. */
  #say(name: string): void {
    if (this.#said) return;
    this.#said = true;
    const channel = new BroadcastChannel(name);
    channel.postMessage('given');
    channel.close();
  }

  wake(): void {
    this.#nap.wake();
  }

  snapshot(): SourceSplit[] {
    return this.#next === null ? [] : [{ id: splitId, position: { next: this.#next } }];
  }

  endedSplits(): readonly string[] {
    const { cut, rows } = this.#config;
    return this.#next !== null && cut === undefined && this.#next >= rows.length ? [splitId] : [];
  }

  lag(): readonly never[] {
    return [];
  }

  async close(): Promise<void> {
    this.wake();
  }
}

/** Fields within rows may be asked for: where each step of the path lies. */
function placesOf(path: readonly string[], fields: readonly Field[]): readonly number[] {
  const [name, ...within] = path;
  const place = fields.findIndex((field) => field.name === name);
  if (within.length === 0) return [place];
  const { type } = fields[place]!;
  return [place, ...placesOf(within, (type as Extract<DataType, { kind: 'row' }>).fields)];
}

function cellAt(cells: Cell, places: readonly number[]): Cell {
  return places.reduce<Cell>((cell, place) => (cell as readonly Cell[] | null)?.[place] ?? null, cells);
}

function cellReader(type: DataType): (cell: Cell) => SqlValue {
  const read = presentReader(type);
  return (cell) => (cell === null ? null : read(cell));
}

function presentReader(type: DataType): (cell: NonNullable<Cell>) => SqlValue {
  switch (type.kind) {
    case 'row': {
      const fields = type.fields.map((field) => cellReader(field.type));
      return (cell) => fields.map((read, i) => read((cell as readonly Cell[])[i] ?? null));
    }
    case 'array': {
      const read = cellReader(type.element);
      return (cell) => (cell as readonly Cell[]).map(read);
    }
    case 'map':
      return mapReader(cellReader(type.key), cellReader(type.value));
    case 'multiset':
      return mapReader(cellReader(type.element), (cell) => cell as number);
    default: {
      const convert = jsonConverter(type, textOptions);
      return (cell) => convert(typeof cell === 'number' ? new JsonNumber(String(cell)) : (cell as string)) as SqlValue;
    }
  }
}

/** Pairs of key and value, or an object. */
function mapReader(key: (cell: Cell) => SqlValue, value: (cell: Cell) => SqlValue): (cell: Cell) => SqlValue {
  return (cell) => {
    const pairs = (Array.isArray(cell) ? cell : Object.entries(cell as object)) as readonly (readonly [Cell, Cell])[];
    return new Map(pairs.map(([k, v]) => [key(k), value(v)])) as SqlValue;
  };
}
