/**
 * Failures of operation, as opposed to bugs. A bug is an `assert` that does not hold: the job crashes. A failure of
 * operation is an `EngineError`: it says what was expected, what was found, where, and what to do.
 *
 * Errors cross threads as data (`ErrorData`): class, name and code would be lost by structured cloning. Never use
 * `instanceof` on something that came from another thread.
 */

/** The closed list of codes. The command line maps each to an exit code (commands/exit-code.ts). */
export const errorCodes = [
  'SQL_SYNTAX', // the text is not Flink SQL
  'SQL_VALIDATION', // a name, a type or a combination that Flink refuses as well
  'UNSUPPORTED', // valid Flink SQL, or a valid option, that Millrace does not run
  'INVALID_OPTION', // a connector option, setting, job spec field or argument that is unknown or has a wrong value
  'BAD_RECORD', // a record that the format can't read
  'EVALUATION', // an expression failed on a row: division by zero, a CAST that fails
  'NOT_FOUND', // a table, topic, file or job that isn't there
  'CONFLICT', // someone else holds or changed it: a data directory, a table, a stale plan
  'CONNECTION', // a broker, catalog or store can't be reached, or answered with a passing fault
  'PERMISSION', // the other side refused our credentials or rights
  'IO', // a local file or directory can't be read or written
  'CHECKPOINT', // a checkpoint can't be taken, read or restored
  'COMMIT', // a sink can't make an epoch visible
  'LIMIT', // a bound of this engine was reached: what, and which setting raises it
  'TIMEOUT',
  'INTERRUPTED',
  'INTERNAL', // a bug, seen from outside
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** Where in a SQL text: 1-based line and column, 0-based offsets in UTF-16 units, `end` exclusive. */
export type Position = Readonly<{ line: number; column: number; start: number; end: number }>;

export type ErrorData = Readonly<{
  code: ErrorCode;
  message: string;
  /** Whether the same attempt may succeed later without a person changing anything. */
  retryable: boolean;
  /** What the reader can do about it, a sentence. */
  hint?: string | undefined;
  position?: Position | undefined;
  /** The message in pieces, for programs: plain data. */
  details?: unknown;
  /** The trail of causes, outermost first, one line each. */
  causes: readonly string[];
  stack?: string | undefined;
}>;

type ErrorDetails = Readonly<{
  retryable?: boolean | undefined;
  hint?: string | undefined;
  position?: Position | undefined;
  details?: unknown;
  cause?: unknown;
}>;

const brand = Symbol.for('millrace.EngineError');

export class EngineError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly hint: string | undefined;
  readonly position: Position | undefined;
  readonly details: unknown;
  readonly [brand] = true;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'EngineError';
    this.code = code;
    this.retryable = details.retryable ?? (code === 'CONNECTION' || code === 'TIMEOUT');
    this.hint = details.hint;
    this.position = details.position;
    this.details = details.details;
  }
}

export function isEngineError(error: unknown): error is EngineError {
  return typeof error === 'object' && error !== null && brand in error;
}

/** Any thrown value as data that can cross a thread. What is not an `EngineError` is INTERNAL. */
export function toErrorData(error: unknown): ErrorData {
  const stack = error instanceof Error ? error.stack : undefined;
  if (isEngineError(error)) {
    const { code, message, retryable, hint, position, details } = error;
    return { code, message, retryable, hint, position, details, causes: causesOf(error), stack };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'INTERNAL', message, retryable: false, causes: causesOf(error), stack };
}

export function fromErrorData(data: ErrorData): EngineError {
  const cause = data.causes.reduceRight<Error | undefined>(
    (inner, text) => new Error(text, { cause: inner }),
    undefined,
  );
  const error = new EngineError(data.code, data.message, { ...data, cause });
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}

const maxCauses = 8; // a longer chain says nothing more to a person

function causesOf(error: unknown): string[] {
  const texts: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined && cause !== null && texts.length < maxCauses) {
    texts.push(cause instanceof Error ? cause.message : String(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return texts;
}

/** States an invariant. When it does not hold, that is a bug: the message is only made then. */
export function assert(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new EngineError('INTERNAL', `invariant does not hold: ${message()}`);
}

/** For the `default` of a switch over a union: the compiler shows that it can't be reached. */
export function unreachable(value: never): never {
  throw new EngineError('INTERNAL', `unreachable value: ${JSON.stringify(value)}`);
}
