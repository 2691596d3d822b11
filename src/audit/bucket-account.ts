import { AddSum } from './add-sum.ts';
import { DifferenceTable } from './difference-table.ts';
import { EntryHash } from './entry-hash.ts';
import { LatencySketch } from './latency-sketch.ts';
import { OrderHash } from './order-hash.ts';
import type { RecordDigest } from './record-hash.ts';

/** How accounts are made. Two that are compared have to be made alike: it goes with them where they are persisted. */
export type AccountScheme = Readonly<{
  /** Of the difference table: a multiple of four. 0: no table. */
  cells: number;
  /** Of event time. */
  bucketMs: number;
}>;

/** Ten minutes; a table of 80 cells is 2.5 KB and tells up to about 50 differences apart, 20 almost always. */
export const standardScheme: AccountScheme = { cells: 80, bucketMs: 600_000 };

const entry = new EntryHash(); // used within one call of `add` alone

/** What is counted of the records of one bucket of event time. */
export class BucketAccount {
  count = 0;
  /** Of keys and values. */
  bytes = 0;
  /** Least and largest timestamp, ms since 1970; Infinity and −Infinity of none. */
  minTime = Infinity;
  maxTime = -Infinity;
  readonly sum = new AddSum();
  readonly order = new OrderHash();
  readonly latency = new LatencySketch();
  readonly table: DifferenceTable | null;

  constructor(scheme: AccountScheme) {
    this.table = scheme.cells === 0 ? null : new DifferenceTable(scheme.cells);
  }

  /** Takes a record in, behind those before. `latencyMs`: from its production to the tier; −1 where that is not known. */
  add(digest: RecordDigest, timestamp: number, latencyMs: number): void {
    entry.of(digest);
    this.count++;
    this.bytes += digest.size;
    if (timestamp < this.minTime) this.minTime = timestamp;
    if (timestamp > this.maxTime) this.maxTime = timestamp;
    this.sum.add(entry.high, entry.low);
    this.order.add(entry.high, entry.low);
    this.table?.add(entry);
    if (latencyMs >= 0) this.latency.add(latencyMs);
  }

  /** Takes in the account of the records that follow; `order` means something only where they do. */
  append(other: BucketAccount): void {
    this.order.append(other.order, other.count);
    this.count += other.count;
    this.bytes += other.bytes;
    this.minTime = Math.min(this.minTime, other.minTime);
    this.maxTime = Math.max(this.maxTime, other.maxTime);
    this.sum.merge(other.sum);
    this.latency.merge(other.latency);
    if (other.table !== null) this.table?.merge(other.table);
  }
}

/** The begin of the bucket that a time is in. */
export function bucketStart(time: number, bucketMs: number): number {
  return Math.floor(time / bucketMs) * bucketMs;
}
