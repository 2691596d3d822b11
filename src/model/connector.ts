/**
 * The connector contract. A connector is declared twice over by the same object: the main thread checks options and plans, a worker makes
 * readers and writers. What goes between them (`Config`) is plain data.
 */
import type { SessionContext } from './function.ts';
import type { Counters } from './operator.ts';
import type { OptionSpec, Options } from './options.ts';
import type { ScanColumn } from './plan.ts';
import type { Row } from './row.ts';
import type { Committable, Committer, SinkWriter, WriterContext } from './sink.ts';
import type { ReaderContext, SourceReader, SplitEnumerator } from './source.ts';
import type { TableDefinition } from './table.ts';
import type { DataType } from './types.ts';

export type ConnectorConfig = Readonly<Record<string, unknown>>;

export type ConnectorContext = Readonly<{
  jobName: string;
  timeZone: string;
  /** Absolute; relative paths in options are resolved against it. */
  workingDirectory: string;
  warn: (message: string) => void;
  /** ms since 1970. */
  now: () => number;
  /**
   * Names this sink within the job, the same after a restart (the pipeline's index): marks in the target are kept under job name and
   * this. Absent: the job has one sink.
   */
  sinkId?: string | undefined;
  /** The job's settings, where a connector obeys one of its own (`millrace.kafka.client`). Absent: their defaults. */
  settings?: Options | undefined;
}>;

export interface SourceFactory {
  /** Checks the table's options (EngineError INVALID_OPTION names key, expected, found) and gives what readers need. Main thread. */
  plan(table: TableDefinition, columns: readonly ScanColumn[], ctx: ConnectorContext): ConnectorConfig;
  /**
   * Whether it makes its watermarks itself: then, as in Flink, a row with a NULL rowtime passes, and leaves the watermark where it was. Absent:
   * it fails the job.
   */
  readonly passesNullRowtimes?: boolean | undefined;
  /** Whether the source ends by itself. */
  bounded(config: ConnectorConfig): boolean;
  /** How many subtasks can be busy at the most, where that is known beforehand; asks the outside if it must. null = any number. */
  maxParallelism(config: ConnectorConfig, ctx: ConnectorContext): Promise<number | null>;
  /** Metadata columns it offers: key and type. */
  readonly metadata: ReadonlyMap<string, DataType>;
  enumerator(config: ConnectorConfig, ctx: ConnectorContext): SplitEnumerator;
  /** Worker thread. */
  reader(config: ConnectorConfig, ctx: ReaderContext): SourceReader;
}

/**
 * `upsert`: by the primary key; a -U, which comes only where its +U may have another key or be missing, deletes. `all`: every -U, too.
 * `retract`: as `all`, and rows of one key are not brought into order before: whoever reads the changes applies them.
 */
export type SinkChangelog = 'insert-only' | 'upsert' | 'all' | 'retract';

export interface SinkFactory {
  plan(table: TableDefinition, ctx: ConnectorContext): ConnectorConfig | Promise<ConnectorConfig>;
  /** A sentence: at-least-once or exactly-once, and under which conditions. */
  readonly deliveryGuarantee: string;
  /** Which changes a table of it takes. */
  changelog(table: TableDefinition): SinkChangelog;
  readonly metadata: ReadonlyMap<string, DataType>;
  /** Worker thread. */
  writer(config: ConnectorConfig, ctx: WriterContext): SinkWriter;
  /** null where nothing has to be committed. */
  committer(config: ConnectorConfig, ctx: ConnectorContext): Committer | null;
  /** Rows that are in what a checkpoint commits, as the writers found them written. Absent: nobody can say. */
  rowsIn?(committables: readonly Committable[]): number;
}

/** Tables that are asked for rows by key: `FOR SYSTEM_TIME AS OF left.proctime`. */
export interface LookupFactory {
  /** Checks the table's options and gives what readers need. `keyColumns`: the places of the keys among the columns. Main thread. */
  plan(
    table: TableDefinition,
    columns: readonly ScanColumn[],
    keyColumns: readonly number[],
    ctx: ConnectorContext,
  ): ConnectorConfig;
  /** Worker thread. */
  reader(config: ConnectorConfig, ctx: LookupContext): LookupReader;
}

export type LookupContext = Readonly<{
  columns: readonly ScanColumn[];
  keyColumns: readonly number[];
  session: SessionContext;
  counters: Counters;
  warn: (message: string) => void;
}>;

export interface LookupReader {
  /** The rows of each key, in the keys' order. Keys are values of the key columns, without a NULL, each once. */
  lookup(keys: readonly Row[]): Promise<readonly (readonly Row[])[]>;
  close(): Promise<void>;
}

export interface Connector {
  readonly name: string;
  readonly description: string;
  /** A CREATE TABLE that works, for help and docs. */
  readonly example: string;
  readonly options: readonly OptionSpec[];
  /** Whether a table of it means the same on a real Flink. */
  readonly portable: boolean;
  readonly source?: SourceFactory | undefined;
  readonly sink?: SinkFactory | undefined;
  readonly lookup?: LookupFactory | undefined;
}

/** From connector name to connector, as the composition roots put it together. */
export type ConnectorRegistry = Readonly<Record<string, Connector>>;
