/**
 * Which sequence numbers a producer has given, as runs `[from, to)`, ascending and apart. A producer whose clock goes forward has one run a
 * bucket; records with times of their own, that come in disorder, have more.
 */
export type SequenceRuns = readonly (readonly [from: number, to: number])[];

/** Runs that are kept of a bucket. Beyond, the two that are nearest become one, and the runs say too much: `SequenceSet.exact` is false. */
const maxRuns = 256;

/** Grows by one number at a time. */
export class SequenceSet {
  readonly #runs: [number, number][] = [];
  #exact = true;

  /** Whether the runs hold nothing that was not added. */
  get exact(): boolean {
    return this.#exact;
  }

  get runs(): SequenceRuns {
    return this.#runs.map(([from, to]) => [from, to] as const);
  }

  /** Numbers come in ascending order. */
  add(sequence: number): void {
    const last = this.#runs.at(-1);
    if (last !== undefined && last[1] === sequence) last[1]++;
    else this.#runs.push([sequence, sequence + 1]);
    if (this.#runs.length > maxRuns) this.#joinNearest();
  }

  #joinNearest(): void {
    let nearest = 1;
    for (let i = 2; i < this.#runs.length; i++) if (this.#gap(i) < this.#gap(nearest)) nearest = i;
    this.#runs[nearest - 1]![1] = this.#runs[nearest]![1];
    this.#runs.splice(nearest, 1);
    this.#exact = false;
  }

  #gap(index: number): number {
    return this.#runs[index]![0] - this.#runs[index - 1]![1];
  }
}

/** The numbers of `runs` that are not in `seen`, at most `limit` of them. */
export function missingOf(runs: SequenceRuns, seen: ReadonlySet<number>, limit: number): number[] {
  const missing: number[] = [];
  for (const [from, to] of runs) {
    for (let sequence = from; sequence < to && missing.length < limit; sequence++) {
      if (!seen.has(sequence)) missing.push(sequence);
    }
  }
  return missing;
}
