/**
 * What a built-in function is: its types, its null rule and its implementation, declared once (functions/). SHOW FUNCTIONS, the
 * docs page, the binder and the code generator read the same declaration.
 */
import type { LiteralValue } from './expression.ts';
import type { Row } from './row.ts';
import type { DataType } from './types.ts';

/** An argument as the binder sees it: its type and, where it is a constant, its value. */
export type Argument = Readonly<{ type: DataType; literal?: LiteralValue | undefined }>;

/** What a function answers to argument types: the types that it wants them cast to, and its result's. */
export type Signature = Readonly<{ args: readonly DataType[]; result: DataType }>;

export type FunctionCategory =
  | 'comparison'
  | 'logic'
  | 'arithmetic'
  | 'string'
  | 'temporal'
  | 'conditional'
  | 'conversion'
  | 'collection'
  | 'json'
  | 'hash'
  | 'grouping'
  | 'aggregate'
  | 'approximate'
  | 'user';

/**
 * How a value passes through generated code: boolean as true/false; `i32` and `f64` layouts as number; `int` as number in narrow code
 * and as bigint in wide code; character strings as string, byte strings as Uint8Array; objects as they are; NULL as null.
 */
export type SqlValue = boolean | number | bigint | string | Uint8Array | null | object;

export type Implementation =
  /**
   * A JavaScript expression over argument names. Pure; each name may be used any number of times. `helpers` are made reachable under
   * their names, which are unique among all functions. Gives null only where `mayBeNull` says so.
   */
  | Readonly<{
      kind: 'inline';
      source: (args: readonly string[]) => string;
      helpers?: Readonly<Record<string, unknown>>;
      mayBeNull?: boolean | undefined;
    }>
  /**
   * A plain function. With the `strict` null rule it never sees a null. It may give one where the result's type is nullable or
   * `mayBeNull` says so: a decimal that does not fit is NULL, whatever its type says.
   */
  | Readonly<{ kind: 'call'; call: (...args: never[]) => SqlValue; mayBeNull?: boolean | undefined }>;

/** What is known of one use of a function when its code is made. */
export type ImplementContext = Readonly<{
  args: readonly Argument[];
  result: DataType;
  /**
   * Whether `int` values are bigint in this code. Narrow code has to leave a result beyond ±(2^53 − 1) as a double that is not a safe
   * integer: the caller checks it and runs the batch again in wide code. Implementations with `integers: 'number'` never see bigint.
   */
  wide: boolean;
  session: SessionContext;
  /** Of aggregates: rows may be taken back. MIN, MAX and their kin then keep every value. */
  retract?: boolean | undefined;
}>;

/** What functions may know of the session: fixed for a job's life. */
export type SessionContext = Readonly<{
  /** IANA name, `table.local-time-zone`. */
  timeZone: string;
  /** Processing time in ms since 1970, for CURRENT_TIMESTAMP and its kin. */
  now: () => number;
  /** Uniform in [0, 1), for RAND and UUID. */
  random: () => number;
}>;

export type ScalarFunction = Readonly<{
  kind: 'scalar';
  /** Canonical name, upper case. Operators go by their symbol: `+`, `=`, `LIKE`. */
  name: string;
  aliases?: readonly string[] | undefined;
  category: FunctionCategory;
  /** As documented: `SUBSTRING(string, start [, length])`. */
  usage: string;
  description: string;
  /** Whether equal arguments give equal results within a job: such calls on codes are computed once a code. */
  deterministic: boolean;
  /** `strict`: NULL when an argument is NULL. `handled`: the implementation sees nulls. */
  nulls: 'strict' | 'handled';
  /**
   * `any`: takes numbers and bigints for `int` layouts as `wide` says. `number` (default): the caller hands safe integers as numbers and
   * fails the row (LIMIT) beyond ±(2^53 − 1); for what works on timestamps and lengths.
   */
  integers?: 'any' | 'number' | undefined;
  /** Throws EngineError SQL_VALIDATION that says what it takes. */
  infer: (args: readonly Argument[]) => Signature;
  implement: (ctx: ImplementContext) => Implementation;
}>;

/** Gives any number of rows for each row: `LATERAL TABLE(f(x))`. */
export type TableFunction = Readonly<{
  kind: 'table';
  name: string;
  usage: string;
  description: string;
  deterministic: boolean;
  /** The result is a ROW: the function's columns. Throws EngineError SQL_VALIDATION that says what it takes. */
  infer: (args: readonly Argument[]) => Signature;
  /** Arguments may be null; integers come, and stay, in the form of `Row`. */
  implement: (ctx: Omit<ImplementContext, 'wide'>) => (...args: SqlValue[]) => Iterable<Row>;
}>;

/**
 * An aggregate as a fixed row of accumulator cells, so that accumulators lie in typed columns. The cells of a group start at `initial`;
 * code for the three steps is generated from the sources below.
 */
export type AggregateFunction = Readonly<{
  kind: 'aggregate';
  name: string;
  category: 'aggregate' | 'approximate' | 'user';
  usage: string;
  description: string;
  /** `skip` (default): rows with a NULL argument are none of its rows. `handled`: arguments may be null. */
  nulls?: 'skip' | 'handled' | undefined;
  infer: (args: readonly Argument[]) => Signature;
  implement: (ctx: ImplementContext) => AggregateImplementation;
}>;

/** A cell: a column of the state. Its type's layout says how it is stored. A nullable cell starts NULL unless it has an initial value. */
export type AccumulatorCell = Readonly<{ name: string; type: DataType; initial: number | null }>;

/**
 * JavaScript statements over cell names (assignable; `null` when NULL), the arguments `args[i]` (never null unless the function handles
 * nulls) and, in `merge`, the cells of the other accumulator, which stays as it is. In wide code `int` cells hold bigint. An array, a Map or
 * bytes in a cell belong to it and are changed in place; its elements are replaced, never changed. Statements run a second time, in wide code,
 * where they left an integer that is not exact: those that change a container leave no such integer.
 */
export type AggregateImplementation = Readonly<{
  cells: readonly AccumulatorCell[];
  /** `row`: over rows, integers come and stay in the form of `Row` (model/row.ts), whatever `wide` says. Over columns it changes nothing. */
  integers?: 'row' | undefined;
  add: (cells: readonly string[], args: readonly string[]) => string;
  merge: (cells: readonly string[], other: readonly string[]) => string;
  /** Takes an added row back; absent where the function can't. */
  retract?: ((cells: readonly string[], args: readonly string[]) => string) | undefined;
  /** An expression; may be null. */
  result: (cells: readonly string[]) => string;
  helpers?: Readonly<Record<string, unknown>> | undefined;
}>;

export type FunctionDefinition = ScalarFunction | AggregateFunction;
