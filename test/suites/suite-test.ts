/** A test of a public suite as data: tables with their rows, what is asked, and what another engine answered. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A value: JSON's; times and decimals as texts, bytes in base64, rows as arrays, maps as objects or as pairs. */
export type Cell = null | boolean | number | string | readonly Cell[] | Readonly<{ [key: string]: Cell }>;

/** The kind of change, then the values of the physical columns. */
export type InputRow = readonly [kind: string, ...cells: Cell[]];

export type SuiteTable = Readonly<{
  name: string;
  /** As in CREATE TABLE. */
  columns: string;
  /** Which changes it brings beside inserts; `upsert`: by the primary key, without -U. */
  changes?: 'retract' | 'upsert' | undefined;
  options?: Readonly<Record<string, string>> | undefined;
  partitionedBy?: readonly string[] | undefined;
  rows: readonly InputRow[];
  /** The test stops with a savepoint after so many rows and goes on from it. */
  cut?: number | undefined;
}>;

/**
 * What is answered, as texts: rows of Flink's Row.toString (`+I[1, a]`); without the kind (`1, a`) what is left when the changes are applied.
 * `cut`: so many of them come before the savepoint.
 */
export type Answer = Readonly<{ rows: readonly string[]; cut?: number | undefined }>;

/** `upsert`: it takes no -U. */
export type SuiteSink = Answer &
  Readonly<{
    name: string;
    columns: string;
    partitionedBy?: readonly string[] | undefined;
    upsert?: boolean | undefined;
  }>;

export type SuiteTest = Readonly<{
  name: string;
  set?: Readonly<Record<string, string>> | undefined;
  /** ms that pass before the savepoint, in which state expires. */
  wait?: number | undefined;
  /** Of functions.ts, by their names in SQL. */
  functions?: readonly string[] | undefined;
  /** Statements behind the tables': views. */
  setup?: readonly string[] | undefined;
  tables: readonly SuiteTable[];
  sinks?: readonly SuiteSink[] | undefined;
  /** INSERTs into the sinks, or SELECTs: each has its answer. */
  sql: readonly string[];
  answers?: readonly Answer[] | undefined;
}>;

/** The tests of a folder, by the names of its files. */
export function readSuite(directory: string): ReadonlyMap<string, readonly SuiteTest[]> {
  const files = readdirSync(directory).filter((name) => name.endsWith('.jsonl'));
  return new Map(
    files.sort().map((file) => {
      const lines = readFileSync(join(directory, file), 'utf8').trimEnd().split('\n');
      return [file.slice(0, -'.jsonl'.length), lines.map((line) => JSON.parse(line) as SuiteTest)];
    }),
  );
}
