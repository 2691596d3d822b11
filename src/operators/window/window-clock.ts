/**
 * Between the stream's time (watermarks, ms since 1970) and the wall time in which windows lie. For TIMESTAMP they are the same; for
 * TIMESTAMP_LTZ wall time is that of the session's zone. A window is complete when no row can come any more whose wall time lies in it.
 */
import { msPerDay } from '../../model/calendar.ts';
import { timeZone, type Zone } from '../../model/time-zone.ts';
import { windowStart } from './slices.ts';

export class WindowClock {
  readonly #zone: Zone;
  #end = Number.NaN; // of the last look-up
  #fireTime = 0;

  /** null: no zone. */
  constructor(zoneName: string | null) {
    this.#zone = timeZone(zoneName ?? 'UTC');
  }

  toWall(ms: number): number {
    return this.#zone.toLocal(ms);
  }

  /** The instant of a wall time; the earlier one where there are two. */
  toInstant(wallMs: number): number {
    return this.#zone.toUtc(wallMs);
  }

  /**
   * The least watermark at which the window that ends at wall time `end` is complete (Flink's TimeWindowUtil.toEpochMillsForTimer of
   * end − 1): the later one of an autumn night's two instants; where clocks are put forward over it, the instant when they are.
   * Never falls with `end`.
   */
  fireTime(end: number): number {
    if (end !== this.#end) {
      this.#end = end;
      this.#fireTime = this.#lastInstant(end - 1);
    }
    return this.#fireTime;
  }

  /** The least fire time above `watermark` of ends on the grid of `stepMs`; NaN (above nothing) when there is none. */
  nextFireTime(watermark: number, stepMs: number, offsetMs: number): number {
    if (!Number.isFinite(watermark)) return watermark > 0 ? Number.NaN : -Number.MAX_VALUE;
    if (this.#zone.fixedOffsetMs !== null) {
      const wall = watermark + this.#zone.fixedOffsetMs + 1;
      return this.fireTime(windowStart(wall, offsetMs, stepMs) + stepMs);
    }
    const base = windowStart(this.toWall(watermark), offsetMs, stepMs);
    const reach = Math.ceil(msPerDay / stepMs) + 1; // in steps: offsets change by less than a day
    let [low, high] = [-reach, reach]; // not above the watermark; above it
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.fireTime(base + middle * stepMs) > watermark) high = middle;
      else low = middle;
    }
    return this.fireTime(base + high * stepMs);
  }

  /** The range [low, high) around an instant in which wall time is the instant plus one offset, at most a day to either side. */
  offsetRange(ms: number): Readonly<{ low: number; high: number; offsetMs: number }> {
    const fixed = this.#zone.fixedOffsetMs;
    if (fixed !== null) return { low: -Infinity, high: Infinity, offsetMs: fixed };
    const offsetMs = this.#zone.offsetMs(ms);
    const low = this.#zone.offsetMs(ms - msPerDay) === offsetMs ? ms - msPerDay : ms;
    const high = this.#zone.offsetMs(ms + msPerDay) === offsetMs ? ms + msPerDay : ms + 1;
    return { low, high, offsetMs };
  }

  #lastInstant(wallMs: number): number {
    const zone = this.#zone;
    const first = zone.toUtc(wallMs);
    if (zone.fixedOffsetMs !== null) return first;
    if (zone.toLocal(first) !== wallMs) return this.#transitionBefore(first);
    const later = wallMs - zone.offsetMs(first + msPerDay);
    return later > first && zone.toLocal(later) === wallMs ? later : first;
  }

  /** When the offset that holds at `ms` began, within the day before. */
  #transitionBefore(ms: number): number {
    const after = this.#zone.offsetMs(ms);
    let [low, high] = [ms - msPerDay, ms];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#zone.offsetMs(middle) === after) high = middle;
      else low = middle;
    }
    return high;
  }
}
