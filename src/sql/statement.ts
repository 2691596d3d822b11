/** Statements as the grammar makes them. */
import type { Position } from '../model/errors.ts';
import type { Identifier, Name, SqlExpression, SqlOption, SqlQuery, SqlType } from './ast.ts';

export type ColumnDefinition = Readonly<{ name: Identifier; comment: string | null }> &
  (
    | Readonly<{ kind: 'physical'; type: SqlType; primaryKey: ColumnKey | null }>
    | Readonly<{ kind: 'metadata'; type: SqlType; key: string | null; virtual: boolean; position: Position }>
    | Readonly<{ kind: 'computed'; expression: SqlExpression }>
  );

/** `PRIMARY KEY` behind a column. */
export type ColumnKey = Readonly<{ enforced: boolean; position: Position }>;

export type PrimaryKeyDefinition = Readonly<{ columns: readonly Identifier[]; enforced: boolean; position: Position }>;

export type WatermarkClause = Readonly<{ column: Name; expression: SqlExpression; position: Position }>;

export type ShowTarget =
  | 'tables'
  | 'views'
  | 'catalogs'
  | 'databases'
  | 'functions'
  | 'user_functions'
  | 'current_catalog'
  | 'current_database'
  | 'create_table'
  | 'create_view';

/** Where a function's name is known: in a catalog's database, there for this session, or (`system`) wherever it is called. */
export type FunctionScope = 'catalog' | 'temporary' | 'system';

/** A part of a statement that is read and refused. */
export type UnsupportedClause = Readonly<{ feature: string; place: Position }>;

export type InsertBody = Readonly<{
  kind: 'insert';
  target: Name;
  columns: readonly Identifier[] | null;
  query: SqlQuery;
  unsupported: UnsupportedClause | null;
}>;

export type StatementBody =
  | Readonly<{
      kind: 'create_table';
      name: Name;
      temporary: boolean;
      ifNotExists: boolean;
      columns: readonly ColumnDefinition[];
      primaryKeys: readonly PrimaryKeyDefinition[];
      watermarks: readonly WatermarkClause[];
      comment: string | null;
      partitionedBy: readonly Identifier[];
      options: readonly SqlOption[];
    }>
  | Readonly<{
      kind: 'create_view';
      name: Name;
      temporary: boolean;
      ifNotExists: boolean;
      columns: readonly Identifier[] | null;
      query: SqlQuery;
    }>
  | Readonly<{ kind: 'create_catalog'; name: Identifier; ifNotExists: boolean; options: readonly SqlOption[] }>
  | Readonly<{ kind: 'create_database'; name: Name; ifNotExists: boolean; options: readonly SqlOption[] }>
  | Readonly<{ kind: 'drop_table' | 'drop_view'; name: Name; temporary: boolean; ifExists: boolean }>
  | Readonly<{
      kind: 'create_function';
      scope: FunctionScope;
      ifNotExists: boolean;
      name: Name;
      /** What stands behind AS. */
      module: Readonly<{ text: string; position: Position }>;
      /** null: not said, which is JAVA. */
      language: Identifier | null;
      /** Of USING JAR. */
      using: Position | null;
    }>
  | Readonly<{ kind: 'drop_function'; scope: FunctionScope; ifExists: boolean; name: Name }>
  | Readonly<{ kind: 'drop_database'; name: Name; ifExists: boolean; cascade: boolean }>
  | Readonly<{ kind: 'drop_catalog'; name: Identifier; ifExists: boolean }>
  | Readonly<{ kind: 'use_catalog'; name: Identifier }>
  | Readonly<{ kind: 'use_database'; name: Name }>
  /** `key` null: show all. */
  | Readonly<{ kind: 'set'; key: string | null; value: string }>
  /** `key` null: reset all. */
  | Readonly<{ kind: 'reset'; key: string | null }>
  | Readonly<{ kind: 'show'; target: ShowTarget; name: Name | null; like: string | null; negated: boolean }>
  | Readonly<{ kind: 'describe'; name: Name }>
  | Readonly<{ kind: 'explain'; body: StatementBody }>
  | Readonly<{ kind: 'query'; query: SqlQuery }>
  | InsertBody
  | Readonly<{ kind: 'statement_set'; inserts: readonly InsertBody[] }>
  /** Flink SQL that Millrace does not run, and where it begins to be such. */
  | (UnsupportedClause & Readonly<{ kind: 'unsupported' }>);

/** A statement of a script. */
export type Statement = StatementBody &
  Readonly<{
    /** In the script. */
    position: Position;
    /** As written, without the semicolon. */
    text: string;
    /** The whole script: positions inside the statement go to it. */
    script: string;
  }>;
