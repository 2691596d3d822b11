/**
 * Records of a batch with their hashes, laid down in the memory of a record kernel, a piece of a batch at a time (audit-kernel.as). It does
 * what `RecordDigest` and `BucketAccount.add` do, with less than a third of the time; record i of a piece counts from 0.
 */
import { BatchReader } from '../kafka/batch-reader.ts';
import { type BatchHeader, corruptBatch, logAppendTimeBit } from '../kafka/record-batch.ts';
import { compileKernel, RecordKernel } from '../kafka/record-kernel.ts';
import { RecordRun } from '../kafka/record-run.ts';
import { auditKernelBinary } from './audit-kernel-binary.ts';
import type { BucketAccount } from './bucket-account.ts';
import { mostCells } from './difference-table.ts';

/** Records of a piece: they and their bytes stay near while they are hashed and then summed up. */
const pieceRecords = 512;
/** As audit-kernel.as lays them down. */
const recordBytes = 64;
const recordWords = recordBytes / 4;
const recordDoubles = recordBytes / 8;
const [nameWord, timestampDouble, timeDouble] = [10, 1, 2];
const lanesBytes = 128;
const sumsBytes = 64;
const tableBytes = 40; // from where the sums begin
const cellBytes = 32;

const roomBytes = lanesBytes + pieceRecords * recordBytes + sumsBytes + mostCells * cellBytes;

type AuditExports = Readonly<{
  digest(
    at: number,
    end: number,
    count: number,
    base: number,
    appended: number,
    records: number,
    lanes: number,
  ): number;
  span(record: number, count: number, from: number, to: number): number;
  account(record: number, count: number, sums: number, quarter: number): void;
}>;

let compiled: object | undefined;

export class DigestedRecords {
  readonly #kernel = new RecordKernel(roomBytes);
  readonly #reader = new BatchReader(true, this.#kernel);
  readonly #exports: AuditExports;
  readonly #lanes: number;
  readonly #records: number;
  readonly #sums: number;
  #words: Int32Array = new Int32Array(0);
  #doubles: Float64Array = new Float64Array(0);
  #header: BatchHeader | null = null;
  #where = '';
  #start = 0;
  #end = 0;
  #at = 0;
  #left = 0;
  /** How many records the piece has. */
  count = 0;

  constructor() {
    compiled ??= compileKernel(auditKernelBinary);
    this.#exports = this.#kernel.link(compiled) as AuditExports;
    this.#lanes = this.#kernel.roomStart;
    this.#records = this.#lanes + lanesBytes;
    this.#sums = this.#records + pieceRecords * recordBytes;
  }

  /** Begins a batch. BAD_RECORD, with `where` and the offset, when it can't be opened. */
  open(bytes: Buffer, header: BatchHeader, where: string): void {
    const { start, end } = this.#reader.openInKernel(bytes, header, where);
    const { buffer } = this.#kernel.bytes;
    if (this.#words.buffer !== buffer) {
      this.#words = new Int32Array(buffer);
      this.#doubles = new Float64Array(buffer);
    }
    this.#header = header;
    this.#where = where;
    this.#start = start;
    this.#at = start;
    this.#end = end;
    this.#left = header.recordCount;
  }

  /** Digests the next piece of the batch; false at its end. BAD_RECORD when the bytes are no records. */
  next(): boolean {
    if (this.#left <= 0) {
      if (this.#left < 0 || this.#at !== this.#end) throw this.#damage();
      return false;
    }
    const { baseTimestamp, maxTimestamp } = this.#header!;
    this.count = Math.min(this.#left, pieceRecords);
    const appended = this.appended ? maxTimestamp : Number.NaN;
    const records = this.#records;
    this.#at = this.#exports.digest(this.#at, this.#end, this.count, baseTimestamp, appended, records, this.#lanes);
    if (this.#at === 0) throw this.#damage();
    this.#left -= this.count;
    return true;
  }

  /** Whether timestamps are those of the broker. */
  get appended(): boolean {
    return (this.#header!.attributes & logAppendTimeBit) !== 0;
  }

  offset(i: number): number {
    return this.#header!.baseOffset + this.#words[this.#records / 4 + i * recordWords]!;
  }

  timestamp(i: number): number {
    return this.#doubles[this.#records / 8 + i * recordDoubles + timestampDouble]!;
  }

  /** When the event was produced, by its header; without one, its timestamp. */
  time(i: number): number {
    return this.#doubles[this.#records / 8 + i * recordDoubles + timeDouble]!;
  }

  named(i: number): boolean {
    return this.#words[this.#records / 4 + i * recordWords + nameWord]! !== 0;
  }

  /** How many of the `most` records from `i` on lie at consecutive offsets and have event times in `[from, to)`: the first is one of them. */
  span(i: number, most: number, from: number, to: number): number {
    return this.#exports.span(this.#records + i * recordBytes, most, from, to);
  }

  /** Takes `count` records into an account, behind those that it has. */
  addTo(account: BucketAccount, i: number, count: number): void {
    const { table, sum, order } = account;
    const [word, double] = [this.#sums / 4, this.#sums / 8];
    const tableWord = word + tableBytes / 4;
    this.#doubles[double] = account.bytes;
    this.#doubles[double + 1] = account.minTime;
    this.#doubles[double + 2] = account.maxTime;
    this.#words[word + 6] = sum.low;
    this.#words[word + 7] = sum.high;
    this.#words[word + 8] = order.low;
    this.#words[word + 9] = order.high;
    if (table !== null) this.#words.set(table.words, tableWord);
    this.#exports.account(this.#records + i * recordBytes, count, this.#sums, (table?.cells ?? 0) / 4);
    account.count += count;
    account.bytes = this.#doubles[double]!;
    account.minTime = this.#doubles[double + 1]!;
    account.maxTime = this.#doubles[double + 2]!;
    sum.low = this.#words[word + 6]!;
    sum.high = this.#words[word + 7]!;
    order.low = this.#words[word + 8]!;
    order.high = this.#words[word + 9]!;
    table?.words.set(this.#words.subarray(tableWord, tableWord + table.words.length));
    if (this.appended) this.#addLatencies(account, i, count);
  }

  #addLatencies({ latency }: BucketAccount, from: number, count: number): void {
    for (let i = from; i < from + count; i++)
      if (this.named(i)) latency.add(Math.max(0, this.timestamp(i) - this.time(i)));
  }

  /** The walk that has words for it says what is wrong. */
  #damage(): Error {
    const { recordCount, baseOffset } = this.#header!;
    const fault = new RecordRun().walk(this.#kernel.bytes, this.#start, this.#end, recordCount);
    return corruptBatch(this.#where, baseOffset, fault ?? "its records can't be read");
  }
}
