/**
 * How long records took, as counts in buckets that grow with the value: every quantile within 1 % of the true one, sketches of parts add up
 * to that of the whole. Below 64 ms a bucket is 1 ms; above, each doubling is cut into 64 equal buckets, which integers alone tell: the same
 * records give the same sketch on every machine (DDSketch's logarithm would not promise it).
 */
const subBuckets = 64;
const subBits = 6; // 2^6 = 64
const longestMs = 2 ** 31 - 1;

export class LatencySketch {
  #counts = new Float64Array(0);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** A latency in ms: below zero, by clocks that disagree, it counts as zero; beyond 24 days as that. */
  add(latencyMs: number): void {
    this.addAt(bucketOf(Math.min(Math.max(Math.floor(latencyMs), 0), longestMs)), 1);
  }

  /** Puts `count` into a bucket by its number. */
  addAt(bucket: number, count: number): void {
    if (bucket >= this.#counts.length) {
      const larger = new Float64Array(Math.max(bucket + 1, 2 * this.#counts.length));
      larger.set(this.#counts);
      this.#counts = larger;
    }
    this.#counts[bucket]! += count;
    this.#count += count;
  }

  merge(other: LatencySketch): void {
    for (const [bucket, count] of other.entries()) this.addAt(bucket, count);
  }

  /** The buckets that are not empty, by number, and their counts. */
  entries(): (readonly [number, number])[] {
    const entries: (readonly [number, number])[] = [];
    this.#counts.forEach((count, bucket) => {
      if (count > 0) entries.push([bucket, count]);
    });
    return entries;
  }

  /** The latency in ms that the fraction `quantile` of records did not exceed, in [0, 1]; null of none. */
  quantile(quantile: number): number | null {
    if (this.#count === 0) return null;
    const rank = Math.min(Math.max(Math.ceil(quantile * this.#count), 1), this.#count);
    let seen = 0;
    for (const [bucket, count] of this.entries()) {
      seen += count;
      if (seen >= rank) return middleOf(bucket);
    }
    return null;
  }
}

/** The number of buckets a sketch can have: a larger bucket number in bytes is damage. */
export const mostLatencyBuckets = bucketOf(longestMs) + 1;

function bucketOf(value: number): number {
  if (value < subBuckets) return value;
  const doubling = 31 - Math.clz32(value) - subBits;
  return doubling * subBuckets + (value >>> doubling);
}

function middleOf(bucket: number): number {
  if (bucket < 2 * subBuckets) return bucket;
  const doubling = Math.floor(bucket / subBuckets) - 1;
  const first = (bucket - doubling * subBuckets) * 2 ** doubling;
  return first + (2 ** doubling - 1) / 2;
}
