/** Where names lead: catalogs, temporary tables, and what is current. */
import { EngineError } from '../../model/errors.ts';
import { nearest } from '../../model/options.ts';
import { type Catalog, type CatalogEntry, formatPath, type TablePath } from '../../model/table.ts';
import type { Identifier, Name } from '../ast.ts';
import { sqlError } from '../excerpt.ts';

/** The catalog and database that names without them are in. */
export type Current = Readonly<{ catalog: string; database: string }>;

export class Namespace {
  readonly catalogs: Map<string, Catalog>;
  readonly #temporary = new Map<string, CatalogEntry>();
  current: Current;

  constructor(first: Catalog) {
    this.catalogs = new Map([[first.name, first]]);
    this.current = { catalog: first.name, database: first.defaultDatabase };
  }

  /** `t`, `db.t` or `catalog.db.t`. */
  pathOf({ parts, position }: Name, current: Current = this.current): TablePath {
    const names = parts.map(({ name }) => name);
    if (names.length > 3)
      throw sqlError('SQL_VALIDATION', 'expected a name of at most catalog, database and table', position);
    const [name, database = current.database, catalog = current.catalog] = names.reverse() as [
      string,
      string?,
      string?,
    ];
    return { catalog, database, name };
  }

  /** `db` or `catalog.db`. */
  databaseOf({ parts, position }: Name): Current {
    const names = parts.map(({ name }) => name);
    if (names.length > 2) throw sqlError('SQL_VALIDATION', 'expected a name of at most catalog and database', position);
    const [database, catalog = this.current.catalog] = names.reverse() as [string, string?];
    return { catalog, database };
  }

  catalog(name: string): Catalog {
    const found = this.catalogs.get(name);
    if (found !== undefined) return found;
    const near = nearest(name, this.catalogs.keys());
    const hint = near === undefined ? 'CREATE CATALOG makes one.' : `Did you mean ${near}?`;
    throw new EngineError('SQL_VALIDATION', `unknown catalog '${name}'`, { hint });
  }

  async requireDatabase({ catalog, database }: Current): Promise<void> {
    const known = await this.catalog(catalog).listDatabases();
    if (known.includes(database)) return;
    const near = nearest(database, known);
    const hint = near === undefined ? 'CREATE DATABASE makes one.' : `Did you mean ${near}?`;
    throw new EngineError('SQL_VALIDATION', `unknown database '${database}' in the catalog '${catalog}'`, { hint });
  }

  /** A temporary table hides a lasting one of its name. */
  async find(path: TablePath): Promise<CatalogEntry | null> {
    return this.temporary(path) ?? (await this.catalog(path.catalog).getTable(path.database, path.name));
  }

  /** As `find`; SQL_VALIDATION where there is none. */
  async require(name: Name, current: Current = this.current): Promise<CatalogEntry> {
    const path = this.pathOf(name, current);
    return (await this.find(path)) ?? Promise.reject(await this.unknownTable(path, name.parts.at(-1)!));
  }

  async unknownTable({ catalog, database }: TablePath, { name, position }: Identifier): Promise<Error> {
    await this.requireDatabase({ catalog, database });
    const near = nearest(name, await this.tablesIn({ catalog, database }));
    const hint = near === undefined ? `SHOW TABLES lists those of ${catalog}.${database}.` : `Did you mean ${near}?`;
    return sqlError('SQL_VALIDATION', `unknown table '${name}'`, position, hint);
  }

  temporary(path: TablePath): CatalogEntry | null {
    return this.#temporary.get(formatPath(path)) ?? null;
  }

  addTemporary(entry: CatalogEntry, { ifNotExists }: { ifNotExists: boolean }): void {
    const key = formatPath(entry.path);
    if (!this.#temporary.has(key)) this.#temporary.set(key, entry);
    else if (!ifNotExists) throw new EngineError('CONFLICT', `the temporary table ${key} exists already`);
  }

  dropTemporary(path: TablePath, { ifExists, kind }: { ifExists: boolean; kind: 'table' | 'view' }): void {
    const key = formatPath(path);
    if (this.#temporary.get(key)?.kind === kind) this.#temporary.delete(key);
    else if (!ifExists) throw new EngineError('NOT_FOUND', `there is no temporary ${kind} ${key}`);
  }

  /** Tables and views, temporary ones among them, sorted. */
  async tablesIn({ catalog, database }: Current): Promise<string[]> {
    const lasting = await this.catalog(catalog).listTables(database);
    return [...new Set([...lasting, ...this.#temporaryIn({ catalog, database })])].sort();
  }

  #temporaryIn({ catalog, database }: Current): string[] {
    return [...this.#temporary.values()]
      .filter(({ path }) => path.catalog === catalog && path.database === database)
      .map(({ path }) => path.name);
  }
}
