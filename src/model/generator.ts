/**
 * The contract between the `simulator` connector (sources/simulator) and the generators of records (simulator/), which the
 * composition roots put together. A generator is declared once: its options are those of the table and of a scenario file alike.
 *
 * What it makes is fixed by its settings alone: the same settings and start give the same records, however they are cut into parts,
 * batches or runs.
 */
import type { ColumnBatch } from './column.ts';
import type { OptionSpec, Options } from './options.ts';
import type { SplitPosition } from './source.ts';
import type { StringPool } from './string-pool.ts';
import type { DataType } from './types.ts';

/** Checked options in the generator's own form: plain data, handed to workers. */
export type GeneratorSettings = Readonly<Record<string, unknown>>;

/** A column that the generator can fill: its natural type and what it says. */
export type GeneratorField = Readonly<{
  name: string;
  type: DataType;
  description: string;
  /** Whether a column of this type can hold the field. */
  accepts: (type: DataType) => boolean;
  /** The types it accepts, for the message of an error. */
  accepted: string;
}>;

/** A share of the whole that is generated in order by one reader. `id` is stable for the same settings. */
export type GeneratorPart = Readonly<{ id: string; index: number; count: number }>;

export type GeneratorContext = Readonly<{
  /** What the columns of a batch are, in order: fields of the generator by name; a longer path is a field within one that is a ROW. */
  columns: readonly Readonly<{ name: string; path: readonly string[]; type: DataType }>[];
  pool: StringPool;
  /** At the most this many rows a batch. */
  batchRows: number;
}>;

export interface Generator {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionSpec[];
  readonly fields: readonly GeneratorField[];
  /** Checks what options mean together; INVALID_OPTION names them. `where` begins each message. */
  settings(options: Options, where: string): GeneratorSettings;
  /** Whether it ends by itself. */
  bounded(settings: GeneratorSettings): boolean;
  parts(settings: GeneratorSettings): readonly GeneratorPart[];
  /** The first position of any part of a stream whose simulated time begins at `startMs`, ms since 1970. */
  begin(startMs: number): SplitPosition;
  /** Goes on exactly behind the last row that was handed out before `position` was taken. */
  open(
    settings: GeneratorSettings,
    part: GeneratorPart,
    position: SplitPosition,
    ctx: GeneratorContext,
  ): GeneratorStream;
}

/** One part, open. Synchronous; never two calls at once. */
export interface GeneratorStream {
  /** When the next row is due, in ms of simulated time; Infinity at the end. */
  readonly nextDueMs: number;
  /** The next rows that are due until then, borrowed until the next call; null when none is. */
  next(untilMs: number): ColumnBatch | null;
  /** Behind the last row handed out. */
  position(): SplitPosition;
}
