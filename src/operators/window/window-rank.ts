/** Top-N of each window: rows [from, to] of a partition by the order, when the window's end has passed. Insert-only. */

import { type Fate, fate } from '../../model/account.ts';
import { assert } from '../../model/errors.ts';
import type { RankSpec } from '../../model/job-graph.ts';
import type { Operator } from '../../model/operator.ts';
import type { WindowColumns } from '../../model/plan.ts';
import type { Row } from '../../model/row.ts';
import type { StateHandle } from '../../state/keyed-state.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { type CompareRows, rowOrder, upperBound } from '../rows/row-order.ts';
import { WindowFiring } from './window-firing.ts';
import { type PaneRows, WindowPanes } from './window-panes.ts';

export class WindowRankOperator extends RowOperator implements Operator {
  readonly #spec: RankSpec;
  readonly #firing: WindowFiring;
  readonly #panes: WindowPanes<Row[]>;

  constructor(spec: RankSpec) {
    super([spec.inputFields], spec.fields);
    const window = windowOf(spec.window);
    this.#spec = spec;
    this.#firing = new WindowFiring(spec.timeZone);
    const kind = topRows(rowOrder(spec.order), spec.to);
    this.#panes = new WindowPanes('window-rank', spec.inputFields, { keys: spec.partition, end: window.end }, kind);
  }

  protected override opened(): void {}

  protected override row(_change: number, row: Row): Fate {
    const windowEnd = this.#panes.windowEnd(row);
    if (this.#firing.hasFired(windowEnd, this.watermark)) {
      return fate.late;
    }
    const key = this.#panes.keyOf(row);
    this.#panes.add(key, row);
    this.#firing.await(key, windowEnd);
    return fate.used;
  }

  protected override advance(watermark: number): void {
    this.#firing.advance(watermark, (key, time) => {
      for (const windowEnd of this.#panes.endsOf(key)) {
        if (!this.#firing.hasFired(windowEnd, time)) break;
        this.#emit(this.#panes.take(key, windowEnd)!);
      }
    });
  }

  protected override states(): readonly StateHandle[] {
    return [this.#panes.state];
  }

  protected override restored(): void {
    for (const [key, windowEnd] of this.#panes.ends()) this.#firing.await(key, windowEnd);
  }

  #emit(rows: readonly Row[]): void {
    const { from, outputRank } = this.#spec;
    for (let rank = from; rank <= rows.length; rank++) {
      const row = rows[rank - 1]!;
      this.output.insert(outputRank ? [...row, rank] : row);
    }
  }
}

export function windowOf(window: WindowColumns | null): WindowColumns {
  assert(window !== null, () => 'a window operator without a window');
  return window;
}

/** The first `limit` rows in order; of equal ones those that came first. */
function topRows(compare: CompareRows, limit: number): PaneRows<Row[]> {
  return {
    create: () => [],
    add: (rows, row) => {
      const place = upperBound(rows, row, compare);
      if (place >= limit) return rows;
      rows.splice(place, 0, row);
      if (rows.length > limit) rows.pop();
      return rows;
    },
    rows: (rows) => rows,
    clone: (rows) => [...rows],
  };
}
