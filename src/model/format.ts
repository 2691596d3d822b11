/** The format contract: bytes of one record to a row of columns, and back. No I/O. */
import type { Column, ColumnBatch } from './column.ts';
import type { OptionSpec, Options } from './options.ts';
import type { ScanColumn } from './plan.ts';
import type { StringPool } from './string-pool.ts';
import type { Field } from './types.ts';

/**
 * Reads records into columns. Made once a reader; the code inside is generated for the wanted columns.
 * `decode` appends one row and returns null (of a JSON array, a row for each element), or appends nothing and says what is wrong; a record
 * may also be skipped on purpose: null, and `rows` has not grown (an empty line). `take` gives the rows gathered so far and begins anew: the columns are borrowed until the next `decode`.
 */
export interface Decoder {
  decode(bytes: Uint8Array, start: number, end: number): DecodeFault | null;
  readonly rows: number;
  take(): readonly Column[];
}

/** Why a record can't be read: what was expected, found, and at which byte of it. */
export type DecodeFault = Readonly<{ message: string }>;

/** Writes rows. */
export interface Encoder {
  /** The bytes of row `row`, borrowed until the next call. null: a tombstone (upsert delete). */
  encode(batch: ColumnBatch, row: number): Uint8Array | null;
}

export type DecoderContext = Readonly<{
  columns: readonly (ScanColumn & { kind: 'physical' })[];
  /** All physical columns of the table, for formats that go by position (csv). */
  table: readonly Field[];
  options: Options;
  pool: StringPool;
  batchRows: number;
  timeZone: string;
}>;

export type EncoderContext = Readonly<{ fields: readonly Field[]; options: Options; timeZone: string }>;

export interface Format {
  readonly name: string;
  /** Keys without the `json.` prefix. */
  readonly options: readonly OptionSpec[];
  createDecoder?(ctx: DecoderContext): Decoder;
  createEncoder?(ctx: EncoderContext): Encoder;
}
