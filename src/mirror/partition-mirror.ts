import type { Clock } from '../engine/clock.ts';
import { AbortedTransactions } from '../kafka/aborted-transactions.ts';
import { restampBatch } from '../kafka/batch-restamp.ts';
import type { FetchedPartition } from '../kafka/fetch.ts';
import type { ProducerId } from '../kafka/producer-id.ts';
import { type BatchHeader, controlBit, readBatchHeader, transactionalBit } from '../kafka/record-batch.ts';
import type { ByteQuota } from './byte-quota.ts';
import type { HeldBuffer } from './held-buffers.ts';
import type { MirrorPosition } from './mirror-state.ts';
import type { PartitionMeter } from './partition-meter.ts';
import type { Passage, Passed } from './passage.ts';
import { RunLog } from './run-log.ts';
import type { Interruption, SourcePartition } from './source-partition.ts';
import { type OutgoingBatch, TargetPartition, type WriteListener } from './target-partition.ts';

/** Why a partition stopped, and has to be looked at before it goes on. */
export type Stop =
  | Interruption
  /** Offsets are missing at the source: `[from, to)`. Nothing of what follows is read. */
  | Readonly<{ kind: 'gap'; from: number; to: number; logStartOffset: number }>
  /** The target did not take what was next. */
  | Readonly<{ kind: 'refused'; reason: string }>
  /** Whether the target has what is next can't be told without a look. */
  | Readonly<{ kind: 'uncertain'; reason: string }>;

export type PartitionContext = Readonly<{
  producer: ProducerId;
  transactionalId: string | null;
  /**
   * Whether sequence numbers are the offsets that copies come to lie at: then a broker takes a batch only where it belongs, whoever sends it.
   */
  sequenceIsOffset: boolean;
  /** The next number of its own for a producer that counts. */
  firstSequence: number;
  passage: Passage;
  meter: PartitionMeter;
  quota: ByteQuota;
  clock: Clock;
  /** Whether offsets may be missing without being lost: the topic is compacted. */
  gapsAllowed: boolean;
  /** Read up to here and no further. */
  stopOffset: number;
  /** Bytes that may wait to be written. */
  pendingLimit: number;
  write: (partition: TargetPartition, batch: OutgoingBatch) => void;
  /** Something was written, or passed over. `room`: the partition waited for that, and may be fetched again. */
  progressed: (room: boolean) => void;
  stopped: (partition: PartitionMirror, why: Stop) => void;
  failed: (error: unknown) => void;
}>;

const sequences = 2 ** 31;
/** Fetches in a row that brought nothing although there should be something; then it is fetched alone. */
const suspiciousFetches = 3;

/** Copies one partition: takes fetched batches, hands them to the writer, and knows how far both are. */
export class PartitionMirror implements SourcePartition, WriteListener {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string;
  readonly target: TargetPartition;
  readonly #ctx: PartitionContext;
  readonly #targetTopic: string;
  readonly #runs: RunLog;
  /** Of what is written. */
  #writtenOffset: number;
  #writtenTarget: number;
  #writtenEpoch: number;
  /** Of what was fetched. */
  offset: number;
  leaderEpoch: number;
  #nextTarget: number;
  #sequence: number;
  #endOffset: number;
  #empty = 0;
  #stopped = false;

  constructor(start: MirrorPosition, ctx: PartitionContext) {
    this.topic = start.topic;
    this.partition = start.partition;
    this.topicId = start.topicId;
    this.#targetTopic = start.targetTopic;
    this.#ctx = ctx;
    this.#runs = new RunLog(start.runs, start.droppedChunks);
    this.#writtenOffset = this.offset = start.offset;
    this.#writtenTarget = this.#nextTarget = start.targetOffset;
    this.#writtenEpoch = this.leaderEpoch = start.leaderEpoch;
    this.#endOffset = start.sourceEnd;
    this.#sequence = ctx.sequenceIsOffset ? start.targetOffset % sequences : ctx.firstSequence;
    this.target = new TargetPartition(start.targetTopic, start.partition, ctx.transactionalId, this);
  }

  get where(): string {
    return `topic '${this.topic}', partition ${this.partition}`;
  }

  /** Where it stands: all before is written. */
  get position(): MirrorPosition {
    return {
      topic: this.topic,
      partition: this.partition,
      targetTopic: this.#targetTopic,
      topicId: this.topicId,
      leaderEpoch: this.#writtenEpoch,
      offset: this.#writtenOffset,
      sourceEnd: this.#endOffset,
      targetOffset: this.#writtenTarget,
      runs: this.#runs.runs,
      droppedChunks: this.#runs.droppedChunks,
      time: this.#ctx.clock.now(),
    };
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Whether everything up to the stop offset is written. */
  get finished(): boolean {
    return this.#writtenOffset >= this.#ctx.stopOffset;
  }

  /** Whether all that was fetched is written. */
  get idle(): boolean {
    return this.target.empty;
  }

  /** Offsets not yet mirrored; −1 before the first answer. */
  get lag(): number {
    return this.#endOffset < 0 ? -1 : Math.max(0, this.#endOffset - this.#writtenOffset);
  }

  get meter(): PartitionMeter {
    return this.#ctx.meter;
  }

  get waitMs(): number {
    if (this.#stopped || this.offset >= this.#ctx.stopOffset) return Infinity;
    if (this.target.pendingBytes >= this.#ctx.pendingLimit) return Infinity;
    return this.#ctx.quota.waitMs();
  }

  get suspicious(): boolean {
    return this.#empty >= suspiciousFetches;
  }

  interrupted(why: Interruption): void {
    this.#stop(why);
  }

  accept(buffer: HeldBuffer, fetched: FetchedPartition, alone: boolean): void {
    if (this.#stopped) return;
    this.#endOffset = fetched.lastStableOffset;
    this.#runs.dropBefore(fetched.logStartOffset);
    const before = this.offset;
    const aborted = new AbortedTransactions(fetched.aborted);
    for (let at = fetched.start; !this.#stopped; ) {
      const header = readBatchHeader(buffer.bytes, at, fetched.end, this.where);
      if (header === null) break;
      at = header.end;
      const skipped = aborted.skips(header);
      aborted.end(header);
      if (header.nextOffset <= this.offset) continue; // a fetch may begin before what was asked
      if (header.baseOffset > this.offset && !this.#mayMiss(header.baseOffset, fetched)) return;
      this.#take(buffer, header, skipped || (header.attributes & controlBit) !== 0);
    }
    this.#ctx.quota.take(fetched.end - fetched.start);
    this.#noteEmpty(before, alone, fetched);
  }

  /** Whether the offsets up to `to` may be missing; if not, it stops there. */
  #mayMiss(to: number, { logStartOffset }: FetchedPartition): boolean {
    if (this.#ctx.gapsAllowed && logStartOffset <= this.offset) return true;
    this.#stop({ kind: 'gap', from: this.offset, to, logStartOffset });
    return false;
  }

  /** Nothing where there should be something, asked for alone, several times: the offsets up to the end were compacted away. */
  #noteEmpty(before: number, alone: boolean, fetched: FetchedPartition): void {
    const nothing = this.offset === before && before < this.#endOffset;
    this.#empty = nothing ? this.#empty + 1 : 0;
    if (!nothing || !alone || !this.suspicious) return;
    this.#empty = 0;
    const to = Math.min(this.#endOffset, this.#ctx.stopOffset);
    if (this.#mayMiss(to, fetched)) this.#skip(to);
  }

  #take(buffer: HeldBuffer, header: BatchHeader, skipped: boolean): void {
    const from = this.offset;
    this.leaderEpoch = header.leaderEpoch;
    const passed = skipped ? null : this.#ctx.passage.pass(buffer.bytes, header, from, this.where);
    if (passed === null) this.#skip(header.nextOffset);
    else this.#send(buffer, header, passed);
  }

  /** Offsets that have no copy. */
  #skip(to: number): void {
    this.#ctx.meter.skippedOffsets += to - this.offset;
    this.offset = to;
    const { last } = this.target;
    if (last !== undefined) last.nextOffset = to;
    else {
      this.#writtenOffset = to;
      this.#writtenEpoch = this.leaderEpoch;
      this.#ctx.progressed(false);
    }
  }

  #send(buffer: HeldBuffer, header: BatchHeader, passed: Passed): void {
    const { bytes, count, rewritten, stretches } = passed;
    const { producer, sequenceIsOffset, transactionalId, meter, clock } = this.#ctx;
    const attributes = transactionalId === null ? passed.attributes : passed.attributes | transactionalBit;
    restampBatch(bytes, 0, bytes.length, { producer, sequence: this.#sequence, attributes });
    if (!rewritten) buffer.hold();
    meter.recordAgeMs.add(Math.max(0, clock.now() - header.maxTimestamp));
    if (rewritten) meter.rewritten++;
    meter.skippedOffsets += header.nextOffset - this.offset - count;
    const batch: OutgoingBatch = {
      bytes,
      count,
      expectedOffset: sequenceIsOffset ? this.#nextTarget : null,
      stretches,
      nextOffset: header.nextOffset,
      leaderEpoch: header.leaderEpoch,
      maxTimestamp: header.maxTimestamp,
      release: rewritten ? () => {} : () => buffer.release(),
      attempted: false,
      writtenAt: null,
    };
    this.#sequence = (this.#sequence + count) % sequences;
    this.#nextTarget += count;
    this.offset = header.nextOffset;
    this.#ctx.write(this.target, batch);
  }

  written(batch: OutgoingBatch, offset: number): void {
    const { meter, clock, pendingLimit } = this.#ctx;
    for (const { sourceFrom, sourceTo, targetFrom } of batch.stretches) {
      this.#runs.append({ sourceFrom, sourceTo, targetFrom: offset + targetFrom });
    }
    this.#writtenOffset = batch.nextOffset;
    this.#writtenTarget = offset + batch.count;
    this.#writtenEpoch = batch.leaderEpoch;
    meter.records += batch.count;
    meter.bytes += batch.bytes.length;
    meter.replicationLatencyMs.add(Math.max(0, clock.now() - batch.maxTimestamp));
    const { pendingBytes } = this.target;
    this.#ctx.progressed(pendingBytes < pendingLimit && pendingBytes + batch.bytes.length >= pendingLimit);
  }

  refused(reason: string): void {
    this.#stop({ kind: 'refused', reason });
  }

  uncertain(reason: string): void {
    this.#stop({ kind: 'uncertain', reason });
  }

  failed(error: unknown): void {
    this.#stopped = true;
    this.#ctx.failed(error);
  }

  /** Takes nothing more. */
  halt(): void {
    this.#stopped = true;
  }

  #stop(why: Stop): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#ctx.stopped(this, why);
  }
}
