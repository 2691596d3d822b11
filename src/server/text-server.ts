/** A text at `/metrics`, for programs that have nothing else to serve. On loopback alone. */
import { createServer } from 'node:http';
import { checkRules, refuse } from './access.ts';
import { listening, type RunningServer } from './listening.ts';

export interface ServedText {
  readonly contentType: string;
  text(): Promise<string>;
}

const host = '127.0.0.1';
const maxConnections = 64;

/** `port` 0: any free one. CONFLICT for a taken port. */
export async function serveText(port: number, served: ServedText): Promise<RunningServer> {
  const rules = checkRules({ host, token: null, openProbes: true });
  const server = createServer(async (request, response) => {
    const { pathname: path } = new URL(request.url ?? '/', 'http://localhost');
    const method = request.method ?? 'GET';
    const refusal = refuse(rules, { method, path, headers: request.headers });
    const status = refusal?.status ?? (path === '/metrics' ? 200 : 404);
    response.writeHead(status, { 'content-type': status === 200 ? served.contentType : 'text/plain' });
    response.end(status === 200 && method !== 'HEAD' ? await served.text() : undefined);
  });
  server.maxConnections = maxConnections;
  return await listening(server, { host, port });
}
