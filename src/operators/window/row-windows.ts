/** The windows that rows are in, one row at a time: bounds, panes, and the columns of their properties. */
import type { SqlValue } from '../../model/function.ts';
import type { RowWindowAggregateSpec } from '../../model/job-graph.ts';
import type { Row } from '../../model/row.ts';
import { isTimestamp, unitsPerMillisecond } from '../../model/types.ts';
import type { RowAggregates } from '../aggregate/row-aggregates.ts';
import { rowTimeMs } from '../rows/row-time.ts';
import { forEachWindow } from './assign-windows.ts';
import type { ProcessingClock } from './processing-clock.ts';
import type { RowPane } from './row-panes.ts';
import { Slices, slicedWindow } from './slices.ts';
import { WindowClock } from './window-clock.ts';
import { propertyMs } from './window-rows.ts';

type Bounds = Readonly<{ start: number; end: number }>;

export class RowWindows {
  readonly #spec: RowWindowAggregateSpec;
  readonly #clock: WindowClock;
  /** Of windows that the rows have already. */
  readonly #attached: Slices | null;

  constructor(spec: RowWindowAggregateSpec) {
    this.#spec = spec;
    this.#clock = new WindowClock(spec.time.timeZone);
    this.#attached = spec.attached ? new Slices(spec.window, true) : null;
  }

  /** null: the row has no rowtime. */
  of(row: Row, processing: ProcessingClock): readonly Bounds[] | null {
    const { time, window, processingTime } = this.#spec;
    const value = processingTime ? processing.now() : row[time.column]!;
    if (value === null) return null;
    const ms = processingTime ? (value as number) : rowTimeMs(value, time.type);
    if (this.#attached !== null) return [{ start: this.#attached.windowStart(ms), end: ms }];
    const wallMs = this.#clock.toWall(ms);
    const bounds: Bounds[] = [];
    forEachWindow(slicedWindow(window), wallMs, (start, end) => bounds.push({ start, end }));
    return bounds;
  }

  /** The window's pane among those of a key, which are in the order of their ends; made when it is new. */
  paneOf(panes: RowPane[], { start, end }: Bounds, aggregates: RowAggregates): RowPane {
    const known = panes.find((pane) => pane.end === end && (pane.start === start || Number.isNaN(start)));
    if (known !== undefined) return known;
    const accumulators = aggregates.create();
    const pane = { start, end, count: 0, accumulators, previous: null, fired: false, nextFiring: null };
    const place = panes.findIndex((each) => each.end > end);
    panes.splice(place < 0 ? panes.length : place, 0, pane);
    return pane;
  }

  properties(bounds: Bounds): SqlValue[] {
    const { keys, aggregates, properties, fields } = this.#spec;
    return properties.map((property, i) => {
      const { type } = fields[keys.length + aggregates.length + i]!;
      const units = isTimestamp(type) ? unitsPerMillisecond(type.precision) : 1;
      return propertyMs(property, type, bounds, this.#clock) * units;
    });
  }
}
