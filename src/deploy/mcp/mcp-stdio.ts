/** MCP over the standard streams of a process that a client has started. */
import type { Transport } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { Confirmations } from './confirmation.ts';
import type { McpSession } from './mcp-backend.ts';
import { createMcpServer } from './mcp-server.ts';

const maxSubscriptions = 1; // nothing here changes that one could listen for

export type McpConnection = Readonly<{
  /** Resolves when the client has closed stdin. */
  closed: Promise<void>;
  close: () => Promise<void>;
}>;

/** `transport`: another one than stdin and stdout. `warn` hears what the protocol's library finds wrong. */
export function serveMcpStdio(
  session: McpSession,
  { transport, warn }: Readonly<{ transport?: Transport | undefined; warn: (text: string) => void }>,
): McpConnection {
  const confirmations = new Confirmations();
  const ended = Promise.withResolvers<void>();
  if (transport === undefined) for (const event of ['end', 'close']) process.stdin.once(event, () => ended.resolve());
  const handle = serveStdio(() => createMcpServer(session, confirmations), {
    maxSubscriptions,
    onerror: (error) => warn(`mcp: ${error.message}`),
    ...(transport === undefined ? {} : { transport }),
  });
  return { closed: ended.promise, close: () => handle.close() };
}
