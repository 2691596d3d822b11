import { BatchReader } from '../../kafka/batch-reader.ts';
import { timestampOf } from '../../kafka/fetched-records.ts';
import { type BatchHeader, batchLayout, codecMask, logAppendTimeBit } from '../../kafka/record-batch.ts';
import { RecordRun } from '../../kafka/record-run.ts';
import type { EventIdentity } from '../../model/audit.ts';
import { Hash64 } from '../hash64.ts';
import { decodeIdentity } from '../identity-header.ts';
import { RecordDigest } from '../record-hash.ts';
import type { BatchSource, LogBatch } from './partition-log.ts';

/** `[from, to)` of timestamps, ms since 1970. */
export type TimeRange = Readonly<{ from: number; to: number }>;

/** What is told of a partition while it is read. */
export type CursorEvents = Readonly<{
  /** A record was passed. `size`: bytes of key and value. */
  onRecord: (timestamp: number, size: number) => void;
  /** Offsets that nobody reads. */
  onGap: (cause: 'control' | 'aborted', from: number, to: number, time: number) => void;
  /** A batch has the broker's time of appending in place of its records' own. */
  onAppendTime?: () => void;
}>;

/** For who wants to hear nothing. */
export const silent: CursorEvents = { onRecord: () => {}, onGap: () => {} };

/** A record by its place: the `index`th that was read. `holes`: offsets before it at which there is nothing at all, no record and no marker. */
export type Mark = Readonly<{ index: number; offset: number; holes: number }>;

/** A record that is kept while it has no partner, or because it has none. */
export type Sighting = Mark &
  Readonly<{
    partition: number;
    timestamp: number;
    contentHigh: number;
    contentLow: number;
    /** Of all records in shares, which one it is in: the same as any that it may be a changed form of. 32 bits. */
    share: number;
    /** Null without a name in its header. */
    identity: EventIdentity | null;
    key: Buffer | null;
    /** Without a value: compaction takes it away by and by. */
    tombstone: boolean;
  }>;

const keyHash = new Hash64(); // used within one call alone
let keyBytes: Uint8Array = new Uint8Array(0);
let keyView = new DataView(keyBytes.buffer, 0);

/**
 * Goes over the records of a stretch of a partition that consumers see, one by one or batch by batch, and hashes them. It is itself the mark
 * of the record that it stands at.
 */
export class RecordCursor implements Mark {
  readonly partition: number;
  readonly digest = new RecordDigest();
  /** Records behind the cursor. */
  taken = 0;
  offset = -1;
  timestamp = 0;
  holes = 0;
  readonly #log: BatchSource;
  readonly #range: TimeRange;
  readonly #from: number;
  readonly #to: number;
  readonly #events: CursorEvents;
  readonly #reader = new BatchReader(true);
  readonly #run = new RecordRun();
  #batch: LogBatch | null = null;
  #opened = false;
  #i = 0;
  #expected: number;

  /** `from` and `to` are those of the log. */
  constructor(partition: number, log: BatchSource, from: number, to: number, range: TimeRange, events: CursorEvents) {
    this.partition = partition;
    this.#log = log;
    this.#from = from;
    this.#to = to;
    this.#range = range;
    this.#events = events;
    this.#expected = from;
  }

  get index(): number {
    return this.taken - 1;
  }

  /** Goes to the next record of the batch at hand, which is then hashed; false when there is none: `load` brings another batch. */
  step(): boolean {
    if (this.#batch === null) return false;
    if (!this.#opened) this.#open(this.#batch);
    const { header } = this.#batch;
    const run = this.#run;
    for (; this.#i < run.count; this.#i++) {
      const offset = header.baseOffset + run.offsetDeltas[this.#i]!;
      if (offset < this.#from || offset >= this.#to) continue;
      this.#reach(offset);
      const timestamp = timestampOf(header, run, this.#i);
      if (timestamp < this.#range.from || timestamp >= this.#range.to) continue;
      this.offset = offset;
      this.timestamp = timestamp;
      this.digest.read(run, this.#i++, timestamp);
      this.taken++;
      this.#events.onRecord(timestamp, this.digest.size);
      return true;
    }
    this.#leave();
    return false;
  }

  /** Brings the next batch of records; false at the end. To be called when `step` has found nothing. */
  async load(): Promise<boolean> {
    for (;;) {
      const batch = await this.#log.next();
      if (batch === null) {
        this.#reach(this.#to);
        return false;
      }
      if (batch.kind === 'data') {
        this.#batch = batch;
        this.#opened = false;
        return true;
      }
      this.#gap(batch.kind, batch.header);
    }
  }

  /** The mark of the first record of a batch at hand that `sameBatch` was true of. */
  batchStart(): Mark {
    const offset = this.#batch!.header.baseOffset;
    return { index: this.taken, offset, holes: this.holes + Math.max(offset - this.#expected, 0) };
  }

  /** Whether both are at batches of the same bytes but for offsets and what producers put in: their records are the same then, in order. */
  sameBatch(other: RecordCursor): boolean {
    const [ours, theirs] = [this.#whole(), other.#whole()];
    if (ours === null || theirs === null) return false;
    const [a, b] = [ours.header, theirs.header];
    const mask = codecMask | logAppendTimeBit;
    return (
      a.end - a.start === b.end - b.start &&
      a.recordCount === b.recordCount &&
      a.baseTimestamp === b.baseTimestamp &&
      a.maxTimestamp === b.maxTimestamp &&
      (a.attributes & mask) === (b.attributes & mask) &&
      ours.bytes.compare(theirs.bytes, b.start + batchLayout.records, b.end, a.start + batchLayout.records, a.end) === 0
    );
  }

  /** Passes over the batch at hand, which `sameBatch` found the same as `twin`'s: opened once for both. To their last records. */
  passBatch(twin: RecordCursor): void {
    this.#open(this.#batch!);
    const run = this.#run;
    const { header } = this.#batch!;
    for (let i = 0; i < run.count; i++) {
      const timestamp = timestampOf(header, run, i);
      const size = run.keyEnds[i]! - run.keyStarts[i]! + (run.valueEnds[i]! - run.valueStarts[i]!);
      this.#events.onRecord(timestamp, size);
      twin.#events.onRecord(timestamp, size);
    }
    this.#pass(run.count);
    twin.#pass(run.count);
  }

  /** What is kept of the record that `step` went to. */
  sighting(): Sighting {
    const { digest } = this;
    const run = this.#run;
    const i = this.#i - 1;
    const name = digest.named ? Uint8Array.from(run.bytes.subarray(digest.nameStart, digest.nameEnd)) : null;
    return {
      partition: this.partition,
      offset: this.offset,
      timestamp: this.timestamp,
      index: this.index,
      holes: this.holes,
      contentHigh: digest.contentHigh,
      contentLow: digest.contentLow,
      share: this.share(),
      identity: decodeIdentity(name),
      key: run.keyStarts[i]! < 0 ? null : Buffer.from(run.bytes.subarray(run.keyStarts[i]!, run.keyEnds[i]!)),
      tombstone: run.valueStarts[i]! < 0,
    };
  }

  /** A hash of the record's key, as a number; null for a null key. */
  keyNumber(): number | null {
    const i = this.#i - 1;
    if (this.#run.keyStarts[i]! < 0) return null;
    return keyNumberOf(this.#run.bytes, this.#run.keyStarts[i]!, this.#run.keyEnds[i]!);
  }

  /** By its name, or else by time and key. */
  share(): number {
    if (this.digest.named) return this.digest.identityLow >>> 0;
    const key = this.keyNumber() ?? 0;
    return (Math.imul(this.timestamp | 0, 0x9e3779b1) ^ Math.imul(key | 0, 0x85ebca6b) ^ (key / 4294967296)) >>> 0;
  }

  #open(batch: LogBatch): void {
    this.#reader.read(batch.bytes, batch.header, this.#run, this.#log.where);
    this.#opened = true;
    this.#i = 0;
    if ((batch.header.attributes & logAppendTimeBit) !== 0) this.#events.onAppendTime?.();
  }

  /** The batch at hand if no record of it may be left out: within offsets and times, without holes. */
  #whole(): LogBatch | null {
    if (this.#batch === null || this.#opened || this.#range.from !== -Infinity || this.#range.to !== Infinity)
      return null;
    const { header } = this.#batch;
    const filled = header.nextOffset - header.baseOffset === header.recordCount;
    return filled && header.baseOffset >= this.#from && header.nextOffset <= this.#to ? this.#batch : null;
  }

  #pass(count: number): void {
    const { header } = this.#batch!;
    this.#reach(header.baseOffset);
    this.#expected = header.nextOffset;
    this.taken += count;
    this.offset = header.nextOffset - 1;
    this.#batch = null;
  }

  /** There is a record, or an end, at `offset`: what lies between is holes. */
  #reach(offset: number): void {
    this.holes += Math.max(offset - this.#expected, 0);
    this.#expected = Math.max(offset + 1, this.#expected);
  }

  #leave(): void {
    const next = Math.min(this.#batch!.header.nextOffset, this.#to);
    this.holes += Math.max(next - this.#expected, 0);
    this.#expected = Math.max(next, this.#expected);
    this.#batch = null;
  }

  #gap(kind: 'control' | 'aborted', header: BatchHeader): void {
    const from = Math.max(header.baseOffset, this.#from);
    const to = Math.min(header.nextOffset, this.#to);
    if (from >= to) return;
    this.#reach(from);
    this.#expected = Math.max(to, this.#expected);
    this.#events.onGap(kind, from, to, header.maxTimestamp);
  }
}

/** A hash of a key in 53 bits: for looking keys up whose equality is not the last word. */
export function keyNumberOf(bytes: Uint8Array, start: number, end: number): number {
  keyHash.begin(0);
  if (keyBytes !== bytes) {
    keyBytes = bytes;
    keyView = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  keyHash.field(keyView, start, end);
  keyHash.end();
  return (keyHash.high & 0x1fffff) * 4294967296 + (keyHash.low >>> 0);
}
