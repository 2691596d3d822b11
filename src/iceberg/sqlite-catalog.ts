/** The embedded catalog: names in a SQLite file (sqlite-names.ts). A commit is one compare-and-swap of a table's metadata location. */
import { randomUUID } from 'node:crypto';
import { EngineError } from '../model/errors.ts';
import type { Storage } from '../storage/storage.ts';
import { joinUri } from '../storage/uri.ts';
import {
  type CommitOutcome,
  formatIdentifier,
  type LakeCatalog,
  type NewTable,
  type TableIdentifier,
} from './lake-catalog.ts';
import { deleteQuietly, readMetadata, withMetadataLog, writeMetadata } from './metadata-file.ts';
import { applyUpdates } from './metadata-updates.ts';
import { newTableMetadata } from './new-table.ts';
import { SqliteNames } from './sqlite-names.ts';
import type { TableMetadata } from './table-metadata.ts';
import { failedRequirement } from './table-requirement.ts';
import type { TableCommit } from './table-update.ts';

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
  readonly #names: SqliteNames;

  constructor(options: SqliteCatalogOptions) {
    this.#options = options;
    this.#names = new SqliteNames(options.name, options.path);
  }

  async listNamespaces(): Promise<string[][]> {
    return this.#names.namespaces();
  }

  async namespaceExists(namespace: readonly string[]): Promise<boolean> {
    return this.#names.hasNamespace(namespace);
  }

  async createNamespace(namespace: readonly string[], properties: ReadonlyMap<string, string>): Promise<void> {
    if (this.#names.hasNamespace(namespace))
      throw new EngineError('CONFLICT', `database '${namespace.join('.')}' exists`);
    this.#names.setNamespaceProperties(namespace, properties);
  }

  async dropNamespace(namespace: readonly string[]): Promise<void> {
    this.#names.dropNamespace(namespace);
  }

  async listTables(namespace: readonly string[]): Promise<string[]> {
    return this.#names.tables(namespace);
  }

  async loadTable(table: TableIdentifier): Promise<TableMetadata | null> {
    const location = this.#names.locationOf(table);
    return location === null ? null : readMetadata(this.#options.storage, location);
  }

  async createTable(table: TableIdentifier, request: NewTable): Promise<void> {
    const { warehouse, now, storage } = this.#options;
    const taken = new EngineError('CONFLICT', `table '${formatIdentifier(table)}' exists`);
    if (this.#names.locationOf(table) !== null) throw taken;
    const location = request.location ?? joinUri(warehouse, ...table.namespace, table.name);
    const metadata = newTableMetadata(request, { uuid: randomUUID(), location, nowMs: now() });
    const file = await writeMetadata(storage, metadata, null);
    if (!this.#names.insert(table, file)) throw taken;
  }

  async dropTable(table: TableIdentifier): Promise<void> {
    if (this.#names.remove(table)) return;
    throw new EngineError('NOT_FOUND', `table '${formatIdentifier(table)}': there is none`);
  }

  async commit(table: TableIdentifier, commit: TableCommit): Promise<CommitOutcome> {
    const { storage, now } = this.#options;
    const location = this.#names.locationOf(table);
    if (location === null) throw new EngineError('NOT_FOUND', `table '${formatIdentifier(table)}': there is none`);
    const base = await readMetadata(storage, location);
    const failed = failedRequirement(base, commit.requirements);
    if (failed !== null) return { kind: 'conflict', message: failed };
    const next = withMetadataLog(applyUpdates(base, commit.updates, now()), base, location);
    const file = await writeMetadata(storage, next.metadata, location);
    const outcome = await this.#swap(table, location, file);
    if (outcome.kind === 'committed') await deleteQuietly(storage, next.dropped);
    return outcome;
  }

  async #swap(table: TableIdentifier, location: string, file: string): Promise<CommitOutcome> {
    try {
      if (this.#names.swap(table, location, file)) return { kind: 'committed' };
    } catch (cause) {
      return { kind: 'unknown', message: (cause as EngineError).message, cause };
    }
    await this.#options.storage.delete(file);
    return { kind: 'conflict', message: `another commit has replaced ${location}` };
  }

  async close(): Promise<void> {
    this.#names.close();
  }
}
