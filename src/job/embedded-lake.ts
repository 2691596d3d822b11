/** The lake of a data directory: an Iceberg catalog in one SQLite file, tables beside it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EngineError } from '../model/errors.ts';

function catalogFile(dataDirectory: string): string {
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

/** The same of a lake that is there. Throws NOT_FOUND: opening it would make an empty one. */
export function existingLake(dataDirectory: string): ReadonlyMap<string, string> {
  if (existsSync(catalogFile(dataDirectory))) return embeddedLake(dataDirectory);
  throw new EngineError(
    'NOT_FOUND',
    `lake ${catalogFile(dataDirectory)}: expected the embedded catalog there, found none`,
    { hint: 'Name its data directory with --data-dir, or another catalog with --catalog-option.' },
  );
}
