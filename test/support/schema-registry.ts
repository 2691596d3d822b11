import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

// Confluent's Schema Registry as its REST reference has it: what formats ask of it, with errors as it words them.

type Registered = Readonly<{ id: number; schema: string; schemaType?: string; references?: readonly object[] }>;

export class TestRegistry {
  readonly subjects = new Map<string, number[]>();
  readonly requests: string[] = [];
  /** Answers so many requests with 500 first. */
  failing = 0;
  /** `user:password`, if it asks for one. */
  credentials: string | null = null;
  #byId = new Map<number, Registered>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<TestRegistry> {
    const server = createServer();
    const registry = new TestRegistry(server);
    server.on('request', async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { status, answer } = registry.#answer(request.method!, request.url!, request.headers.authorization, body);
      response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
      response.end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The id of a schema, the same for the same text. */
  add(schema: object, more: Partial<Registered> = {}): number {
    const text = JSON.stringify(schema);
    for (const known of this.#byId.values()) if (known.schema === text) return known.id;
    const id = this.#byId.size + 1;
    this.#byId.set(id, { id, schema: text, ...more });
    return id;
  }

  #answer(
    method: string,
    url: string,
    authorization: string | undefined,
    body: string,
  ): { status: number; answer: object } {
    this.requests.push(`${method} ${url}`);
    if (this.failing > 0) {
      this.failing--;
      return { status: 500, answer: { error_code: 50001, message: 'Error in the backend data store' } };
    }
    const expected =
      this.credentials === null ? undefined : `Basic ${Buffer.from(this.credentials).toString('base64')}`;
    if (authorization !== expected) return { status: 401, answer: { error_code: 401, message: 'Unauthorized' } };
    const [, id] = /^\/schemas\/ids\/(\d+)$/.exec(url) ?? [];
    if (method === 'GET' && id !== undefined) return this.#byNumber(Number(id));
    const [, subject] = /^\/subjects\/([^/]+)\/versions$/.exec(url) ?? [];
    if (method === 'POST' && subject !== undefined) return this.#register(decodeURIComponent(subject), body);
    return { status: 404, answer: { error_code: 404, message: 'HTTP 404 Not Found' } };
  }

  #byNumber(id: number): { status: number; answer: object } {
    const found = this.#byId.get(id);
    if (found === undefined) return { status: 404, answer: { error_code: 40403, message: `Schema ${id} not found` } };
    const { id: _, ...answer } = found;
    return { status: 200, answer };
  }

  #register(subject: string, body: string): { status: number; answer: object } {
    if (subject.startsWith('frozen')) {
      return {
        status: 409,
        answer: { error_code: 409, message: 'Schema being registered is incompatible with an earlier schema' },
      };
    }
    const { schema } = JSON.parse(body) as { schema: string };
    const id = this.add(JSON.parse(schema) as object);
    this.subjects.set(subject, [...(this.subjects.get(subject) ?? []), id]);
    return { status: 200, answer: { id } };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
