/** What a mirrored partition has done, for metrics: totals, and times since the last look. */

/** Least, greatest and mean of what came since the last look. */
export type Spread = Readonly<{ last: number; min: number; max: number; avg: number }>;

export type PartitionFigures = Readonly<{
  topic: string;
  targetTopic: string;
  partition: number;
  records: number;
  bytes: number;
  /** Batches that had to be encoded anew. */
  rewritten: number;
  /** Records of aborted transactions are in here, and control records: offsets of the source without a copy. */
  skippedOffsets: number;
  lostOffsets: number;
  /** Offsets of the source that are not mirrored yet; −1 before the first answer. */
  lag: number;
  /** How old records were when they were fetched, by their own time; ms. */
  recordAgeMs: Spread | null;
  /** How old they were when they were written to the target; ms. */
  replicationLatencyMs: Spread | null;
}>;

/** Collects a spread. */
class SpreadMeter {
  #last = 0;
  #min = Infinity;
  #max = -Infinity;
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.#last = value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    this.#sum += value;
    this.#count++;
  }

  /** null: nothing since the last look. */
  take(): Spread | null {
    if (this.#count === 0) return null;
    const spread = { last: this.#last, min: this.#min, max: this.#max, avg: this.#sum / this.#count };
    this.#min = Infinity;
    this.#max = -Infinity;
    this.#sum = 0;
    this.#count = 0;
    return spread;
  }
}

export class PartitionMeter {
  readonly recordAgeMs = new SpreadMeter();
  readonly replicationLatencyMs = new SpreadMeter();
  records = 0;
  bytes = 0;
  rewritten = 0;
  skippedOffsets = 0;
  lostOffsets = 0;
}
