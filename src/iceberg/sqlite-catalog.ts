/**
 * The embedded catalog: a SQLite file in the layout of Iceberg's own JDBC catalog (org.apache.iceberg.jdbc.JdbcCatalog, schema version 1),
 * which Java and PyIceberg open as well. A commit is one compare-and-swap of a table's metadata location.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EngineError } from '../model/errors.ts';
import type { Storage } from '../storage/storage.ts';
import { joinUri } from '../storage/uri.ts';
import { parseJson, printJson } from './json.ts';
import {
  type CommitOutcome,
  formatIdentifier,
  type LakeCatalog,
  type NewTable,
  type TableIdentifier,
} from './lake-catalog.ts';
import { newTableMetadata } from './new-table.ts';
import type { TableMetadata } from './table-metadata.ts';
import { applyUpdates, failedRequirement, type TableCommit } from './table-update.ts';

const busyTimeoutMs = 10_000; // how long another process may hold the file before a call fails
const defaultPreviousVersions = 100; // write.metadata.previous-versions-max

const layout = `
CREATE TABLE IF NOT EXISTS iceberg_tables (catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL,
 table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000),
 iceberg_type VARCHAR(5), PRIMARY KEY (catalog_name, table_namespace, table_name));
CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL,
 property_key VARCHAR(255) NOT NULL, property_value VARCHAR(1000), PRIMARY KEY (catalog_name, namespace, property_key));`;

const ofTable = 'catalog_name = ? AND table_namespace = ? AND table_name = ?';

export type SqliteCatalogOptions = Readonly<{
  /** The catalog's name in the file: other programs have to give the same. */
  name: string;
  path: string;
  warehouse: string;
  storage: Storage;
  now: () => number;
}>;

export class SqliteCatalog implements LakeCatalog {
  readonly #options: SqliteCatalogOptions;
  readonly #database: DatabaseSync;
  /** A file made by an old Java has no iceberg_type: then every row is a table. */
  readonly #onlyTables: string;

  constructor(options: SqliteCatalogOptions) {
    this.#options = options;
    this.#database = openDatabase(options.path);
    const columns = this.#database.prepare('PRAGMA table_info(iceberg_tables)').all();
    const typed = columns.some((column) => column.name === 'iceberg_type');
    this.#onlyTables = typed ? " AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)" : '';
  }

  async listNamespaces(): Promise<string[][]> {
    const rows = this.#all(
      `SELECT namespace AS name FROM iceberg_namespace_properties WHERE catalog_name = ?
       UNION SELECT table_namespace FROM iceberg_tables WHERE catalog_name = ? ORDER BY 1`,
      this.#options.name,
      this.#options.name,
    );
    return rows.map((row) => (row.name as string).split('.'));
  }

  async namespaceExists(namespace: readonly string[]): Promise<boolean> {
    const name = namespace.join('.');
    return (await this.listNamespaces()).some((levels) => levels.join('.') === name);
  }

  async createNamespace(namespace: readonly string[], properties: ReadonlyMap<string, string>): Promise<void> {
    if (await this.namespaceExists(namespace))
      throw new EngineError('CONFLICT', `database '${namespace.join('.')}' exists`);
    for (const [key, value] of new Map([['exists', 'true'], ...properties])) {
      const sql = 'INSERT INTO iceberg_namespace_properties VALUES (?, ?, ?, ?)';
      this.#run(sql, this.#options.name, namespace.join('.'), key, value);
    }
  }

  async dropNamespace(namespace: readonly string[]): Promise<void> {
    const sql = 'DELETE FROM iceberg_namespace_properties WHERE catalog_name = ? AND namespace = ?';
    this.#run(sql, this.#options.name, namespace.join('.'));
  }

  async listTables(namespace: readonly string[]): Promise<string[]> {
    const rows = this.#all(
      `SELECT table_name FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ?${this.#onlyTables} ORDER BY 1`,
      this.#options.name,
      namespace.join('.'),
    );
    return rows.map((row) => row.table_name as string);
  }

  async loadTable(table: TableIdentifier): Promise<TableMetadata | null> {
    const location = this.#locationOf(table);
    return location === null ? null : this.#readMetadata(location);
  }

  async createTable(table: TableIdentifier, request: NewTable): Promise<void> {
    const { name, warehouse, now } = this.#options;
    const taken = new EngineError('CONFLICT', `table '${formatIdentifier(table)}' exists`);
    if (this.#locationOf(table) !== null) throw taken;
    const location = request.location ?? joinUri(warehouse, ...table.namespace, table.name);
    const metadata = newTableMetadata(request, { uuid: randomUUID(), location, nowMs: now() });
    const file = await this.#writeMetadata(metadata, 0);
    const sql = `INSERT OR IGNORE INTO iceberg_tables (catalog_name, table_namespace, table_name, metadata_location
      ${this.#onlyTables === '' ? '' : ', iceberg_type'}) VALUES (?, ?, ?, ?${this.#onlyTables === '' ? '' : ", 'TABLE'"})`;
    if (this.#run(sql, name, table.namespace.join('.'), table.name, file) !== 1) throw taken;
  }

  async dropTable(table: TableIdentifier): Promise<void> {
    const sql = `DELETE FROM iceberg_tables WHERE ${ofTable}${this.#onlyTables}`;
    if (this.#run(sql, ...this.#keyOf(table)) === 1) return;
    throw new EngineError('NOT_FOUND', `table '${formatIdentifier(table)}': there is none`);
  }

  async commit(table: TableIdentifier, commit: TableCommit): Promise<CommitOutcome> {
    const location = this.#locationOf(table);
    if (location === null) throw new EngineError('NOT_FOUND', `table '${formatIdentifier(table)}': there is none`);
    const base = await this.#readMetadata(location);
    const failed = failedRequirement(base, commit.requirements);
    if (failed !== null) return { kind: 'conflict', message: failed };
    const next = trimLog(withLogEntry(applyUpdates(base, commit.updates, this.#options.now()), base, location));
    const file = await this.#writeMetadata(next.metadata, versionOf(location) + 1);
    const outcome = await this.#swap(table, location, file);
    if (outcome.kind === 'committed') await this.#deleteAll(next.dropped);
    return outcome;
  }

  async #swap(table: TableIdentifier, location: string, file: string): Promise<CommitOutcome> {
    const sql = `UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ?
      WHERE ${ofTable} AND metadata_location = ?${this.#onlyTables}`;
    let changed: number;
    try {
      changed = this.#run(sql, file, location, ...this.#keyOf(table), location);
    } catch (cause) {
      return { kind: 'unknown', message: (cause as EngineError).message, cause };
    }
    if (changed !== 1) {
      await this.#options.storage.delete(file);
      return { kind: 'conflict', message: `another commit has replaced ${location}` };
    }
    return { kind: 'committed' };
  }

  /** Metadata that the log has dropped. A file that stays does no harm. */
  async #deleteAll(files: readonly string[]): Promise<void> {
    for (const file of files) await this.#options.storage.delete(file).catch(() => undefined);
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  #keyOf(table: TableIdentifier): [string, string, string] {
    return [this.#options.name, table.namespace.join('.'), table.name];
  }

  #locationOf(table: TableIdentifier): string | null {
    const sql = `SELECT metadata_location FROM iceberg_tables WHERE ${ofTable}${this.#onlyTables}`;
    return (this.#all(sql, ...this.#keyOf(table))[0]?.metadata_location as string | undefined) ?? null;
  }

  async #readMetadata(location: string): Promise<TableMetadata> {
    return parseJson(new TextDecoder().decode(await this.#options.storage.read(location)), location);
  }

  async #writeMetadata(metadata: TableMetadata, version: number): Promise<string> {
    const name = `${String(version).padStart(5, '0')}-${randomUUID()}.metadata.json`;
    const file = joinUri(metadata.location, 'metadata', name);
    await this.#options.storage.write(file, new TextEncoder().encode(printJson(metadata)));
    return file;
  }

  #all(sql: string, ...values: readonly string[]): Record<string, unknown>[] {
    return this.#guard(() => this.#database.prepare(sql).all(...values));
  }

  /** Rows changed. */
  #run(sql: string, ...values: readonly string[]): number {
    return this.#guard(() => Number(this.#database.prepare(sql).run(...values).changes));
  }

  #guard<T>(call: () => T): T {
    try {
      return call();
    } catch (cause) {
      throw catalogFault(this.#options.path, cause);
    }
  }
}

function openDatabase(path: string): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    database.exec(layout);
    return database;
  } catch (cause) {
    throw catalogFault(path, cause);
  }
}

function catalogFault(path: string, cause: unknown): EngineError {
  const message = `SQLite catalog ${path}: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new EngineError('IO', message, { cause, retryable: /locked|busy/i.test(message) });
}

/** The number at the head of `00012-….metadata.json`; −1 for another name, as Iceberg counts then. */
function versionOf(location: string): number {
  const match = /\/(\d+)-[^/]*$/.exec(location);
  return match === null ? -1 : Number(match[1]);
}

function withLogEntry(next: TableMetadata, base: TableMetadata, location: string): TableMetadata {
  const entry = { 'timestamp-ms': base['last-updated-ms'], 'metadata-file': location };
  return { ...next, 'metadata-log': [...(base['metadata-log'] ?? []), entry] };
}

/** `write.metadata.previous-versions-max` of the log stay; files of the rest go when the table says so. */
function trimLog(metadata: TableMetadata): { metadata: TableMetadata; dropped: readonly string[] } {
  const log = metadata['metadata-log'] ?? [];
  const keep = Math.max(
    1,
    Number(metadata.properties?.['write.metadata.previous-versions-max'] ?? defaultPreviousVersions),
  );
  const dropped = log.slice(0, Math.max(0, log.length - keep)).map((entry) => entry['metadata-file']);
  const deleting = metadata.properties?.['write.metadata.delete-after-commit.enabled'] === 'true';
  return { metadata: { ...metadata, 'metadata-log': log.slice(-keep) }, dropped: deleting ? dropped : [] };
}
