/** What is fetched of a partition goes into its segments here: records are hashed, and every offset without one gets its reason. */
import type { FetchedRecords, OpenBatch } from '../../kafka/fetched-records.ts';
import type { DigestedRecords } from '../digested-records.ts';
import type { RecordDigest } from '../record-hash.ts';
import type { SegmentRecord } from '../segment-record.ts';
import { SegmentBuilder } from './segment-builder.ts';

/** Hears of records `[from, to)`, at offsets from `offset` on, beside the segment, for what is no function of the log: when they were seen. */
export type SeenRecords = (offset: number, digests: DigestedRecords, from: number, to: number) => void;

/** The time that a record's bucket goes by: when the event was produced, by its header; without one, its timestamp. */
export function eventTime(digest: RecordDigest, timestamp: number): number {
  return digest.named ? digest.nameTime : timestamp;
}

export class PartitionAccount {
  readonly #builder: SegmentBuilder;
  readonly #compacted: boolean;
  readonly #seen: SeenRecords;

  /** Goes on in the segment `head`, and takes it over. `compacted`: whether the topic is, so that offsets may be missing in it. */
  constructor(
    head: SegmentRecord,
    compacted: boolean,
    complete: (segment: SegmentRecord) => void,
    seen: SeenRecords = () => {},
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
  take(records: FetchedRecords, digests: DigestedRecords): void {
    const { logStartOffset } = records;
    let passed = 0;
    const passOver = (): void => {
      for (; passed < records.passedOver.length; passed++) {
        const { cause, from, to } = records.passedOver[passed]!;
        this.#missing(from, logStartOffset);
        if (to > this.offset) this.#builder.gap(cause, to);
      }
    };
    const open: OpenBatch = (bytes, header, where) => digests.open(bytes, header, where);
    while (records.nextBatch(open)) {
      passOver();
      while (digests.next()) this.#piece(digests, records);
      this.#missing(records.nextOffset, logStartOffset);
    }
    passOver();
    this.#missing(records.nextOffset, logStartOffset);
  }

  #piece(digests: DigestedRecords, { stopOffset, logStartOffset }: FetchedRecords): void {
    for (let i = 0; i < digests.count; ) {
      const offset = digests.offset(i);
      if (offset >= stopOffset) return;
      if (offset < this.offset) {
        i++;
        continue;
      }
      this.#missing(offset, logStartOffset);
      const to = Math.min(digests.count, i + stopOffset - offset);
      const taken = this.#builder.records(digests, i, to);
      this.#seen(offset, digests, i, i + taken);
      i += taken;
    }
  }

  /** Up to `offset` there is nothing: retention took what lies before the log's begin, compaction the rest. */
  #missing(offset: number, logStartOffset: number): void {
    const purged = Math.min(logStartOffset, offset);
    if (purged > this.offset) this.#builder.gap('retention', purged);
    if (offset > this.offset) this.#builder.gap(this.#compacted ? 'compaction' : 'unknown', offset);
  }
}
