/** What stands between the brackets of OVER: its columns, its order, its frame. */
import type { Position } from '../../model/errors.ts';
import type { Expression } from '../../model/expression.ts';
import type { OverFrame, OverTime } from '../../model/plan.ts';
import type {
  FrameBound,
  OrderItem,
  SelectQuery,
  SqlExpression,
  WindowReference,
  WindowSpecification,
} from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import type { ExpressionBinder } from './expression-binder.ts';
import { textOf } from './expression-text.ts';
import { isProctimeCall, type RelationField, suggestion } from './scope.ts';

/** A column to sort by, before it has a place. */
export type OrderExpression = Readonly<{ expression: Expression; descending: boolean; nullsFirst: boolean }>;

export type OverWindow = Readonly<{
  partition: readonly Expression[];
  order: readonly OrderExpression[];
  time: OverTime;
  frame: OverFrame;
}>;

/** How a function wants its frame: as it is written; or (ranks, LAG) none, from the first row to this one by ROWS or RANGE. */
export type Framing = 'free' | OverFrame['unit'];

export function specificationOf(
  { name, specification }: WindowReference,
  windows: SelectQuery['windows'],
): WindowSpecification {
  if (name === null) return specification!;
  const found = windows.find((window) => window.name.name === name.name);
  if (found !== undefined) return found.specification;
  const names = windows.map((window) => window.name.name);
  throw sqlError('SQL_VALIDATION', `unknown window '${name.name}'`, name.position, suggestion(name.name, names));
}

/** `fields`: of the row that the expressions are over. */
export function bindWindow(
  specification: WindowSpecification,
  framing: Framing,
  scope: Readonly<{ binder: ExpressionBinder; fields: readonly RelationField[]; position: Position }>,
): OverWindow {
  const { binder, fields, position } = scope;
  const partition = specification.partitionBy.map((expression) => binder.bind(expression));
  const order = specification.orderBy.map((item) => bindOrder(item, binder));
  if (order.length === 0) {
    const hint = 'Rows of a stream have no end: ORDER BY a time attribute says which rows are before which.';
    throw sqlError('SQL_VALIDATION', 'OVER: expected ORDER BY', position, hint);
  }
  const time = timeOf(order, fields);
  return { partition, order, time, frame: bindFrame(specification.frame, framing, time, binder, position) };
}

/** NULL is the least value, as in Calcite: first in ascending order, last in descending. */
export function bindOrder({ expression, descending, nulls }: OrderItem, binder: ExpressionBinder): OrderExpression {
  const nullsFirst = nulls === null ? !descending : nulls === 'first';
  return { expression: binder.bind(expression), descending, nullsFirst };
}

function timeOf(order: readonly OrderExpression[], fields: readonly RelationField[]): OverTime {
  const [{ expression }] = order as [OrderExpression];
  if (order.length !== 1) return null;
  if (isProctimeCall(expression)) return 'proctime';
  if (expression.kind !== 'column') return null;
  const field = fields[expression.index]!;
  if (field.rowtime) return 'rowtime';
  return field.proctime ? 'proctime' : null;
}

/** Rows of the same window see the same rows; the order of PARTITION BY does not matter. */
export function sameWindow(a: OverWindow, b: OverWindow): boolean {
  return windowText(a) === windowText(b);
}

function windowText({ partition, order, frame }: OverWindow): string {
  return textOf([[...new Set(partition.map(textOf))].sort(), order, frame]);
}

function bindFrame(
  frame: WindowSpecification['frame'],
  framing: Framing,
  time: OverTime,
  binder: ExpressionBinder,
  position: Position,
): OverFrame {
  if (framing !== 'free') {
    if (frame === null) return { unit: framing, preceding: null };
    throw sqlError('SQL_VALIDATION', 'ranking functions and LAG can have no ROWS or RANGE', position);
  }
  if (frame === null) return { unit: 'range', preceding: null };
  const { unit, start, end } = frame;
  if (start.kind !== 'preceding' || (end !== null && end.kind !== 'current')) {
    const hint = 'Streams end with the current row: BETWEEN … PRECEDING AND CURRENT ROW.';
    throw unsupported('an OVER frame that does not go from a row before to the current one', position, hint);
  }
  return { unit, preceding: start.offset === null ? null : precedingOf(start, unit, time, binder) };
}

function precedingOf(
  { offset }: Extract<FrameBound, { kind: 'preceding' | 'following' }>,
  unit: OverFrame['unit'],
  time: OverTime,
  binder: ExpressionBinder,
): number {
  const node: SqlExpression = offset!;
  const bound = binder.bind(node);
  const isInterval = bound.type.kind === 'interval_millis';
  const isRows = bound.type.kind === 'int' || bound.type.kind === 'bigint';
  if (time === null) {
    const hint = 'ORDER BY a time attribute, or write UNBOUNDED PRECEDING.';
    throw unsupported('an OVER frame with a bound that is not ordered by a time attribute', node.position, hint);
  }
  if (bound.kind === 'literal' && typeof bound.value === 'number' && bound.value >= 0) {
    if (unit === 'rows' ? isRows : isInterval) return bound.value;
  }
  const expected = unit === 'rows' ? 'a number of rows' : "a constant interval, as INTERVAL '5' SECOND";
  throw sqlError('SQL_VALIDATION', `${unit.toUpperCase()}: expected ${expected}`, node.position);
}
