/** The options of an Iceberg table in a TableDefinition, under Flink's keys: with them any thread finds catalog and table again. */
import { EngineError } from '../model/errors.ts';
import type { TableDefinition } from '../model/table.ts';
import { type CatalogSettings, openLakeCatalog } from './catalog-options.ts';
import { formatIdentifier, type LakeCatalog, type TableIdentifier } from './lake-catalog.ts';
import type { TableMetadata } from './table-metadata.ts';

const nameKeys: readonly string[] = ['catalog-name', 'catalog-database', 'catalog-table'];

export function tableOptions(
  catalogName: string,
  catalogOptions: ReadonlyMap<string, string>,
  table: TableIdentifier,
): ReadonlyMap<string, string> {
  return new Map([
    ['connector', 'iceberg'],
    ['catalog-name', catalogName],
    ['catalog-database', table.namespace.join('.')],
    ['catalog-table', table.name],
    ...catalogOptions,
  ]);
}

/** Where a table is, as plain data. */
export type TableLocator = Readonly<{
  catalogName: string;
  catalogOptions: Readonly<Record<string, string>>;
  identifier: TableIdentifier;
}>;

/** EngineError INVALID_OPTION for a key that is not known. */
export function locateTable(table: TableDefinition): TableLocator {
  const catalogOptions = Object.fromEntries(
    [...table.options].filter(([key]) => key !== 'connector' && !nameKeys.includes(key)),
  );
  const catalogName = table.options.get('catalog-name');
  if (catalogName === undefined) {
    throw new EngineError(
      'INVALID_OPTION',
      `table '${table.path.name}': option 'catalog-name' is required and is not set`,
    );
  }
  const database = table.options.get('catalog-database') ?? table.path.database;
  const identifier = { namespace: database.split('.'), name: table.options.get('catalog-table') ?? table.path.name };
  return { catalogName, catalogOptions, identifier };
}

export function openLocated(locator: TableLocator, settings: Omit<CatalogSettings, 'name'>): Promise<LakeCatalog> {
  const options = new Map(Object.entries(locator.catalogOptions));
  return openLakeCatalog(options, { ...settings, name: locator.catalogName });
}

/** EngineError NOT_FOUND when it is missing. */
export async function requireTable(catalog: LakeCatalog, table: TableIdentifier): Promise<TableMetadata> {
  const metadata = await catalog.loadTable(table);
  if (metadata !== null) return metadata;
  throw new EngineError('NOT_FOUND', `table '${formatIdentifier(table)}': the Iceberg catalog has none of this name`, {
    hint: 'Create it first: CREATE TABLE in the Iceberg catalog.',
  });
}
