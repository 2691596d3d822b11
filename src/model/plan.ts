/**
 * The logical plan: what the planner (sql/planner) makes of a bound query and the job builder (job/) makes a job graph of. A tree of
 * plain data. Column references in a node's expressions go to its input's `fields`.
 */
import type { Position } from './errors.ts';
import type { Expression } from './expression.ts';
import type { TableDefinition } from './table.ts';
import type { DataType, Field } from './types.ts';

/** A column that a scan yields: a field of the record (by path: nested ROW fields are pulled out directly), or metadata. */
export type ScanColumn = Readonly<{ name: string; type: DataType }> &
  (Readonly<{ kind: 'physical'; path: readonly string[] }> | Readonly<{ kind: 'metadata'; key: string }>);

export type WindowDefinition =
  | Readonly<{ kind: 'tumble'; sizeMs: number; offsetMs: number }>
  | Readonly<{ kind: 'hop'; sizeMs: number; slideMs: number; offsetMs: number }>
  | Readonly<{ kind: 'cumulate'; sizeMs: number; stepMs: number; offsetMs: number }>
  | Readonly<{ kind: 'session'; gapMs: number }>;

/** `filter` is a boolean column of the input: only rows where it is true count. */
export type AggregateCall = Readonly<{
  name: string;
  args: readonly number[];
  distinct: boolean;
  filter: number | null;
  type: DataType;
}>;

export type WindowProperty = 'window_start' | 'window_end' | 'window_time';

export type ScanNode = Readonly<{
  kind: 'scan';
  table: TableDefinition;
  columns: readonly ScanColumn[];
  fields: readonly Field[];
}>;

/** WHERE, then SELECT. */
export type CalcNode = Readonly<{
  kind: 'calc';
  input: PlanNode;
  predicate: Expression | null;
  projections: readonly Expression[];
  fields: readonly Field[];
}>;

/** Watermarks from an expression over the input's row, a TIMESTAMP or TIMESTAMP_LTZ. Stands on a scan or a calc on a scan. */
export type WatermarkNode = Readonly<{
  kind: 'watermark';
  input: PlanNode;
  /** The rowtime column. */
  column: number;
  expression: Expression;
  fields: readonly Field[];
}>;

/** A window function without an aggregation: appends window_start, window_end, window_time. */
export type WindowNode = Readonly<{
  kind: 'window';
  input: PlanNode;
  window: WindowDefinition;
  /** A time attribute: a rowtime, or with `processingTime` a PROCTIME(), whose values are not looked at. */
  timeColumn: number;
  processingTime: boolean;
  /** PARTITION BY of a session window: each key has sessions of its own. */
  partition: readonly number[];
  fields: readonly Field[];
}>;

/**
 * A window function and the aggregation on it in one. Its row: keys, aggregates, then the properties. `attached`: the windows were made
 * below (a cascade, or an aggregation on a join of windows), and their bounds are columns of the input.
 */
export type WindowAggregateNode = Readonly<{
  kind: 'window_aggregate';
  input: PlanNode;
  window: WindowDefinition;
  /** As of `WindowNode`; of `attached` windows their end. */
  timeColumn: number;
  processingTime: boolean;
  attached: WindowColumns | null;
  /** null: a result when the window has ended, and no other. */
  emit: EmitStrategy | null;
  keys: readonly number[];
  aggregates: readonly AggregateCall[];
  properties: readonly WindowProperty[];
  fields: readonly Field[];
}>;

/**
 * Results of a window before its end and after it (`table.exec.emit.*`), which are updated. Delays are ms of processing time: 0 = with every
 * row; null = none.
 */
export type EmitStrategy = Readonly<{
  earlyFireMs: number | null;
  lateFireMs: number | null;
  allowedLatenessMs: number;
}>;

export type UnionNode = Readonly<{ kind: 'union'; inputs: readonly PlanNode[]; fields: readonly Field[] }>;

export type ValuesNode = Readonly<{
  kind: 'values';
  rows: readonly (readonly Expression[])[];
  fields: readonly Field[];
}>;

/** `GROUP BY` without a window, and `SELECT DISTINCT` (no aggregates). Its row: keys, then aggregates. Without keys: one group. */
export type GroupAggregateNode = Readonly<{
  kind: 'group_aggregate';
  input: PlanNode;
  keys: readonly number[];
  aggregates: readonly AggregateCall[];
  /** As of `SideTtls`. */
  ttlMs?: number | undefined;
  fields: readonly Field[];
}>;

/** Each input row once for each list of projections: grouping sets, whose last column is GROUPING_ID's number as a BIGINT. */
export type ExpandNode = Readonly<{
  kind: 'expand';
  input: PlanNode;
  projections: readonly (readonly Expression[])[];
  fields: readonly Field[];
}>;

/** What joins have in common. Keys pair up by place and have one type; `condition` is over the left fields, then the right ones. */
export type JoinParts = Readonly<{
  left: PlanNode;
  right: PlanNode;
  join: JoinType;
  leftKeys: readonly number[];
  rightKeys: readonly number[];
  /** Per key: whether NULL equals NULL (`IS NOT DISTINCT FROM`, INTERSECT). */
  nullSafe: readonly boolean[];
  condition: Expression | null;
  /** Left, then right; of a semi or anti join the left ones. The side that an outer join may leave out is nullable. */
  fields: readonly Field[];
}>;

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';

/** Of all rows that ever came (state TTL aside). */
export type RegularJoinNode = JoinParts & Readonly<{ kind: 'join'; ttls?: SideTtls | undefined }>;

/** What the hint STATE_TTL says of each side, ms; 0: its state stays. Without: as `table.exec.state.ttl` says. */
export type SideTtls = Readonly<{ left: number | undefined; right: number | undefined }>;

/** `left.time` between `right.time + lowerMs` and `right.time + upperMs`, both inclusive. The times are rowtimes, or `null`: processing time. */
export type IntervalJoinNode = JoinParts &
  Readonly<{
    kind: 'interval_join';
    leftTime: number | null;
    rightTime: number | null;
    lowerMs: number;
    upperMs: number;
  }>;

/** Rows of equal windows; the columns are window_start and window_end of either side, which are not among the keys. */
export type WindowJoinNode = JoinParts &
  Readonly<{
    kind: 'window_join';
    leftWindow: WindowColumns;
    rightWindow: WindowColumns;
  }>;

/** The time attribute says in which zone windows are: `ltz` when they were made of a TIMESTAMP_LTZ. */
export type WindowColumns = Readonly<{ start: number; end: number; zoned: boolean }>;

/** `FOR SYSTEM_TIME AS OF left.time`: the version of the right row that was valid then. Inner or left. `null`: processing time. */
export type TemporalJoinNode = JoinParts &
  Readonly<{
    kind: 'temporal_join';
    leftTime: number | null;
    rightTime: number | null;
  }>;

/** The right side is asked for its rows by key (`FOR SYSTEM_TIME AS OF left.proctime` of a table that can be looked up). Inner or left. */
export type LookupJoinNode = Readonly<{
  kind: 'lookup_join';
  input: PlanNode;
  join: 'inner' | 'left';
  table: TableDefinition;
  /** Of the table; the row asked for. */
  columns: readonly ScanColumn[];
  /** Pairs: a column of the row asked for, and an expression over the input. */
  keys: readonly Readonly<{ column: number; value: Expression }>[];
  /** Over the input's fields, then the row asked for. */
  condition: Expression | null;
  fields: readonly Field[];
}>;

export type SortColumn = Readonly<{ column: number; descending: boolean; nullsFirst: boolean }>;

/** The bounds of an OVER frame; `null` = UNBOUNDED PRECEDING. It always ends with the current row. `preceding`: rows, or ms of a RANGE. */
export type OverFrame = Readonly<{ unit: 'rows' | 'range'; preceding: number | null }>;

/**
 * What orders an OVER window: a rowtime (rows wait for the watermark), processing time (the order of arrival), or any other columns (the
 * changes of a row reach the rows behind it).
 */
export type OverTime = 'rowtime' | 'proctime' | null;

/** All aggregates of one OVER window. Its row: the input's, then the aggregates. */
export type OverNode = Readonly<{
  kind: 'over';
  input: PlanNode;
  partition: readonly number[];
  /** Once Top-N has been taken out (planner/over-check.ts) one column, ascending. */
  order: readonly SortColumn[];
  time: OverTime;
  frame: OverFrame;
  /** LAG takes its offset and default as literal columns of the input; ranking functions take none. */
  aggregates: readonly AggregateCall[];
  fields: readonly Field[];
  /** What a filter on its rank has to know (binder/rank-rule.ts); not in a finished plan. */
  binding?: OverBinding | undefined;
}>;

/** Where the query says OVER, and the windows whose bounds are among the partition's columns. */
export type OverBinding = Readonly<{ position: Position; window: WindowColumns | null }>;

/**
 * Top-N: rows [from, to] of each partition by the order, rows of equal rank as they came. Its row: the input's, then (`outputRank`) the rank
 * as BIGINT NOT NULL.
 */
export type RankNode = Readonly<{
  kind: 'rank';
  input: PlanNode;
  partition: readonly number[];
  /** None: as they come. */
  order: readonly SortColumn[];
  /** 1-based, inclusive. */
  from: number;
  to: number;
  /** Of the input: its value in a partition's first row is the end of the ranks, not `to`. */
  endColumn?: number | undefined;
  outputRank: boolean;
  /** null: over the whole stream. Else of each window alone, when its end has passed. */
  window: WindowColumns | null;
  fields: readonly Field[];
}>;

/** The first or last row of each key by a time attribute. `time` null: processing time. */
export type DeduplicateNode = Readonly<{
  kind: 'deduplicate';
  input: PlanNode;
  keys: readonly number[];
  keep: 'first' | 'last';
  time: number | null;
  window: WindowColumns | null;
  fields: readonly Field[];
}>;

/** ORDER BY a rowtime ascending first: rows go out sorted when the watermark has passed them. */
export type TemporalSortNode = Readonly<{
  kind: 'temporal_sort';
  input: PlanNode;
  time: number;
  /** After the time. */
  order: readonly SortColumn[];
  fields: readonly Field[];
}>;

/** LIMIT and OFFSET without an order: the first rows that come. */
export type LimitNode = Readonly<{
  kind: 'limit';
  input: PlanNode;
  /** As of `RankNode`. */
  from: number;
  to: number;
  fields: readonly Field[];
}>;

/** `UNNEST` or a table function for each row. Its row: the input's, then the function's columns; `left` keeps rows without any. */
export type CorrelateNode = Readonly<{
  kind: 'correlate';
  input: PlanNode;
  join: 'inner' | 'left';
  function: TableFunctionCall;
  /** Over the input's fields, then the function's. */
  condition: Expression | null;
  fields: readonly Field[];
}>;

/** `unnest` of an ARRAY, MULTISET or MAP; or a function that the user registered. Arguments are over the input's fields. */
export type TableFunctionCall =
  | Readonly<{ kind: 'unnest'; collection: Expression; ordinality: boolean; fields: readonly Field[] }>
  | Readonly<{ kind: 'user'; name: string; args: readonly Expression[]; fields: readonly Field[] }>;

/** Turns an upsert stream (no -U) into a full changelog by key; also drops what changes nothing. */
export type ChangelogNormalizeNode = Readonly<{
  kind: 'changelog_normalize';
  input: PlanNode;
  keys: readonly number[];
  /** Rows for which it is not true are as if they had never come. null: none are. */
  condition: Expression | null;
  fields: readonly Field[];
}>;

/** Before an upsert sink whose key is not what the stream is updated by: of several rows with the sink's key the last that came counts. */
export type SinkMaterializeNode = Readonly<{
  kind: 'sink_materialize';
  input: PlanNode;
  keys: readonly number[];
  fields: readonly Field[];
}>;

/** A kind of change, as a code of `op` (model/column.ts), and the text that stands for it. */
export type ChangeCode = Readonly<{ code: string; change: number }>;

/** TO_CHANGELOG: each change as an insert, with its code before the input's row. What has no code is left out. */
export type ToChangelogNode = Readonly<{
  kind: 'to_changelog';
  input: PlanNode;
  codes: readonly ChangeCode[];
  fields: readonly Field[];
}>;

/** FROM_CHANGELOG: rows as the changes that a column of theirs says. Its row: the input's, without that column. */
export type FromChangelogNode = Readonly<{
  kind: 'from_changelog';
  input: PlanNode;
  column: number;
  codes: readonly ChangeCode[];
  fields: readonly Field[];
}>;

/** INTERSECT ALL and EXCEPT ALL: rows by how often each side has them. */
export type SetOperationNode = Readonly<{
  kind: 'set_operation';
  left: PlanNode;
  right: PlanNode;
  operator: 'intersect_all' | 'except_all';
  fields: readonly Field[];
}>;

/** MATCH_RECOGNIZE, ONE ROW PER MATCH. Its row: the partition columns, then the measures. */
export type MatchNode = Readonly<{
  kind: 'match';
  input: PlanNode;
  partition: readonly number[];
  /** A rowtime, or null: processing time. */
  time: number | null;
  /** After the time. */
  order: readonly SortColumn[];
  pattern: MatchPattern;
  fields: readonly Field[];
}>;

/** The pattern with what decides of a row and what is made of a match; its expressions: `operators/match`. */
export type MatchPattern = Readonly<{
  root: PatternTerm;
  /** In the order of their first use in PATTERN. */
  variables: readonly string[];
  /** By variable; absent: always true. */
  define: Readonly<Record<string, MatchExpression>>;
  measures: readonly MatchExpression[];
  /** ms. */
  withinMs: number | null;
  skip: Readonly<{ to: 'past_last_row' | 'next_row' }> | Readonly<{ to: 'first' | 'last'; variable: string }>;
}>;

export type PatternTerm =
  | Readonly<{ kind: 'variable'; name: string }>
  | Readonly<{ kind: 'sequence' | 'alternation' | 'permutation'; terms: readonly PatternTerm[] }>
  | Readonly<{ kind: 'quantified'; term: PatternTerm; min: number; max: number | null; greedy: boolean }>;

/**
 * An expression whose columns are `inputs`: values out of the rows that a match has so far. `variable` null: any variable (the row itself in
 * DEFINE, the last row in MEASURES).
 */
export type MatchExpression = Readonly<{ expression: Expression; inputs: readonly MatchInput[] }>;

export type MatchInput =
  /** FIRST(v.c, offset), LAST(v.c, offset) (a bare `v.c` is LAST(v.c, 0)); `physical`: PREV (negative) or NEXT rows from there. */
  | Readonly<{
      kind: 'navigation';
      from: 'first' | 'last';
      variable: string | null;
      offset: number;
      physical: number;
      column: number;
    }>
  /** An aggregate over the rows of a variable; its call's columns are those of `args`' values. */
  | Readonly<{
      kind: 'aggregate';
      variable: string | null;
      call: AggregateCall;
      /** Over the input row. */
      args: readonly Expression[];
    }>
  | Readonly<{ kind: 'rowtime' | 'proctime' }>;

/** Which changes beside inserts a stream has. An update is a -U followed by its +U; only where a stream says so the -U is missing. */
export type ChangelogMode = Readonly<{ update: boolean; delete: boolean }>;

export const insertOnly: ChangelogMode = { update: false, delete: false };

export type PlanNode =
  | ScanNode
  | CalcNode
  | WatermarkNode
  | WindowNode
  | WindowAggregateNode
  | GroupAggregateNode
  | ExpandNode
  | RegularJoinNode
  | IntervalJoinNode
  | WindowJoinNode
  | TemporalJoinNode
  | LookupJoinNode
  | OverNode
  | RankNode
  | DeduplicateNode
  | TemporalSortNode
  | LimitNode
  | CorrelateNode
  | ChangelogNormalizeNode
  | SinkMaterializeNode
  | ToChangelogNode
  | FromChangelogNode
  | SetOperationNode
  | MatchNode
  | UnionNode
  | ValuesNode;

/** Where the rows of a query go: a table, or (`collect`) the person who asked. */
export type PlanSink = Readonly<{ kind: 'table'; table: TableDefinition }> | Readonly<{ kind: 'collect' }>;

/** One INSERT or SELECT. Several make a job (a statement set). */
export type Pipeline = Readonly<{ sink: PlanSink; input: PlanNode }>;

export function inputsOf(node: PlanNode): readonly PlanNode[] {
  switch (node.kind) {
    case 'scan':
    case 'values':
      return [];
    case 'union':
      return node.inputs;
    case 'join':
    case 'interval_join':
    case 'window_join':
    case 'temporal_join':
    case 'set_operation':
      return [node.left, node.right];
    default:
      return [node.input];
  }
}

/** The node with other inputs, in the order of `inputsOf`. */
export function withInputs(node: PlanNode, inputs: readonly PlanNode[]): PlanNode {
  if ('input' in node) return { ...node, input: inputs[0]! } as PlanNode;
  if ('left' in node) return { ...node, left: inputs[0]!, right: inputs[1]! } as PlanNode;
  return node.kind === 'union' ? { ...node, inputs } : node;
}
