/** Columns of Nexmark's events: only what is asked for is made. */
import type { Column } from '../model/column.ts';
import { assert } from '../model/errors.ts';
import type { GeneratorContext } from '../model/generator.ts';
import { type DataType, layoutOf } from '../model/types.ts';
import type { EventKind, NexmarkEvents } from './nexmark-events.ts';
import { eventKinds, type NexmarkField, nexmarkFields, typeColumn } from './nexmark-fields.ts';

/** Events by number, with their kind's place in `eventKinds` and their time. */
export type EventRows = {
  length: number;
  readonly event: Float64Array;
  readonly kind: Uint8Array;
  readonly timeMs: Float64Array;
};

export function eventRows(capacity: number): EventRows {
  return {
    length: 0,
    event: new Float64Array(capacity),
    kind: new Uint8Array(capacity),
    timeMs: new Float64Array(capacity),
  };
}

/** The column is borrowed until the next call. */
export type FillColumn = (rows: EventRows) => Column;

export function nexmarkColumn({ path, type }: GeneratorContext['columns'][number], events: NexmarkEvents): FillColumn {
  const [first, second] = path;
  if (first === typeColumn) return (rows) => ({ layout: 'i32', values: Int32Array.from(rows.kind), nulls: null });
  const kind = eventKinds.find((name) => name === first);
  assert(kind !== undefined && path.length <= 2, () => `Nexmark has no column ${path.join('.')}`);
  return second === undefined ? rowColumn(kind, type, events) : fieldColumn(kind, fieldNamed(kind, second), events);
}

function fieldNamed(kind: EventKind, name: string): NexmarkField {
  const field = nexmarkFields[kind].find((candidate) => candidate.name === name);
  assert(field !== undefined, () => `Nexmark's ${kind} has no field ${name}`);
  return field;
}

function nullsOf({ length, kind }: EventRows, own: number): Uint8Array {
  const nulls = new Uint8Array(length);
  for (let i = 0; i < length; i++) nulls[i] = kind[i] === own ? 0 : 1;
  return nulls;
}

/** The ROW as a whole, with the fields that its type has. */
function rowColumn(kind: EventKind, type: DataType, events: NexmarkEvents): FillColumn {
  assert(type.kind === 'row', () => `the column ${kind} as ${type.kind}`);
  const fields = type.fields.map(({ name }) => fieldNamed(kind, name));
  const own = eventKinds.indexOf(kind);
  return (rows) => {
    const values = new Array<unknown>(rows.length);
    for (let i = 0; i < rows.length; i++) {
      if (rows.kind[i] !== own) continue;
      values[i] = fields.map(({ value }) => value(events, rows.event[i]!, rows.timeMs[i]!));
    }
    return { layout: 'object', values, nulls: nullsOf(rows, own) };
  };
}

function fieldColumn(kind: EventKind, { type, value }: NexmarkField, events: NexmarkEvents): FillColumn {
  const own = eventKinds.indexOf(kind);
  if (layoutOf(type) === 'string') return textColumn(own, (event, timeMs) => value(events, event, timeMs) as string);
  return (rows) => {
    const values = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) {
      if (rows.kind[i] === own) values[i] = value(events, rows.event[i]!, rows.timeMs[i]!) as number;
    }
    return { layout: 'int', wide: false, values, nulls: nullsOf(rows, own) };
  };
}

const encoder = new TextEncoder();

/** Texts one behind another. All of them are ASCII. */
function textColumn(own: number, textOf: (event: number, timeMs: number) => string): FillColumn {
  let bytes = new Uint8Array(65_536);
  return (rows) => {
    const starts = new Int32Array(rows.length);
    const ends = new Int32Array(rows.length);
    let end = 0;
    for (let i = 0; i < rows.length; i++) {
      starts[i] = end;
      if (rows.kind[i] === own) {
        const text = textOf(rows.event[i]!, rows.timeMs[i]!);
        if (end + text.length > bytes.length) bytes = grown(bytes, end + text.length);
        encoder.encodeInto(text, bytes.subarray(end));
        end += text.length;
      }
      ends[i] = end;
    }
    return { layout: 'string', encoding: 'bytes', bytes, starts, ends, nulls: nullsOf(rows, own) };
  };
}

function grown(bytes: Uint8Array<ArrayBuffer>, least: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(least, bytes.length * 2));
  larger.set(bytes);
  return larger;
}
