import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';

// Stands before a real REST catalog and spoils what goes through.

/** Whether the catalog hears of the request, and what is said of it; null: the connection drops. */
export type CatalogFault = Readonly<{ served: boolean; answer: Answer | null }>;
type Answer = Readonly<{ status: number; body: string }>;

type Kind = 'commit' | 'load';

export class CatalogProxy {
  readonly uri: string;
  /** Drops every connection. */
  down = false;
  /** Requests that were dropped because of that. */
  dropped = 0;
  readonly #server: Server;
  readonly #target: URL;
  readonly #armed = new Map<Kind, CatalogFault[]>();

  private constructor(server: Server, target: string) {
    this.#server = server;
    this.#target = new URL(target);
    this.uri = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  static async start(target: string): Promise<CatalogProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new CatalogProxy(server, target);
    server.on('request', async (message, response) => {
      const answer = await proxy.#answer(message);
      if (answer === null) message.socket.destroy();
      else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
    return proxy;
  }

  /** Each of these meets one commit, or one load, of a table, in order. */
  arm(kind: Kind, ...faults: CatalogFault[]): void {
    this.#armed.set(kind, faults);
  }

  /** Whether every fault has met its request. */
  get spent(): boolean {
    return [...this.#armed.values()].every((faults) => faults.length === 0);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(message: IncomingMessage): Promise<Answer | null> {
    const body = await buffer(message);
    if (this.down) {
      this.dropped++;
      return null;
    }
    const fault = this.#faultOf(message);
    if (fault === undefined) return await this.#serve(message, body);
    if (fault.served) await this.#serve(message, body);
    return fault.answer;
  }

  #faultOf({ method, url }: IncomingMessage): CatalogFault | undefined {
    if (!/\/tables\/[^/]+$/.test(url!.split('?')[0]!)) return undefined;
    const kind = method === 'POST' ? 'commit' : method === 'GET' ? 'load' : null;
    return kind === null ? undefined : this.#armed.get(kind)?.shift();
  }

  #serve({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
    const { hostname, port } = this.#target;
    const forwarded = { ...headers, host: `${hostname}:${port}`, 'accept-encoding': 'identity' };
    return new Promise((resolve, reject) => {
      const onward = request({ hostname, port, method, path: url, headers: forwarded }, async (answer) => {
        resolve({ status: answer.statusCode!, body: (await buffer(answer)).toString() });
      });
      onward.on('error', reject).end(body);
    });
  }
}
