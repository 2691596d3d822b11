/** The line of a script that an error points at, with a caret below: what every error of the SQL front end shows. */
import { EngineError, type ErrorCode, isEngineError, type Position } from '../model/errors.ts';

const widestExcerpt = 160; // characters of a line; a longer one is cut around the place

/**
 * ```
 *   3 | SELECT a FORM t
 *     |          ^^^^
 * ```
 */
function excerpt(script: string, position: Position): string {
  const start = Math.min(position.start, script.length);
  const lineStart = script.lastIndexOf('\n', start - 1) + 1;
  const newline = script.indexOf('\n', start);
  const lineEnd = newline < 0 ? script.length : newline;
  const from = Math.max(lineStart, start - widestExcerpt / 2);
  const to = Math.min(lineEnd, from + widestExcerpt);
  const line = (from > lineStart ? '…' : '') + script.slice(from, to) + (to < lineEnd ? '…' : '');
  const indent = start - from + (from > lineStart ? 1 : 0);
  const caret = '^'.repeat(Math.max(1, Math.min(position.end, to) - start));
  const label = String(position.line);
  const before = line.slice(0, indent).replace(/[^\t]/g, ' ');
  return `  ${label} | ${line.trimEnd()}\n  ${' '.repeat(label.length)} | ${before}${caret}`;
}

const saysItsPlace = /^line \d+, column \d+: /;

/** The same error with its place and the line in its message: `line 3, column 10: …`. What has no position, or has it said, stays. */
export function located(error: unknown, script: string): unknown {
  if (!isEngineError(error) || error.position === undefined || saysItsPlace.test(error.message)) return error;
  const { position, code, hint, retryable, cause } = error;
  return new EngineError(code, `${placeOf(position)}: ${error.message}\n${excerpt(script, position)}`, {
    position,
    hint,
    retryable,
    cause,
  });
}

function placeOf(position: Position): string {
  return `line ${position.line}, column ${position.column}`;
}

export function sqlError(code: ErrorCode, message: string, position: Position, hint?: string): EngineError {
  return new EngineError(code, message, { position, hint });
}

/** Runs a step; an error that says no place gets this one. */
export function at<T>(position: Position, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!isEngineError(error) || error.position !== undefined) throw error;
    const { code, message, hint, retryable, cause } = error;
    throw new EngineError(code, message, { position, hint, retryable, cause });
  }
}

/** As `at`, for a step that waits. */
export async function atAsync<T>(position: Position, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    return at(position, () => {
      throw error;
    });
  }
}

/** Flink SQL that is not run here. `feature` begins the sentence. */
export function unsupported(feature: string, position: Position, hint?: string): EngineError {
  return sqlError(
    'UNSUPPORTED',
    `${feature} is not supported`,
    position,
    hint ?? 'Run this script on Flink, or rewrite it without.',
  );
}
