/** The slices that the local half holds rows of, numbered as they come, and the range of rowtimes of the one that the last row was in. */
import type { Slices } from './slices.ts';
import type { WindowClock } from './window-clock.ts';

export class HeldSlices {
  readonly #slices: Slices;
  readonly #clock: WindowClock;
  readonly #attached: boolean;
  readonly #numbers = new Map<number, number>();
  /** Slice ends in wall time, by number. */
  readonly ends: number[] = [];
  /** Rowtimes in [low, high) are in the slice `current`. */
  low = 0;
  high = 0;
  current = -1;

  /** `attached`: rowtimes are the ends of windows themselves. */
  constructor(slices: Slices, clock: WindowClock, attached: boolean) {
    this.#slices = slices;
    this.#clock = clock;
    this.#attached = attached;
  }

  /** To the slice of a rowtime. */
  moveTo(rowtime: number): void {
    if (this.#attached) {
      this.low = rowtime;
      this.high = rowtime + 1;
      this.#use(rowtime);
      return;
    }
    const { low, high, offsetMs } = this.#clock.offsetRange(rowtime);
    const end = this.#slices.sliceEnd(rowtime + offsetMs);
    this.low = Math.max(low, end - this.#slices.sliceMs - offsetMs);
    this.high = Math.min(high, end - offsetMs);
    this.#use(end);
  }

  clear(): void {
    this.#numbers.clear();
    this.ends.length = 0;
    this.low = 0;
    this.high = 0;
    this.current = -1;
  }

  #use(end: number): void {
    const known = this.#numbers.get(end);
    if (known !== undefined) this.current = known;
    else {
      this.current = this.ends.length;
      this.#numbers.set(end, this.current);
      this.ends.push(end);
    }
  }
}
