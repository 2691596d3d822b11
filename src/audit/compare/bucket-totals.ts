import type { TierTotals } from '../../model/audit.ts';
import { bucketStart } from '../bucket-account.ts';

type Totals = { -readonly [K in keyof TierTotals]: TierTotals[K] };

/** Records and bytes of one side by bucket of event time. */
export class BucketTotals {
  readonly buckets = new Map<number, Totals>();
  readonly #bucketMs: number;
  #from = Infinity;
  #last: Totals = { count: 0, bytes: 0 };

  constructor(bucketMs: number) {
    this.#bucketMs = bucketMs;
  }

  add(timestamp: number, size: number): void {
    if (!(timestamp >= this.#from && timestamp < this.#from + this.#bucketMs)) {
      this.#from = bucketStart(timestamp, this.#bucketMs);
      this.#last = this.#bucket(this.#from);
    }
    this.#last.count++;
    this.#last.bytes += size;
  }

  merge(other: BucketTotals): void {
    for (const [from, { count, bytes }] of other.buckets) {
      const bucket = this.#bucket(from);
      bucket.count += count;
      bucket.bytes += bytes;
    }
  }

  #bucket(from: number): Totals {
    const found = this.buckets.get(from) ?? { count: 0, bytes: 0 };
    this.buckets.set(from, found);
    return found;
  }
}
