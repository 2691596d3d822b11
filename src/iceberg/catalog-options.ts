/** The options of CREATE CATALOG … WITH ('type'='iceberg', …), under the keys of Iceberg's Flink module. */
import { EngineError } from '../model/errors.ts';
import { checkOptions, type OptionSpec, type Options } from '../model/options.ts';
import { storageOf } from '../storage/scheme-storage.ts';
import { localPath, resolveUri } from '../storage/uri.ts';
import type { LakeCatalog } from './lake-catalog.ts';
import { openRestCatalog } from './rest-catalog.ts';
import { SqliteCatalog } from './sqlite-catalog.ts';

const jdbcCatalog = 'org.apache.iceberg.jdbc.JdbcCatalog';
const restCatalog = 'org.apache.iceberg.rest.RESTCatalog';

/** Without `type` and names: what a table's options repeat, so that another thread finds the catalog. */
export const catalogOptionSpecs: readonly OptionSpec[] = [
  { key: 'catalog-type', kind: 'enum', values: ['rest', 'jdbc', 'hive', 'hadoop', 'glue', 'nessie'], description: "'rest', or 'jdbc' for the embedded SQLite catalog." }, // biome-ignore format: a table
  { key: 'catalog-impl', kind: 'string', description: `${jdbcCatalog} or ${restCatalog}.` },
  { key: 'uri', kind: 'string', required: true, description: 'http://… of a REST catalog, or jdbc:sqlite:PATH.' },
  { key: 'warehouse', kind: 'string', description: 'Where new tables go: file:///path, or a name that a REST catalog knows.' }, // biome-ignore format: a table
  { key: 'token', kind: 'string', description: 'A bearer token for a REST catalog.' },
  { key: 'credential', kind: 'string', description: "'id:secret' for OAuth2 client credentials." },
  { key: 'scope', kind: 'string', default: 'catalog', description: 'The OAuth2 scope.' },
  { key: 'oauth2-server-uri', kind: 'string', description: 'Where tokens are made; the catalog itself by default.' },
  { key: 'prefix', kind: 'string', description: "The path prefix of a REST catalog's routes." },
  { key: 'header.', kind: 'map', description: 'Headers sent to a REST catalog.' },
  { key: 'io-impl', kind: 'string', withoutEffect: true, description: 'The Java class of file access.' },
  { key: 'clients', kind: 'integer', withoutEffect: true, description: "The size of a Java client's pool." },
  { key: 'jdbc.schema-version', kind: 'string', withoutEffect: true, description: 'The layout is V1, which readers detect.' }, // biome-ignore format: a table
  { key: 'cache-enabled', kind: 'boolean', withoutEffect: true, description: "Tables are loaded when they're used." },
  { key: 'cache.expiration-interval-ms', kind: 'integer', withoutEffect: true, description: 'See cache-enabled.' },
  { key: 'property-version', kind: 'integer', withoutEffect: true, min: 1, max: 1, description: 'The version of these keys.' }, // biome-ignore format: a table
];

export type CatalogSettings = Readonly<{
  name: string;
  workingDirectory: string;
  now: () => number;
}>;

/** Opens the catalog that the options name. EngineError UNSUPPORTED for a kind that Millrace has no client for. */
export async function openLakeCatalog(
  given: ReadonlyMap<string, string>,
  settings: CatalogSettings,
): Promise<LakeCatalog> {
  const where = `catalog '${settings.name}'`;
  const options = checkOptions(given, catalogOptionSpecs, where);
  return kindOf(options, where) === 'rest' ? openRest(options, settings) : openSqlite(options, settings, where);
}

function kindOf(options: Options, where: string): 'rest' | 'sqlite' {
  const type = options.optionalString('catalog-type');
  const implementation = options.optionalString('catalog-impl');
  if (type !== undefined && implementation !== undefined) {
    throw new EngineError('INVALID_OPTION', `${where}: expected 'catalog-type' or 'catalog-impl', got both`);
  }
  if (type === 'rest' || implementation === restCatalog) return 'rest';
  if (type === 'jdbc' || implementation === jdbcCatalog) return 'sqlite';
  const hint = `Use 'catalog-type'='rest' with 'uri'='http://…', or 'catalog-impl'='${jdbcCatalog}' with 'uri'='jdbc:sqlite:PATH'.`;
  const got = type ?? implementation;
  if (got === undefined) {
    throw new EngineError('INVALID_OPTION', `${where}: expected 'catalog-type' or 'catalog-impl', got neither`, {
      hint,
    });
  }
  throw new EngineError('UNSUPPORTED', `${where}: Millrace has no client for '${got}' catalogs`, { hint });
}

function openRest(options: Options, settings: CatalogSettings): Promise<LakeCatalog> {
  return openRestCatalog({
    uri: options.string('uri').replace(/\/+$/, ''),
    warehouse: options.optionalString('warehouse') ?? null,
    prefix: options.optionalString('prefix') ?? null,
    headers: options.map('header.'),
    now: settings.now,
    auth: {
      token: options.optionalString('token') ?? null,
      credential: options.optionalString('credential') ?? null,
      scope: options.string('scope'),
      tokenUri: options.optionalString('oauth2-server-uri') ?? null,
    },
  });
}

function openSqlite(options: Options, settings: CatalogSettings, where: string): LakeCatalog {
  const match = /^jdbc:sqlite:(.+)$/.exec(options.string('uri'));
  if (match === null) {
    throw new EngineError('UNSUPPORTED', `${where}: 'uri': expected jdbc:sqlite:PATH, got '${options.string('uri')}'`);
  }
  const warehouse = options.optionalString('warehouse');
  if (warehouse === undefined)
    throw new EngineError('INVALID_OPTION', `${where}: option 'warehouse' is required and is not set`);
  const uri = resolveUri(warehouse, settings.workingDirectory);
  return new SqliteCatalog({
    name: settings.name,
    path: localPath(resolveUri(match[1]!, settings.workingDirectory)),
    warehouse: uri,
    storage: storageOf(uri),
    now: settings.now,
  });
}
