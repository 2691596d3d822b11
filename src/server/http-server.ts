/** The HTTP server: sockets, bodies and access around the routes. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { toErrorData } from '../model/errors.ts';
import type { JobStatus } from '../model/job-status.ts';
import { type AccessRules, admit, checkRules } from './access.ts';
import { apiReply } from './api-error.ts';
import type { JobControl } from './job-control.ts';
import { JobMetrics } from './job-metrics.ts';
import { listening, type RunningServer } from './listening.ts';
import { dispatch, failure, type Reply, type Route } from './router.ts';
import { createRoutes, type WebPage } from './routes.ts';

export type ListenOptions = Readonly<{
  /** 0: any free one. */
  port: number;
  host: string;
  /** Needed on any address but loopback. */
  token?: string | undefined;
  /** Whether probes and metrics are answered without the token. Default: they are not. */
  openProbes?: boolean | undefined;
}> &
  Pick<AccessRules, 'owner' | 'holders' | 'openPaths'>;

export type ServerOptions = ListenOptions &
  Readonly<{
    status: () => readonly JobStatus[];
    build: Readonly<{ version: string }>;
    control?: JobControl | undefined;
    /** Served as they are. */
    pages?: readonly WebPage[] | undefined;
  }>;

const maxBodyBytes = 1 << 20; // a larger body is refused with 413
const maxConnections = 256; // more are closed at once
/** A page loads what this server has, and nothing else. */
const contentPolicy =
  "default-src 'self'; img-src data:; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const requestTimeoutMs = 30_000; // for the whole request to arrive

/** Throws INVALID_OPTION for an open address without a token, CONFLICT for a taken port. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { status, build, control = {}, pages = [] } = options;
  const metrics = new JobMetrics(build.version);
  return await serveRoutes(options, createRoutes({ status, version: build.version, metrics, control, pages }));
}

/** The same for routes of one's own. */
export async function serveRoutes(options: ListenOptions, routes: readonly Route[]): Promise<RunningServer> {
  const { host, token = null, openProbes = false, owner, holders, openPaths } = options;
  const rules = checkRules({ host, token, openProbes, owner, holders, openPaths });
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    void answer(request, rules, routes).then((reply) => send(request, response, apiReply(request.url ?? '/', reply)));
  });
  server.maxConnections = maxConnections;
  return await listening(server, options);
}

async function answer(request: IncomingMessage, rules: AccessRules, routes: readonly Route[]): Promise<Reply> {
  const method = request.method ?? 'GET';
  const target = request.url ?? '/';
  if (!URL.canParse(target, 'http://localhost')) return failure(400, `${method}: expected a well-formed path`);
  const url = new URL(target, 'http://localhost');
  try {
    const { headers } = request;
    const admission = admit(rules, { method, path: url.pathname, headers });
    if (admission.refusal !== null) return admission.refusal;
    const text = await readBody(request);
    if (text === null)
      return failure(413, `${method} ${url.pathname}: expected a body of at the most ${maxBodyBytes} bytes`);
    const body = parseBody(text);
    if (body === null) return failure(400, `${method} ${url.pathname}: expected a JSON object as body`);
    const { actor } = admission;
    const path = decodeURIComponent(url.pathname);
    return await dispatch(routes, { method, path, query: url.searchParams, body, actor, headers });
  } catch (error) {
    if (error instanceof URIError) return failure(400, `${url.pathname}: expected a well-formed path`);
    const { code, message } = toErrorData(error);
    return failure(code === 'PERMISSION' ? 403 : 500, message);
  }
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string): Readonly<Record<string, unknown>> | null {
  if (text.trim() === '') return {};
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const isText = 'text' in reply;
  const body = isText ? reply.text : JSON.stringify(reply.json);
  response.writeHead(reply.status, {
    'content-type': isText ? reply.contentType : 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'content-security-policy': contentPolicy,
    'referrer-policy': 'no-referrer',
    'content-length': Buffer.byteLength(body),
    ...(reply.status === 413 ? { connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
