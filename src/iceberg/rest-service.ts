/**
 * An Iceberg REST catalog (the OpenAPI document "Iceberg REST Catalog API" 0.0.1) over the embedded SQLite catalog: requests to replies, no
 * sockets here. Served are configuration, namespaces, tables, commits of one table and of several; views are not kept.
 */
import { EngineError } from '../model/errors.ts';
import { matchPath } from '../model/path-pattern.ts';
import type { TableIdentifier } from './lake-catalog.ts';
import { type CatalogReply, faultReply, RestFault } from './rest-fault.ts';
import { RestNamespaces } from './rest-namespaces.ts';
import { type LoadedTable, RestTables, type RestTablesOptions, withNamedSnapshots } from './rest-tables.ts';
import type { SchemaJson } from './schema.ts';
import type { SortOrderJson } from './table-metadata.ts';
import type { TableCommit } from './table-update.ts';

export type CatalogRequest = Readonly<{
  method: string;
  /** Not decoded: a level of a namespace may hold what separates parts. */
  path: string;
  query: URLSearchParams;
  /** The parsed body; null where there is none. */
  body: unknown;
}>;

type Body = Readonly<Record<string, unknown>>;
type Answer = (params: Readonly<Record<string, string>>, body: Body, query: URLSearchParams) => unknown;
type Endpoint = readonly [method: string, path: string, answer: Answer];

const namespaceSeparator = '\u001f';
const noContent = Symbol('no content');

export class RestService {
  readonly #namespaces: RestNamespaces;
  readonly #tables: RestTables;
  readonly #endpoints: readonly Endpoint[];
  readonly #warehouse: string;

  constructor(options: RestTablesOptions) {
    this.#namespaces = new RestNamespaces(options.names);
    this.#tables = new RestTables(options);
    this.#warehouse = options.warehouse;
    this.#endpoints = [...this.#namespaceEndpoints(), ...this.#tableEndpoints(), ...this.#catalogEndpoints()];
  }

  /** Never rejects: every fault is a reply in the specification's form. */
  async answer(request: CatalogRequest): Promise<CatalogReply> {
    try {
      for (const [method, pattern, answer] of this.#endpoints) {
        const params = method === request.method ? matchPath(pattern, request.path) : null;
        if (params === null) continue;
        const result = await answer(params, (request.body ?? {}) as Body, request.query);
        return result === noContent ? { status: 204, body: null } : { status: 200, body: result };
      }
      throw new RestFault('NotFoundException', `No route for request: ${request.method} ${request.path}`);
    } catch (error) {
      return faultReply(error);
    }
  }

  #catalogEndpoints(): Endpoint[] {
    return [
      ['GET', '/v1/config', () => this.#config()],
      [
        'POST',
        '/v1/tables/rename',
        (_, body) => {
          this.#tables.rename(identifierOf(body.source), identifierOf(body.destination));
          return noContent;
        },
      ],
      [
        'POST',
        '/v1/transactions/commit',
        async (_, body) => {
          const changes = listOf<TableCommit & { identifier?: unknown }>(body['table-changes'], 'table-changes');
          await this.#tables.commitAll(
            changes.map((change) => ({ table: identifierOf(change.identifier), commit: commitOf(change) })),
          );
          return noContent;
        },
      ],
    ];
  }

  #config(): unknown {
    const endpoints = this.#endpoints
      .filter(([, path]) => path !== '/v1/config')
      .map(([method, path]) => `${method} ${path.replace('/v1/', '/v1/{prefix}/').replace(/:(\w+)/g, '{$1}')}`);
    return { defaults: {}, overrides: { warehouse: this.#warehouse }, endpoints };
  }

  #namespaceEndpoints(): Endpoint[] {
    const namespaces = this.#namespaces;
    return [
      [
        'GET',
        '/v1/namespaces',
        (_, _body, query) => {
          const parent = query.get('parent');
          return page(namespaces.list(parent === null ? [] : levelsOf(parent)), 'namespaces', query);
        },
      ],
      [
        'POST',
        '/v1/namespaces',
        (_, body) => namespaces.create(listOf(body.namespace, 'namespace'), propertiesOf(body.properties)),
      ],
      ['GET', '/v1/namespaces/:namespace', ({ namespace }) => namespaces.load(levelsOf(namespace!))],
      [
        'HEAD',
        '/v1/namespaces/:namespace',
        ({ namespace }) => {
          namespaces.load(levelsOf(namespace!));
          return noContent;
        },
      ],
      [
        'DELETE',
        '/v1/namespaces/:namespace',
        ({ namespace }) => {
          namespaces.drop(levelsOf(namespace!));
          return noContent;
        },
      ],
      [
        'POST',
        '/v1/namespaces/:namespace/properties',
        ({ namespace }, body) =>
          namespaces.update(
            levelsOf(namespace!),
            propertiesOf(body.updates),
            body.removals === undefined || body.removals === null ? [] : listOf(body.removals, 'removals'),
          ),
      ],
    ];
  }

  #tableEndpoints(): Endpoint[] {
    const tables = this.#tables;
    const collection = '/v1/namespaces/:namespace/tables';
    const one = `${collection}/:table`;
    return [
      [
        'GET',
        collection,
        ({ namespace }, _, query) => {
          const levels = levelsOf(namespace!);
          const names = this.#namespaces.tables(levels);
          return page(names.map((name) => ({ namespace: levels, name })), 'identifiers', query); // biome-ignore format: one thought
        },
      ],
      ['POST', collection, async ({ namespace }, body) => loaded(await this.#create(levelsOf(namespace!), body))],
      [
        'POST',
        '/v1/namespaces/:namespace/register',
        async ({ namespace }, body) => {
          const table = { namespace: levelsOf(namespace!), name: textOf(body.name, 'name') };
          const location = textOf(body['metadata-location'], 'metadata-location');
          return loaded(await tables.register(table, location, body.overwrite === true));
        },
      ],
      [
        'GET',
        one,
        async (params, _, query) => {
          const table = await tables.load(tableOf(params));
          return loaded(
            query.get('snapshots') === 'refs' ? { ...table, metadata: withNamedSnapshots(table.metadata) } : table,
          );
        },
      ],
      [
        'HEAD',
        one,
        async (params) => {
          await tables.load(tableOf(params));
          return noContent;
        },
      ],
      [
        'POST',
        one,
        async (params, body) => {
          const { location, metadata } = await tables.commit(tableOf(params), commitOf(body));
          return { 'metadata-location': location, metadata };
        },
      ],
      [
        'DELETE',
        one,
        async (params, _, query) => {
          await tables.drop(tableOf(params), query.get('purgeRequested')?.toLowerCase() === 'true');
          return noContent;
        },
      ],
      ['POST', `${one}/metrics`, () => noContent], // reports are taken, and nobody reads them here
    ];
  }

  #create(namespace: readonly string[], body: Body): Promise<LoadedTable> {
    const schema = body.schema as SchemaJson | undefined;
    if (!Array.isArray(schema?.fields)) throw new RestFault('BadRequestException', 'Invalid schema: null');
    return this.#tables.create(namespace, {
      name: textOf(body.name, 'name'),
      location: typeof body.location === 'string' ? body.location : null,
      schema,
      spec: { 'spec-id': 0, fields: [], ...(body['partition-spec'] as object | undefined) },
      sortOrder: { 'order-id': 0, fields: [], ...(body['write-order'] as object | undefined) } as SortOrderJson,
      properties: Object.fromEntries(propertiesOf(body.properties)),
      stage: body['stage-create'] === true,
    });
  }
}

function loaded({ location, metadata }: LoadedTable): unknown {
  return { ...(location === null ? {} : { 'metadata-location': location }), metadata, config: {} };
}

/** A page of a listing: the token is the place of its first item. */
function page(items: readonly unknown[], key: string, query: URLSearchParams): unknown {
  const size = query.get('pageSize');
  if (size === null) return { [key]: items };
  const count = Number(size);
  const from = Number(query.get('pageToken') || 0);
  if (!(Number.isInteger(count) && count > 0 && Number.isInteger(from) && from >= 0)) {
    throw new RestFault('BadRequestException', `page: expected a size from 1 and a token of ours, got '${size}'`);
  }
  const next = from + count;
  return { [key]: items.slice(from, next), 'next-page-token': next < items.length ? String(next) : null };
}

/** The levels of a namespace in a path, where they are joined by %1F. */
function levelsOf(text: string): string[] {
  try {
    return decodeURIComponent(text).split(namespaceSeparator);
  } catch {
    throw new RestFault('BadRequestException', `path: expected percent-encoded text, got '${text}'`);
  }
}

function tableOf(params: Readonly<Record<string, string>>): TableIdentifier {
  const [name] = levelsOf(params.table!);
  return { namespace: levelsOf(params.namespace!), name: name! };
}

function identifierOf(value: unknown): TableIdentifier {
  const { namespace, name } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return { namespace: listOf(namespace, 'namespace'), name: textOf(name, 'name') };
}

function commitOf({ requirements, updates }: Body): TableCommit {
  return { requirements: listOf(requirements, 'requirements'), updates: listOf(updates, 'updates') };
}

function listOf<T>(value: unknown, what: string): readonly T[] {
  if (Array.isArray(value)) return value as readonly T[];
  throw new EngineError('INVALID_OPTION', `${what}: expected a list, got ${JSON.stringify(value ?? null)}`);
}

function textOf(value: unknown, what: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new EngineError('INVALID_OPTION', `${what}: expected a text, got ${JSON.stringify(value ?? null)}`);
}

function propertiesOf(value: unknown): ReadonlyMap<string, string> {
  const entries = Object.entries((value ?? {}) as object);
  const wrong = entries.find(([, text]) => typeof text !== 'string');
  if (wrong === undefined) return new Map(entries as [string, string][]);
  throw new EngineError('INVALID_OPTION', `property '${wrong[0]}': expected a text, got ${JSON.stringify(wrong[1])}`);
}
