/** The catalog that every session begins with: databases and tables in memory, gone when the session ends. */
import { EngineError } from '../../model/errors.ts';
import { type Catalog, type CatalogEntry, formatPath } from '../../model/table.ts';

export class MemoryCatalog implements Catalog {
  readonly name: string;
  readonly defaultDatabase: string;
  readonly #databases = new Map<string, Map<string, CatalogEntry>>();

  constructor(name: string, defaultDatabase: string) {
    this.name = name;
    this.defaultDatabase = defaultDatabase;
    this.#databases.set(defaultDatabase, new Map());
  }

  async listDatabases(): Promise<string[]> {
    return [...this.#databases.keys()].sort();
  }

  async createDatabase(name: string, { ifNotExists }: { ifNotExists: boolean }): Promise<void> {
    if (!this.#databases.has(name)) this.#databases.set(name, new Map());
    else if (!ifNotExists) throw new EngineError('CONFLICT', `the database '${name}' exists already`);
  }

  async dropDatabase(name: string, { ifExists, cascade }: { ifExists: boolean; cascade: boolean }): Promise<void> {
    const tables = this.#databases.get(name);
    if (tables === undefined && ifExists) return;
    if (this.#database(name).size > 0 && !cascade) {
      throw new EngineError('CONFLICT', `the database '${name}' has tables`, {
        hint: 'Write CASCADE to drop them, too.',
      });
    }
    this.#databases.delete(name);
  }

  async listTables(database: string): Promise<string[]> {
    return [...this.#database(database).keys()].sort();
  }

  async getTable(database: string, name: string): Promise<CatalogEntry | null> {
    return this.#databases.get(database)?.get(name) ?? null;
  }

  async createTable(entry: CatalogEntry, { ifNotExists }: { ifNotExists: boolean }): Promise<void> {
    const tables = this.#database(entry.path.database);
    if (!tables.has(entry.path.name)) tables.set(entry.path.name, entry);
    else if (!ifNotExists) throw new EngineError('CONFLICT', `the table ${formatPath(entry.path)} exists already`);
  }

  async dropTable(
    database: string,
    name: string,
    { ifExists, kind }: { ifExists: boolean; kind: 'table' | 'view' },
  ): Promise<void> {
    const tables = this.#databases.get(database);
    const entry = tables?.get(name);
    if (entry?.kind === kind) tables!.delete(name);
    else if (!ifExists || entry !== undefined) {
      const found = entry === undefined ? '' : `: it is a ${entry.kind}`;
      throw new EngineError('NOT_FOUND', `there is no ${kind} '${name}' in the database '${database}'${found}`);
    }
  }

  async replaceTable(database: string, name: string, entry: CatalogEntry): Promise<void> {
    const tables = this.#database(database);
    const renamed = entry.path.name;
    if (renamed !== name && tables.has(renamed)) {
      throw new EngineError('CONFLICT', `the table ${formatPath(entry.path)} exists already`);
    }
    tables.delete(name);
    tables.set(renamed, entry);
  }

  async close(): Promise<void> {
    this.#databases.clear();
  }

  #database(name: string): Map<string, CatalogEntry> {
    const tables = this.#databases.get(name);
    if (tables === undefined)
      throw new EngineError('NOT_FOUND', `there is no database '${name}' in the catalog '${this.name}'`);
    return tables;
  }
}
