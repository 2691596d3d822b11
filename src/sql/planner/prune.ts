/**
 * Column pruning: every node keeps only what is asked of it, down to the scan, which reads nested fields by their path. No row is added
 * or lost by it, and watermarks stay: they need their columns even if nobody else does.
 */
import { assert } from '../../model/errors.ts';
import { columnRef, type Expression, mapChildren } from '../../model/expression.ts';
import {
  type CalcNode,
  type ChangelogNormalizeNode,
  type CorrelateNode,
  type ExpandNode,
  type FromChangelogNode,
  type GroupAggregateNode,
  inputsOf,
  type LookupJoinNode,
  type MatchNode,
  type Pipeline,
  type PlanNode,
  type ScanColumn,
  type ScanNode,
  type UnionNode,
  type ValuesNode,
  type WatermarkNode,
  type WindowAggregateNode,
  type WindowNode,
  withInputs,
} from '../../model/plan.ts';
import type { DataType, Field } from '../../model/types.ts';
import { mergeCalc } from '../binder/relation.ts';
import { overSides, type PairNode, rowColumns, sideColumns } from './join-columns.ts';
import { matchColumns, matchOver, withMeasures } from './match-columns.ts';
import { covers, distinct, fieldType, type Need, needsOf, pathOf, takeFields, wholeColumns } from './needs.ts';
import { overColumns, ownColumns, type PassingNode } from './passing-node.ts';

/** The node without what nobody needs, and where to find what somebody does. */
type Pruned = Readonly<{ node: PlanNode; find: (need: Need) => Expression }>;

export function prunePipeline({ sink, input }: Pipeline): Pipeline {
  const needs = input.fields.map((_, column): Need => ({ column, path: [] }));
  return { sink, input: named(inOrder(prune(input, needs), needs, input.fields), input.fields) };
}

/** The node with exactly the needed columns in their order: a calc on top where it does not have them so. */
function inOrder({ node, find }: Pruned, needs: readonly Need[], fields: readonly Field[]): PlanNode {
  const projections = needs.map(find);
  if (isIdentity(projections, node)) return node;
  return mergeCalc({ kind: 'calc', input: node, predicate: null, projections, fields });
}

/** The names that the query gives: a sink may write them. Those of a scan are the record's own. */
function named(node: PlanNode, fields: readonly Field[]): PlanNode {
  if (node.fields.every(({ name }, i) => name === fields[i]!.name)) return node;
  if (node.kind !== 'scan' && node.kind !== 'watermark' && node.kind !== 'window') return { ...node, fields };
  const projections = fields.map(({ type }, index) => columnRef(index, type));
  return { kind: 'calc', input: node, predicate: null, projections, fields };
}

function prune(node: PlanNode, asked: readonly Need[]): Pruned {
  // Rows without a column can't be counted: the first one stays.
  const needs = asked.length > 0 || node.fields.length === 0 ? asked : [{ column: 0, path: [] }];
  switch (node.kind) {
    case 'scan':
      return pruneScan(node, needs);
    case 'calc':
      return pruneCalc(node, needs);
    case 'watermark':
      return pruneWatermark(node, needs);
    case 'window':
      return pruneWindow(node, needs);
    case 'window_aggregate':
      return pruneAggregate(node, needs);
    case 'group_aggregate':
      return pruneGroupAggregate(node, needs);
    case 'expand':
      return pruneExpand(node, needs);
    case 'over':
    case 'rank':
    case 'deduplicate':
    case 'temporal_sort':
    case 'limit':
      return prunePassing(node, needs);
    case 'join':
    case 'interval_join':
    case 'window_join':
    case 'temporal_join':
      return pruneJoin(node, needs);
    case 'lookup_join':
      return pruneLookup(node, needs);
    case 'correlate':
      return pruneCorrelate(node, needs);
    case 'match':
      return pruneMatch(node, needs);
    case 'union':
      return pruneUnion(node, needs);
    case 'values':
      return pruneValues(node, needs);
    case 'changelog_normalize':
      return pruneNormalize(node, needs);
    case 'from_changelog':
      return pruneFromChangelog(node, needs);
    default:
      return pruneInputs(node); // TO_CHANGELOG: with fewer columns there would be fewer changes
  }
}

/** A node that needs its inputs as they are. */
function pruneInputs(node: PlanNode): Pruned {
  const inputs = inputsOf(node).map((input) => {
    const needs = input.fields.map((_, column): Need => ({ column, path: [] }));
    return inOrder(prune(input, needs), needs, input.fields);
  });
  const all = node.fields.map((_, column) => column);
  return { node: withInputs(node, inputs), find: findWhole(all, node.fields) };
}

/** The expression over a pruned input. */
function relocate(expression: Expression, find: Pruned['find']): Expression {
  const need = pathOf(expression);
  if (need === null) return mapChildren(expression, (child) => relocate(child, find));
  const found = find(need);
  return expression.position === undefined ? found : { ...found, position: expression.position };
}

function findWhole(kept: readonly number[], fields: readonly Field[]): Pruned['find'] {
  return ({ column, path }) => {
    const index = kept.indexOf(column);
    assert(index >= 0, () => `column ${column} was not asked for`);
    return takeFields(columnRef(index, fields[column]!.type), path);
  };
}

function pruneScan(node: ScanNode, needs: readonly Need[]): Pruned {
  const kept = distinct(needs).map((need) =>
    node.columns[need.column]!.kind === 'physical' ? need : { ...need, path: [] },
  );
  const wanted = distinct(kept).sort((a, b) => a.column - b.column);
  const columns = wanted.map((need) => nestedColumn(node.columns[need.column]!, need.path));
  const fields = columns.map(({ name, type }) => ({ name, type }));
  const find = (need: Need): Expression => {
    const index = wanted.findIndex((candidate) => covers(candidate, need));
    assert(index >= 0, () => `column ${need.column} was not asked for`);
    return takeFields(columnRef(index, columns[index]!.type), need.path.slice(wanted[index]!.path.length));
  };
  return { node: { ...node, columns, fields }, find };
}

function nestedColumn(column: ScanColumn, path: readonly number[]): ScanColumn {
  if (column.kind === 'metadata' || path.length === 0) return column;
  let { type } = column;
  const names = path.map((index) => {
    const row = type as Extract<DataType, { kind: 'row' }>;
    type = fieldType(row, index);
    return row.fields[index]!.name;
  });
  return { ...column, name: [column.name, ...names].join('.'), type, path: [...column.path, ...names] };
}

function pruneCalc(node: CalcNode, needs: readonly Need[]): Pruned {
  const wanted = distinct(needs.map((need) => passedOn(node, need))).sort((a, b) => a.column - b.column);
  const expressions = wanted.map(({ column, path }) => takeFields(node.projections[column]!, path));
  const predicateNeeds = node.predicate === null ? [] : needsOf(node.predicate);
  const input = prune(
    node.input,
    distinct([...predicateNeeds, ...expressions.flatMap((expression) => needsOf(expression))]),
  );
  const projections = expressions.map((expression) => relocate(expression, input.find));
  const fields = wanted.map((need, i) => ({
    name: nameAt(node.fields[need.column]!, need.path),
    type: projections[i]!.type,
  }));
  const isTrue = node.predicate?.kind === 'literal' && node.predicate.value === true;
  const predicate = node.predicate === null || isTrue ? null : relocate(node.predicate, input.find);
  const find = (need: Need): Expression => {
    const index = wanted.findIndex((candidate) => covers(candidate, need));
    assert(index >= 0, () => `column ${need.column} was not asked for`);
    return takeFields(columnRef(index, projections[index]!.type), need.path.slice(wanted[index]!.path.length));
  };
  if (predicate === null && isIdentity(projections, input.node)) return { node: input.node, find };
  return { node: mergeCalc({ kind: 'calc', input: input.node, predicate, projections, fields }), find };
}

/** Fields are asked of the input only where the column comes from there as it is. */
function passedOn(node: CalcNode, need: Need): Need {
  return pathOf(node.projections[need.column]!) === null ? { ...need, path: [] } : need;
}

function nameAt(field: Field, path: readonly number[]): string {
  let { name, type } = field;
  for (const index of path) {
    const row = type as Extract<DataType, { kind: 'row' }>;
    ({ type } = row.fields[index]!);
    name = `${name}.${row.fields[index]!.name}`;
  }
  return name;
}

function isIdentity(projections: readonly Expression[], { fields }: PlanNode): boolean {
  return (
    projections.length === fields.length &&
    projections.every((projection, i) => projection.kind === 'column' && projection.index === i)
  );
}

function pruneWatermark(node: WatermarkNode, needs: readonly Need[]): Pruned {
  const own: Need[] = [{ column: node.column, path: [] }, ...needsOf(node.expression)];
  const input = prune(node.input, distinct([...needs, ...own]));
  const column = input.find(own[0]!);
  assert(column.kind === 'column', () => 'the rowtime is a column of its own');
  const expression = relocate(node.expression, input.find);
  return {
    node: { ...node, input: input.node, column: column.index, expression, fields: input.node.fields },
    find: input.find,
  };
}

function pruneWindow(node: WindowNode, needs: readonly Need[]): Pruned {
  const width = node.input.fields.length;
  const fromInput = needs.filter(({ column }) => column < width);
  const time: Need = { column: node.timeColumn, path: [] };
  const partition = node.partition.map((column): Need => ({ column, path: [] }));
  const input = prune(node.input, distinct([...fromInput, time, ...partition]));
  const place = (need: Need): number => {
    const found = input.find(need);
    assert(found.kind === 'column', () => 'a rowtime or key is a column of its own');
    return found.index;
  };
  const appended = node.fields.slice(width);
  const find = (need: Need): Expression =>
    need.column < width
      ? input.find(need)
      : columnRef(input.node.fields.length + need.column - width, node.fields[need.column]!.type);
  return {
    node: {
      ...node,
      input: input.node,
      timeColumn: place(time),
      partition: partition.map(place),
      fields: [...input.node.fields, ...appended],
    },
    find,
  };
}

function pruneAggregate(node: WindowAggregateNode, needs: readonly Need[]): Pruned {
  const keyCount = node.keys.length;
  const kept = wholeColumns(needs);
  const aggregates = node.aggregates.filter((_, i) => kept.includes(keyCount + i));
  const first = keyCount + node.aggregates.length;
  const properties = node.properties.filter((_, i) => kept.includes(first + i));
  // Keys group whether somebody reads them or not.
  const places = [
    ...node.keys.map((_, i) => i),
    ...node.aggregates.flatMap((_, i) => (kept.includes(keyCount + i) ? [keyCount + i] : [])),
    ...node.properties.flatMap((_, i) => (kept.includes(first + i) ? [first + i] : [])),
  ];
  const columns = [
    ...new Set([
      node.timeColumn,
      ...node.keys,
      ...aggregates.flatMap(({ args, filter }) => (filter === null ? args : [...args, filter])),
    ]),
  ];
  const below = columns.map((column): Need => ({ column, path: [] }));
  const input = inOrder(
    prune(node.input, below),
    below,
    columns.map((column) => node.input.fields[column]!),
  );
  const place = (column: number): number => columns.indexOf(column);
  const fields = places.map((column) => node.fields[column]!);
  const pruned: WindowAggregateNode = {
    ...node,
    input,
    timeColumn: place(node.timeColumn),
    attached: node.attached && { ...node.attached, start: place(node.attached.start), end: place(node.attached.end) },
    keys: node.keys.map(place),
    aggregates: aggregates.map((call) => ({
      ...call,
      args: call.args.map(place),
      filter: call.filter === null ? null : place(call.filter),
    })),
    properties,
    fields,
  };
  return { node: pruned, find: findWhole(places, node.fields) };
}

function pruneMatch(node: MatchNode, needs: readonly Need[]): Pruned {
  const keyCount = node.partition.length;
  const measures = wholeColumns(needs).flatMap((column) => (column < keyCount ? [] : [column - keyCount]));
  const kept = withMeasures(node, measures);
  const columns = matchColumns(kept);
  const wanted = columns.length > 0 ? columns : [0];
  const below = wanted.map((column): Need => ({ column, path: [] }));
  const fieldsBelow = wanted.map((column) => node.input.fields[column]!);
  const input = inOrder(prune(node.input, below), below, fieldsBelow);
  const places = [...node.partition.map((_, i) => i), ...measures.map((measure) => keyCount + measure)];
  return { node: matchOver(kept, input, wanted), find: findWhole(places, node.fields) };
}

function pruneGroupAggregate(node: GroupAggregateNode, needs: readonly Need[]): Pruned {
  const keyCount = node.keys.length;
  const kept = wholeColumns(needs);
  const calls = node.aggregates.flatMap((_, i) => (kept.includes(keyCount + i) ? [i] : []));
  const aggregates = calls.map((i) => node.aggregates[i]!);
  const columns = [
    ...new Set([
      ...node.keys,
      ...aggregates.flatMap(({ args, filter }) => [...args, ...(filter === null ? [] : [filter])]),
    ]),
  ];
  const wanted = columns.length > 0 ? columns : [0];
  const below = wanted.map((column): Need => ({ column, path: [] }));
  const fieldsBelow = wanted.map((column) => node.input.fields[column]!);
  const place = (column: number): number => wanted.indexOf(column);
  const places = [...node.keys.map((_, i) => i), ...calls.map((i) => keyCount + i)];
  const pruned: GroupAggregateNode = {
    ...node,
    input: inOrder(prune(node.input, below), below, fieldsBelow),
    keys: node.keys.map(place),
    aggregates: aggregates.map((call) => ({
      ...call,
      args: call.args.map(place),
      filter: call.filter === null ? null : place(call.filter),
    })),
    fields: places.map((column) => node.fields[column]!),
  };
  return { node: pruned, find: findWhole(places, node.fields) };
}

function pruneExpand(node: ExpandNode, needs: readonly Need[]): Pruned {
  const kept = wholeColumns(needs);
  const projections = node.projections.map((set) => kept.map((column) => set[column]!));
  const input = prune(node.input, distinct(projections.flat().flatMap((projection) => needsOf(projection))));
  const pruned: ExpandNode = {
    ...node,
    input: input.node,
    projections: projections.map((set) => set.map((projection) => relocate(projection, input.find))),
    fields: kept.map((column) => node.fields[column]!),
  };
  return { node: pruned, find: findWhole(kept, node.fields) };
}

function prunePassing(node: PassingNode, needs: readonly Need[]): Pruned {
  const width = node.input.fields.length;
  const kept = wholeColumns(needs);
  const added = kept.filter((column) => column >= width);
  // An OVER whose results nobody needs is none.
  if (node.kind === 'over' && added.length === 0) return prune(node.input, needs);
  const own = kept.filter((column) => column < width);
  const columns = [...new Set([...own, ...ownColumns(node, added)])].sort((a, b) => a - b);
  const whole = columns.map((column): Need => ({ column, path: [] }));
  const fields = columns.map((column) => node.input.fields[column]!);
  const pruned = prune(node.input, whole);
  const input = columns.length === 0 ? pruned.node : inOrder(pruned, whole, fields);
  return { node: overColumns(node, input, columns, added), find: findWhole([...columns, ...added], node.fields) };
}

function pruneJoin(node: PairNode, needs: readonly Need[]): Pruned {
  const columns = sideColumns(node, wholeColumns(needs));
  const side = (input: PlanNode, kept: readonly number[]): PlanNode => {
    const whole = kept.map((column): Need => ({ column, path: [] }));
    return inOrder(
      prune(input, whole),
      whole,
      kept.map((column) => input.fields[column]!),
    );
  };
  const sides = [side(node.left, columns[0]), side(node.right, columns[1])] as const;
  return { node: overSides(node, sides, columns), find: findWhole(rowColumns(node, columns), node.fields) };
}

/** Of the table only what is needed is asked for: values of the keys are known. */
function pruneLookup(node: LookupJoinNode, needs: readonly Need[]): Pruned {
  const width = node.input.fields.length;
  const own = node.condition === null ? [] : needsOf(node.condition);
  const asked = [...needs, ...own];
  const kept = [
    ...new Set([
      ...wholeColumns(asked.filter(({ column }) => column >= width)).map((column) => column - width),
      ...node.keys.map(({ column }) => column),
    ]),
  ].sort((a, b) => a - b);
  const below = asked.filter(({ column }) => column < width);
  const input = prune(node.input, distinct([...below, ...node.keys.flatMap(({ value }) => needsOf(value))]));
  const find = beside(
    input,
    node,
    kept.map((column) => column + width),
  );
  const pruned: LookupJoinNode = {
    ...node,
    input: input.node,
    columns: kept.map((column) => node.columns[column]!),
    keys: node.keys.map(({ column, value }) => ({
      column: kept.indexOf(column),
      value: relocate(value, input.find),
    })),
    condition: node.condition === null ? null : relocate(node.condition, find),
    fields: [...input.node.fields, ...kept.map((column) => node.fields[column + width]!)],
  };
  return { node: pruned, find };
}

/** A function gives all its columns. */
function pruneCorrelate(node: CorrelateNode, needs: readonly Need[]): Pruned {
  const width = node.input.fields.length;
  const call = node.function;
  const read = call.kind === 'unnest' ? needsOf(call.collection) : call.args.flatMap((arg) => needsOf(arg));
  const own = node.condition === null ? [] : needsOf(node.condition);
  const input = prune(node.input, distinct([...[...needs, ...own].filter(({ column }) => column < width), ...read]));
  const made = node.fields.slice(width);
  const find = beside(
    input,
    node,
    made.map((_, i) => width + i),
  );
  const over: CorrelateNode['function'] =
    call.kind === 'unnest'
      ? { ...call, collection: relocate(call.collection, input.find) }
      : { ...call, args: call.args.map((arg) => relocate(arg, input.find)) };
  const condition = node.condition === null ? null : relocate(node.condition, find);
  const fields = [...input.node.fields, ...made];
  return { node: { ...node, input: input.node, function: over, condition, fields }, find };
}

/** Columns of a node that stand behind those of its input. */
function beside(input: Pruned, { fields }: PlanNode, appended: readonly number[]): Pruned['find'] {
  const width = input.node.fields.length;
  return (need) => {
    const place = appended.indexOf(need.column);
    if (place < 0) return input.find(need);
    return takeFields(columnRef(width + place, fields[need.column]!.type), need.path);
  };
}

function pruneUnion(node: UnionNode, needs: readonly Need[]): Pruned {
  const kept = wholeColumns(needs);
  const whole = kept.map((column): Need => ({ column, path: [] }));
  const fields = kept.map((column) => node.fields[column]!);
  const inputs = node.inputs.map((input) => inOrder(prune(input, whole), whole, fields));
  return { node: { ...node, inputs, fields }, find: findWhole(kept, node.fields) };
}

/** A change of columns that nobody reads is no change then: Flink projects below the node, too. */
function pruneNormalize(node: ChangelogNormalizeNode, needs: readonly Need[]): Pruned {
  const kept = [...new Set([...wholeColumns(needs), ...node.keys])].sort((a, b) => a - b);
  const whole = kept.map((column): Need => ({ column, path: [] }));
  const fields = kept.map((column) => node.fields[column]!);
  const input = inOrder(prune(node.input, whole), whole, fields);
  const keys = node.keys.map((key) => kept.indexOf(key));
  return { node: { ...node, input, keys, fields }, find: findWhole(kept, node.fields) };
}

function pruneFromChangelog(node: FromChangelogNode, needs: readonly Need[]): Pruned {
  const below = (column: number): number => (column < node.column ? column : column + 1);
  const asked = wholeColumns(needs);
  const kept = [...asked.map(below), node.column].sort((a, b) => a - b);
  const whole = kept.map((column): Need => ({ column, path: [] }));
  const fields = kept.map((column) => node.input.fields[column]!);
  const input = inOrder(prune(node.input, whole), whole, fields);
  const pruned = { ...node, input, column: kept.indexOf(node.column), fields: asked.map((i) => node.fields[i]!) };
  return { node: pruned, find: findWhole(asked, node.fields) };
}

function pruneValues(node: ValuesNode, needs: readonly Need[]): Pruned {
  const kept = wholeColumns(needs);
  const rows = node.rows.map((row) => kept.map((column) => row[column]!));
  return {
    node: { ...node, rows, fields: kept.map((column) => node.fields[column]!) },
    find: findWhole(kept, node.fields),
  };
}
