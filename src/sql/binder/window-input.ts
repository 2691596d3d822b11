/** What a windowed aggregation stands on: rows with their event time, before windows are made of them. */
import { columnRef, columnsOf, type Expression, substitute } from '../../model/expression.ts';
import type { EmitStrategy, PlanNode, WindowColumns, WindowProperty } from '../../model/plan.ts';
import { types } from '../../model/types.ts';
import { textOf } from './expression-text.ts';
import { isDeterministic, merged, type Relation, select } from './relation.ts';
import { plainField, type RelationField } from './scope.ts';
import { sameWindows, type WindowOfTime, windowAmong, windowProperties } from './window-columns.ts';
import type { GroupWindow } from './window-function.ts';

export type WindowInput = GroupWindow &
  Readonly<{
    node: PlanNode;
    /** PARTITION BY of a session window: columns of `node`. */
    partition: readonly number[];
    /** GROUP BY TUMBLE(…) and its kin: their results are rows as others, and in no window. */
    isGroupWindow: boolean;
    /** Results before a window's end and after it. */
    emit: EmitStrategy | null;
    /** Where the rows have their windows already: columns of `node`. */
    attached: WindowColumns | null;
    /** Over `node`'s row, and over the window's three columns behind it: as what `lower` gives. */
    predicate: Expression | null;
    /** An expression over the query's input as one over `node`'s row. */
    lower: (expression: Expression) => Expression;
  }>;

/** The windowing function below a query, seen through projections and filters; null where another node is there. */
function windowBelow(top: PlanNode, where: Expression | null): WindowInput | null {
  let node = top;
  let predicate = where;
  let lower = (expression: Expression): Expression => expression;
  while (node.kind === 'calc') {
    const calc = node;
    const above = lower;
    if (!calc.projections.every(isDeterministic)) return null;
    lower = (expression) => substitute(above(expression), calc.projections);
    predicate = merged({ ...calc, input: calc, predicate, projections: [] }, calc).predicate;
    node = calc.input;
  }
  if (node.kind !== 'window') return null;
  const { window, timeColumn, processingTime, partition } = node;
  return {
    window,
    timeColumn,
    processingTime,
    partition,
    node: node.input,
    isGroupWindow: false,
    emit: null,
    attached: null,
    predicate,
    lower,
  };
}

/**
 * The windows that an aggregation goes by, where start and end of such are among `keys`: made in it of the window function below, or those
 * that the rows have. `uses`: what else is computed of the rows below the aggregation.
 */
export function groupedWindow(
  input: Relation,
  where: Expression | null,
  keys: readonly Expression[],
  uses: readonly Expression[],
): WindowInput | null {
  const below = windowBelow(input.node, where);
  const properties = below === null ? [] : keys.map((key) => propertyOf(key, input.fields, below));
  if (below !== null && properties.includes('window_start') && properties.includes('window_end')) {
    const isOther = (each: Expression): boolean => propertyOf(each, input.fields, below) === null;
    if (!groupsByPartition(keys.filter(isOther), below)) return null;
    return isPlain([...keys.filter(isOther), ...uses], below) ? below : attachedWindows(input, keys, where);
  }
  const attached = attachedWindows(input, keys, where);
  return attached?.window.kind === 'session' ? null : attached;
}

/**
 * Sessions are those of the keys of PARTITION BY: by other keys their rows are aggregated as any rows, since no watermark says when the last
 * session with some bounds has ended; results are updated.
 */
function groupsByPartition(keys: readonly Expression[], { window, lower, partition }: WindowInput): boolean {
  if (window.kind !== 'session') return true;
  const columns = new Set(keys.map(lower).map((key) => (key.kind === 'column' ? key.index : -1)));
  return columns.size === partition.length && partition.every((column) => columns.has(column));
}

/** Whether the rows' windows can be made in the aggregation: nothing below it (WHERE, keys, arguments) asks for their bounds. */
function isPlain(expressions: readonly Expression[], { node, predicate, lower }: WindowInput): boolean {
  const width = node.fields.length;
  const asks = (expression: Expression): boolean => [...columnsOf(expression)].some((column) => column >= width);
  return !expressions.map(lower).some(asks) && (predicate === null || !asks(predicate));
}

/** The windows that the rows of a relation are in, if start and end of such are among `keys`. */
function attachedWindows(input: Relation, keys: readonly Expression[], where: Expression | null): WindowInput | null {
  const columns = keys.flatMap((key) => (key.kind === 'column' ? [key.index] : []));
  const attached = windowAmong(input, columns);
  if (attached === null) return null;
  const { node, fields } = input;
  const { window, processingTime } = fields[attached.end]!.window!;
  const lower = (same: Expression): Expression => same;
  const common = { window, timeColumn: attached.end, processingTime, partition: [], emit: null, isGroupWindow: false };
  return { ...common, node, attached, predicate: where, lower };
}

/** Which column of the window an expression over the query's input is, if it is one. */
export function propertyOf(
  expression: Expression,
  input: readonly RelationField[],
  below: WindowInput,
): WindowProperty | null {
  const lowered = below.lower(expression);
  if (lowered.kind !== 'column') return null;
  if (below.attached === null) return windowProperties[lowered.index - below.node.fields.length] ?? null;
  const column = input[lowered.index]!.window;
  return column !== null && sameWindows(column, input[below.attached.end]!.window!) ? column.property : null;
}

/** What the columns of the windows are made by. */
export function windowOfTime({ window, node, timeColumn, processingTime, attached }: WindowInput): WindowOfTime {
  if (attached === null) return { window, processingTime, time: node.fields[timeColumn]!.type };
  return { window, processingTime, time: attached.zoned ? types.timestampLtz(3, false) : types.timestamp(3, false) };
}

/** The columns that the aggregation needs: the time first, then whatever is asked for, once. */
export class ArgumentRow {
  readonly #below: WindowInput;
  readonly #projections: Expression[];
  readonly #fields: RelationField[];

  constructor(below: WindowInput) {
    this.#below = below;
    const { name, type } = below.node.fields[below.timeColumn]!;
    this.#projections = [columnRef(below.timeColumn, type)];
    this.#fields = [plainField(name, type)];
  }

  /** The place of an expression over the query's input. Columns keep their names. */
  add(expression: Expression, name: string | null): number {
    const lowered = this.#below.lower(expression);
    const text = textOf(lowered);
    const known = this.#projections.findIndex((other) => textOf(other) === text);
    if (known >= 0) return known;
    this.#fields.push(plainField(name ?? `arg${this.#fields.length}`, lowered.type));
    return this.#projections.push(lowered) - 1;
  }

  relation(): Relation {
    const { node, predicate } = this.#below;
    return select(node, { predicate, projections: this.#projections, fields: this.#fields });
  }
}
