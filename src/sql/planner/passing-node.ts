/** Nodes whose row is that of their input, perhaps with columns behind it: which columns they read, and how they look over fewer. */
import type {
  AggregateCall,
  DeduplicateNode,
  LimitNode,
  OverNode,
  PlanNode,
  RankNode,
  SortColumn,
  TemporalSortNode,
  WindowColumns,
} from '../../model/plan.ts';
import { changelogOf, isInsertOnly, uniqueKeysOf } from './changelog.ts';

export type PassingNode = OverNode | RankNode | DeduplicateNode | TemporalSortNode | LimitNode;

/** The columns of the input that a node needs for itself. `added`: those of its own columns that somebody needs. */
export function ownColumns(node: PassingNode, added: readonly number[]): readonly number[] {
  switch (node.kind) {
    case 'over': {
      const calls = keptCalls(node, added);
      const read = calls.flatMap(({ args, filter }) => (filter === null ? args : [...args, filter]));
      return [...node.partition, ...sorted(node.order), ...read];
    }
    case 'rank': {
      // Updates are found by the keys of the input.
      const keys = isInsertOnly(changelogOf(node.input)) ? [] : uniqueKeysOf(node.input).flat();
      const end = node.endColumn === undefined ? [] : [node.endColumn];
      return [...node.partition, ...sorted(node.order), ...bounds(node.window), ...end, ...keys];
    }
    case 'deduplicate':
      return [...node.keys, ...(node.time === null ? [] : [node.time]), ...bounds(node.window)];
    case 'temporal_sort':
      return [node.time, ...sorted(node.order)];
    case 'limit':
      return [];
  }
}

/** The node over an input that has only `columns` of the former one, with only `added` of its own. */
export function overColumns(
  node: PassingNode,
  input: PlanNode,
  columns: readonly number[],
  added: readonly number[],
): PlanNode {
  const place = (column: number): number => columns.indexOf(column);
  const places = (order: readonly SortColumn[]): SortColumn[] =>
    order.map((each) => ({ ...each, column: place(each.column) }));
  const moved = (window: WindowColumns | null): WindowColumns | null =>
    window === null ? null : { ...window, start: place(window.start), end: place(window.end) };
  const fields = [...columns, ...added].map((column) => node.fields[column]!);
  switch (node.kind) {
    case 'over': {
      const aggregates = keptCalls(node, added).map((call) => ({
        ...call,
        args: call.args.map(place),
        filter: call.filter === null ? null : place(call.filter),
      }));
      return { ...node, input, partition: node.partition.map(place), order: places(node.order), aggregates, fields };
    }
    case 'rank': {
      const { partition, order, window } = node;
      const outputRank = added.length > 0;
      const kept = { partition: partition.map(place), order: places(order), window: moved(window) };
      const end = node.endColumn === undefined ? {} : { endColumn: place(node.endColumn) };
      return { ...node, ...kept, ...end, input, outputRank, fields };
    }
    case 'deduplicate': {
      const time = node.time === null ? null : place(node.time);
      return { ...node, input, keys: node.keys.map(place), time, window: moved(node.window), fields };
    }
    case 'temporal_sort':
      return { ...node, input, time: place(node.time), order: places(node.order), fields };
    case 'limit':
      return { ...node, input, fields };
  }
}

function keptCalls({ aggregates, input }: OverNode, added: readonly number[]): AggregateCall[] {
  return added.map((column) => aggregates[column - input.fields.length]!);
}

function sorted(order: readonly SortColumn[]): number[] {
  return order.map(({ column }) => column);
}

function bounds(window: WindowColumns | null): number[] {
  return window === null ? [] : [window.start, window.end];
}
