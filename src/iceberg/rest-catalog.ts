/** Tables of an Iceberg REST catalog. */
import { EngineError } from '../model/errors.ts';
import {
  type CommitOutcome,
  formatIdentifier,
  type LakeCatalog,
  type NewTable,
  type TableIdentifier,
} from './lake-catalog.ts';
import { errorOf, messageOf, type RestAnswer, RestClient, type RestClientOptions } from './rest-client.ts';
import type { TableMetadata } from './table-metadata.ts';
import type { TableCommit } from './table-update.ts';

const maxPages = 10_000; // of a listing; more means that the server's page tokens go in a circle
const defaultSeparator = '%1F';

type ConfigJson = Readonly<{
  defaults?: Readonly<Record<string, string>>;
  overrides?: Readonly<Record<string, string>>;
}>;

export type RestCatalogOptions = RestClientOptions & Readonly<{ warehouse: string | null; prefix: string | null }>;

/** Asks the server for its configuration first: its overrides win over ours, ours over its defaults. */
export async function openRestCatalog(options: RestCatalogOptions): Promise<RestCatalog> {
  const client = new RestClient(options);
  const query = options.warehouse === null ? '' : `?warehouse=${encodeURIComponent(options.warehouse)}`;
  const answer = await client.read('GET', `/v1/config${query}`);
  if (answer.status !== 200) throw errorOf(answer, `GET ${options.uri}/v1/config`);
  const { defaults = {}, overrides = {} } = answer.body as ConfigJson;
  const setting = (key: string, own: string | null): string | null => overrides[key] ?? own ?? defaults[key] ?? null;
  const uri = (overrides.uri ?? options.uri).replace(/\/+$/, '');
  const prefix = setting('prefix', options.prefix);
  return new RestCatalog(uri === options.uri ? client : new RestClient({ ...options, uri }), {
    base: prefix === null ? '/v1' : `/v1/${prefix.split('/').map(encodeURIComponent).join('/')}`,
    separator: setting('namespace-separator', null) ?? defaultSeparator,
  });
}

export class RestCatalog implements LakeCatalog {
  readonly #client: RestClient;
  readonly #base: string;
  /** Between the levels of a namespace in a path, percent-encoded. */
  readonly #separator: string;

  constructor(client: RestClient, options: Readonly<{ base: string; separator: string }>) {
    this.#client = client;
    this.#base = options.base;
    this.#separator = options.separator;
  }

  async listNamespaces(): Promise<string[][]> {
    const namespaces: string[][] = [];
    const open: string[][] = [[]];
    for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
      const query = parent.length === 0 ? '' : `parent=${this.#path(parent)}`;
      const children = await this.#pages<string[]>('/namespaces', query, 'namespaces');
      namespaces.push(...children);
      open.push(...children);
    }
    return namespaces;
  }

  async namespaceExists(namespace: readonly string[]): Promise<boolean> {
    return (await this.#client.read('GET', this.#namespacePath(namespace))).status === 200;
  }

  async createNamespace(namespace: readonly string[], properties: ReadonlyMap<string, string>): Promise<void> {
    const body = { namespace, properties: Object.fromEntries(properties) };
    await this.#client.write('POST', `${this.#base}/namespaces`, body);
  }

  async dropNamespace(namespace: readonly string[]): Promise<void> {
    await this.#client.write('DELETE', this.#namespacePath(namespace));
  }

  async listTables(namespace: readonly string[]): Promise<string[]> {
    const path = `${this.#namespacePath(namespace)}/tables`.slice(this.#base.length);
    const tables = await this.#pages<{ name: string }>(path, '', 'identifiers');
    return tables.map((table) => table.name).sort();
  }

  async loadTable(table: TableIdentifier): Promise<TableMetadata | null> {
    const answer = await this.#client.read('GET', `${this.#tablePath(table)}?snapshots=all`);
    return answer.status === 404 ? null : (answer.body as { metadata: TableMetadata }).metadata;
  }

  async createTable(table: TableIdentifier, request: NewTable): Promise<void> {
    await this.#client.write('POST', `${this.#namespacePath(table.namespace)}/tables`, {
      name: table.name,
      ...(request.location === null ? {} : { location: request.location }),
      schema: request.schema,
      'partition-spec': request.spec,
      'write-order': { 'order-id': 0, fields: [] },
      'stage-create': false,
      properties: request.properties,
    });
  }

  async dropTable(table: TableIdentifier): Promise<void> {
    await this.#client.write('DELETE', `${this.#tablePath(table)}?purgeRequested=false`);
  }

  /** 409: someone was faster. No answer, no document or 5xx: nobody knows. 400: older servers say so of a stale sequence number. */
  async commit(table: TableIdentifier, commit: TableCommit): Promise<CommitOutcome> {
    const identifier = { namespace: table.namespace, name: table.name };
    let answer: RestAnswer;
    try {
      answer = await this.#client.send('POST', this.#tablePath(table), { identifier, ...commit });
    } catch (cause) {
      if (cause instanceof EngineError && cause.code === 'CONNECTION') {
        return { kind: 'unknown', message: cause.message, cause };
      }
      throw cause;
    }
    const message = `status ${answer.status}: ${messageOf(answer)}`;
    if (answer.status < 300) {
      return answer.body === null ? { kind: 'unknown', message, cause: null } : { kind: 'committed' };
    }
    if (answer.status === 409 || answer.status === 400 || answer.status === 429) return { kind: 'conflict', message };
    const error = errorOf(answer, `commit to table '${formatIdentifier(table)}'`);
    if (answer.status >= 500) return { kind: 'unknown', message, cause: error };
    throw error;
  }

  async close(): Promise<void> {}

  async #pages<T>(path: string, query: string, key: string): Promise<T[]> {
    const items: T[] = [];
    let token = '';
    for (let page = 0; page < maxPages; page++) {
      const parts = [query, token === '' ? '' : `pageToken=${encodeURIComponent(token)}`].filter((part) => part !== '');
      const answer = await this.#client.read(
        'GET',
        `${this.#base}${path}${parts.length === 0 ? '' : `?${parts.join('&')}`}`,
      );
      if (answer.status === 404) return items;
      const body = answer.body as Readonly<Record<string, unknown>>;
      items.push(...((body[key] ?? []) as T[]));
      const next = body['next-page-token'];
      if (typeof next !== 'string' || next === '' || next === token) return items;
      token = next;
    }
    throw new EngineError('LIMIT', `${path}: the catalog gave more than ${maxPages} pages of a listing`);
  }

  #path(namespace: readonly string[]): string {
    return namespace.map(encodeURIComponent).join(this.#separator);
  }

  #namespacePath(namespace: readonly string[]): string {
    return `${this.#base}/namespaces/${this.#path(namespace)}`;
  }

  #tablePath(table: TableIdentifier): string {
    return `${this.#namespacePath(table.namespace)}/tables/${encodeURIComponent(table.name)}`;
  }
}
