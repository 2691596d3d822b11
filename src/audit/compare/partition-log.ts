import { AbortedTransactions } from '../../kafka/aborted-transactions.ts';
import { type BatchHeader, controlBit, offsetBehind, readBatchHeader } from '../../kafka/record-batch.ts';
import { EngineError } from '../../model/errors.ts';
import { type FetchedLog, type LogFetcher, type LogPlace, whereIs } from './log-fetcher.ts';

/** A record batch in `bytes`. Control batches and those of aborted transactions take offsets, and nobody reads them. */
export type LogBatch = Readonly<{ bytes: Buffer; header: BatchHeader; kind: 'data' | 'control' | 'aborted' }>;

/** Batches of a stretch of a partition, in order. */
export interface BatchSource {
  /** Begins messages. */
  readonly where: string;
  /** The next batch that reaches beyond what was given so far, valid until the call after; null at the end. */
  next(): Promise<LogBatch | null>;
}

/** Fetches in a row that bring nothing although there must be something: each waits a little. */
const emptyLimit = 40;

type Fetcher = Pick<LogFetcher, 'fetch' | 'release'>;

/** Those of `[from, to)` out of a cluster, with the next fetch under way while one is read. */
export class PartitionLog implements BatchSource {
  readonly where: string;
  readonly #fetcher: Fetcher;
  readonly #place: LogPlace;
  readonly #to: number;
  #ahead: Promise<FetchedLog> | null = null;
  #current: FetchedLog | null = null;
  #aborted = new AbortedTransactions([]);
  #at = 0;
  #next: number;
  #empty = 0;

  constructor(fetcher: Fetcher, place: LogPlace, from: number, to: number) {
    this.where = whereIs(place);
    this.#fetcher = fetcher;
    this.#place = place;
    this.#next = from;
    this.#to = to;
  }

  async next(): Promise<LogBatch | null> {
    for (;;) {
      const batch = this.#take();
      if (batch !== null) return batch;
      if (this.#next >= this.#to || (this.#empty > 0 && (await this.#isHole()))) return this.#end();
      await this.#fetch();
    }
  }

  #take(): LogBatch | null {
    while (this.#current !== null && this.#next < this.#to) {
      const { bytes, fetched } = this.#current;
      const header = readBatchHeader(bytes, this.#at, fetched.end, this.where);
      if (header === null) return null;
      this.#at = header.end;
      const aborted = this.#aborted.skips(header);
      this.#aborted.end(header);
      if (header.nextOffset <= this.#next) continue;
      this.#next = header.nextOffset;
      const control = (header.attributes & controlBit) !== 0;
      return { bytes, header, kind: control ? 'control' : aborted ? 'aborted' : 'data' };
    }
    return null;
  }

  async #fetch(): Promise<void> {
    this.#drop();
    const current = await (this.#ahead ?? this.#fetcher.fetch(this.#place, this.#next));
    this.#ahead = null;
    this.#current = current;
    const { bytes, fetched } = current;
    this.#at = fetched.start;
    this.#aborted = new AbortedTransactions(fetched.aborted);
    const behind = offsetBehind(bytes, fetched.start, fetched.end, this.#next, this.where);
    this.#empty = behind > this.#next ? 0 : this.#empty + 1;
    if (behind < this.#to && this.#empty === 0) {
      this.#ahead = this.#fetcher.fetch(this.#place, behind);
      this.#ahead.catch(() => {}); // thrown where it is waited for
    }
  }

  /**
   * Whether there is nothing at all up to the end, because compaction took it: then a fetch beyond what is committed brings what follows.
   * That a broker brings nothing is no proof of it, and must not pass for one.
   */
  async #isHole(): Promise<boolean> {
    const { bytes, fetched } = await this.#fetcher.fetch(this.#place, this.#next, false);
    const following = readBatchHeader(bytes, fetched.start, fetched.end, this.where);
    const isHole = following !== null && following.baseOffset >= this.#to;
    this.#fetcher.release(bytes);
    if (!isHole && this.#empty >= emptyLimit) throw noRecords(this.where, this.#next, this.#to);
    return isHole;
  }

  #end(): null {
    this.#drop();
    return null;
  }

  #drop(): void {
    if (this.#current !== null) this.#fetcher.release(this.#current.bytes);
    this.#current = null;
  }
}

function noRecords(where: string, offset: number, to: number): EngineError {
  return new EngineError(
    'CONNECTION',
    `${where}: expected records from offset ${offset} to ${to}, the broker brings none`,
    {
      hint: 'Is it throttled, or slow to read from remote storage? Compare again.',
    },
  );
}
