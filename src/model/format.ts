/** The format contract: bytes of one record to a row of columns, and back. No I/O. */
import type { Column, ColumnBatch } from './column.ts';
import type { OptionSpec, Options } from './options.ts';
import type { ScanColumn } from './plan.ts';
import type { StringPool } from './string-pool.ts';
import type { DataType, Field } from './types.ts';

/**
 * Reads records into columns. Made once a reader; the code inside is generated for the wanted columns.
 * `decode` appends one row and returns null (of a JSON array, a row for each element), or appends nothing and says what is wrong; a record
 * may also be skipped on purpose: null, and `rows` has not grown (an empty line). `take` gives the rows gathered so far and begins anew: the columns are borrowed until the next `decode`.
 */
export interface Decoder {
  decode(bytes: Uint8Array, start: number, end: number): DecodeFault | null;
  /** A record without bytes (a tombstone), of formats that read it as a row of NULLs. Absent: such a record is no row. */
  decodeNothing?(): void;
  readonly rows: number;
  /** The wanted columns, then the wanted metadata. */
  take(): readonly Column[];
  /** Of the rows that `take` gave last: a code of `op` (column.ts) a row; null or absent: all are inserts. Borrowed like the columns. */
  readonly ops?: Uint8Array | null | undefined;
  /**
   * Not null after a `decode` that needs something from outside first (a schema out of a registry): it gave null and took nothing. The
   * caller awaits this, then decodes the same record again. Rejects where it can't be had.
   */
  readonly pending?: Promise<void> | null | undefined;
}

/** Why a record can't be read: what was expected, found, and at which byte of it. */
export type DecodeFault = Readonly<{ message: string }>;

/** Writes rows. */
export interface Encoder {
  /** To be awaited before the first `encode`, where there is one: the format asks the outside for something. */
  open?(): Promise<void>;
  /** The bytes of row `row`, borrowed until the next call. null: a record without a value. */
  encode(batch: ColumnBatch, row: number): Uint8Array | null;
}

/** What a format reads of a record beside its row: `source.timestamp`, … */
export type FormatMetadata = Readonly<{ key: string; type: DataType }>;

export type DecoderContext = Readonly<{
  columns: readonly (ScanColumn & { kind: 'physical' })[];
  /** Of those that the format offers. Absent: none. */
  metadata?: readonly FormatMetadata[] | undefined;
  /** All physical columns of the table, for formats that go by position (csv). */
  table: readonly Field[];
  options: Options;
  pool: StringPool;
  batchRows: number;
  timeZone: string;
}>;

export type EncoderContext = Readonly<{
  fields: readonly Field[];
  options: Options;
  timeZone: string;
  /** Where the records go, for formats that name their schema after it: a topic, and which part of its records. */
  subject?: string | undefined;
}>;

export interface Format {
  readonly name: string;
  /** Keys without the `json.` prefix. */
  readonly options: readonly OptionSpec[];
  /** Whether its records are changes, each of a kind. Absent: every record is an insert. */
  readonly changes?: boolean | undefined;
  /** Whether a file of lines can hold its records. Absent: it can. */
  readonly lines?: boolean | undefined;
  /** Key and type. Absent: none. */
  readonly metadata?: ReadonlyMap<string, DataType> | undefined;
  createDecoder?(ctx: DecoderContext): Decoder;
  createEncoder?(ctx: EncoderContext): Encoder;
}
