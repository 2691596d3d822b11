/** What a windowed aggregation stands on: rows with their event time, before windows are made of them. */
import type { Position } from '../../model/errors.ts';
import { columnRef, columnsOf, type Expression, substitute } from '../../model/expression.ts';
import type { PlanNode, WindowProperty } from '../../model/plan.ts';
import { unsupported } from '../excerpt.ts';
import { textOf } from './expression-text.ts';
import { isDeterministic, merged, type Relation, select } from './relation.ts';
import { plainField, type RelationField } from './scope.ts';
import type { GroupWindow } from './window-function.ts';

export const windowProperties: readonly WindowProperty[] = ['window_start', 'window_end', 'window_time'];

export type WindowInput = GroupWindow &
  Readonly<{
    node: PlanNode;
    /** Over `node`'s row, and over the window's three columns behind it: as what `lower` gives. */
    predicate: Expression | null;
    /** An expression over the query's input as one over `node`'s row. */
    lower: (expression: Expression) => Expression;
  }>;

/** The windowing function below a query, seen through projections and filters; null where another node is there. */
export function windowBelow(top: PlanNode, where: Expression | null): WindowInput | null {
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
  return { window: node.window, timeColumn: node.timeColumn, node: node.input, predicate, lower };
}

/** Which column of the window an expression is, if it is one. */
export function propertyOf(expression: Expression, { node }: WindowInput): WindowProperty | null {
  return expression.kind === 'column' ? (windowProperties[expression.index - node.fields.length] ?? null) : null;
}

/** The columns that the aggregation needs: the time first, then whatever is asked for, once. */
export class ArgumentRow {
  readonly #below: WindowInput;
  readonly #position: Position;
  readonly #projections: Expression[];
  readonly #fields: RelationField[];

  /** `position`: of the query, for what has no place of its own. */
  constructor(below: WindowInput, position: Position) {
    this.#below = below;
    this.#position = position;
    const { name, type } = below.node.fields[below.timeColumn]!;
    this.#projections = [columnRef(below.timeColumn, type)];
    this.#fields = [plainField(name, type)];
    if (below.predicate !== null) this.#check(below.predicate);
  }

  /** The place of an expression over the query's input. Columns keep their names. */
  add(expression: Expression, name: string | null): number {
    const lowered = this.#below.lower(expression);
    this.#check(lowered);
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

  /** Windows are made in the aggregation: what is below it can't ask for their bounds. */
  #check(expression: Expression): void {
    const width = this.#below.node.fields.length;
    if (![...columnsOf(expression)].some((column) => column >= width)) return;
    throw unsupported(
      'window_start, window_end or window_time below the aggregation of their window',
      expression.position ?? this.#position,
      'Use them in HAVING, or in a query around this one.',
    );
  }
}
