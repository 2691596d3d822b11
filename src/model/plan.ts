/**
 * The logical plan: what the planner (sql/planner) makes of a bound query and the job builder (job/) makes a job graph of. A tree of
 * plain data. Column references in a node's expressions go to its input's `fields`.
 */
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
  timeColumn: number;
  fields: readonly Field[];
}>;

/** A window function and the aggregation on it in one. Its row: keys, aggregates, then the properties. */
export type WindowAggregateNode = Readonly<{
  kind: 'window_aggregate';
  input: PlanNode;
  window: WindowDefinition;
  timeColumn: number;
  keys: readonly number[];
  aggregates: readonly AggregateCall[];
  properties: readonly WindowProperty[];
  fields: readonly Field[];
}>;

export type UnionNode = Readonly<{ kind: 'union'; inputs: readonly PlanNode[]; fields: readonly Field[] }>;

export type ValuesNode = Readonly<{
  kind: 'values';
  rows: readonly (readonly Expression[])[];
  fields: readonly Field[];
}>;

export type PlanNode = ScanNode | CalcNode | WatermarkNode | WindowNode | WindowAggregateNode | UnionNode | ValuesNode;

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
    default:
      return [node.input];
  }
}
