/** A stage of the way of a record, alone on one thread. */

/**
 * Called again and again: each call is one batch, the next of a set that repeats. Event time goes on when it does, so that windows fire
 * as they would.
 */
export type Stage = Readonly<{
  name: string;
  /** What one batch is: `Kafka batch`, `column batch`, `file`. */
  unit: string;
  /** Of JSON, a record in the mean: what MB/s are counted in. 0: not records. */
  bytesPerRecord: number;
  /** Returns how many records went in. */
  run: () => number;
  /** Before each batch, not measured. */
  before?: (() => void) | undefined;
}>;

/** Goes round and round a set of batches. */
export class Replay {
  readonly #count: number;
  readonly #spanMs: number;
  #next = -1;
  #rounds = 0;

  /** `spanMs`: of event time, the whole set. */
  constructor(count: number, spanMs = 0) {
    this.#count = count;
    this.#spanMs = spanMs;
  }

  next(): number {
    if (++this.#next === this.#count) {
      this.#next = 0;
      this.#rounds++;
    }
    return this.#next;
  }

  /** What to add to event times now. */
  get shiftMs(): number {
    return this.#rounds * this.#spanMs;
  }

  /** Whether the batch now is the first of a new round. */
  get began(): boolean {
    return this.#next === 0 && this.#rounds > 0;
  }
}

/** What has to hold, or the numbers are those of something else. */
export function expectEqual(what: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${what}: expected ${expected}, got ${found}`);
}
