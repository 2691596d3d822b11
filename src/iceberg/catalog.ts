/** An Iceberg catalog as a catalog of SQL: databases are namespaces (levels joined by dots), tables are Iceberg tables. */
import { EngineError } from '../model/errors.ts';
import { checkOptions } from '../model/options.ts';
import { type Catalog, type CatalogEntry, formatPath, type TableColumn, type TableDefinition } from '../model/table.ts';
import { type CatalogSettings, catalogOptionSpecs, openLakeCatalog } from './catalog-options.ts';
import type { LakeCatalog, TableIdentifier } from './lake-catalog.ts';
import { partitioningOption, partitionSpecOf } from './partitioning.ts';
import { schemaOf, toFlinkType } from './schema.ts';
import { currentSchema, specOf, type TableMetadata } from './table-metadata.ts';
import { tableOptions } from './table-options.ts';
import { checkWritable } from './table-properties.ts';

export type IcebergCatalogContext = Omit<CatalogSettings, 'name'> & Readonly<{ warn: (message: string) => void }>;

const ownSpecs = [
  { key: 'type', kind: 'enum', values: ['iceberg'], required: true, description: "'iceberg'." },
  {
    key: 'default-database',
    kind: 'string',
    default: 'default',
    description: 'The database that USE CATALOG selects.',
  },
] as const;

/** What tables get that are made here, unless they say otherwise: metadata files of past commits are not kept for ever. */
const newTableProperties: Readonly<Record<string, string>> = {
  'write.parquet.compression-codec': 'zstd',
  'write.metadata.delete-after-commit.enabled': 'true',
};

/**
 * `options` are those of CREATE CATALOG. EngineError INVALID_OPTION for unknown ones, UNSUPPORTED for a kind of catalog without a client,
 * CONNECTION where a REST catalog does not answer.
 */
export async function createIcebergCatalog(
  name: string,
  options: ReadonlyMap<string, string>,
  ctx: IcebergCatalogContext,
): Promise<Catalog> {
  const checked = checkOptions(options, [...ownSpecs, ...catalogOptionSpecs], `catalog '${name}'`);
  for (const spec of catalogOptionSpecs) {
    if (spec.withoutEffect && options.has(spec.key))
      ctx.warn(`catalog '${name}': '${spec.key}' has no effect in Millrace`);
  }
  const own: readonly string[] = ownSpecs.map((spec) => spec.key);
  const catalogOptions = new Map([...options].filter(([key]) => !own.includes(key)));
  const lake = await openLakeCatalog(catalogOptions, { ...ctx, name });
  return new IcebergCatalog(name, checked.string('default-database'), catalogOptions, lake);
}

class IcebergCatalog implements Catalog {
  readonly name: string;
  readonly defaultDatabase: string;
  readonly #options: ReadonlyMap<string, string>;
  readonly #lake: LakeCatalog;

  constructor(name: string, defaultDatabase: string, options: ReadonlyMap<string, string>, lake: LakeCatalog) {
    this.name = name;
    this.defaultDatabase = defaultDatabase;
    this.#options = options;
    this.#lake = lake;
  }

  async listDatabases(): Promise<string[]> {
    return (await this.#lake.listNamespaces()).map((levels) => levels.join('.')).sort();
  }

  async createDatabase(
    name: string,
    options: { ifNotExists: boolean; properties: ReadonlyMap<string, string> },
  ): Promise<void> {
    try {
      await this.#lake.createNamespace(name.split('.'), options.properties);
    } catch (error) {
      if (!(options.ifNotExists && isConflict(error))) throw error;
    }
  }

  async dropDatabase(name: string, options: { ifExists: boolean; cascade: boolean }): Promise<void> {
    const namespace = name.split('.');
    if (!(await this.#lake.namespaceExists(namespace))) {
      if (options.ifExists) return;
      throw new EngineError('NOT_FOUND', `database '${name}': catalog '${this.name}' has none of this name`);
    }
    const tables = await this.#lake.listTables(namespace);
    if (tables.length > 0 && !options.cascade) {
      throw new EngineError('CONFLICT', `database '${name}': expected it to be empty, found ${tables.length} tables`, {
        hint: 'Drop them first, or use CASCADE.',
      });
    }
    for (const table of tables) await this.#lake.dropTable({ namespace, name: table });
    await this.#lake.dropNamespace(namespace);
  }

  listTables(database: string): Promise<string[]> {
    return this.#lake.listTables(database.split('.'));
  }

  async getTable(database: string, name: string): Promise<CatalogEntry | null> {
    const identifier = { namespace: database.split('.'), name };
    const metadata = await this.#lake.loadTable(identifier);
    return metadata === null ? null : this.#definition(database, identifier, metadata);
  }

  #definition(database: string, identifier: TableIdentifier, metadata: TableMetadata): TableDefinition {
    const schema = currentSchema(metadata);
    const columns = schema.fields.map(
      (field): TableColumn => ({
        kind: 'physical',
        name: field.name,
        type: toFlinkType(field.type, !field.required),
        comment: field.doc,
      }),
    );
    const nameOf = (id: number): string[] =>
      schema.fields.filter((field) => field.id === id).map((field) => field.name);
    const partition = specOf(metadata, metadata['default-spec-id'] ?? 0).fields;
    const identity = partition.every((field) => field.transform === 'identity');
    return {
      kind: 'table',
      path: { catalog: this.name, database, name: identifier.name },
      columns,
      watermark: null,
      primaryKey: schema.identifierFieldIds.flatMap(nameOf),
      partitionedBy: identity ? partition.flatMap((field) => nameOf(field['source-id'])) : [],
      options: tableOptions(this.name, this.#options, identifier),
      comment: metadata.properties?.comment,
    };
  }

  async createTable(entry: CatalogEntry, options: { ifNotExists: boolean }): Promise<void> {
    const where = `table ${formatPath(entry.path)}`;
    if (entry.kind === 'view') {
      throw new EngineError('UNSUPPORTED', `${where}: Iceberg catalogs keep no views here`, {
        hint: 'Use CREATE TEMPORARY VIEW, or make the view in the default catalog.',
      });
    }
    const namespace = entry.path.database.split('.');
    if (!(await this.#lake.namespaceExists(namespace))) {
      throw new EngineError('NOT_FOUND', `${where}: database '${entry.path.database}' does not exist`, {
        hint: `CREATE DATABASE \`${this.name}\`.\`${entry.path.database}\` first.`,
      });
    }
    try {
      await this.#lake.createTable({ namespace, name: entry.path.name }, newTableOf(entry, where));
    } catch (error) {
      if (!(options.ifNotExists && isConflict(error))) throw error;
    }
  }

  async dropTable(
    database: string,
    name: string,
    options: { ifExists: boolean; kind: 'table' | 'view' },
  ): Promise<void> {
    const identifier = { namespace: database.split('.'), name };
    if (options.kind === 'table' && (await this.#lake.loadTable(identifier)) !== null) {
      return this.#lake.dropTable(identifier);
    }
    if (!options.ifExists) throw new EngineError('NOT_FOUND', `${options.kind} '${database}.${name}': there is none`);
  }

  close(): Promise<void> {
    return this.#lake.close();
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof EngineError && error.code === 'CONFLICT';
}

/** EngineError UNSUPPORTED for what an Iceberg table can't keep: computed and metadata columns, watermarks (Flink refuses them as well). */
function newTableOf(table: TableDefinition, where: string): Parameters<LakeCatalog['createTable']>[1] {
  const virtual = table.columns.find((column) => column.kind !== 'physical');
  if (virtual !== undefined) {
    throw new EngineError(
      'UNSUPPORTED',
      `${where}: column '${virtual.name}': an Iceberg table keeps no ${virtual.kind} columns`,
    );
  }
  if (table.watermark !== null) throw new EngineError('UNSUPPORTED', `${where}: an Iceberg table keeps no watermark`);
  const { connector, location, [partitioningOption]: partitioning, ...given } = Object.fromEntries(table.options);
  if (connector !== undefined) {
    throw new EngineError(
      'INVALID_OPTION',
      `${where}: 'connector'='${connector}': tables in an Iceberg catalog have none`,
      {
        hint: "Leave 'connector' out, or create the table in the default catalog.",
      },
    );
  }
  const comment: Record<string, string> = table.comment === undefined ? {} : { comment: table.comment };
  const properties = { ...newTableProperties, 'format-version': '2', ...comment, ...given };
  checkWritable(properties, where);
  const schema = schemaOf(table.columns, table.primaryKey);
  return {
    schema,
    spec: partitionSpecOf(schema, table.partitionedBy, partitioning),
    properties,
    location: location ?? null,
  };
}
