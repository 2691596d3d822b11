import type { TopicPartition } from '../kafka/offsets.ts';
import type { OffsetRun } from '../model/offset-runs.ts';

/** A batch on its way to the target, stamped: it stays as it is until it is written. */
export type OutgoingBatch = {
  readonly bytes: Buffer;
  readonly count: number;
  /** Where it has to come to lie; null: where the broker puts it. */
  readonly expectedOffset: number | null;
  /** The records by their offsets at the source; those of the target count from 0. */
  readonly stretches: readonly OffsetRun[];
  /** The source is read up to here once it is written; grows by what follows and has no copy. */
  nextOffset: number;
  readonly leaderEpoch: number;
  readonly maxTimestamp: number;
  /** Its bytes may be used for something else. */
  readonly release: () => void;
  /** Whether it was sent before: the broker may have it. */
  attempted: boolean;
  /** Where it lies, once the broker has said so. */
  writtenAt: number | null;
};

/** What becomes of the batches of one partition. */
export interface WriteListener {
  /** In the order of the batches. */
  written(batch: OutgoingBatch, offset: number): void;
  /**
   * The broker refuses what is next in the order: somebody else has written to the partition, or part of it is gone. Nothing more of it is
   * sent.
   */
  refused(reason: string): void;
  /**
   * A batch with a place of its own was sent, and no answer came: it may be there or not. Nothing more of it is sent, nor is it sent again: a
   * broker that has forgotten its producer would take it twice.
   */
  uncertain(reason: string): void;
  /** Not a passing fault. Nothing more of it is sent. */
  failed(error: unknown): void;
}

/** The batches of one partition, in their order, from when they are handed over until they are written. */
export class TargetPartition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** The transaction that its batches belong to. */
  readonly transactionalId: string | null;
  readonly listener: WriteListener;
  /** −1 while it has to be found. */
  leader = -1;
  /** A fault, of which the batches under way have to come back before all go again. */
  fault: string | null = null;
  /** With the fault: a batch was sent whose fate is not known. */
  unanswered = false;
  closed = false;
  /** While a transaction ends, nothing new is sent: only what the broker may have is sent again. */
  held = false;
  /** Sent and not answered. */
  underWay = 0;
  /** Bytes that are not written yet. */
  pendingBytes = 0;
  readonly #batches: OutgoingBatch[] = [];
  /**
   * Until a first batch is written there, a broker may know nothing of the producer, and would take a second although it had no use for the
   * first: brokers forget producers by the time of their records, and after a restart at once those whose records are more than a day old.
   */
  #known = false;
  /** How many of the first have been sent. */
  #sent = 0;

  constructor(topic: string, partition: number, transactionalId: string | null, listener: WriteListener) {
    this.topic = topic;
    this.partition = partition;
    this.transactionalId = transactionalId;
    this.listener = listener;
  }

  get empty(): boolean {
    return this.#batches.length === 0;
  }

  push(batch: OutgoingBatch): void {
    this.#batches.push(batch);
    this.pendingBytes += batch.bytes.length;
  }

  /** What was handed over last and is not written. */
  get last(): OutgoingBatch | undefined {
    return this.#batches.at(-1);
  }

  /** The next to send, if one may be sent with at most `limit` under way. */
  ready(limit: number): OutgoingBatch | undefined {
    if (this.closed || this.leader < 0 || this.fault !== null) return undefined;
    if (this.underWay >= (this.#known ? limit : 1)) return undefined;
    while (this.#sent < this.#batches.length && this.#batches[this.#sent]!.writtenAt !== null) this.#sent++;
    const next = this.#batches[this.#sent];
    return next !== undefined && this.held && !next.attempted ? undefined : next;
  }

  /** Whether all that was ever sent is written. */
  get settled(): boolean {
    return !this.#batches.some(({ attempted, writtenAt }) => attempted && writtenAt === null);
  }

  sending(): void {
    this.#batches[this.#sent]!.attempted = true;
    this.#sent++;
    this.underWay++;
  }

  /** Whether the batch is the one that the broker has to write next. */
  isFirst(batch: OutgoingBatch): boolean {
    return this.#batches[0] === batch;
  }

  /** Hands on what is written, in order. */
  wrote(batch: OutgoingBatch, offset: number): void {
    batch.writtenAt = offset;
    this.#known = true;
    while (this.#batches.length > 0 && this.#batches[0]!.writtenAt !== null && !this.closed) {
      const first = this.#batches.shift()!;
      this.#sent = Math.max(0, this.#sent - 1);
      this.pendingBytes -= first.bytes.length;
      first.release();
      this.listener.written(first, first.writtenAt!);
    }
  }

  /** Whether what is not written has places of its own. */
  get placed(): boolean {
    return this.#batches[0]?.expectedOffset !== null;
  }

  /** All that is not written goes again. */
  rewind(): void {
    this.#sent = 0;
    this.#known = false;
    this.fault = null;
    this.unanswered = false;
  }

  /** Nothing more is sent; bytes are given back once nothing that holds them is under way. */
  close(): void {
    this.closed = true;
    if (this.underWay === 0) this.drop();
  }

  drop(): void {
    for (const batch of this.#batches.splice(0)) batch.release();
    this.pendingBytes = 0;
  }
}
