/** Tables as SQL declares them and catalogs keep them. */
import type { Expression } from './expression.ts';
import type { DataType, Field } from './types.ts';

/** The full name. Flink's default is `default_catalog`.`default_database`. */
export type TablePath = Readonly<{ catalog: string; database: string; name: string }>;

export type TableColumn = Readonly<{ name: string; type: DataType; comment?: string | undefined }> &
  (
    | Readonly<{ kind: 'physical' }>
    /** `METADATA FROM key [VIRTUAL]`; a virtual one is not written. */
    | Readonly<{ kind: 'metadata'; key: string; virtual: boolean }>
    /** `AS expression`, over the table's *source row*: its physical and metadata columns, in the order of declaration. */
    | Readonly<{ kind: 'computed'; expression: Expression; text: string }>
  );

/** `WATERMARK FOR column AS expression`; the expression is over all columns of the table. */
export type WatermarkDefinition = Readonly<{ column: number; expression: Expression; text: string }>;

export type TableDefinition = Readonly<{
  kind: 'table';
  path: TablePath;
  columns: readonly TableColumn[];
  watermark: WatermarkDefinition | null;
  primaryKey: readonly string[];
  partitionedBy: readonly string[];
  /** As written in WITH, `connector` among them. A catalog with a connector of its own fills it in. */
  options: ReadonlyMap<string, string>;
  comment?: string | undefined;
}>;

export type ViewDefinition = Readonly<{
  kind: 'view';
  path: TablePath;
  /** The query's text, with names as they were resolved when the view was made. */
  query: string;
  columnNames: readonly string[] | null;
  /** The catalog and database that were current. */
  currentCatalog: string;
  currentDatabase: string;
}>;

export type CatalogEntry = TableDefinition | ViewDefinition;

export function formatPath(path: TablePath): string {
  return [path.catalog, path.database, path.name].map((part) => `\`${part.replaceAll('`', '``')}\``).join('.');
}

/** What a query over the table sees. */
export function rowOf(table: TableDefinition): Field[] {
  return table.columns.map(({ name, type, comment }) => ({ name, type, description: comment }));
}

/** What an INSERT writes: everything but computed and virtual columns. */
export function sinkRowOf(table: TableDefinition): Field[] {
  return table.columns
    .filter((column) => column.kind === 'physical' || (column.kind === 'metadata' && !column.virtual))
    .map(({ name, type }) => ({ name, type }));
}

/**
 * Databases and tables under one name. Calls may do I/O. Names are exact (case counts). A missing database or table is null or an
 * EngineError NOT_FOUND as each method says; a taken name is CONFLICT.
 */
export interface Catalog {
  readonly name: string;
  /** The database that `USE CATALOG` makes current. */
  readonly defaultDatabase: string;
  listDatabases(): Promise<string[]>;
  createDatabase(
    name: string,
    options: { ifNotExists: boolean; properties: ReadonlyMap<string, string> },
  ): Promise<void>;
  /** With `cascade` its tables go too; without, a database that has some is CONFLICT. */
  dropDatabase(name: string, options: { ifExists: boolean; cascade: boolean }): Promise<void>;
  /** Tables and views, sorted. */
  listTables(database: string): Promise<string[]>;
  /** null when there is none. */
  getTable(database: string, name: string): Promise<CatalogEntry | null>;
  createTable(entry: CatalogEntry, options: { ifNotExists: boolean }): Promise<void>;
  dropTable(database: string, name: string, options: { ifExists: boolean; kind: 'table' | 'view' }): Promise<void>;
  /**
   * Puts a definition in the place of the table or view of that name; it may have another name, within the database: a taken one is
   * CONFLICT. Absent: what is in this catalog can't be changed so.
   */
  replaceTable?(database: string, name: string, entry: CatalogEntry): Promise<void>;
  close(): Promise<void>;
}
