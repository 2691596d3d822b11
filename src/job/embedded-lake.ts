/** The lake of a data directory: an Iceberg catalog in one SQLite file, tables beside it. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export function catalogFile(dataDirectory: string): string {
  return join(dataDirectory, 'lake', 'catalog.db');
}

/** Its options, as CREATE CATALOG has them: the layout is that of Iceberg's own JDBC catalog. */
export function embeddedLake(dataDirectory: string): ReadonlyMap<string, string> {
  return new Map([
    ['type', 'iceberg'],
    ['catalog-impl', 'org.apache.iceberg.jdbc.JdbcCatalog'],
    ['uri', `jdbc:sqlite:${catalogFile(dataDirectory)}`],
    ['warehouse', pathToFileURL(join(dataDirectory, 'lake')).href],
  ]);
}
