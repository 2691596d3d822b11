import { type Column, valueAt } from '../../src/model/column.ts';
import type { Decoder, DecoderContext, EncoderContext, Format } from '../../src/model/format.ts';
import { checkOptions } from '../../src/model/options.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import type { Field } from '../../src/model/types.ts';

// Formats in tests: a table's fields, options as one writes them, records as text or bytes.

const encoder = new TextEncoder();
const pool = new StringPool();

export function decoderContext(
  format: Format,
  fields: readonly Field[],
  options: Readonly<Record<string, string>> = {},
  batchRows = 16,
): DecoderContext {
  return {
    columns: fields.map(({ name, type }) => ({ kind: 'physical', name, type, path: [name] })),
    table: fields,
    options: checkOptions(new Map(Object.entries(options)), format.options, `format '${format.name}'`),
    pool,
    batchRows,
    timeZone: 'UTC',
  };
}

export function encoderContext(
  format: Format,
  fields: readonly Field[],
  options: Readonly<Record<string, string>> = {},
): EncoderContext {
  const checked = checkOptions(new Map(Object.entries(options)), format.options, `format '${format.name}'`);
  return { fields, options: checked, timeZone: 'UTC' };
}

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Rows as arrays of values. */
export function rowsOf(columns: readonly Column[], fields: readonly Field[], count: number): unknown[][] {
  return Array.from({ length: count }, (_, row) => fields.map(({ type }, i) => valueAt(columns[i]!, type, row)));
}

export type Decoded = Readonly<{ rows: unknown[][]; faults: string[] }>;

/** Feeds records, each inside a larger buffer, so that a reader that runs over its end is seen. */
export function decodeRecords(decoder: Decoder, fields: readonly Field[], records: readonly Uint8Array[]): Decoded {
  const faults: string[] = [];
  for (const record of records) {
    const padded = new Uint8Array(record.length + 4).fill(34);
    padded.set(record, 2);
    const fault = decoder.decode(padded, 2, record.length + 2);
    if (fault !== null) faults.push(fault.message);
  }
  const count = decoder.rows;
  return { rows: rowsOf(decoder.take(), fields, count), faults };
}
