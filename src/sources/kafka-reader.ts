import { BatchReader } from '../kafka/batch-reader.ts';
import { timestampOf } from '../kafka/fetched-records.ts';
import type { Delivery, PartitionFetcher } from '../kafka/partition-fetcher.ts';
import { RecordRun } from '../kafka/record-run.ts';
import type { Figures } from '../model/account.ts';
import type { Column, ColumnBatch } from '../model/column.ts';
import type { ReaderContext, ReaderOutput, SourceReader, SourceSplit, SplitLag } from '../model/source.ts';
import { formatMetadataKey } from './kafka-decoder.ts';
import { MetadataColumns } from './kafka-metadata.ts';
import type { RecordRows } from './kafka-rows.ts';
import { type KafkaPosition, positionOf, splitOf } from './kafka-split.ts';

type ReaderParts = Readonly<{
  fetcher: PartitionFetcher;
  checkCrcs: boolean;
  rows: RecordRows;
}>;

/** By what the positions went on, and what became of the records on the way. */
type Tally = {
  offsets: number;
  controlOffsets: number;
  abortedOffsets: number;
  gapOffsets: number;
  records: number;
  decoded: number;
  withoutValue: number;
  skipped: number;
  rows: number;
};

type Split = { readonly first: KafkaPosition; offset: number; ended: boolean; lastTimestamp: number };

/** Worker thread: fetched record batches straight into columns, whichever client fetched them. */
export class KafkaReader implements SourceReader {
  readonly #ctx: ReaderContext;
  readonly #parts: ReaderParts;
  readonly #batches: BatchReader;
  readonly #run = new RecordRun();
  readonly #metadata: MetadataColumns;
  readonly #splits = new Map<string, Split>();
  #delivery: Delivery | null = null;
  #next = 0; // the record of the run to go on with
  /** Up to where records, and what was passed over, are in the tally. */
  #counted = 0;
  #passed = 0;
  readonly #tally: Tally = {
    offsets: 0,
    controlOffsets: 0,
    abortedOffsets: 0,
    gapOffsets: 0,
    records: 0,
    decoded: 0,
    withoutValue: 0,
    skipped: 0,
    rows: 0,
  };
  #complete = false;
  #closed = false;

  constructor(ctx: ReaderContext, parts: ReaderParts) {
    this.#ctx = ctx;
    this.#parts = parts;
    this.#batches = new BatchReader(parts.checkCrcs);
    this.#metadata = new MetadataColumns(ctx.columns, ctx.pool, ctx.batchRows);
  }

  addSplits(splits: readonly SourceSplit[]): void {
    const positions = splits.map(positionOf);
    positions.forEach((first, i) => {
      const ended = first.stopOffset !== null && first.offset >= first.stopOffset;
      this.#splits.set(splits[i]!.id, { first, offset: first.offset, ended, lastTimestamp: Number.NaN });
    });
    this.#parts.fetcher.add(positions.map((first) => ({ ...first, stopOffset: first.stopOffset ?? Infinity })));
    this.wake();
  }

  noMoreSplits(): void {
    this.#complete = true;
    this.wake();
  }

  async poll(timeoutMs: number): Promise<ReaderOutput> {
    await this.#parts.rows.pending;
    if (this.#delivery === null) {
      if (this.#atEnd()) return { kind: 'end' };
      this.#delivery = await this.#parts.fetcher.next(timeoutMs);
      this.#next = 0;
      this.#counted = 0;
      this.#passed = 0;
    }
    const output = this.#delivery === null || this.#closed ? null : this.#decode(this.#delivery);
    return output ?? { kind: this.#atEnd() ? 'end' : 'none' };
  }

  #atEnd(): boolean {
    return this.#complete && this.#splits.values().every(({ ended }) => ended);
  }

  /** Rows of a delivery until a batch is full or the delivery is read; null when that gave none. */
  #decode(delivery: Delivery): ReaderOutput | null {
    const { partition, records } = delivery;
    const { rows } = this.#parts;
    const split = this.#splits.get(partition.id)!;
    while (rows.rows < this.#ctx.batchRows && rows.pending === null) {
      if (this.#next >= records.to && !this.#nextRun(delivery, split)) break;
      this.#decodeRun(delivery);
      this.#advance(delivery, split);
    }
    return rows.rows === 0 ? null : this.#output(delivery);
  }

  /** Goes to the next batch of records; false when the delivery is read, which then is over. */
  #nextRun(delivery: Delivery, split: Split): boolean {
    const { records } = delivery;
    if (records.next(this.#batches, this.#run)) {
      this.#next = records.from;
      this.#counted = records.from;
      return true;
    }
    this.#moveTo(records.nextOffset, delivery, split);
    split.ended = split.first.stopOffset !== null && split.offset >= split.first.stopOffset;
    this.#delivery = null;
    delivery.release();
    return false;
  }

  /** Decodes records of the run until the batch is full, or a record waits for something. */
  #decodeRun({ partition, records }: Delivery): void {
    const { rows } = this.#parts;
    const { batchRows } = this.#ctx;
    const run = this.#run;
    const { to, header } = records;
    const plain = this.#metadata.empty;
    let nulls = 0;
    let decoded = 0;
    const before = rows.rows;
    let rowless = 0; // an empty value, as Flink passes it over; or what json.ignore-parse-errors hides
    let i = this.#next;
    for (; i < to && rows.rows < batchRows; i++) {
      const row = rows.rows;
      const fault = rows.decode(run, i);
      if (rows.pending !== null) break;
      if (fault !== null) this.#badRecord(fault.message, partition, header, i);
      else if (rows.rows === row && run.valueStarts[i]! < 0) nulls++;
      else if (rows.rows === row) rowless++;
      else {
        decoded++;
        if (!plain) this.#metadata.set(row, rows.rows, header, run, i);
      }
    }
    this.#tally.decoded += decoded;
    this.#tally.withoutValue += nulls;
    this.#tally.skipped += rowless;
    this.#tally.rows += rows.rows - before;
    if (nulls > 0) this.#ctx.counters.add('nullRecords', nulls);
    if (rowless > 0) this.#ctx.counters.add('skippedRecords', rowless);
    this.#next = i;
  }

  /** The split's position, behind the last record that was looked at. */
  #advance(delivery: Delivery, split: Split): void {
    const { records } = delivery;
    const last = this.#next - 1;
    if (last < records.from) return;
    const { header } = records;
    const isWhole = this.#next === records.to;
    this.#moveTo(isWhole ? records.nextOffset : header.baseOffset + this.#run.offsetDeltas[last]! + 1, delivery, split);
    split.lastTimestamp = timestampOf(header, this.#run, last);
  }

  /** Offsets that are neither records nor known to be passed over have nothing in them. */
  #moveTo(offset: number, { records }: Delivery, split: Split): void {
    const tally = this.#tally;
    const count = this.#next - this.#counted;
    this.#counted = this.#next;
    let passed = 0;
    for (; this.#passed < records.passedOver.length; this.#passed++) {
      const { cause, from, to } = records.passedOver[this.#passed]!;
      tally[cause === 'control' ? 'controlOffsets' : 'abortedOffsets'] += to - from;
      passed += to - from;
    }
    tally.records += count;
    tally.offsets += offset - split.offset;
    tally.gapOffsets += offset - split.offset - passed - count;
    split.offset = offset;
  }

  account(): Figures {
    return { ...this.#tally };
  }

  #badRecord(error: string, partition: Delivery['partition'], header: Delivery['records']['header'], i: number): void {
    const { bytes, keyStarts, keyEnds, valueStarts, valueEnds, offsetDeltas } = this.#run;
    this.#ctx.badRecord({
      error,
      value: valueStarts[i]! < 0 ? bytes.subarray(0, 0) : bytes.subarray(valueStarts[i], valueEnds[i]),
      key: keyStarts[i]! < 0 ? null : bytes.subarray(keyStarts[i], keyEnds[i]),
      source: partition.topic,
      partition: partition.partition,
      offset: header.baseOffset + offsetDeltas[i]!,
      timestamp: timestampOf(header, this.#run, i),
    });
  }

  /** A batch, its columns in the order that the scan asked for. */
  #output({ partition }: Delivery): ReaderOutput {
    const { rows } = this.#parts;
    const length = rows.rows;
    const decoded = rows.take();
    const own = this.#metadata.columns(length, partition.topic, partition.partition);
    const batch: ColumnBatch = { length, columns: this.#inOrder(decoded, own), ops: rows.ops, watermarks: null };
    return { kind: 'batch', splitId: partition.id, batch };
  }

  #inOrder(decoded: readonly Column[], own: readonly Column[]): Column[] {
    const { columns } = this.#ctx;
    let physical = 0;
    let other = 0;
    let ofFormat = columns.filter(({ kind }) => kind === 'physical').length;
    return columns.map((column) => {
      if (column.kind === 'physical') return decoded[physical++]!;
      return formatMetadataKey(column) === null ? own[other++]! : decoded[ofFormat++]!;
    });
  }

  wake(): void {
    this.#parts.fetcher.wake();
  }

  snapshot(): SourceSplit[] {
    return [...this.#splits.values()].map(({ first, offset }) => splitOf({ ...first, offset }));
  }

  endedSplits(): readonly string[] {
    return [...this.#splits].filter(([, { ended }]) => ended).map(([id]) => id);
  }

  /** Seconds: how old the last record read is, while there are newer ones. */
  lag(): readonly SplitLag[] {
    const now = this.#ctx.now();
    return [...this.#splits].map(([splitId, { first, offset, lastTimestamp }]) => {
      const end = this.#parts.fetcher.endOffset(splitId);
      const records = Math.max(0, end - offset);
      const seconds = records === 0 || Number.isNaN(lastTimestamp) ? 0 : Math.max(0, (now - lastTimestamp) / 1_000);
      return { splitId, labels: { topic: first.topic, partition: String(first.partition) }, records, seconds };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#parts.fetcher.close();
  }
}
