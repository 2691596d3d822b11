/** TUMBLE, HOP, CUMULATE and SESSION, as functions in FROM and as calls in GROUP BY. */
import type { Position } from '../../model/errors.ts';
import type { Expression } from '../../model/expression.ts';
import type { PlanNode, WindowDefinition } from '../../model/plan.ts';
import { formatType, withNullable } from '../../model/types.ts';
import type { FromItem, FunctionArgument, SqlExpression } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { ExpressionBinder } from './expression-binder.ts';
import type { Relation } from './relation.ts';
import { fieldsOf, Scope } from './scope.ts';
import { propertyField, windowProperties } from './window-columns.ts';

type FunctionItem = Extract<FromItem, { kind: 'function' }>;
type WindowKind = WindowDefinition['kind'];

/** The lengths that a window function takes, in order; Flink's names for them in `NAME => value`. */
const lengthNames: Readonly<Record<WindowKind, readonly string[]>> = {
  tumble: ['SIZE', 'OFFSET'],
  hop: ['SLIDE', 'SIZE', 'OFFSET'],
  cumulate: ['STEP', 'SIZE', 'OFFSET'],
  session: ['GAP'],
};

export const windowFunctions: readonly string[] = Object.keys(lengthNames).map((kind) => kind.toUpperCase());

export function windowKind(name: string): WindowKind | null {
  const kind = name.toLowerCase();
  return kind in lengthNames ? (kind as WindowKind) : null;
}

/** `TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)`: the rows of t with the window that each is in. */
export function bindWindowFunction(item: FunctionItem, bindInput: (arg: FunctionArgument) => Relation): Relation {
  const name = item.name.name.toUpperCase();
  const kind = windowKind(name);
  if (kind === null) throw unsupported(`the table function ${name}`, item.position);
  const { data, descriptor, lengths } = argumentsOf(item, kind);
  const input = bindInput(data);
  const partition = partitionOf(data, kind, input);
  const time = timeColumnOf(descriptor, input, name);
  const window = windowOf(kind, name, lengths, item.position);
  return windowRelation(input, { window, partition, ...time });
}

/** PARTITION BY: each key has sessions of its own. Other windows are the same for all rows. */
function partitionOf(data: TableArgument, kind: WindowKind, { fields }: Relation): number[] {
  const [first] = data.partitionBy;
  if (first !== undefined && kind !== 'session') {
    const hint = 'Group by the columns: the windows are the same for all rows.';
    throw sqlError('SQL_VALIDATION', `${kind.toUpperCase()}: expected no PARTITION BY`, first.position, hint);
  }
  const binder = new ExpressionBinder(new Scope(fields));
  return data.partitionBy.map((node) => {
    const bound = binder.bind(node);
    if (bound.kind === 'column') return bound.index;
    throw sqlError('SQL_VALIDATION', 'PARTITION BY: expected a column', node.position);
  });
}

type WindowParts = TimeAttribute & Readonly<{ window: WindowDefinition; partition: readonly number[] }>;

function windowRelation(input: Relation, parts: WindowParts): Relation {
  const { window, timeColumn, processingTime } = parts;
  const time = input.fields[timeColumn]!.type;
  const appended = windowProperties.map((property) => propertyField(property, { window, time, processingTime }));
  const own = input.fields.map((field) => ({ ...field, window: null }));
  const fields = [...own, ...appended];
  const node: PlanNode = { kind: 'window', input: input.node, ...parts, fields: fieldsOf(fields) };
  return { node, fields };
}

type TableArgument = Extract<FunctionArgument, { kind: 'table' | 'query' }>;
type DescriptorArgument = Extract<FunctionArgument, { kind: 'descriptor' }>;
type Arguments = Readonly<{
  data: TableArgument;
  descriptor: DescriptorArgument;
  lengths: readonly SqlExpression[];
}>;

function argumentsOf({ name, args, position }: FunctionItem, kind: WindowKind): Arguments {
  const names = lengthNames[kind];
  const lengthsText = names
    .map((each) => each.toLowerCase())
    .join(', ')
    .replace(', offset', ' [, offset]');
  const usage = `${name.name.toUpperCase()}(TABLE t, DESCRIPTOR(time), ${lengthsText})`;
  const wrong = (): Error => sqlError('SQL_VALIDATION', `expected ${usage}`, position);
  const ordered = args.some(({ parameter }) => parameter !== null) ? byName(args, names, position) : args;
  const [data, descriptor, ...lengths] = ordered;
  if (data === undefined || descriptor?.kind !== 'descriptor' || descriptor.columns.length !== 1) throw wrong();
  if (data.kind !== 'table' && data.kind !== 'query') throw wrong();
  const least = names.includes('OFFSET') ? names.length - 1 : names.length;
  if (lengths.length < least || lengths.length > names.length) throw wrong();
  const expressions = lengths.map((length) => {
    if (length.kind !== 'expression') throw wrong();
    return length.expression;
  });
  return { data, descriptor, lengths: expressions };
}

/** `DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SIZE => …`, in any order. */
function byName(args: readonly FunctionArgument[], lengths: readonly string[], position: Position): FunctionArgument[] {
  const known = ['DATA', 'TIMECOL', ...lengths];
  for (const { parameter, position: where } of args) {
    if (parameter !== null && known.includes(parameter)) continue;
    throw sqlError('SQL_VALIDATION', `expected the arguments by name: ${known.join(', ')}`, where);
  }
  const found = known.map((name) => args.filter(({ parameter }) => parameter === name));
  const twice = found.find((each) => each.length > 1);
  if (twice !== undefined) throw sqlError('SQL_VALIDATION', `${twice[1]!.parameter} is given twice`, position);
  return found.flat();
}

function timeColumnOf({ columns }: DescriptorArgument, input: Relation, functionName: string): TimeAttribute {
  const column = columns[0]!;
  const bound = new Scope(input.fields).resolve({ parts: [column], position: column.position });
  return timeAttribute(bound, input, functionName, column.position);
}

type TimeAttribute = Readonly<{ timeColumn: number; processingTime: boolean }>;

/** The place of a time attribute; what is none can't have windows. */
function timeAttribute(time: Expression, input: Relation, functionName: string, position: Position): TimeAttribute {
  if (time.kind === 'column') {
    const { rowtime, proctime } = input.fields[time.index]!;
    if (rowtime || proctime) return { timeColumn: time.index, processingTime: !rowtime };
  }
  const got = formatType(withNullable(time.type, true));
  throw sqlError(
    'SQL_VALIDATION',
    `${functionName}: expected a time attribute, got a column of ${got}`,
    position,
    'A time attribute is the column of WATERMARK FOR in CREATE TABLE or one AS PROCTIME(), passed on as it is; or window_time of a window below.',
  );
}

/** `GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE)`: the older form, of the same windows. */
export type GroupWindow = TimeAttribute & Readonly<{ window: WindowDefinition }>;

export function bindGroupWindow(
  kind: WindowKind,
  args: readonly SqlExpression[],
  input: Relation,
  position: Position,
): GroupWindow {
  const name = kind.toUpperCase();
  const [time, ...lengths] = args;
  const names = lengthNames[kind].filter((each) => each !== 'OFFSET');
  if (time === undefined || lengths.length !== names.length) {
    const usage = `${name}(time, ${names.map((each) => each.toLowerCase()).join(', ')})`;
    throw sqlError('SQL_VALIDATION', `expected ${usage}`, position);
  }
  const bound = new ExpressionBinder(new Scope(input.fields)).bind(time);
  return {
    window: windowOf(kind, name, lengths, position, { overlapsUnevenly: kind === 'hop' }),
    ...timeAttribute(bound, input, name, time.position),
  };
}

function windowOf(
  kind: WindowKind,
  name: string,
  nodes: readonly SqlExpression[],
  position: Position,
  { overlapsUnevenly } = { overlapsUnevenly: false },
): WindowDefinition {
  const lengths = nodes.map((node) => lengthOf(node, name));
  const [first, second] = lengths as [number, number];
  const sizeMs = kind === 'tumble' ? first : second;
  const offsetMs = lengths[lengthNames[kind].indexOf('OFFSET')] ?? 0;
  const lengthCount = lengthNames[kind].filter((each) => each !== 'OFFSET').length;
  const wrong = lengths.slice(0, lengthCount).findIndex((length) => length <= 0);
  if (wrong >= 0) throw sqlError('SQL_VALIDATION', `${name}: expected a positive length`, nodes[wrong]!.position);
  if (kind === 'session') return { kind, gapMs: first };
  if (Math.abs(offsetMs) >= sizeMs) {
    const where = nodes.at(-1)!.position;
    throw sqlError(
      'SQL_VALIDATION',
      `${name}: expected an offset shorter than the window (${sizeMs} ms), got ${offsetMs} ms`,
      where,
    );
  }
  if (kind === 'tumble') return { kind, sizeMs, offsetMs };
  const partName = kind === 'hop' ? 'slide' : 'step';
  if (sizeMs % first !== 0 && !overlapsUnevenly) {
    throw sqlError(
      'SQL_VALIDATION',
      `${name}: expected a size that is a multiple of the ${partName} (${first} ms), got ${sizeMs} ms`,
      position,
    );
  }
  return kind === 'hop' ? { kind, sizeMs, slideMs: first, offsetMs } : { kind, sizeMs, stepMs: first, offsetMs };
}

function lengthOf(node: SqlExpression, name: string): number {
  const isConstant = node.kind !== 'name';
  const value = isConstant ? intervalValue(new ExpressionBinder(new Scope([])).bind(node)) : null;
  if (value === null)
    throw sqlError(
      'SQL_VALIDATION',
      `${name}: expected a constant interval such as INTERVAL '1' MINUTE`,
      node.position,
    );
  return value;
}

/** The milliseconds of a constant interval, signs before it included. */
function intervalValue(expression: Expression): number | null {
  if (expression.type.kind !== 'interval_millis') return null;
  if (expression.kind === 'literal') return Number(expression.value);
  if (expression.kind !== 'call' || expression.args.length !== 1) return null;
  const inner = intervalValue(expression.args[0]!);
  return inner === null ? null : expression.name === '-' ? -inner : inner;
}
