import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { parseJson, printJson } from '../../src/iceberg/json.ts';
import type { LakeCatalog, NewTable } from '../../src/iceberg/lake-catalog.ts';
import type { TableCommit } from '../../src/iceberg/table-update.ts';
import { EngineError } from '../../src/model/errors.ts';

/** What happens to a request: it is served, answered without effect, served with the answer lost, or answered otherwise. */
export type Fault = 'none' | 'refuse' | 'lose' | Readonly<{ status: number; body: string; served: boolean }>;

export type Request = Readonly<{
  method: string;
  path: string;
  headers: Readonly<Record<string, unknown>>;
  body: string;
}>;

/** A REST catalog over another catalog, in this process, whose answers can be spoiled. */
export class TestRestServer {
  readonly uri: string;
  readonly requests: Request[] = [];
  fault: (request: Request) => Fault = () => 'none';
  config: unknown = { defaults: {}, overrides: {} };
  readonly #server: Server;
  readonly #catalog: LakeCatalog;

  constructor(server: Server, catalog: LakeCatalog) {
    this.#server = server;
    this.#catalog = catalog;
    this.uri = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  static async start(catalog: LakeCatalog): Promise<TestRestServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const rest = new TestRestServer(server, catalog);
    server.on('request', async (message, response) => {
      const request = await readRequest(message);
      rest.requests.push(request);
      const fault = rest.fault(request);
      if (fault === 'refuse') return void message.socket.destroy();
      const served = typeof fault === 'object' && !fault.served ? null : await rest.#serve(request);
      if (fault === 'lose') return void message.socket.destroy();
      const answer = typeof fault === 'object' ? fault : served!;
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
    return rest;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: Request): Promise<{ status: number; body: string }> {
    try {
      const answer = await this.#route(request);
      return answer === null ? failure(404, 'not found') : { status: 200, body: printJson(answer) };
    } catch (error) {
      if (error instanceof EngineError && error.code === 'CONFLICT') return failure(409, error.message);
      if (error instanceof EngineError && error.code === 'NOT_FOUND') return failure(404, error.message);
      return failure(500, String(error));
    }
  }

  async #route({ method, path, body }: Request): Promise<unknown> {
    const [route] = path.split('?') as [string];
    const [, , , ns, , name] = route.split('/').map(decodeURIComponent);
    const namespace = ns?.split('\u001f') ?? [];
    const catalog = this.#catalog;
    const json = body === '' ? {} : parseJson<Record<string, unknown>>(body, 'request');
    if (route === '/v1/config') return this.config;
    if (route === '/v1/namespaces' && method === 'POST') {
      const properties = new Map(Object.entries(json.properties as Record<string, string>));
      await catalog.createNamespace(json.namespace as string[], properties);
      return {};
    }
    if (route === '/v1/namespaces')
      return { namespaces: path.includes('parent=') ? [] : await catalog.listNamespaces() };
    if (name === undefined && route.endsWith('/tables')) {
      if (method === 'GET') {
        return { identifiers: (await catalog.listTables(namespace)).map((table) => ({ namespace, name: table })) };
      }
      const table = { schema: json.schema, spec: json['partition-spec'], properties: json.properties, location: null };
      await catalog.createTable({ namespace, name: json.name as string }, table as NewTable);
      return {};
    }
    if (name === undefined) {
      if (method !== 'DELETE') return (await catalog.namespaceExists(namespace)) ? {} : null;
      await catalog.dropNamespace(namespace);
      return {};
    }
    return this.#table(method, { namespace, name }, json);
  }

  async #table(method: string, table: { namespace: string[]; name: string }, json: unknown): Promise<unknown> {
    if (method === 'DELETE') await this.#catalog.dropTable(table);
    if (method === 'GET') {
      const metadata = await this.#catalog.loadTable(table);
      return metadata === null ? null : { metadata };
    }
    if (method === 'POST') {
      const outcome = await this.#catalog.commit(table, json as TableCommit);
      if (outcome.kind === 'conflict') throw new EngineError('CONFLICT', outcome.message);
    }
    return {};
  }
}

function failure(code: number, message: string): { status: number; body: string } {
  return { status: code, body: JSON.stringify({ error: { message, type: 'Failure', code } }) };
}

async function readRequest(message: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const { method = 'GET', url = '/', headers } = message;
  return { method, path: url, headers, body: Buffer.concat(chunks).toString() };
}
