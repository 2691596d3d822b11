/** What is fetched of a partition goes into its segments here: records are hashed, and every offset without one gets its reason. */
import type { BatchReader } from '../../kafka/batch-reader.ts';
import { type FetchedRecords, timestampOf } from '../../kafka/fetched-records.ts';
import { logAppendTimeBit } from '../../kafka/record-batch.ts';
import type { RecordRun } from '../../kafka/record-run.ts';
import { RecordDigest } from '../record-hash.ts';
import type { SegmentRecord } from '../segment-record.ts';
import { SegmentBuilder } from './segment-builder.ts';

/** Hears every record beside the segment, for what is no function of the log: when it was seen. */
export type SeenRecord = (offset: number, time: number, timestamp: number) => void;

/** The time that a record's bucket goes by: when the event was produced, by its header; without one, its timestamp. */
export function eventTime(digest: RecordDigest, timestamp: number): number {
  return digest.named ? digest.nameTime : timestamp;
}

export class PartitionAccount {
  readonly #builder: SegmentBuilder;
  readonly #compacted: boolean;
  readonly #digest = new RecordDigest();
  readonly #seen: SeenRecord;

  /** Goes on in the segment `head`, and takes it over. `compacted`: whether the topic is, so that offsets may be missing in it. */
  constructor(
    head: SegmentRecord,
    compacted: boolean,
    complete: (segment: SegmentRecord) => void,
    seen: SeenRecord = () => {},
  ) {
    this.#builder = new SegmentBuilder(head, complete);
    this.#compacted = compacted;
    this.#seen = seen;
  }

  /** The next offset. */
  get offset(): number {
    return this.#builder.to;
  }

  get head(): SegmentRecord {
    return this.#builder.head;
  }

  /** Takes in what was fetched, to its end. What lies before the next offset is passed over. */
  take(records: FetchedRecords, reader: BatchReader, run: RecordRun): void {
    const { logStartOffset } = records;
    let passed = 0;
    const passOver = (): void => {
      for (; passed < records.passedOver.length; passed++) {
        const { cause, from, to } = records.passedOver[passed]!;
        this.#missing(from, logStartOffset);
        if (to > this.offset) this.#builder.gap(cause, to);
      }
    };
    while (records.next(reader, run)) {
      passOver();
      this.#batch(records, run, logStartOffset);
    }
    passOver();
    this.#missing(records.nextOffset, logStartOffset);
  }

  #batch({ header, from, to, nextOffset }: FetchedRecords, run: RecordRun, logStartOffset: number): void {
    const appended = (header.attributes & logAppendTimeBit) !== 0;
    for (let i = from; i < to; i++) {
      const offset = header.baseOffset + run.offsetDeltas[i]!;
      if (offset < this.offset) continue;
      this.#missing(offset, logStartOffset);
      const timestamp = timestampOf(header, run, i);
      this.#digest.read(run, i, timestamp);
      const time = eventTime(this.#digest, timestamp);
      const latencyMs = appended && this.#digest.named ? Math.max(0, timestamp - time) : -1;
      this.#builder.record(this.#digest, timestamp, time, latencyMs);
      this.#seen(offset, time, timestamp);
    }
    this.#missing(nextOffset, logStartOffset);
  }

  /** Up to `offset` there is nothing: retention took what lies before the log's begin, compaction the rest. */
  #missing(offset: number, logStartOffset: number): void {
    const purged = Math.min(logStartOffset, offset);
    if (purged > this.offset) this.#builder.gap('retention', purged);
    if (offset > this.offset) this.#builder.gap(this.#compacted ? 'compaction' : 'unknown', offset);
  }
}
