/** Statements as the grammar makes them. */
import type { Position } from '../model/errors.ts';
import type { Identifier, Name, SqlExpression, SqlOption, SqlQuery, SqlType } from './ast.ts';

/** `span`: the whole definition. */
export type ColumnDefinition = Readonly<{ name: Identifier; comment: string | null; span: Position }> &
  (
    | Readonly<{ kind: 'physical'; type: SqlType; primaryKey: ColumnKey | null }>
    | Readonly<{ kind: 'metadata'; type: SqlType; key: string | null; virtual: boolean; position: Position }>
    | Readonly<{ kind: 'computed'; expression: SqlExpression }>
  );

/** `PRIMARY KEY` behind a column. */
export type ColumnKey = Readonly<{ enforced: boolean; position: Position }>;

export type PrimaryKeyDefinition = Readonly<{ columns: readonly Identifier[]; enforced: boolean; position: Position }>;

export type WatermarkClause = Readonly<{ column: Name; expression: SqlExpression; position: Position }>;

/** What of a table LIKE takes over, and what it does with what is there twice. */
export type LikeFeature =
  | 'CONSTRAINTS'
  | 'DISTRIBUTION'
  | 'GENERATED'
  | 'METADATA'
  | 'OPTIONS'
  | 'PARTITIONS'
  | 'WATERMARKS';
export type LikeStrategy = 'INCLUDING' | 'EXCLUDING' | 'OVERWRITING';
export type LikeOption = Readonly<{ strategy: LikeStrategy; feature: LikeFeature | 'ALL'; position: Position }>;
export type LikeClause = Readonly<{ source: Name; options: readonly LikeOption[] }>;

/** `ADD` or `MODIFY`. A column may be told its place: first, or behind another. */
export type AlterElement =
  | Readonly<{ kind: 'column'; column: ColumnDefinition; place: 'first' | Identifier | null }>
  | Readonly<{ kind: 'primary_key'; key: PrimaryKeyDefinition }>
  | Readonly<{ kind: 'watermark'; watermark: WatermarkClause }>;

export type AlterAction =
  | Readonly<{ kind: 'rename'; to: Name }>
  | Readonly<{ kind: 'rename_column'; from: Identifier; to: Identifier }>
  | Readonly<{ kind: 'set'; options: readonly SqlOption[] }>
  | Readonly<{ kind: 'reset'; keys: readonly string[] }>
  | Readonly<{ kind: 'add' | 'modify'; elements: readonly AlterElement[] }>
  | Readonly<{ kind: 'drop_columns'; columns: readonly Identifier[] }>
  | Readonly<{ kind: 'drop_primary_key' | 'drop_watermark' }>;

export type ViewAction = Readonly<{ kind: 'rename'; to: Name }> | Readonly<{ kind: 'as'; query: SqlQuery }>;

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
  /** PARTITION (column = literal): columns that the query does not have. */
  partition: readonly Readonly<{ column: Identifier; value: SqlExpression }>[];
  query: SqlQuery;
  unsupported: UnsupportedClause | null;
}>;

export type ExplainDetail = 'ESTIMATED_COST' | 'CHANGELOG_MODE' | 'JSON_EXECUTION_PLAN' | 'PLAN_ADVICE';

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
      like: LikeClause | null;
      /** AS SELECT. */
      query: SqlQuery | null;
      /** REPLACE TABLE, CREATE OR REPLACE TABLE. */
      replace: 'existing' | 'any' | null;
    }>
  | Readonly<{ kind: 'alter_table'; name: Name; ifExists: boolean; action: AlterAction }>
  | Readonly<{ kind: 'alter_view'; name: Name; action: ViewAction }>
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
  | Readonly<{ kind: 'explain'; body: StatementBody; details: readonly ExplainDetail[] }>
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
