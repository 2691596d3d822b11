import { BrokerFetcher } from './broker-fetcher.ts';
import type { KafkaCluster } from './cluster.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { listOffsets, offsetSpec, partitionId } from './offsets.ts';
import { isThere, outOfRange } from './partition-fault.ts';
import { type FetchPosition, PartitionFetch } from './partition-fetch.ts';
import type { Delivery, FetcherEvents, PartitionFetcher } from './partition-fetcher.ts';
import { backoffMs, pause } from './retry.ts';
import { Signal } from './signal.ts';

/** The native client: fetches from the brokers that lead the partitions. Leaders that were lost are looked for with growing pauses. */
export class RecordFetcher implements PartitionFetcher {
  readonly #cluster: KafkaCluster;
  readonly #events: FetcherEvents;
  readonly #partitions = new Map<string, PartitionFetch>();
  readonly #brokers = new Map<number, BrokerFetcher>();
  readonly #queue = new DeliveryQueue();
  readonly #leaderless = new Signal();
  /** Why a leader was lost, or not found, since the last look. */
  #lost: string | null = null;
  /** Looks in a row that had to be repeated. */
  #faults = 0;

  /** The cluster is the fetcher's from now on: `close` closes it. */
  constructor(cluster: KafkaCluster, events: FetcherEvents) {
    this.#cluster = cluster;
    this.#events = events;
    void this.#direct();
  }

  add(positions: readonly FetchPosition[]): void {
    for (const position of positions) {
      const id = partitionId(position);
      this.#partitions.set(id, new PartitionFetch(id, position));
    }
    this.#leaderless.notify();
  }

  endOffset(id: string): number {
    return this.#partitions.get(id)?.endOffset ?? -1;
  }

  next(timeoutMs: number): Promise<Delivery | null> {
    return this.#queue.next(timeoutMs);
  }

  wake(): void {
    this.#queue.wake();
  }

  async close(): Promise<void> {
    this.#cluster.close();
    this.#leaderless.notify();
    this.#queue.wake();
    for (const broker of this.#brokers.values()) broker.notify();
  }

  /** Finds leaders for the partitions that have none, as long as the client is open. */
  async #direct(): Promise<void> {
    const { signal } = this.#cluster;
    while (!signal.aborted && !this.#queue.failed) {
      const leaderless = [...this.#partitions.values()].filter(({ leader, finished }) => leader < 0 && !finished);
      if (leaderless.length === 0) {
        await this.#leaderless.wait();
        continue;
      }
      if (this.#lost !== null) await this.#pauseAfterFault(this.#lost);
      try {
        await this.#findPositions(leaderless.filter((partition) => partition.outOfRange));
        await this.#findLeaders(leaderless);
      } catch (error) {
        if (signal.aborted) return;
        if ((error as { retryable?: boolean }).retryable !== true) this.#fail(error);
        this.#lost = (error as Error).message;
      }
      const leaderlessYet = leaderless.find(({ leader }) => leader < 0);
      if (leaderlessYet !== undefined) this.#lost ??= `${leaderlessYet.where}: it has no leader`;
    }
  }

  async #pauseAfterFault(reason: string): Promise<void> {
    this.#lost = null;
    this.#events.onRetry(reason);
    await pause(backoffMs(this.#cluster.config, this.#faults++), this.#cluster.signal);
  }

  async #findLeaders(leaderless: readonly PartitionFetch[]): Promise<void> {
    const names = [...new Set(leaderless.map(({ topic }) => topic))];
    const { topics } = await this.#cluster.metadataOnce(names);
    for (const partition of leaderless) {
      const topic = topics.find(({ name }) => name === partition.topic);
      if (isThere(partition, topic)) {
        partition.leader = topic!.partitions.find((p) => p.partition === partition.partition)?.leader ?? -1;
      }
    }
    for (const leader of new Set(leaderless.map((partition) => partition.leader))) if (leader >= 0) this.#start(leader);
  }

  #start(node: number): void {
    const present = this.#brokers.get(node);
    if (present !== undefined) {
      present.notify();
      return;
    }
    const led = (): PartitionFetch[] =>
      [...this.#partitions.values()].filter(({ leader, finished }) => leader === node && !finished);
    const broker = new BrokerFetcher(node, this.#cluster, led, {
      answered: () => {
        this.#faults = 0;
      },
      deliver: (delivery) => this.#queue.push(delivery),
      leaderLost: (partition, reason) => {
        partition.leader = -1;
        if (!partition.outOfRange) this.#lost ??= reason;
        this.#leaderless.notify();
      },
      failed: (error) => this.#fail(error),
    });
    this.#brokers.set(node, broker);
    void broker.run();
  }

  /** For positions that are gone: what `auto.offset.reset` says, or the error that names them. */
  async #findPositions(partitions: readonly PartitionFetch[]): Promise<void> {
    if (partitions.length === 0) return;
    const { autoOffsetReset, readCommitted } = this.#cluster.config.consumer;
    const first = await listOffsets(this.#cluster, partitions, offsetSpec.earliest, readCommitted);
    const last = await listOffsets(this.#cluster, partitions, offsetSpec.latest, readCommitted);
    for (const partition of partitions) {
      const [low, high] = [first.get(partition.id)!, last.get(partition.id)!];
      const back = partition.offset >= low && partition.offset <= high; // a leader behind the others had answered
      if (!back && autoOffsetReset === 'none') throw outOfRange(partition, low, high);
      if (!back) {
        partition.offset = autoOffsetReset === 'earliest' ? low : high;
        this.#events.onReset();
      }
      partition.outOfRange = false;
    }
  }

  #fail(error: unknown): void {
    this.#queue.fail(error);
    this.#leaderless.notify();
  }
}
