/** What the REST catalog and the embedded SQLite catalog have in common: tables by name, and commits as data. */
import type { PartitionSpecJson } from './partition-spec.ts';
import type { SchemaJson } from './schema.ts';
import type { TableMetadata } from './table-metadata.ts';
import type { TableCommit } from './table-update.ts';

/** Levels of the namespace, and the name. */
export type TableIdentifier = Readonly<{ namespace: readonly string[]; name: string }>;

export type NewTable = Readonly<{
  schema: SchemaJson;
  spec: PartitionSpecJson;
  properties: Readonly<Record<string, string>>;
  /** null: below the warehouse. */
  location: string | null;
}>;

/** How a commit ended. What can't be overcome by trying again is thrown. */
export type CommitOutcome =
  | Readonly<{ kind: 'committed' }>
  /** Nothing happened: a requirement did not hold. Load again. */
  | Readonly<{ kind: 'conflict'; message: string }>
  /** It may have happened or may still happen: a lost answer, a server error. Load again and look; delete nothing. */
  | Readonly<{ kind: 'unknown'; message: string; cause: unknown }>;

export interface LakeCatalog {
  listNamespaces(): Promise<string[][]>;
  namespaceExists(namespace: readonly string[]): Promise<boolean>;
  /** EngineError CONFLICT when it is there. */
  createNamespace(namespace: readonly string[], properties: ReadonlyMap<string, string>): Promise<void>;
  /** Of an empty namespace. */
  dropNamespace(namespace: readonly string[]): Promise<void>;
  listTables(namespace: readonly string[]): Promise<string[]>;
  /** null when there is none. Metadata holds all snapshots. */
  loadTable(table: TableIdentifier): Promise<TableMetadata | null>;
  /** EngineError CONFLICT when the name is taken, NOT_FOUND when the namespace is missing. */
  createTable(table: TableIdentifier, request: NewTable): Promise<void>;
  /** Takes the name away; files stay, as Flink's DROP TABLE leaves them. EngineError NOT_FOUND when there is none. */
  dropTable(table: TableIdentifier): Promise<void>;
  commit(table: TableIdentifier, commit: TableCommit): Promise<CommitOutcome>;
  close(): Promise<void>;
}

export function formatIdentifier(table: TableIdentifier): string {
  return [...table.namespace, table.name].join('.');
}
