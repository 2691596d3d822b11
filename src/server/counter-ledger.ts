/**
 * Turns totals that begin anew with each start of a subtask into totals that never fall, as Prometheus wants its counters. What a subtask
 * counted between the last look and its end is lost to the metrics: they are for watching, not for accounting.
 */
export class CounterLedger {
  #seen = new Map<string, Readonly<{ start: number; value: number }>>();
  #touched = new Map<string, Readonly<{ start: number; value: number }>>();

  /** How much came since the last look at `key`. `start` tells one life of the subtask from the next. */
  advance(key: string, start: number, value: number): number {
    const before = this.#touched.get(key) ?? this.#seen.get(key);
    this.#touched.set(key, { start, value });
    if (before === undefined || before.start !== start || value < before.value) return value;
    return value - before.value;
  }

  /** After each round: forgets what was not looked at, so that jobs that are gone leave nothing. */
  endRound(): void {
    this.#seen = this.#touched;
    this.#touched = new Map();
  }
}
