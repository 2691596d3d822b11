/** Which keys have windows that wait for the watermark, for operators that keep rows. */
import { Timers } from '../rows/timers.ts';
import { WindowClock } from './window-clock.ts';

export class WindowFiring {
  readonly #clock: WindowClock;
  readonly #timers = new Timers();

  /** `timeZone`: of windows that were made of a TIMESTAMP_LTZ; else null. */
  constructor(timeZone: string | null) {
    this.#clock = new WindowClock(timeZone);
  }

  hasFired(windowEnd: number, watermark: number): boolean {
    return this.#clock.fireTime(windowEnd) <= watermark;
  }

  await(key: string, windowEnd: number): void {
    this.#timers.add(this.#clock.fireTime(windowEnd), key);
  }

  /** Gives every key that has a window to fire, in the order of time: those that have fired by `time` are due. */
  advance(watermark: number, fire: (key: string, time: number) => void): void {
    this.#timers.advance(watermark, fire);
  }
}
