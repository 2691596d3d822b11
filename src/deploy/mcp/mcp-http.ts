/**
 * MCP over HTTP: one request, one answer, nothing kept between them but which questions were answered. Who calls has been decided before, by
 * the server that this is mounted in, as have Host and Origin.
 */
import { createMcpHandler } from '@modelcontextprotocol/server';
import type { Actor } from '../../model/change-plan.ts';
import { Confirmations } from './confirmation.ts';
import type { McpBackend } from './mcp-backend.ts';
import { createMcpServer } from './mcp-server.ts';

export type McpRequest = Readonly<{
  method: string;
  /** Of this request, whole. */
  url: string;
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Parsed. */
  body: unknown;
  actor: Actor;
}>;

export type McpReply = Readonly<{ status: number; text: string; contentType: string }>;

export interface McpHttp {
  handle(request: McpRequest): Promise<McpReply>;
  close(): Promise<void>;
}

export type McpHttpOptions = Readonly<{ readOnly: boolean; warn: (text: string) => void }>;

export function createMcpHttp(backend: McpBackend, { readOnly, warn }: McpHttpOptions): McpHttp {
  const confirmations = new Confirmations();
  const handler = createMcpHandler(
    ({ authInfo }) => createMcpServer({ backend, actor: authInfo!.extra!.actor as Actor, readOnly }, confirmations),
    { maxSubscriptions: 0, onerror: (error) => warn(`mcp: ${error.message}`) },
  );
  return {
    async handle({ method, url, headers, body, actor }) {
      const isBodied = method === 'POST';
      const request = new Request(url, {
        method,
        headers: headersOf(headers),
        ...(isBodied ? { body: JSON.stringify(body) } : {}),
      });
      const authInfo = { token: '', clientId: actor.name, scopes: [], extra: { actor } };
      const response = await handler.fetch(request, isBodied ? { authInfo, parsedBody: body } : { authInfo });
      const contentType = response.headers.get('content-type') ?? 'application/json';
      return { status: response.status, text: await response.text(), contentType };
    },
    close: () => handler.close(),
  };
}

/** Without what belongs to the connection, and without the token: nothing behind here needs it. */
function headersOf(headers: McpRequest['headers']): Headers {
  const kept = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || notHandedOn.includes(name)) continue;
    kept.set(name, typeof value === 'string' ? value : value.join(', '));
  }
  return kept;
}

const notHandedOn: readonly string[] = ['authorization', 'content-length', 'transfer-encoding', 'connection', 'cookie'];
