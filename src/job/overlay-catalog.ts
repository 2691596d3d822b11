/**
 * A catalog that shows another's tables and keeps changes to itself: for checks, which leave nothing behind. Where the other can't be
 * reached it shows nothing, and says so once.
 */
import { EngineError, toErrorData } from '../model/errors.ts';
import { type Catalog, type CatalogEntry, formatPath } from '../model/table.ts';

export class OverlayCatalog implements Catalog {
  readonly name: string;
  readonly defaultDatabase: string;
  readonly #below: () => Promise<Catalog>;
  readonly #warn: (message: string) => void;
  #opened: Promise<Catalog | null> | null = null;
  readonly #databases = new Map<string, 'made' | 'dropped'>();
  /** null: dropped. By database and name. */
  readonly #entries = new Map<string, CatalogEntry | null>();

  constructor(name: string, defaultDatabase: string, below: () => Promise<Catalog>, warn: (message: string) => void) {
    this.name = name;
    this.defaultDatabase = defaultDatabase;
    this.#below = below;
    this.#warn = warn;
  }

  async listDatabases(): Promise<string[]> {
    const below = await this.#ask((catalog) => catalog.listDatabases(), []);
    const made = [...this.#databases].filter(([, state]) => state === 'made').map(([name]) => name);
    return [...new Set([...below, ...made])].filter((name) => this.#databases.get(name) !== 'dropped').sort();
  }

  async createDatabase(name: string, options: { ifNotExists: boolean }): Promise<void> {
    if (!(await this.listDatabases()).includes(name)) this.#databases.set(name, 'made');
    else if (!options.ifNotExists) throw this.#taken(`database '${name}'`);
  }

  async dropDatabase(name: string, options: { ifExists: boolean; cascade: boolean }): Promise<void> {
    if (!(await this.listDatabases()).includes(name)) {
      if (options.ifExists) return;
      throw new EngineError('NOT_FOUND', `database '${name}': catalog '${this.name}' has none of this name`);
    }
    const tables = await this.listTables(name);
    if (tables.length > 0 && !options.cascade) {
      throw new EngineError('CONFLICT', `database '${name}': expected it to be empty, found ${tables.length} tables`, {
        hint: 'Drop them first, or use CASCADE.',
      });
    }
    for (const table of tables) this.#entries.set(keyOf(name, table), null);
    this.#databases.set(name, 'dropped');
  }

  async listTables(database: string): Promise<string[]> {
    const isHere = this.#databases.has(database);
    const below = isHere ? [] : await this.#ask((catalog) => catalog.listTables(database), []);
    const prefix = keyOf(database, '');
    const own = [...this.#entries].filter(([key]) => key.startsWith(prefix));
    const dropped = own.filter(([, entry]) => entry === null).map(([key]) => key.slice(prefix.length));
    const made = own.filter(([, entry]) => entry !== null).map(([key]) => key.slice(prefix.length));
    return [...new Set([...below, ...made])].filter((name) => !dropped.includes(name)).sort();
  }

  async getTable(database: string, name: string): Promise<CatalogEntry | null> {
    const own = this.#entries.get(keyOf(database, name));
    if (own !== undefined || this.#databases.has(database)) return own ?? null;
    return await this.#ask((catalog) => catalog.getTable(database, name), null);
  }

  async createTable(entry: CatalogEntry, options: { ifNotExists: boolean }): Promise<void> {
    const { database, name } = entry.path;
    if ((await this.getTable(database, name)) === null) this.#entries.set(keyOf(database, name), entry);
    else if (!options.ifNotExists) throw this.#taken(`table ${formatPath(entry.path)}`);
  }

  async dropTable(
    database: string,
    name: string,
    options: { ifExists: boolean; kind: 'table' | 'view' },
  ): Promise<void> {
    const entry = await this.getTable(database, name);
    if (entry !== null && entry.kind === options.kind) this.#entries.set(keyOf(database, name), null);
    else if (!options.ifExists) {
      const path = formatPath({ catalog: this.name, database, name });
      throw new EngineError('NOT_FOUND', `${options.kind} ${path}: there is none of this name`);
    }
  }

  async close(): Promise<void> {
    await (await this.#opened)?.close();
  }

  async #ask<T>(question: (catalog: Catalog) => Promise<T>, otherwise: T): Promise<T> {
    this.#opened ??= this.#below().catch((error: unknown) => this.#unreachable(error));
    const catalog = await this.#opened;
    if (catalog === null) return otherwise;
    try {
      return await question(catalog);
    } catch (error) {
      if (!isAbsence(error)) throw error;
      return otherwise;
    }
  }

  #unreachable(error: unknown): null {
    if (!isAbsence(error)) throw error;
    this.#warn(`catalog '${this.name}': its tables are not seen by this check: ${toErrorData(error).message}`);
    return null;
  }

  #taken(what: string): EngineError {
    return new EngineError('CONFLICT', `${what}: the name is taken`, { hint: 'Add IF NOT EXISTS, or drop it first.' });
  }
}

/** A catalog that isn't there, or a database in it, is no fault of the script. */
export function isAbsence(error: unknown): boolean {
  const { code } = toErrorData(error);
  return code === 'CONNECTION' || code === 'TIMEOUT' || code === 'NOT_FOUND' || code === 'IO';
}

function keyOf(database: string, name: string): string {
  return `${database}\n${name}`;
}
