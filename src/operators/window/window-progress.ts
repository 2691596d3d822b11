/**
 * How far the stream has come, as windows see it: only when the watermark crosses the fire time of some window end does anything change,
 * so that batches are cut there and nowhere else.
 */
import { minWatermark } from '../../model/column.ts';
import type { Slices } from './slices.ts';
import type { WindowClock } from './window-clock.ts';

export class WindowProgress {
  readonly #clock: WindowClock;
  readonly #slices: Slices;
  #watermark = minWatermark;
  #nextFireTime = -Number.MAX_VALUE;

  constructor(clock: WindowClock, slices: Slices) {
    this.#clock = clock;
    this.#slices = slices;
  }

  get watermark(): number {
    return this.#watermark;
  }

  hasFired(windowEnd: number): boolean {
    return this.#clock.fireTime(windowEnd) <= this.#watermark;
  }

  /** The first row from `from` on before which the watermark crosses a fire time; `length` when none does. */
  firstCrossing(watermarks: Float64Array | null, from: number, length: number): number {
    if (watermarks === null || from >= length || !this.crosses(watermarks[length - 1]!)) return length;
    let [low, high] = [from - 1, length - 1]; // the row at `high` crosses, the one at `low` does not
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.crosses(watermarks[middle]!)) high = middle;
      else low = middle;
    }
    return high;
  }

  crosses(watermark: number): boolean {
    return watermark >= this.#nextFireTime;
  }

  /** A lower watermark than the present one changes nothing. */
  advance(watermark: number): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    if (this.crosses(watermark)) {
      this.#nextFireTime = this.#clock.nextFireTime(watermark, this.#slices.sliceMs, this.#slices.offsetMs);
    }
  }
}
