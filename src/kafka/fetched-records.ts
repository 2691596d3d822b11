import { AbortedTransactions } from './aborted-transactions.ts';
import type { BatchReader } from './batch-reader.ts';
import type { FetchedPartition } from './fetch.ts';
import { type BatchHeader, controlBit, logAppendTimeBit, readBatchHeader } from './record-batch.ts';
import type { RecordRun } from './record-run.ts';

/** Where in the bytes they stand, the last of them maybe cut; and the transactions among them that were aborted. */
export type FetchedRange = Pick<FetchedPartition, 'start' | 'end' | 'aborted'> &
  Partial<Pick<FetchedPartition, 'logStartOffset'>>;

/** Offsets whose batch is there and counts for nothing, `to` exclusive. */
export type PassedOver = Readonly<{ cause: 'control' | 'aborted'; from: number; to: number }>;

/** Reads the batch of `header` in `bytes`; `where` begins a message. */
export type OpenBatch = (bytes: Buffer, header: BatchHeader, where: string) => void;

/**
 * The record batches that a fetch brought of one partition, one after the other: control batches and aborted transactions passed over,
 * records before the asked offset and from `stopOffset` on cut off.
 */
export class FetchedRecords {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #where: string;
  readonly #aborted: AbortedTransactions;
  /** Nothing counts from here on. */
  readonly stopOffset: number;
  #at: number;
  #nextOffset: number;
  #header: BatchHeader | null = null;
  /** The records of the run that count: `[from, to)`. */
  from = 0;
  to = 0;
  /** What was passed over so far, by offset. */
  readonly passedOver: PassedOver[] = [];
  /** The first offset that the partition had; −1 where the client does not tell. */
  readonly logStartOffset: number;

  constructor(bytes: Buffer, fetched: FetchedRange, where: string, offset: number, stopOffset: number) {
    this.#bytes = bytes;
    this.#at = fetched.start;
    this.#end = fetched.end;
    this.#where = where;
    this.#aborted = new AbortedTransactions(fetched.aborted);
    this.#nextOffset = offset;
    this.stopOffset = stopOffset;
    this.logStartOffset = fetched.logStartOffset ?? -1;
  }

  /** Behind everything that has been given or passed over: gaps, control batches and aborted transactions too. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** The header of the batch in the run. */
  get header(): BatchHeader {
    return this.#header!;
  }

  /** Walks the next batch with records into `run`; false at the end. */
  next(reader: BatchReader, run: RecordRun): boolean {
    const open: OpenBatch = (bytes, header, where) => {
      reader.read(bytes, header, run, where);
      this.#crop(header, run);
    };
    while (this.nextBatch(open)) if (this.from < this.to) return true;
    return false;
  }

  /** Has the next batch that counts opened; false at the end. It may have records before the asked offset, and from `stopOffset` on. */
  nextBatch(open: OpenBatch): boolean {
    while (this.#nextOffset < this.stopOffset) {
      const header = readBatchHeader(this.#bytes, this.#at, this.#end, this.#where);
      if (header === null) return false;
      this.#at = header.end;
      const control = (header.attributes & controlBit) !== 0;
      const aborted = this.#aborted.skips(header);
      const skipped = aborted || control || header.nextOffset <= this.#nextOffset;
      if (aborted || control) this.#passOver(header, control ? 'control' : 'aborted');
      if (control) this.#aborted.end(header);
      if (!skipped) open(this.#bytes, header, this.#where);
      this.#header = header;
      this.#nextOffset = Math.max(this.#nextOffset, Math.min(header.nextOffset, this.stopOffset));
      if (!skipped) return true;
    }
    return false;
  }

  #passOver({ baseOffset, nextOffset }: BatchHeader, cause: PassedOver['cause']): void {
    const [from, to] = [Math.max(baseOffset, this.#nextOffset), Math.min(nextOffset, this.stopOffset)];
    if (from < to) this.passedOver.push({ cause, from, to });
  }

  #crop(header: BatchHeader, run: RecordRun): void {
    let from = 0;
    let to = run.count;
    while (from < to && header.baseOffset + run.offsetDeltas[from]! < this.#nextOffset) from++;
    while (from < to && header.baseOffset + run.offsetDeltas[to - 1]! >= this.stopOffset) to--;
    this.from = from;
    this.to = to;
  }
}

/** The timestamp of record `i` of a batch, in ms: with log append time, one for all. */
export function timestampOf(header: BatchHeader, run: RecordRun, i: number): number {
  if ((header.attributes & logAppendTimeBit) !== 0) return header.maxTimestamp;
  return header.baseTimestamp + run.timestampDeltas[i]!;
}
