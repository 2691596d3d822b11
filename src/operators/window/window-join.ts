/** Joins rows of equal windows when the window's end has passed. Insert-only; what comes after that is dropped and counted. */
import { type Fate, fate } from '../../model/account.ts';
import type { WindowJoinSpec } from '../../model/job-graph.ts';
import type { Operator } from '../../model/operator.ts';
import type { Row } from '../../model/row.ts';
import type { StateHandle } from '../../state/keyed-state.ts';
import { RowExpression } from '../rows/row-expression.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { WindowFiring } from './window-firing.ts';
import { paneOfRows, WindowPanes } from './window-panes.ts';

const noRows: readonly Row[] = [];

export class WindowJoinOperator extends RowOperator implements Operator {
  readonly #spec: WindowJoinSpec;
  readonly #firing: WindowFiring;
  readonly #sides: readonly [WindowPanes<Row[]>, WindowPanes<Row[]>];
  readonly #nulls: readonly [Row, Row];
  #condition: RowExpression | null = null;

  constructor(spec: WindowJoinSpec) {
    super([spec.leftFields, spec.rightFields], spec.fields);
    const { leftFields, rightFields, leftKeys, rightKeys, leftWindow, rightWindow } = spec;
    this.#spec = spec;
    this.#firing = new WindowFiring(spec.timeZone);
    this.#sides = [
      new WindowPanes('window-join-left', leftFields, { keys: leftKeys, end: leftWindow.end }, paneOfRows),
      new WindowPanes('window-join-right', rightFields, { keys: rightKeys, end: rightWindow.end }, paneOfRows),
    ];
    this.#nulls = [leftFields.map(() => null), rightFields.map(() => null)];
  }

  protected override opened(): void {
    const { condition, leftFields, rightFields } = this.#spec;
    if (condition === null) return;
    this.#condition = new RowExpression(condition, [...leftFields, ...rightFields], this.ctx.session);
  }

  protected override row(_change: number, row: Row, input: number): Fate {
    const side = this.#sides[input]!;
    const windowEnd = side.windowEnd(row);
    if (this.#firing.hasFired(windowEnd, this.watermark)) {
      return fate.late;
    }
    const key = side.keyOf(row);
    side.add(key, row);
    this.#firing.await(key, windowEnd);
    return fate.used;
  }

  protected override advance(watermark: number): void {
    this.#firing.advance(watermark, (key, time) => this.#fire(key, time));
  }

  protected override states(): readonly StateHandle[] {
    return this.#sides.map(({ state }) => state);
  }

  protected override restored(): void {
    for (const side of this.#sides) {
      for (const [key, windowEnd] of side.ends()) this.#firing.await(key, windowEnd);
    }
  }

  #fire(key: string, time: number): void {
    const [left, right] = this.#sides;
    const ends = new Set([...left.endsOf(key), ...right.endsOf(key)]);
    for (const windowEnd of [...ends].sort((a, b) => a - b)) {
      if (!this.#firing.hasFired(windowEnd, time)) break;
      this.#join(left.take(key, windowEnd) ?? noRows, right.take(key, windowEnd) ?? noRows);
    }
  }

  /** In Flink's order: by the rows of the left side; of a right join by those of the right one. */
  #join(left: readonly Row[], right: readonly Row[]): void {
    const { join } = this.#spec;
    switch (join) {
      case 'semi':
      case 'anti':
        for (const row of left) {
          if (right.some((other) => this.#matches(row, other)) === (join === 'semi')) this.output.insert(row);
        }
        return;
      case 'right':
        for (const row of right) {
          const partners = left.filter((other) => this.#matches(other, row));
          for (const other of partners.length > 0 ? partners : [this.#nulls[0]]) this.#emit(other, row);
        }
        return;
      default:
        this.#joinByLeft(left, right);
    }
  }

  #joinByLeft(left: readonly Row[], right: readonly Row[]): void {
    const { join } = this.#spec;
    const matched = new Set<Row>();
    for (const row of left) {
      let any = false;
      for (const other of right) {
        if (!this.#matches(row, other)) continue;
        any = true;
        matched.add(other);
        this.#emit(row, other);
      }
      if (!any && join !== 'inner') this.#emit(row, this.#nulls[1]);
    }
    if (join !== 'full') return;
    for (const other of right) if (!matched.has(other)) this.#emit(this.#nulls[0], other);
  }

  #emit(left: Row, right: Row): void {
    this.output.insert([...left, ...right]);
  }

  /** Of rows with equal keys. */
  #matches(left: Row, right: Row): boolean {
    const { leftKeys, nullSafe } = this.#spec;
    if (leftKeys.some((key, i) => left[key] === null && nullSafe[i] !== true)) return false;
    return this.#condition === null || this.#condition.holds(left, right);
  }
}
