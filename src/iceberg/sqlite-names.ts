/**
 * The rows of a SQLite catalog in the layout of Iceberg's own JDBC catalog (org.apache.iceberg.jdbc.JdbcCatalog, schema version 1): names of
 * namespaces and tables, and where the metadata of each table is. Each call is one statement or one transaction.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EngineError } from '../model/errors.ts';
import type { TableIdentifier } from './lake-catalog.ts';

const busyTimeoutMs = 10_000; // how long another process may hold the file before a call fails

const layout = `
CREATE TABLE IF NOT EXISTS iceberg_tables (catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL,
 table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000),
 iceberg_type VARCHAR(5), PRIMARY KEY (catalog_name, table_namespace, table_name));
CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL,
 property_key VARCHAR(255) NOT NULL, property_value VARCHAR(1000), PRIMARY KEY (catalog_name, namespace, property_key));`;

const ofTable = 'catalog_name = ? AND table_namespace = ? AND table_name = ?';
const ofNamespace = 'catalog_name = ? AND namespace = ?';
/** A namespace without properties is a row too. */
const existsKey = 'exists';

type SqlValue = string | null;

export class SqliteNames {
  readonly #catalog: string;
  readonly #path: string;
  readonly #database: DatabaseSync;
  /** A file made by an old Java has no iceberg_type: then every row is a table. */
  readonly #typed: boolean;

  /** `catalog`: the catalog's name in the file; other programs have to give the same. */
  constructor(catalog: string, path: string) {
    this.#catalog = catalog;
    this.#path = path;
    this.#database = openDatabase(path);
    const columns = this.#database.prepare('PRAGMA table_info(iceberg_tables)').all();
    this.#typed = columns.some((column) => column.name === 'iceberg_type');
  }

  namespaces(): string[][] {
    const rows = this.#all(
      `SELECT namespace AS name FROM iceberg_namespace_properties WHERE catalog_name = ?
       UNION SELECT table_namespace FROM iceberg_tables WHERE catalog_name = ? ORDER BY 1`,
      this.#catalog,
      this.#catalog,
    );
    return rows.map((row) => (row.name as string).split('.'));
  }

  hasNamespace(namespace: readonly string[]): boolean {
    const name = namespace.join('.');
    return this.namespaces().some((levels) => levels.join('.') === name);
  }

  /** Without the row that only says that it exists. */
  namespaceProperties(namespace: readonly string[]): Map<string, string> {
    const rows = this.#all(
      `SELECT property_key, property_value FROM iceberg_namespace_properties WHERE ${ofNamespace} ORDER BY 1`,
      this.#catalog,
      namespace.join('.'),
    );
    const pairs = rows.map((row) => [row.property_key as string, (row.property_value ?? '') as string] as const);
    return new Map(pairs.filter(([key]) => key !== existsKey));
  }

  /** All or nothing. */
  setNamespaceProperties(
    namespace: readonly string[],
    updates: ReadonlyMap<string, string>,
    removals: readonly string[] = [],
  ): void {
    const name = namespace.join('.');
    this.#transaction(() => {
      for (const [key, value] of new Map([[existsKey, 'true'], ...updates])) {
        const sql = 'INSERT OR REPLACE INTO iceberg_namespace_properties VALUES (?, ?, ?, ?)';
        this.#run(sql, this.#catalog, name, key, value);
      }
      for (const key of removals) {
        const sql = `DELETE FROM iceberg_namespace_properties WHERE ${ofNamespace} AND property_key = ?`;
        this.#run(sql, this.#catalog, name, key);
      }
      return true;
    });
  }

  dropNamespace(namespace: readonly string[]): void {
    const sql = `DELETE FROM iceberg_namespace_properties WHERE ${ofNamespace}`;
    this.#run(sql, this.#catalog, namespace.join('.'));
  }

  tables(namespace: readonly string[]): string[] {
    const rows = this.#all(
      `SELECT table_name FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ?${this.#onlyTables} ORDER BY 1`,
      this.#catalog,
      namespace.join('.'),
    );
    return rows.map((row) => row.table_name as string);
  }

  /** Where the metadata of a table is; null: there is no table. */
  locationOf(table: TableIdentifier): string | null {
    const sql = `SELECT metadata_location FROM iceberg_tables WHERE ${ofTable}${this.#onlyTables}`;
    return (this.#all(sql, ...this.#keyOf(table))[0]?.metadata_location as string | undefined) ?? null;
  }

  /** false: the name is taken. */
  insert(table: TableIdentifier, location: string): boolean {
    const sql = `INSERT OR IGNORE INTO iceberg_tables (catalog_name, table_namespace, table_name, metadata_location
      ${this.#typed ? ', iceberg_type' : ''}) VALUES (?, ?, ?, ?${this.#typed ? ", 'TABLE'" : ''})`;
    return this.#run(sql, ...this.#keyOf(table), location) === 1;
  }

  /** false: there was none. */
  remove(table: TableIdentifier): boolean {
    return this.#run(`DELETE FROM iceberg_tables WHERE ${ofTable}${this.#onlyTables}`, ...this.#keyOf(table)) === 1;
  }

  /** Compare and swap; false: its metadata is no longer at `expected`. */
  swap(table: TableIdentifier, expected: string, next: string): boolean {
    return this.swapAll([{ table, expected, next }]);
  }

  /** The same for several tables at once: all of them, or none. `expected` null: the table is new. */
  swapAll(swaps: readonly Readonly<{ table: TableIdentifier; expected: string | null; next: string }>[]): boolean {
    const sql = `UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ?
      WHERE ${ofTable} AND metadata_location = ?${this.#onlyTables}`;
    return this.#transaction(() =>
      swaps.every(({ table, expected, next }) =>
        expected === null
          ? this.insert(table, next)
          : this.#run(sql, next, expected, ...this.#keyOf(table), expected) === 1,
      ),
    );
  }

  /** false: `from` is not there, or `to` is. */
  rename(from: TableIdentifier, to: TableIdentifier): boolean {
    const sql = `UPDATE OR IGNORE iceberg_tables SET table_namespace = ?, table_name = ? WHERE ${ofTable}${this.#onlyTables}`;
    return this.#run(sql, to.namespace.join('.'), to.name, ...this.#keyOf(from)) === 1;
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  get #onlyTables(): string {
    return this.#typed ? " AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)" : '';
  }

  #keyOf(table: TableIdentifier): [string, string, string] {
    return [this.#catalog, table.namespace.join('.'), table.name];
  }

  /** `work` false or thrown: nothing of it stays. */
  #transaction(work: () => boolean): boolean {
    return this.#guard(() => {
      this.#database.exec('BEGIN IMMEDIATE');
      let result = false;
      try {
        result = work();
        return result;
      } finally {
        this.#database.exec(result ? 'COMMIT' : 'ROLLBACK');
      }
    });
  }

  #all(sql: string, ...values: readonly SqlValue[]): Record<string, unknown>[] {
    return this.#guard(() => this.#database.prepare(sql).all(...values));
  }

  /** Rows changed. */
  #run(sql: string, ...values: readonly SqlValue[]): number {
    return this.#guard(() => Number(this.#database.prepare(sql).run(...values).changes));
  }

  #guard<T>(call: () => T): T {
    try {
      return call();
    } catch (cause) {
      throw catalogFault(this.#path, cause);
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
  if (cause instanceof EngineError) return cause;
  const message = `SQLite catalog ${path}: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new EngineError('IO', message, { cause, retryable: /locked|busy/i.test(message) });
}
