/** What the grammar makes of a query: names not yet resolved, types not yet known. Statements are in statement.ts. */
import type { Position } from '../model/errors.ts';

type Located = Readonly<{ position: Position }>;

export type Identifier = Located & Readonly<{ name: string }>;

/** A dotted name: of a table (`catalog.db.t`), a column (`t.c`) or a nested field (`c.f.g`). */
export type Name = Located & Readonly<{ parts: readonly Identifier[] }>;

/** `name` is upper case unless it is the name of a user's type. */
export type SqlType = Located &
  Readonly<{ nullable: boolean }> &
  (
    | Readonly<{ kind: 'simple'; name: string; args: readonly number[] }>
    | Readonly<{ kind: 'array' | 'multiset'; element: SqlType }>
    | Readonly<{ kind: 'map'; key: SqlType; value: SqlType }>
    | Readonly<{ kind: 'row'; fields: readonly SqlField[] }>
    | Readonly<{ kind: 'interval'; from: string; to: string | null }>
  );

export type SqlField = Readonly<{ name: Identifier; type: SqlType; comment: string | null }>;

export type SqlLiteral =
  | Readonly<{ of: 'integer' | 'decimal' | 'approximate'; text: string }>
  | Readonly<{ of: 'string' | 'date' | 'time' | 'timestamp' | 'binary'; text: string }>
  | Readonly<{ of: 'boolean'; value: boolean | null }>
  | Readonly<{ of: 'null' }>
  | Readonly<{ of: 'interval'; text: string; negative: boolean; from: string; to: string | null }>;

export type SqlExpression = Located &
  (
    | Readonly<{ kind: 'literal'; literal: SqlLiteral }>
    | Readonly<{ kind: 'name'; name: Name }>
    /** Operators go by their symbol: `+`, `=`, `||`, `LIKE`, unary `-`. */
    | Readonly<{ kind: 'operator'; name: string; args: readonly SqlExpression[] }>
    | Readonly<{ kind: 'call'; call: SqlCall }>
    | Readonly<{ kind: 'and' | 'or'; left: SqlExpression; right: SqlExpression }>
    | Readonly<{ kind: 'not'; arg: SqlExpression }>
    | Readonly<{ kind: 'is'; arg: SqlExpression; what: 'null' | 'true' | 'false' | 'unknown'; negated: boolean }>
    | Readonly<{ kind: 'distinct_from'; left: SqlExpression; right: SqlExpression; negated: boolean }>
    | Readonly<{
        kind: 'between';
        arg: SqlExpression;
        low: SqlExpression;
        high: SqlExpression;
        symmetric: boolean;
        negated: boolean;
      }>
    | Readonly<{ kind: 'in_list'; arg: SqlExpression; list: readonly SqlExpression[]; negated: boolean }>
    | Readonly<{ kind: 'in_query'; arg: SqlExpression; query: SqlQuery; negated: boolean }>
    | Readonly<{ kind: 'exists' | 'subquery'; query: SqlQuery }>
    | Readonly<{
        kind: 'case';
        operand: SqlExpression | null;
        branches: readonly SqlBranch[];
        otherwise: SqlExpression | null;
      }>
    | Readonly<{ kind: 'cast'; arg: SqlExpression; type: SqlType; onError: 'fail' | 'null' }>
    | Readonly<{ kind: 'row' | 'array' | 'map'; args: readonly SqlExpression[] }>
    | Readonly<{ kind: 'item'; arg: SqlExpression; index: SqlExpression }>
    | Readonly<{ kind: 'field'; arg: SqlExpression; field: Identifier }>
  );

export type SqlBranch = Readonly<{ when: SqlExpression; result: SqlExpression }>;

export type SqlCall = Readonly<{
  name: Identifier;
  args: readonly SqlExpression[];
  /** `COUNT(*)`. */
  star: boolean;
  distinct: boolean;
  filter: SqlExpression | null;
  over: WindowReference | null;
}>;

export type WindowReference = Located &
  Readonly<{ name: Identifier | null; specification: WindowSpecification | null }>;

export type WindowSpecification = Readonly<{
  partitionBy: readonly SqlExpression[];
  orderBy: readonly OrderItem[];
  frame: Readonly<{ unit: 'rows' | 'range'; start: FrameBound; end: FrameBound | null }> | null;
}>;

export type FrameBound =
  | Readonly<{ kind: 'preceding' | 'following'; offset: SqlExpression | null }>
  | Readonly<{ kind: 'current' }>;

export type OrderItem = Readonly<{ expression: SqlExpression; descending: boolean; nulls: 'first' | 'last' | null }>;

export type SelectItem = Located &
  (
    | Readonly<{ kind: 'expression'; expression: SqlExpression; alias: Identifier | null }>
    | Readonly<{ kind: 'star'; qualifier: Name | null }>
  );

export type GroupItem = Located &
  (
    | Readonly<{ kind: 'expression'; expression: SqlExpression }>
    | Readonly<{ kind: 'grouping_sets' | 'cube' | 'rollup'; items: readonly GroupItem[] }>
    | Readonly<{ kind: 'set'; expressions: readonly SqlExpression[] }>
  );

export type SelectQuery = Located &
  Readonly<{
    kind: 'select';
    hints?: readonly QueryHint[] | undefined;
    distinct: Position | null;
    items: readonly SelectItem[];
    from: FromItem | null;
    where: SqlExpression | null;
    groupBy: (Located & Readonly<{ items: readonly GroupItem[] }>) | null;
    having: SqlExpression | null;
    windows: readonly (Located & Readonly<{ name: Identifier; specification: WindowSpecification }>)[];
    qualify: SqlExpression | null;
  }>;

export type CommonTable = Located &
  Readonly<{ name: Identifier; columns: readonly Identifier[] | null; query: SqlQuery }>;

export type SqlQuery =
  | SelectQuery
  | (Located &
      Readonly<{ kind: 'values'; rows: readonly (Located & Readonly<{ values: readonly SqlExpression[] }>)[] }>)
  | (Located &
      Readonly<{
        kind: 'set_operation';
        operator: 'union' | 'except' | 'intersect';
        all: boolean;
        left: SqlQuery;
        right: SqlQuery;
        /** Of the operator's word. */
        operatorPosition: Position;
      }>)
  | (Located & Readonly<{ kind: 'with'; recursive: boolean; tables: readonly CommonTable[]; body: SqlQuery }>)
  | (Located &
      Readonly<{
        kind: 'ordered';
        input: SqlQuery;
        orderBy: (Located & Readonly<{ items: readonly OrderItem[] }>) | null;
        limit: (Located & Readonly<{ offset: SqlExpression | null; count: SqlExpression | null }>) | null;
      }>);

type Aliased = Readonly<{ alias: Identifier | null; columns: readonly Identifier[] | null }>;

export type JoinKind = 'inner' | 'left' | 'right' | 'full' | 'cross';

export type FromItem = Located &
  (
    | (Aliased & Readonly<{ kind: 'table'; name: Name; hints: readonly Hint[]; systemTime: SqlExpression | null }>)
    | (Aliased & Readonly<{ kind: 'subquery'; query: SqlQuery; lateral: boolean }>)
    /** `TABLE(TUMBLE(…))`, `LATERAL TABLE(f(x))`. */
    | (Aliased & Readonly<{ kind: 'function'; name: Identifier; args: readonly FunctionArgument[]; lateral: boolean }>)
    | (Aliased & Readonly<{ kind: 'unnest'; expression: SqlExpression; ordinality: boolean }>)
    | (Aliased & Readonly<{ kind: 'match_recognize'; input: FromItem; match: SqlMatch }>)
    | Readonly<{
        kind: 'join';
        join: JoinKind;
        left: FromItem;
        right: FromItem;
        on: SqlExpression | null;
        using: readonly Identifier[] | null;
        natural: boolean;
      }>
  );

export type SqlMatch = Readonly<{
  partitionBy: readonly SqlExpression[];
  orderBy: readonly OrderItem[];
  measures: readonly Readonly<{ expression: SqlExpression; name: Identifier }>[];
  /** Where ALL ROWS PER MATCH stands; null: ONE ROW PER MATCH. */
  allRows: Position | null;
  skip: SqlSkip | null;
  pattern: SqlPattern;
  within: SqlExpression | null;
  /** Where SUBSET stands. */
  subset: Position | null;
  define: readonly Readonly<{ variable: Identifier; condition: SqlExpression }>[];
}>;

/** AFTER MATCH SKIP. */
export type SqlSkip = Located &
  Readonly<{ to: 'past_last_row' | 'next_row' | 'first' | 'last'; variable: Identifier | null }>;

export type SqlPattern = Located &
  (
    | Readonly<{ kind: 'variable'; name: string }>
    | Readonly<{ kind: 'sequence' | 'alternation' | 'permutation'; terms: readonly SqlPattern[] }>
    | Readonly<{ kind: 'group' | 'exclusion'; term: SqlPattern }>
    | Readonly<{ kind: 'anchor'; sign: string }>
    /** `max` null: without end. */
    | Readonly<{ kind: 'quantified'; term: SqlPattern; min: number; max: number | null; greedy: boolean }>
  );

/** What stands between the signs of a hint behind a table: `OPTIONS('key'='value')`. */
export type Hint = Located & Readonly<{ name: string; options: readonly SqlOption[] }>;

/** What stands between the signs of a hint behind SELECT: `BROADCAST(a, b)`, `LOOKUP('table' = 'c')`. */
export type QueryHint = Located & Readonly<{ name: string; args: readonly HintArgument[] }>;

export type HintArgument = Located & Readonly<{ key: string; value: string | null }>;

export type SqlOption = Located & Readonly<{ key: string; value: string }>;

export type FunctionArgument = Located &
  Readonly<{ parameter: string | null }> &
  (
    | Readonly<{ kind: 'table'; name: Name; partitionBy: readonly SqlExpression[] }>
    | Readonly<{ kind: 'query'; query: SqlQuery; partitionBy: readonly SqlExpression[] }>
    | Readonly<{ kind: 'descriptor'; columns: readonly Identifier[] }>
    | Readonly<{ kind: 'expression'; expression: SqlExpression }>
  );
