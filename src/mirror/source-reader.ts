import { brokerErrors } from '../kafka/broker-error.ts';
import type { KafkaCluster, TopicMetadata } from '../kafka/cluster.ts';
import { epochEnds } from '../kafka/leader-epochs.ts';
import { partitionId } from '../kafka/offsets.ts';
import { backoffMs, pause } from '../kafka/retry.ts';
import { Signal } from '../kafka/signal.ts';
import { isEngineError } from '../model/errors.ts';
import { HeldBuffers } from './held-buffers.ts';
import { SourceLane } from './source-lane.ts';
import type { SourcePartition } from './source-partition.ts';

export type ReaderEvents = Readonly<{
  /** A broker was lost, or a partition has no leader; it is tried again for as long as it takes. */
  onRetry: (reason: string) => void;
  failed: (error: unknown) => void;
}>;

/** Connections to a broker; each has a request under way, for partitions of its own, so that a long way takes no turns. */
const lanesPerBroker = 4;

/** Answers in a row that don't know a topic, until it counts as deleted: a new broker may not have heard of it yet. */
const missingLimit = 6;

type Placed = {
  readonly partition: SourcePartition;
  readonly lane: number;
  leader: number;
  epoch: number;
  missing: number;
};

/** Fetches the partitions of the source from the brokers that lead them; leaders that were lost are looked for with growing pauses. */
export class SourceReader {
  readonly #cluster: KafkaCluster;
  readonly #events: ReaderEvents;
  readonly #placed = new Map<string, Placed>();
  readonly #lanes = new Map<string, SourceLane>();
  readonly #leaderless = new Signal();
  readonly buffers: HeldBuffers;
  #lost: string | null = null;
  #faults = 0;
  #nextLane = 0;

  constructor(cluster: KafkaCluster, bufferBytes: number, events: ReaderEvents) {
    this.#cluster = cluster;
    this.#events = events;
    this.buffers = new HeldBuffers(bufferBytes, () => this.notify());
    void this.#direct().catch((error: unknown) => events.failed(error));
  }

  add(partition: SourcePartition): void {
    const lane = this.#nextLane++ % lanesPerBroker;
    this.#placed.set(partitionId(partition), { partition, lane, leader: -1, epoch: -1, missing: 0 });
    this.#leaderless.notify();
  }

  remove(partition: SourcePartition): void {
    const id = partitionId(partition);
    if (this.#placed.get(id)?.partition === partition) this.#placed.delete(id);
  }

  /** A partition that had to wait may be fetched, or the reader is being closed. */
  notify(): void {
    for (const lane of this.#lanes.values()) lane.notify();
  }

  close(): void {
    this.#cluster.close();
    this.#leaderless.notify();
    this.notify();
  }

  async #direct(): Promise<void> {
    const { signal } = this.#cluster;
    while (!signal.aborted) {
      const leaderless = [...this.#placed.values()].filter(({ leader }) => leader < 0);
      if (leaderless.length === 0) {
        await this.#leaderless.wait();
        continue;
      }
      if (this.#lost !== null) await this.#pauseAfterFault(this.#lost);
      try {
        await this.#findLeaders(leaderless);
      } catch (error) {
        if (signal.aborted) return;
        if (!isEngineError(error) || !error.retryable) throw error;
        this.#lost = error.message;
      }
      const waiting = leaderless.find(({ partition, leader }) => leader < 0 && this.#has(partition));
      if (waiting !== undefined) this.#lost ??= `topic '${waiting.partition.topic}' has a partition without a leader`;
    }
  }

  #has(partition: SourcePartition): boolean {
    return this.#placed.get(partitionId(partition))?.partition === partition;
  }

  async #pauseAfterFault(reason: string): Promise<void> {
    this.#lost = null;
    this.#events.onRetry(reason);
    await pause(backoffMs(this.#cluster.config, this.#faults++), this.#cluster.signal);
  }

  async #findLeaders(leaderless: readonly Placed[]): Promise<void> {
    const names = [...new Set(leaderless.map(({ partition }) => partition.topic))];
    const { topics } = await this.#cluster.metadataOnce(names);
    const byName = new Map(topics.map((topic) => [topic.name, topic]));
    const found = leaderless.filter((placed) => this.#isThere(placed, byName.get(placed.partition.topic)));
    await this.#checkEpochs(found, byName);
    for (const placed of found) {
      if (!this.#has(placed.partition)) continue;
      const { topic, partition } = placed.partition;
      const metadata = byName.get(topic)!.partitions.find((candidate) => candidate.partition === partition);
      placed.leader = metadata?.leader ?? -1;
      placed.epoch = metadata?.leaderEpoch ?? -1;
      if (placed.leader >= 0) this.#lane(placed.leader, placed.lane).notify();
    }
  }

  #isThere(placed: Placed, topic: TopicMetadata | undefined): boolean {
    const code = topic?.errorCode ?? brokerErrors.unknownTopicOrPartition;
    const missing = code === brokerErrors.unknownTopicOrPartition;
    placed.missing = missing ? placed.missing + 1 : 0;
    if (placed.missing >= missingLimit) this.#interrupt(placed, null);
    else if (!missing && topic!.id !== placed.partition.topicId) this.#interrupt(placed, topic!.id);
    else return !missing;
    return false;
  }

  #interrupt(placed: Placed, topicId: string | null): void {
    this.remove(placed.partition);
    placed.partition.interrupted({ kind: 'recreated', topicId });
  }

  /** Under a new leader the log may end before what was read (KIP-320). */
  async #checkEpochs(placed: readonly Placed[], topics: ReadonlyMap<string, TopicMetadata>): Promise<void> {
    const changed = placed.filter(({ partition, epoch }) => {
      const now = topics.get(partition.topic)!.partitions.find((p) => p.partition === partition.partition);
      return partition.leaderEpoch >= 0 && now !== undefined && now.leader >= 0 && now.leaderEpoch !== epoch;
    });
    const asked = changed.map(({ partition: { topic, partition, leaderEpoch } }) => ({
      topic,
      partition,
      leaderEpoch,
    }));
    const ends = await epochEnds(this.#cluster, asked);
    for (const { partition } of changed) {
      const end = ends.get(partitionId(partition));
      if (end === undefined || end.endOffset < 0 || end.endOffset >= partition.offset) continue;
      this.remove(partition);
      partition.interrupted({ kind: 'truncated', endOffset: end.endOffset });
    }
  }

  #lane(node: number, index: number): SourceLane {
    const key = `${node}/${index}`;
    const present = this.#lanes.get(key);
    if (present !== undefined) return present;
    const led = (): SourcePartition[] =>
      [...this.#placed.values()].filter((p) => p.leader === node && p.lane === index).map(({ partition }) => partition);
    const lane = new SourceLane(node, this.#cluster, led, this.buffers, {
      answered: () => {
        this.#faults = 0;
      },
      leaderLost: (partition, reason) => this.#leaderLost(partition, reason),
      interrupted: (partition, why) => {
        this.remove(partition);
        partition.interrupted(why);
      },
      failed: (error) => this.#events.failed(error),
    });
    this.#lanes.set(key, lane);
    void lane.run().catch((error: unknown) => this.#events.failed(error));
    return lane;
  }

  #leaderLost(partition: SourcePartition, reason: string): void {
    const placed = this.#placed.get(partitionId(partition));
    if (placed?.partition !== partition) return;
    placed.leader = -1;
    this.#lost ??= reason;
    this.#leaderless.notify();
  }
}
