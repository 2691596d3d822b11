/**
 * User functions in TypeScript: what a module exports, and how a job carries it. A module is plain TypeScript without anything of
 * Millrace in it but, if it likes, these types:
 *
 * ```ts
 * import type { ScalarUdf } from 'millrace';
 * export default {
 *   kind: 'scalar', args: ['STRING', 'INT'], returns: 'STRING', call: (text: string | null, count: number) => text?.repeat(count) ?? null,
 * } satisfies ScalarUdf;
 * ```
 *
 * Types are Flink SQL's, as text. Values are JavaScript's; NULL is null, and a type with `NOT NULL` never is:
 *
 * | SQL | JavaScript |
 * |---|---|
 * | BOOLEAN; CHAR, VARCHAR, STRING; BINARY, VARBINARY, BYTES | boolean; string; Uint8Array |
 * | TINYINT, SMALLINT, INT, FLOAT, DOUBLE | number |
 * | BIGINT | bigint, always; as a result an integer number will do, too |
 * | DECIMAL(p, s) | string, `'12.50'`; as a result a number or bigint will do, too; rounded HALF_UP to the scale |
 * | DATE, TIME, TIMESTAMP(p) | string, as CAST to STRING gives it: `'2020-01-31'`, `'12:30:00'`, `'2020-01-31 12:30:00.000'` |
 * | TIMESTAMP_LTZ(p), p up to 3 | Date |
 * | INTERVAL YEAR TO MONTH, INTERVAL DAY TO SECOND | number of months, number of milliseconds |
 * | ARRAY, MAP, MULTISET | array, Map, Map of elements to counts |
 * | ROW<a INT, …> | an object by field names; as a result an array in the order of the fields will do, too |
 */
import type { DataType } from './types.ts';

/** What every declaration has. */
type Declared = Readonly<{
  /** SQL types. A call's arguments are cast to them where Flink casts implicitly; others are refused when the query is planned. */
  args: readonly string[];
  /** A SQL type. */
  returns: string;
  /** Whether equal arguments always give equal results. True if not said. */
  deterministic?: boolean | undefined;
}>;

/** One value a row. */
export type ScalarUdf = Declared & Readonly<{ kind: 'scalar'; call: (...args: never[]) => unknown }>;

/** Any number of rows for each row: `returns` is a ROW type, or a single type for a single column. */
export type TableUdf = Declared & Readonly<{ kind: 'table'; call: (...args: never[]) => Iterable<unknown> }>;

/**
 * One value a group. An accumulator is any nesting of null, booleans, numbers, bigints, strings, Uint8Arrays, arrays, Maps and plain
 * objects: it is written into checkpoints. `add`, `retract` and `merge` give a *new* accumulator and leave those that they were given
 * as they were, since a checkpoint may still be reading them.
 */
export type AggregateUdf = Declared &
  Readonly<{
    kind: 'aggregate';
    accumulator: () => unknown;
    add: (accumulator: never, ...args: never[]) => unknown;
    /** Takes a row back that was added. Needed where the input is updated. */
    retract?: ((accumulator: never, ...args: never[]) => unknown) | undefined;
    /** One accumulator of two. Needed in windows. */
    merge?: ((accumulator: never, other: never) => unknown) | undefined;
    result: (accumulator: never) => unknown;
  }>;

export type UserFunctionDeclaration = ScalarUdf | TableUdf | AggregateUdf;

/** Where a function's code is. */
export type UserFunctionSource = Readonly<{
  /** In SQL. */
  name: string;
  /** As written, relative to the script or absolute. */
  path: string;
  exportName: string;
}>;

/** A user function as plans and jobs carry it: where its code is, and its types. */
export type UserFunctionModule = Readonly<{
  /** The name by which expressions call it: unique for this code, so that jobs with other functions of its SQL name don't meet it. */
  key: string;
  /** In SQL. */
  name: string;
  /** Absolute. */
  path: string;
  exportName: string;
  /** SHA-256 of the file, in hexadecimal. */
  digest: string;
  args: readonly DataType[];
  returns: DataType;
}>;
