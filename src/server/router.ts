/** Routes: method and path pattern to a handler that answers with data. No sockets here. */

import type { Actor } from '../model/change-plan.ts';
import { matchPath } from '../model/path-pattern.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export type Request = Readonly<{
  method: string;
  /** Decoded, without query. */
  path: string;
  query: URLSearchParams;
  /** The parsed JSON body; an empty one is {}. */
  body: Readonly<Record<string, unknown>>;
  /** Who asks; null where this server knows no one by name. */
  actor: Actor | null;
  /** By name in lower case. */
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}>;

export type Reply =
  | Readonly<{ status: number; json: unknown }>
  | Readonly<{ status: number; text: string; contentType: string }>;

export type Handler = (request: Request, params: Readonly<Record<string, string>>) => Reply | Promise<Reply>;

/** `/jobs/:id`: a part after a colon matches one segment. */
export type Route = Readonly<{ method: Method; pattern: string; handle: Handler }>;

export function ok(json: unknown): Reply {
  return { status: 200, json };
}

/** A failure in Flink's shape. */
export function failure(status: number, message: string): Reply {
  return { status, json: { errors: [message] } };
}

/** The reply of the first route that fits; 404 where no path does, 405 where only the method does not. */
export async function dispatch(routes: readonly Route[], request: Request): Promise<Reply> {
  const path = withoutVersion(request.path);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const allowed: string[] = [];
  for (const route of routes) {
    const params = matchPath(route.pattern, path);
    if (params === null) continue;
    if (route.method === method) return await route.handle(request, params);
    allowed.push(route.method);
  }
  if (allowed.length > 0) return failure(405, `${request.method} ${request.path}: expected ${allowed.join(' or ')}`);
  return failure(404, `${request.path}: there is no such page`);
}

/** Flink's clients put its API version before the path, or do not. */
function withoutVersion(path: string): string {
  return path.replace(/^\/v[1-4](?=\/)/, '');
}
