import type { Counters } from '../model/operator.ts';

/** Counters of one subtask, by name. */
export class NamedCounters implements Counters {
  readonly #counts = new Map<string, number>();

  add(name: string, count: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  toObject(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
