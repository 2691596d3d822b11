import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy that passes requests on at once and holds some of their answers back, as a busy server does. */
export interface SlowProxy {
  readonly url: string;
  /** Requests that went through, `POST /v3/…/statements`. */
  readonly passed: readonly string[];
  close(): Promise<void>;
}

/** `delayMs`: for how long the answer to a request is held back, by its method, path and body. */
export async function slowProxy(
  target: string,
  delayMs: (method: string, path: string, body: string) => number,
): Promise<SlowProxy> {
  const { hostname, port } = new URL(target);
  const passed: string[] = [];
  const server: Server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const { method = 'GET', url: path = '/' } = incoming;
      passed.push(`${method} ${path}`);
      const headers = { ...incoming.headers, host: `${hostname}:${port}` };
      const sent = request({ hostname, port, method, path, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => {
          setTimeout(
            () => outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(parts)),
            delayMs(method, path, body.toString('utf8')),
          );
        });
      });
      sent.on('error', () => outgoing.destroy());
      sent.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
