/**
 * The job graph: what the job builder (job/) makes of logical plans and the engine runs. Plain data: it is cloned into every worker. Built
 * from it are the operators (operators/registry.ts), the readers and the writers (the connectors' factories).
 *
 * A *vertex* is a chain of nodes that run in one subtask without a queue between them; between vertices stand *edges*.
 */
import type { ConnectorConfig } from './connector.ts';
import type { Expression } from './expression.ts';
import type {
  AggregateCall,
  ChangelogMode,
  ChangelogNormalizeNode,
  CorrelateNode,
  DeduplicateNode,
  EmitStrategy,
  ExpandNode,
  FromChangelogNode,
  GroupAggregateNode,
  IntervalJoinNode,
  LimitNode,
  LookupJoinNode,
  MatchNode,
  OverNode,
  RankNode,
  RegularJoinNode,
  ScanColumn,
  SetOperationNode,
  SinkMaterializeNode,
  TemporalJoinNode,
  TemporalSortNode,
  ToChangelogNode,
  WindowDefinition,
  WindowJoinNode,
  WindowProperty,
} from './plan.ts';
import type { DataType, Field } from './types.ts';
import type { UserFunctionModule } from './user-function.ts';

/** Watermarks of a source, made per split while its rows are still rows of the scan. */
export type WatermarkSpec = Readonly<{
  /** Over the scan's fields; a TIMESTAMP or TIMESTAMP_LTZ. NULL leaves the watermark where it was. */
  expression: Expression;
  /** The rowtime, over the scan's fields. */
  rowtime: Expression;
  /** A NULL rowtime fails the job, or passes, as the connector's source does in Flink. */
  nullRowtime: 'fail' | 'pass';
  /** ms of processing time without a row after which a split no longer holds the others back; null = never. */
  idleTimeoutMs: number | null;
  /** ms between watermarks; 0 = after each row (batches carry a watermark column). */
  intervalMs: number;
  /** Sources of one group stay within so many ms of its slowest; null: each goes as fast as it can. */
  alignment: Readonly<{ group: string; maxDriftMs: number }> | null;
}>;

export type SourceSpec = Readonly<{
  kind: 'source';
  connector: string;
  config: ConnectorConfig;
  /** For messages and metrics: the table's full name. */
  table: string;
  columns: readonly ScanColumn[];
  fields: readonly Field[];
  watermark: WatermarkSpec | null;
  bounded: boolean;
}>;

/** WHERE, then SELECT. */
export type CalcSpec = Readonly<{
  kind: 'calc';
  /** Boolean; rows pass where it is true. null: all of them. */
  predicate: Expression | null;
  projections: readonly Expression[];
  inputFields: readonly Field[];
  /** Of the result: one for each projection. */
  fields: readonly Field[];
}>;

/**
 * How a time column of TIMESTAMP_LTZ is read as local wall time. Windows of TIMESTAMP need no zone: null. Of windows that the rows have
 * already (`attached`) the column is their end, in wall time of the zone.
 */
export type WindowTime = Readonly<{ column: number; type: DataType; timeZone: string | null }>;

/**
 * The first half of a windowed aggregation over slices: keys × slices of what arrived since the last flush. Emits rows of
 * (keys…, slice end, cells…): slice end a TIMESTAMP(3) as ms of `WindowTime`'s wall time, cells as the aggregates' implementations declare them.
 */
export type LocalWindowAggregateSpec = Readonly<{
  kind: 'local_window_aggregate';
  window: WindowDefinition;
  attached: boolean;
  time: WindowTime;
  keys: readonly number[];
  aggregates: readonly AggregateCall[];
  inputFields: readonly Field[];
  fields: readonly Field[];
}>;

/** The second half: merges slices into windows, fires on the watermark, drops and counts what is late. Emits keys, aggregates, properties. */
export type GlobalWindowAggregateSpec = Readonly<{
  kind: 'global_window_aggregate';
  window: WindowDefinition;
  attached: boolean;
  time: WindowTime;
  keyCount: number;
  aggregates: readonly AggregateCall[];
  /** Of the row before the local half: the arguments' types are there. */
  rowFields: readonly Field[];
  properties: readonly WindowProperty[];
  inputFields: readonly Field[];
  fields: readonly Field[];
}>;

/** Both halves behind the exchange, of windows of processing time: rows get their time where they are aggregated. */
export type ProcessingTimeAggregateSpec = Readonly<{
  kind: 'processing_time_aggregate';
  local: LocalWindowAggregateSpec;
  global: GlobalWindowAggregateSpec;
  inputFields: readonly Field[];
  fields: readonly Field[];
}>;

/** An aggregation of sessions, which no slices make up. Emits keys, aggregates, properties. */
export type SessionAggregateSpec = Readonly<{
  kind: 'session_aggregate';
  gapMs: number;
  time: WindowTime;
  processingTime: boolean;
  keys: readonly number[];
  aggregates: readonly AggregateCall[];
  properties: readonly WindowProperty[];
  inputFields: readonly Field[];
  fields: readonly Field[];
}>;

/** An aggregation of windows, row by row: of rows that change, or with results that do. Emits keys, aggregates, properties. */
export type RowWindowAggregateSpec = Readonly<{
  kind: 'row_window_aggregate';
  window: WindowDefinition;
  attached: boolean;
  time: WindowTime;
  processingTime: boolean;
  emit: EmitStrategy | null;
  keys: readonly number[];
  aggregates: readonly AggregateCall[];
  properties: readonly WindowProperty[];
  inputFields: readonly Field[];
  inputChanges: ChangelogMode;
  fields: readonly Field[];
}>;

/** An aggregation of sessions of rows that change, which are kept until the session ends. Emits keys, aggregates, properties. */
export type RowSessionAggregateSpec = Omit<SessionAggregateSpec, 'kind'> &
  Readonly<{ kind: 'row_session_aggregate'; inputChanges: ChangelogMode }>;

/** SESSION on its own: the rows of a session when it has ended, with its properties appended. */
export type SessionSpec = Readonly<{
  kind: 'session';
  gapMs: number;
  time: WindowTime;
  processingTime: boolean;
  partition: readonly number[];
  inputFields: readonly Field[];
  fields: readonly Field[];
}>;

/** Another window function on its own: each row once for each of its windows, with window_start, window_end and window_time appended. */
export type WindowSpec = Readonly<{
  kind: 'window';
  window: WindowDefinition;
  time: WindowTime;
  processingTime: boolean;
  inputFields: readonly Field[];
  fields: readonly Field[];
}>;

/** Several inputs of equal rows. */
export type UnionSpec = Readonly<{ kind: 'union'; inputFields: readonly Field[]; fields: readonly Field[] }>;

/** What the node's input may bring; both false: inserts only. */
type OneInput<N> = Omit<N, 'input'> & Readonly<{ inputFields: readonly Field[]; inputChanges: ChangelogMode }>;

type TwoInputs<N> = Omit<N, 'left' | 'right'> &
  Readonly<{
    leftFields: readonly Field[];
    rightFields: readonly Field[];
    leftChanges: ChangelogMode;
    rightChanges: ChangelogMode;
  }>;

/** `table.exec.state.ttl` in ms; null = state stays. */
type WithTtl = Readonly<{ stateTtlMs: number | null }>;

/**
 * Operators that stand in the job graph as in the plan (model/plan.ts), with the fields of their inputs. Those with keys or a partition get
 * their rows by its hash.
 */
/** `withoutRetraction`: of each call, whether rows that are taken back leave it as it is. */
export type GroupAggregateSpec = OneInput<Omit<GroupAggregateNode, 'ttlMs'>> &
  WithTtl &
  Readonly<{ withoutRetraction: readonly boolean[] }>;
export type ExpandSpec = OneInput<ExpandNode>;
/** `leftUnique`, `rightUnique`: columns that are unique in the side's rows; null: nothing is known to be. */
export type JoinSpec = TwoInputs<Omit<RegularJoinNode, 'ttls'>> &
  Readonly<{
    leftUnique: readonly number[] | null;
    rightUnique: readonly number[] | null;
    /** As of `WithTtl`. */
    leftTtlMs: number | null;
    rightTtlMs: number | null;
  }>;
export type IntervalJoinSpec = TwoInputs<IntervalJoinNode>;
export type WindowJoinSpec = TwoInputs<WindowJoinNode> & Readonly<{ timeZone: string | null }>;
export type TemporalJoinSpec = TwoInputs<TemporalJoinNode> & WithTtl;
export type LookupJoinSpec = OneInput<Omit<LookupJoinNode, 'table'>> &
  Readonly<{ connector: string; config: ConnectorConfig; tableName: string }>;
export type OverSpec = OneInput<Omit<OverNode, 'binding'>> & WithTtl;
/** `unique`: columns by which updates come that never make a row's place worse (planner/monotonicity.ts); null: rows may come and go. */
export type RankSpec = OneInput<RankNode> &
  WithTtl &
  Readonly<{
    unique: readonly number[] | null;
    /** Updates by `unique` may make a row's place worse: all rows are kept. */
    falls: boolean;
    timeZone: string | null;
  }>;
export type DeduplicateSpec = OneInput<DeduplicateNode> & WithTtl & Readonly<{ timeZone: string | null }>;
export type TemporalSortSpec = OneInput<TemporalSortNode>;
export type LimitSpec = OneInput<LimitNode>;
export type CorrelateSpec = OneInput<CorrelateNode>;
export type ChangelogNormalizeSpec = OneInput<ChangelogNormalizeNode> & WithTtl;
/** `unique`: as of `RankSpec`. */
export type SinkMaterializeSpec = OneInput<SinkMaterializeNode> &
  WithTtl &
  Readonly<{ unique: readonly number[] | null }>;
export type ToChangelogSpec = OneInput<ToChangelogNode>;
export type FromChangelogSpec = OneInput<FromChangelogNode>;
export type SetOperationSpec = TwoInputs<SetOperationNode> & WithTtl;
export type MatchSpec = OneInput<MatchNode>;

export type OperatorSpec =
  | CalcSpec
  | LocalWindowAggregateSpec
  | GlobalWindowAggregateSpec
  | ProcessingTimeAggregateSpec
  | SessionAggregateSpec
  | RowWindowAggregateSpec
  | RowSessionAggregateSpec
  | SessionSpec
  | WindowSpec
  | UnionSpec
  | GroupAggregateSpec
  | ExpandSpec
  | JoinSpec
  | IntervalJoinSpec
  | WindowJoinSpec
  | TemporalJoinSpec
  | LookupJoinSpec
  | OverSpec
  | RankSpec
  | DeduplicateSpec
  | TemporalSortSpec
  | LimitSpec
  | CorrelateSpec
  | ChangelogNormalizeSpec
  | SinkMaterializeSpec
  | ToChangelogSpec
  | FromChangelogSpec
  | SetOperationSpec
  | MatchSpec;

export type SinkSpec = Readonly<
  { kind: 'sink'; table: string; inputFields: readonly Field[] } & (
    | {
        target: 'table';
        connector: string;
        config: ConnectorConfig;
        notNull: NotNullEnforcer;
        content: ContentRule | null;
        /** Whether a -U reaches the writer. Not where the +U behind it has the same key, and replaces it. */
        updateBefore: boolean;
      }
    | { target: 'collect'; pipeline: number }
  )
>;

/** `table.exec.sink.not-null-enforcer`: a NULL in these columns fails the job, or drops the row. */
export type NotNullEnforcer = Readonly<{ columns: readonly number[]; onNull: 'fail' | 'drop' }>;

/**
 * What the values of a sink's row have to be: as long as `types` (the table's) say, and NOT NULL within them where these do. A NULL goes by
 * `NotNullEnforcer`; a wrong length fails the job.
 */
export type ContentRule = Readonly<{
  types: readonly DataType[];
  lengths: boolean;
  within: 'nothing' | 'rows' | 'rows_and_collections';
}>;

/** Rows of a VALUES, emitted by subtask 0. Literals in the representation of expression.ts. */
export type ValuesSpec = Readonly<{
  kind: 'values';
  rows: readonly (readonly Expression[])[];
  fields: readonly Field[];
}>;

/** Where a node gets its rows: from an earlier node of its chain, or from an edge. The place in `inputs` is the operator's input number. */
export type NodeInput = Readonly<{ kind: 'node'; node: number }> | Readonly<{ kind: 'edge'; edge: number }>;

export type ChainNode = Readonly<{
  /** 32 hex digits. State of checkpoints is under it: a job that goes on has those of its checkpoint (engine/restore-report.ts). */
  id: string;
  name: string;
  spec: SourceSpec | ValuesSpec | OperatorSpec | SinkSpec;
  inputs: readonly NodeInput[];
  /** Absent: the id says all. */
  signature?: NodeSignature | undefined;
}>;

/** By what a node is found in a checkpoint of a query that has changed since. */
export type NodeSignature = Readonly<{
  /** Equal for nodes that can take each other's state. */
  shape: string;
  /** Equal where the conditions below are, too: of several nodes with one shape. */
  exact: string;
  /** Equal where the rows go into the same tables. */
  into: string;
  /** What counts for the shape, beside the inputs, in words: `keys`, `aggregates`, … */
  parts: Readonly<Record<string, string>>;
  /** The id by the rules of 0.1.0, whose checkpoints have no signatures. */
  formerId: string;
}>;

/** Nodes in topological order; the head is a source, a VALUES, or reads edges. */
export type JobVertex = Readonly<{
  id: string;
  name: string;
  parallelism: number;
  nodes: readonly ChainNode[];
}>;

/** `hash`: by the key columns to the owner of the key group. `forward` needs equal parallelism. `rebalance`: batches in turn. */
export type Partitioning =
  | Readonly<{ kind: 'hash'; keys: readonly number[] }>
  | Readonly<{ kind: 'forward' }>
  | Readonly<{ kind: 'rebalance' }>;

/** From a node of one vertex to the node(s) of a later vertex that name the edge in their inputs. */
export type JobEdge = Readonly<{
  sourceVertex: number;
  sourceNode: number;
  targetVertex: number;
  partitioning: Partitioning;
  fields: readonly Field[];
}>;

export type JobGraph = Readonly<{
  name: string;
  /** The largest parallelism of a vertex: slots. */
  parallelism: number;
  maxParallelism: number;
  /** IANA name. */
  timeZone: string;
  /** What the functions of the clock say, ms since 1970, in a test of a job; absent: the clock. */
  nowMs?: number | undefined;
  /** The user functions that its expressions name: loaded into every worker before an operator is made. */
  functions: readonly UserFunctionModule[];
  /** In topological order. */
  vertices: readonly JobVertex[];
  edges: readonly JobEdge[];
}>;

export type RestartStrategy =
  | Readonly<{ kind: 'none' }>
  | Readonly<{ kind: 'fixed-delay'; attempts: number; delayMs: number }>
  | Readonly<{ kind: 'failure-rate'; maxFailures: number; intervalMs: number; delayMs: number }>
  | Readonly<{
      kind: 'exponential-delay';
      initialMs: number;
      maxMs: number;
      multiplier: number;
      /** Healthy for this long: the delay starts anew. */
      resetMs: number;
      jitter: number;
      attempts: number;
    }>;

/** How a job is run, beside its graph. */
export type ExecutionSettings = Readonly<{
  checkpointIntervalMs: number;
  checkpointTimeoutMs: number;
  retainedCheckpoints: number;
  /** Checkpoints that may fail in a row before the job does. */
  tolerableFailedCheckpoints: number;
  /** Absolute: `<dir>/<job>/chk-<n>/`. */
  checkpointDirectory: string;
  savepointDirectory: string;
  restart: RestartStrategy;
  deadLetter: Readonly<Record<string, unknown>>;
}>;
