/** Failures of Millrace's own API, below /api/v1/: `{code, message, hint, retryable}`, where Flink's paths have `{errors: […]}`. */
import { type ErrorCode, toErrorData } from '../model/errors.ts';
import type { Reply } from './router.ts';

const prefix = '/api/v1';

const statusByCode: Readonly<Record<ErrorCode, number>> = {
  SQL_SYNTAX: 400,
  SQL_VALIDATION: 400,
  UNSUPPORTED: 422,
  INVALID_OPTION: 400,
  BAD_RECORD: 500,
  EVALUATION: 500,
  NOT_FOUND: 404,
  CONFLICT: 409,
  CONNECTION: 502,
  PERMISSION: 403,
  IO: 500,
  CHECKPOINT: 500,
  COMMIT: 500,
  LIMIT: 429,
  TIMEOUT: 504,
  INTERRUPTED: 503,
  INTERNAL: 500,
};

const codeByStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_OPTION',
  401: 'PERMISSION',
  403: 'PERMISSION',
  404: 'NOT_FOUND',
  405: 'INVALID_OPTION',
  413: 'LIMIT',
  415: 'INVALID_OPTION',
};

/** Of anything thrown. */
export function errorReply(error: unknown): Reply {
  const { code, message, hint, retryable } = toErrorData(error);
  return { status: statusByCode[code], json: { code, message, hint: hint ?? null, retryable } };
}

/** The failures that come from before the routes, in the shape that the path has. */
export function apiReply(url: string, reply: Reply): Reply {
  const path = url.split('?')[0]!;
  if (reply.status < 400 || !(path === prefix || path.startsWith(`${prefix}/`)) || !('json' in reply)) return reply;
  const { errors } = reply.json as Readonly<{ errors?: readonly string[] }>;
  if (errors === undefined) return reply;
  const code = codeByStatus[reply.status] ?? 'INTERNAL';
  return { status: reply.status, json: { code, message: errors.join('; '), hint: null, retryable: false } };
}
