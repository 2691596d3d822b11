/** The first or last row of each key and window by a rowtime, when the window's end has passed. Insert-only. */
import { type Fate, fate } from '../../model/account.ts';
import type { DeduplicateSpec } from '../../model/job-graph.ts';
import type { Operator } from '../../model/operator.ts';
import type { Row } from '../../model/row.ts';
import type { StateHandle } from '../../state/keyed-state.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { rowTimeMs } from '../rows/row-time.ts';
import { WindowFiring } from './window-firing.ts';
import { type PaneRows, WindowPanes } from './window-panes.ts';
import { windowOf } from './window-rank.ts';

type Kept = { row: Row | null };

export class WindowDeduplicateOperator extends RowOperator implements Operator {
  readonly #firing: WindowFiring;
  readonly #panes: WindowPanes<Kept>;

  constructor(spec: DeduplicateSpec) {
    super([spec.inputFields], spec.fields);
    const { end } = windowOf(spec.window);
    this.#firing = new WindowFiring(spec.timeZone);
    this.#panes = new WindowPanes('window-deduplicate', spec.inputFields, { keys: spec.keys, end }, keptRow(spec));
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
        const { row } = this.#panes.take(key, windowEnd)!;
        if (row !== null) this.output.insert(row);
      }
    });
  }

  protected override states(): readonly StateHandle[] {
    return [this.#panes.state];
  }

  protected override restored(): void {
    for (const [key, windowEnd] of this.#panes.ends()) this.#firing.await(key, windowEnd);
  }
}

/** Of rows of one time the last that came is the last, the first that came the first. */
function keptRow({ time, keep, inputFields }: DeduplicateSpec): PaneRows<Kept> {
  const timeOf = (row: Row): number => (time === null ? 0 : rowTimeMs(row[time]!, inputFields[time]!.type));
  return {
    create: () => ({ row: null }),
    add: (kept, row) => {
      const replaces =
        kept.row === null || (keep === 'last' ? timeOf(row) >= timeOf(kept.row) : timeOf(row) < timeOf(kept.row));
      if (replaces) kept.row = row;
      return kept;
    },
    rows: ({ row }) => (row === null ? [] : [row]),
    clone: ({ row }) => ({ row }),
  };
}
