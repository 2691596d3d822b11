/** What binding a query asks of the session. Tables are looked up beforehand (table-lookup.ts): binding itself waits for nothing. */
import type { TableDefinition, TablePath } from '../../model/table.ts';
import type { CommonTable, Name, SqlQuery } from '../ast.ts';
import type { Settings } from './emit-strategy.ts';
import type { Relation } from './relation.ts';
import type { MetadataColumns } from './table-source.ts';

export type FoundTable =
  | Readonly<{ kind: 'table'; table: TableDefinition }>
  /** A view with its query, whose names are looked up as they were where it was made. */
  | Readonly<{
      kind: 'view';
      path: TablePath;
      query: SqlQuery;
      columnNames: readonly string[] | null;
      tables: TableResolver;
    }>;

/** Throws SQL_VALIDATION for a name that is unknown. */
export type TableResolver = (name: Name) => FoundTable;

export type Environment = Readonly<{ tables: TableResolver; metadataColumns: MetadataColumns; settings: Settings }>;

/** Queries of WITH in sight, each bound with what is in sight of itself. */
export type CommonTables = ReadonlyMap<string, Readonly<{ table: CommonTable; bind: () => Relation }>>;

/** A query in the place of a table: with the same names in sight, or (a view's) with those of `tables` alone. */
export type BindQuery = (query: SqlQuery, tables?: TableResolver) => Relation;
