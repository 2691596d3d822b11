/** The socket before the embedded REST catalog: bodies, access, replies. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseJson, printJson } from '../iceberg/json.ts';
import type { CatalogReply } from '../iceberg/rest-fault.ts';
import type { RestService } from '../iceberg/rest-service.ts';
import { toErrorData } from '../model/errors.ts';
import { checkRules, refuse } from './access.ts';
import { listening, type RunningServer } from './listening.ts';

const maxBodyBytes = 64 << 20; // a commit carries whole schemas and snapshots
const maxConnections = 256;

export type CatalogServerOptions = Readonly<{ service: RestService; host: string; port: number; token: string | null }>;

/** `port` 0: any free one. INVALID_OPTION for an open address without a token, CONFLICT for a taken port. */
export async function serveCatalog({ service, host, port, token }: CatalogServerOptions): Promise<RunningServer> {
  const rules = checkRules({ host, token, openProbes: false });
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const method = request.method ?? 'GET';
    const refusal = refuse(rules, { method, path: pathname, headers: request.headers });
    const reply =
      refusal !== null
        ? Promise.resolve(refused(refusal.status, 'json' in refusal ? refusal.json : null))
        : answer(service, request, { method, path: pathname, query: searchParams });
    void reply.then((given) => send(response, method, given));
  });
  server.maxConnections = maxConnections;
  return await listening(server, { host, port });
}

async function answer(
  service: RestService,
  message: IncomingMessage,
  request: Readonly<{ method: string; path: string; query: URLSearchParams }>,
): Promise<CatalogReply> {
  try {
    const text = await bodyOf(message);
    if (text === null) return refused(413, `expected a body of at the most ${maxBodyBytes} bytes`);
    const body = text === '' ? null : parseJson(text, `${request.method} ${request.path}`);
    return await service.answer({ ...request, body });
  } catch (error) {
    return refused(400, toErrorData(error).message);
  }
}

async function bodyOf(message: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refused(status: number, reason: unknown): CatalogReply {
  const type =
    status === 401 ? 'NotAuthorizedException' : status === 403 ? 'ForbiddenException' : 'BadRequestException';
  const message = typeof reason === 'string' ? reason : (reason as { errors: string[] } | null)?.errors.join(' ');
  return { status, body: { error: { message, type, code: status } } };
}

function send(response: ServerResponse, method: string, { status, body }: CatalogReply): void {
  const text = body === null || method === 'HEAD' ? '' : printJson(body);
  response.writeHead(status, {
    ...(text === '' ? {} : { 'content-type': 'application/json' }),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 204 ? {} : { 'content-length': Buffer.byteLength(text) }),
  });
  response.end(text);
}
