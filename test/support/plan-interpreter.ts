/**
 * A slow meaning of plans, row by row, for the laws of the planner. Aggregates give the list of what goes in, whatever they are called:
 * two plans that feed an aggregate the same are the same.
 */
import { assert } from '../../src/model/errors.ts';
import type { Expression } from '../../src/model/expression.ts';
import type { PlanNode, ScanColumn } from '../../src/model/plan.ts';
import type { TableDefinition } from '../../src/model/table.ts';

/** Numbers, booleans, null, and arrays for ROW. */
export type Value = number | boolean | null | readonly Value[];
export type Row = readonly Value[];

/** The rows of every scan, or of each table by its name, in the order of the table's columns. */
export type Records = readonly Row[] | ReadonlyMap<string, readonly Row[]>;

export function runPlan(node: PlanNode, records: Records): Row[] {
  switch (node.kind) {
    case 'scan':
      return rowsOf(node, records).map((record) =>
        node.columns.map((column) => readColumn(column, node.table, record)),
      );
    case 'calc':
      return runPlan(node.input, records)
        .filter((row) => node.predicate === null || evaluate(node.predicate, row) === true)
        .map((row) => node.projections.map((projection) => evaluate(projection, row)));
    case 'watermark':
      return runPlan(node.input, records);
    case 'window':
      return runPlan(node.input, records).map((row) => [...row, ...windowOf(row[node.timeColumn]!, node.window)]);
    case 'window_aggregate':
      return aggregate(node, runPlan(node.input, records));
    case 'union':
      return node.inputs.flatMap((input) => runPlan(input, records));
    case 'values':
      return node.rows.map((row) => row.map((value) => evaluate(value, [])));
    case 'join':
      return join(node, runPlan(node.left, records), runPlan(node.right, records));
    default:
      throw new Error(`${node.kind} is not interpreted here`);
  }
}

function rowsOf({ table }: Extract<PlanNode, { kind: 'scan' }>, records: Records): readonly Row[] {
  return records instanceof Map ? records.get(table.path.name)! : (records as readonly Row[]);
}

function join(node: Extract<PlanNode, { kind: 'join' }>, left: readonly Row[], right: readonly Row[]): Row[] {
  const matches = (a: Row, b: Row): boolean => {
    const equal = node.leftKeys.every((key, i) => {
      const [x, y] = [a[key]!, b[node.rightKeys[i]!]!];
      return x === y && (x !== null || node.nullSafe[i]);
    });
    return equal && (node.condition === null || evaluate(node.condition, [...a, ...b]) === true);
  };
  const leftPadding: Row = node.left.fields.map(() => null);
  const rightPadding: Row = node.right.fields.map(() => null);
  const pairs = left.flatMap((a) => right.filter((b) => matches(a, b)).map((b) => [...a, ...b]));
  const aloneLeft = left.filter((a) => !right.some((b) => matches(a, b)));
  const aloneRight = right.filter((b) => !left.some((a) => matches(a, b)));
  const paddedLeft = aloneLeft.map((a) => [...a, ...rightPadding]);
  const paddedRight = aloneRight.map((b) => [...leftPadding, ...b]);
  switch (node.join) {
    case 'inner':
      return pairs;
    case 'left':
      return [...pairs, ...paddedLeft];
    case 'right':
      return [...pairs, ...paddedRight];
    case 'full':
      return [...pairs, ...paddedLeft, ...paddedRight];
    case 'semi':
      return left.filter((a) => !aloneLeft.includes(a));
    case 'anti':
      return aloneLeft;
  }
}

function readColumn(column: ScanColumn, table: TableDefinition, record: Row): Value {
  assert(column.kind === 'physical', () => 'there is no metadata here');
  const [first, ...rest] = column.path;
  const index = table.columns.findIndex(({ name }) => name === first);
  let { type } = table.columns[index]!;
  let value: Value = record[index]!;
  for (const name of rest) {
    assert(type.kind === 'row', () => 'a path goes through rows');
    const field = type.fields.findIndex((each) => each.name === name);
    value = value === null ? null : (value as Row)[field]!;
    ({ type } = type.fields[field]!);
  }
  return value;
}

const windowProperties = ['window_start', 'window_end', 'window_time'] as const;

function windowOf(time: Value, window: Extract<PlanNode, { kind: 'window' }>['window']): Value[] {
  assert(window.kind === 'tumble', () => 'only tumbling windows');
  const start = Math.floor((time as number) / window.sizeMs) * window.sizeMs;
  return [start, start + window.sizeMs, start + window.sizeMs - 1];
}

function aggregate(node: Extract<PlanNode, { kind: 'window_aggregate' }>, rows: readonly Row[]): Row[] {
  const groups = new Map<string, { key: Value[]; window: Value[]; members: Row[] }>();
  for (const row of rows) {
    const key = node.keys.map((column) => row[column]!);
    const window = windowOf(row[node.timeColumn]!, node.window);
    const text = JSON.stringify([key, window]);
    const group = groups.get(text) ?? { key, window, members: [] };
    groups.set(text, group);
    group.members.push(row);
  }
  return [...groups.values()].map(({ key, window, members }) => [
    ...key,
    ...node.aggregates.map(({ args, filter }) =>
      sorted(
        members.filter((row) => filter === null || row[filter] === true).map((row) => args.map((arg) => row[arg]!)),
      ),
    ),
    ...node.properties.map((property) => window[windowProperties.indexOf(property)]!),
  ]);
}

/** In an order that only the rows decide. */
export function sorted<T>(rows: readonly T[]): T[] {
  return rows
    .map((row) => [JSON.stringify(row), row] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, row]) => row);
}

function evaluate(expression: Expression, row: Row): Value {
  const inner = (each: Expression): Value => evaluate(each, row);
  switch (expression.kind) {
    case 'column':
      return row[expression.index]!;
    case 'literal':
      return expression.value as Value;
    case 'field': {
      const value = inner(expression.arg);
      return value === null ? null : (value as Row)[expression.index]!;
    }
    case 'cast':
      return inner(expression.arg);
    case 'not':
      return not(inner(expression.arg));
    case 'is_null':
      return inner(expression.arg) === null;
    case 'is_not_null':
      return inner(expression.arg) !== null;
    case 'and':
      return expression.args.map(inner).reduce(and);
    case 'or':
      return not(expression.args.map((arg) => not(inner(arg))).reduce(and));
    case 'case': {
      const branch = expression.branches.find(({ when }) => inner(when) === true);
      return inner(branch?.result ?? expression.otherwise);
    }
    case 'call':
      return call(expression.name, expression.args.map(inner));
  }
}

export function not(value: Value): Value {
  return value === null ? null : !value;
}

export function and(a: Value, b: Value): Value {
  if (a === false || b === false) return false;
  return a === null || b === null ? null : true;
}

const operations: Readonly<Record<string, (a: number, b: number) => Value>> = {
  '+': (a, b) => a + b,
  '*': (a, b) => a * b + 0, // never −0
  '<': (a, b) => a < b,
  '=': (a, b) => a === b,
  '<>': (a, b) => a !== b,
};

/** NULL in, NULL out. TO_TIMESTAMP_LTZ of milliseconds is the number itself. */
export function call(name: string, args: readonly Value[]): Value {
  if (args.some((arg) => arg === null)) return null;
  if (name === 'TO_TIMESTAMP_LTZ') return args[0]!;
  const operation = operations[name];
  assert(operation !== undefined, () => `the interpreter does not know ${name}`);
  return operation(args[0] as number, args[1] as number);
}
