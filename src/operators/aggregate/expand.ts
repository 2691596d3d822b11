/** Grouping sets: each row once for each set, one after the other, with NULL for the keys that the set leaves out. */
import { type Figures, fate } from '../../model/account.ts';
import { type Column, type ColumnBatch, gather } from '../../model/column.ts';
import { assert } from '../../model/errors.ts';
import type { Expression, Literal } from '../../model/expression.ts';
import type { ExpandSpec } from '../../model/job-graph.ts';
import type { Operator, OperatorContext, Output } from '../../model/operator.ts';
import { FateTally } from '../fate-tally.ts';

/** What becomes of a column: one of the input's, NULL in some sets; or a number for each set. */
type Plan =
  | Readonly<{ kind: 'column'; index: number; isNull: readonly boolean[] | null }>
  | Readonly<{ kind: 'numbers'; values: readonly number[] }>;

export class ExpandOperator implements Operator {
  readonly #plans: readonly Plan[];
  readonly #setCount: number;
  readonly #fates = new FateTally();
  #output!: Output;

  constructor({ projections, fields }: ExpandSpec) {
    this.#setCount = projections.length;
    this.#plans = fields.map((_, column) => planOf(projections.map((set) => set[column]!)));
  }

  open(_ctx: OperatorContext, output: Output): void {
    this.#output = output;
  }

  processBatch(batch: ColumnBatch): void {
    const { setCount, length } = { setCount: this.#setCount, length: batch.length };
    const count = length * setCount;
    this.#fates.add(fate.passed, length);
    const selection = Int32Array.from({ length: count }, (_, row) => Math.floor(row / setCount));
    const columns = this.#plans.map((plan) => this.#column(plan, batch, selection));
    const ops = batch.ops === null ? null : Uint8Array.from(selection, (row) => batch.ops![row]!);
    const watermarks =
      batch.watermarks === null ? null : Float64Array.from(selection, (row) => batch.watermarks![row]!);
    this.#output.emitBatch({ length: count, columns, ops, watermarks });
  }

  processWatermark(watermark: number): void {
    this.#output.emitWatermark(watermark);
  }

  /** One of the sets' rows stands for the row itself. */
  account(): Figures {
    return { ...this.#fates.figures(), waiting: 0, made: this.#fates.count(fate.passed) * (this.#setCount - 1) };
  }

  #column(plan: Plan, batch: ColumnBatch, selection: Int32Array): Column {
    const { length } = selection;
    const setCount = this.#setCount;
    if (plan.kind === 'numbers') {
      const values = Float64Array.from({ length }, (_, row) => plan.values[row % setCount]!);
      return { layout: 'int', wide: false, values, nulls: null };
    }
    const column = gather(batch.columns[plan.index]!, selection, length);
    if (plan.isNull === null) return column;
    const nulls = column.nulls ?? new Uint8Array(length);
    for (let row = 0; row < length; row++) if (plan.isNull[row % setCount]) nulls[row] = 1;
    return { ...column, nulls };
  }
}

function planOf(projections: readonly Expression[]): Plan {
  const column = projections.find((projection) => projection.kind === 'column');
  if (column === undefined) return { kind: 'numbers', values: projections.map(numberOf) };
  const isNull = projections.map((projection) => projection.kind === 'literal' && projection.value === null);
  const { index } = column;
  assert(
    projections.every((projection, set) => isNull[set] || (projection.kind === 'column' && projection.index === index)),
    () => 'a column of grouping sets: expected one column of the input, or NULL',
  );
  return { kind: 'column', index, isNull: isNull.includes(true) ? isNull : null };
}

function numberOf(projection: Expression): number {
  const { value } = projection as Literal;
  assert(typeof value === 'number', () => 'a column of grouping sets: expected a number for each set');
  return value;
}
