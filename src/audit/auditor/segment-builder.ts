/**
 * Makes the records of a partition's segments, as a function of its log and nothing else. A segment ends at a multiple of 65,536 offsets, or
 * before the record that would open one bucket too many: topics with little traffic have many buckets in few offsets. Segments are known by
 * the offset at which they begin, and each begins where the one before ends.
 */
import type { Cause } from '../../model/audit.ts';
import { assert } from '../../model/errors.ts';
import { type AccountScheme, BucketAccount, bucketStart } from '../bucket-account.ts';
import type { DigestedRecords } from '../digested-records.ts';
import { type SegmentGap, type SegmentRecord, segmentOffsets } from '../segment-record.ts';

/** Buckets of a segment: with their tables 80 KB, well within the size of a message. */
const maxBuckets = 32;

/** A segment of which nothing was seen yet. */
export function emptySegment(from: number, scheme: AccountScheme): SegmentRecord {
  return { scheme, from, to: from, gaps: [], buckets: new Map() };
}

export class SegmentBuilder {
  readonly #scheme: AccountScheme;
  readonly #complete: (segment: SegmentRecord) => void;
  #from: number;
  #to: number;
  #gaps: SegmentGap[];
  #buckets: Map<number, BucketAccount>;

  /** Goes on in `head`, a segment that has not ended, and takes it over. `complete` hears each segment that has ended. */
  constructor(head: SegmentRecord, complete: (segment: SegmentRecord) => void) {
    this.#scheme = head.scheme;
    this.#complete = complete;
    this.#from = head.from;
    this.#to = head.to;
    this.#gaps = [...head.gaps];
    this.#buckets = new Map(head.buckets);
  }

  /** The next offset. */
  get to(): number {
    return this.#to;
  }

  /** The segment as it is by now. It shares its parts: use it before the next call. */
  get head(): SegmentRecord {
    return { scheme: this.#scheme, from: this.#from, to: this.#to, gaps: this.#gaps, buckets: this.#buckets };
  }

  /**
   * Takes records from `from` on, the first of which lies at the next offset: up to `to`, to the end of the segment, or to a record of another
   * bucket or behind a gap. Returns how many.
   */
  records(digests: DigestedRecords, from: number, to: number): number {
    const { bucketMs } = this.#scheme;
    const start = bucketStart(digests.time(from), bucketMs);
    const account = this.#bucket(start);
    const most = Math.min(to - from, this.#boundary() - this.#to);
    const count = digests.span(from, most, start, start + bucketMs);
    digests.addTo(account, from, count);
    this.#advance(this.#to + count);
    return count;
  }

  #bucket(start: number): BucketAccount {
    const present = this.#buckets.get(start);
    if (present !== undefined) return present;
    if (this.#buckets.size === maxBuckets) this.#end();
    const account = new BucketAccount(this.#scheme);
    this.#buckets.set(start, account);
    return account;
  }

  /** Nothing counts from the next offset to before `to`, for that reason. */
  gap(cause: Cause, to: number): void {
    assert(to >= this.#to, () => `a gap from ${this.#to} to ${to}`);
    while (this.#to < to) {
      const until = Math.min(to, this.#boundary());
      const last = this.#gaps.at(-1);
      if (last?.cause === cause && last.to === this.#to) this.#gaps[this.#gaps.length - 1] = { ...last, to: until };
      else this.#gaps.push({ cause, from: this.#to, to: until });
      this.#advance(until);
    }
  }

  #boundary(): number {
    return (Math.floor(this.#to / segmentOffsets) + 1) * segmentOffsets;
  }

  #advance(to: number): void {
    this.#to = to;
    if (to % segmentOffsets === 0) this.#end();
  }

  #end(): void {
    this.#complete(this.head);
    this.#from = this.#to;
    this.#gaps = [];
    this.#buckets = new Map();
  }
}
