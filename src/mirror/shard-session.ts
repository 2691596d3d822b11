/**
 * The time for which this process owns a shard of the mirror: from shutting out whoever had it before to storing how far it came. A fault
 * ends the session; the next one goes on from what is stored.
 */
import { partitionId, type TopicPartition } from '../kafka/offsets.ts';
import type { ProducerId } from '../kafka/producer-id.ts';
import { Signal } from '../kafka/signal.ts';
import type { Transactions } from '../kafka/transactions.ts';
import { EngineError } from '../model/errors.ts';
import { lossError } from './loss-error.ts';
import { lossRecord, type MirrorPosition, positionRecords, type ShardState, type StateRecord } from './mirror-state.ts';
import { PartitionMirror, type Stop } from './partition-mirror.ts';
import { boundsOf, type MirroredTopic, type Resumed, resume } from './resume.ts';
import { chunksOf, noChunks, type StoredChunks } from './run-chunks.ts';
import type { ShardContext } from './shard-context.ts';
import { type OwnedShard, takeShard } from './shard-owner.ts';
import type { StateLog } from './state-log.ts';

/** A partition to be mirrored, `topic` as it is now. */
export type Place = TopicPartition & Readonly<{ pair: MirroredTopic }>;

const drainMs = 30_000; // how long what is under way may take to be written, when the session ends in good order
const mostRefusals = 5; // in a row, without anything written in between

export class ShardSession {
  readonly #ctx: ShardContext;
  readonly #transactions: Transactions;
  readonly #log: StateLog;
  readonly #producer: ProducerId;
  readonly #state: ShardState;
  /** By partition id: what of its position stands in the state. */
  readonly #stored = new Map<string, Readonly<{ offset: number; chunks: StoredChunks }>>();
  readonly #partitions = new Map<string, PartitionMirror>();
  readonly #sequences = new Map<string, number>();
  readonly #stops: [PartitionMirror, Stop][] = [];
  readonly #refusals = new Map<string, Readonly<{ offset: number; count: number }>>();
  readonly #work = new Signal();
  #failure: unknown = null;

  private constructor(ctx: ShardContext, { transactions, log, producer, state }: OwnedShard) {
    this.#ctx = ctx;
    this.#transactions = transactions;
    this.#log = log;
    this.#producer = producer;
    this.#state = state;
  }

  static async open(ctx: ShardContext, shard: number): Promise<ShardSession> {
    return new ShardSession(ctx, await takeShard(ctx, shard));
  }

  get partitions(): readonly PartitionMirror[] {
    return [...this.#partitions.values()];
  }

  /** Takes on partitions. Where they begin is stored before anything is written. */
  async begin(places: readonly Place[]): Promise<void> {
    const fresh = places.filter((place) => !this.#partitions.has(partitionId(place)));
    if (fresh.length === 0) return;
    const bounds = await boundsOf(this.#ctx, fresh);
    const resumed = await Promise.all(
      fresh.map(async (place) => {
        const saved = this.#state.positions.get(partitionId(place)) ?? null;
        const both = bounds.get(partitionId(place))!;
        return { pair: place.pair, resumed: await resume(this.#ctx, place.pair, place.partition, saved, null, both) };
      }),
    );
    await this.#store(resumed.map((one) => one.resumed));
    for (const { pair, resumed: one } of resumed) this.#start(pair, one.position);
  }

  /** Runs until it is told to stop or, with `once`, all partitions have been read up to their ends. */
  async run(signal: AbortSignal, places: () => readonly Place[], once: boolean): Promise<void> {
    const wake = (): void => this.#work.notify();
    signal.addEventListener('abort', wake);
    let saved = this.#ctx.clock.monotonic();
    try {
      while (!signal.aborted) {
        const due = saved + this.#ctx.spec.commitMs;
        await this.#work.wait(Math.max(1, due - this.#ctx.clock.monotonic()));
        if (this.#failure !== null) throw this.#failure;
        await this.begin(places());
        await this.#joinTransaction();
        for (const [partition, why] of this.#stops.splice(0)) await this.#restart(partition, why);
        const finished = once && this.#stops.length === 0 && this.partitions.every((partition) => partition.finished);
        if (!finished && this.#ctx.clock.monotonic() < due) continue;
        await this.#save();
        saved = this.#ctx.clock.monotonic();
        if (finished) return;
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** Takes nothing more, lets what is under way be written, and stores how far it came. */
  async end(): Promise<void> {
    for (const partition of this.#partitions.values()) {
      partition.halt();
      this.#ctx.reader.remove(partition);
    }
    const deadline = this.#ctx.clock.monotonic() + drainMs;
    while (this.partitions.some(({ idle }) => !idle) && this.#failure === null) {
      if (this.#ctx.clock.monotonic() > deadline) break;
      await this.#joinTransaction();
      await this.#work.wait(50);
    }
    if (this.#failure === null) await this.#save();
    this.close();
  }

  /** Lets go of everything at once. */
  close(): void {
    for (const partition of this.#partitions.values()) {
      partition.halt();
      this.#ctx.reader.remove(partition);
      this.#ctx.writer.remove(partition.target);
    }
    this.#partitions.clear();
  }

  get #transactional(): boolean {
    return this.#ctx.spec.delivery === 'transactional';
  }

  #start(pair: MirroredTopic, position: MirrorPosition): void {
    const { spec, passage, clock } = this.#ctx;
    const id = partitionId(position);
    const partition = new PartitionMirror(position, {
      producer: this.#producer,
      transactionalId: this.#transactional ? this.#transactions.id : null,
      sequenceIsOffset: spec.delivery === 'reconcile',
      firstSequence: this.#sequences.get(id) ?? 0,
      passage,
      meter: this.#ctx.meter(position),
      quota: this.#ctx.quota(position.topic),
      clock,
      gapsAllowed: pair.compacted,
      stopOffset: this.#ctx.stopOffset(id),
      pendingLimit: this.#ctx.pendingLimit,
      write: (target, batch) => {
        if (target.held) this.#work.notify();
        this.#ctx.writer.push(target, batch);
      },
      progressed: (room) => this.#progressed(id, room),
      stopped: (stopped, why) => {
        this.#ctx.reader.remove(stopped);
        this.#stops.push([stopped, why]);
        this.#work.notify();
      },
      failed: (error) => this.#fail(error),
    });
    partition.target.held = this.#transactional;
    this.#partitions.set(id, partition);
    this.#ctx.writer.add(partition.target);
    this.#ctx.reader.add(partition);
  }

  #progressed(id: string, room: boolean): void {
    const partition = this.#partitions.get(id);
    if (partition === undefined) return;
    if (partition.target.held || partition.finished || partition.idle) this.#work.notify();
    if (room) this.#ctx.reader.notify();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#work.notify();
  }

  /** Partitions that have something to write become part of the transaction. */
  async #joinTransaction(): Promise<void> {
    if (!this.#transactional) return;
    const waiting = this.partitions.filter(({ target }) => target.held && !target.empty && !target.closed);
    if (waiting.length === 0) return;
    await this.#transactions.addPartitions(waiting.map(({ target: { topic, partition } }) => ({ topic, partition })));
    for (const { target } of waiting) {
      target.held = false;
      this.#ctx.writer.resume(target);
    }
  }

  /** Looks at a partition that stopped, and goes on with it. */
  async #restart(partition: PartitionMirror, why: Stop): Promise<void> {
    const id = partitionId(partition);
    if (why.kind === 'refused') this.#countRefusal(partition, why.reason);
    const { target } = partition;
    while (target.underWay > 0 || (!partition.idle && !target.closed)) {
      if (this.#failure !== null) throw this.#failure;
      await this.#joinTransaction();
      await this.#work.wait(50);
    }
    await this.#save();
    this.#ctx.writer.remove(partition.target);
    this.#partitions.delete(id);
    this.#sequences.set(id, partition.sequence);
    const pair = await this.#ctx.currentPair(partition.topic);
    this.#state.positions.set(id, partition.position);
    if (pair === null) return; // the topic is gone: when it comes again, it is taken on again
    const resumed = await resume(this.#ctx, pair, partition.partition, partition.position, why);
    await this.#store([resumed]);
    this.#start(pair, resumed.position);
  }

  #countRefusal(partition: PartitionMirror, reason: string): void {
    const id = partitionId(partition);
    const { offset } = partition.position;
    const before = this.#refusals.get(id);
    const count = before?.offset === offset ? before.count + 1 : 1;
    this.#refusals.set(id, { offset, count });
    const message = `topic '${partition.target.topic}', partition ${partition.partition}: the target does not take what follows: ${reason}`;
    if (this.#ctx.spec.delivery !== 'reconcile') throw new EngineError('CONNECTION', message);
    if (count < mostRefusals) return;
    throw new EngineError('CONFLICT', message, {
      hint: 'A mirrored topic has one writer, the mirror. Stop the other, or write delivery: at-least-once.',
    });
  }

  /** Records what was lost, and where the partitions go on. Fails where losses are not to be passed over. */
  async #store(resumed: readonly Resumed[]): Promise<void> {
    const losses = resumed.flatMap((one) => one.losses);
    const records: StateRecord[] = losses.map(lossRecord);
    const passed = this.#ctx.spec.onLoss === 'skip-and-record' || losses.length === 0;
    if (passed) for (const { position, cut } of resumed) records.push(...this.#recordsOf(position, cut));
    await this.#log.append(records);
    for (const loss of losses) this.#ctx.lost(loss);
    if (!passed) throw lossError(losses);
  }

  #recordsOf(position: MirrorPosition, cut: boolean): StateRecord[] {
    const id = partitionId(position);
    const { to, from } = this.#stored.get(id)?.chunks ?? noChunks;
    this.#stored.set(id, { offset: position.offset, chunks: chunksOf(position) });
    return positionRecords(position, cut ? { from, to: from } : { from, to });
  }

  async #save(): Promise<void> {
    if (this.#transactional) await this.#settle();
    const changed = this.partitions.map(({ position }) => position).filter((position) => this.#isNew(position));
    const inTransaction = this.#transactions.isOpen;
    if (changed.length === 0 && !inTransaction) return;
    const records = changed.flatMap((position) => this.#recordsOf(position, false));
    if (inTransaction) {
      await this.#transactions.addPartitions([this.#log.place]);
      await this.#log.append(records, this.#transactions.id);
      await this.#transactions.end('commit');
      await this.#joinTransaction(); // what was held back is the next one's
    } else await this.#log.append(records);
  }

  #isNew(position: MirrorPosition): boolean {
    return this.#stored.get(partitionId(position))?.offset !== position.offset;
  }

  /** Sends nothing new, and waits until all that was sent is written. */
  async #settle(): Promise<void> {
    for (const { target } of this.#partitions.values()) target.held = true;
    while (this.partitions.some(({ target }) => !target.settled)) {
      if (this.#failure !== null) throw this.#failure;
      if (this.#stops.some(([, why]) => why.kind === 'refused'))
        throw new EngineError('CONNECTION', 'a batch was refused');
      await this.#work.wait(50);
    }
  }
}
