/** The exit codes of the command line, and which error ends with which. */
import type { ErrorCode } from '../model/errors.ts';

export const exitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  permission: 4,
  conflict: 5,
  needsConfirmation: 6,
  needsClarification: 7,
  unhealthy: 8,
  timeout: 124,
  interrupted: 130,
} as const;

const byError: Readonly<Record<ErrorCode, number>> = {
  SQL_SYNTAX: exitCode.usage,
  SQL_VALIDATION: exitCode.usage,
  UNSUPPORTED: exitCode.usage,
  INVALID_OPTION: exitCode.usage,
  BAD_RECORD: exitCode.failure,
  EVALUATION: exitCode.failure,
  NOT_FOUND: exitCode.notFound,
  CONFLICT: exitCode.conflict,
  CONNECTION: exitCode.failure,
  PERMISSION: exitCode.permission,
  IO: exitCode.failure,
  CHECKPOINT: exitCode.failure,
  COMMIT: exitCode.failure,
  LIMIT: exitCode.failure,
  TIMEOUT: exitCode.timeout,
  INTERRUPTED: exitCode.interrupted,
  INTERNAL: exitCode.failure,
};

export function exitCodeOf(code: ErrorCode): number {
  return byError[code];
}
