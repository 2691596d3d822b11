import { setImmediate as nextTurn } from 'node:timers/promises';
import { EngineError } from '../model/errors.ts';
import { brokerErrors } from './broker-error.ts';
import { BrokerFetcher, type Delivery } from './broker-fetcher.ts';
import type { KafkaCluster, TopicMetadata } from './cluster.ts';
import { listOffsets, offsetSpec, partitionId } from './offsets.ts';
import { type FetchPosition, PartitionFetch } from './partition-fetch.ts';
import { backoffMs, pause } from './retry.ts';
import { Signal } from './signal.ts';

/** Answers in a row that don't know a topic, until it counts as deleted: a new broker may not have heard of it yet. */
const missingLimit = 6;

export type FetcherEvents = Readonly<{
  /** A broker was lost, or a partition had no leader; it is tried again for as long as it takes. */
  onRetry: () => void;
  /** A position was no longer there, and `auto.offset.reset` says where to go on. */
  onReset: () => void;
}>;

/**
 * Fetches partitions from the brokers that lead them, ahead of the reader and within bounds. Survives brokers: leaders are looked for
 * with growing pauses, without end. Stops at what does not pass: a topic that is gone, a position that is gone, rights.
 */
export class RecordFetcher {
  readonly #cluster: KafkaCluster;
  readonly #events: FetcherEvents;
  readonly #partitions = new Map<string, PartitionFetch>();
  readonly #brokers = new Map<number, BrokerFetcher>();
  readonly #ready: Delivery[] = [];
  readonly #reader = new Signal();
  readonly #leaderless = new Signal();
  #failure: unknown = null;
  /** Whether a leader was lost, or not found, since the last look. */
  #lost = false;
  /** Looks in a row that had to be repeated. */
  #faults = 0;

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

  partition(id: string): PartitionFetch | undefined {
    return this.#partitions.get(id);
  }

  /** The next fetched records; null after `timeoutMs`, or after `wake`. Throws what ended the fetching. */
  async next(timeoutMs: number): Promise<Delivery | null> {
    if (this.#ready.length === 0 && this.#failure === null) await this.#reader.wait(timeoutMs);
    else await nextTurn(); // so that sockets are read while records are there
    this.#reader.clear();
    const delivery = this.#ready.shift();
    if (delivery === undefined && this.#failure !== null) throw this.#failure;
    return delivery ?? null;
  }

  wake(): void {
    this.#reader.notify();
  }

  /** To be called after the cluster was closed: whoever waits sees it. */
  close(): void {
    this.#leaderless.notify();
    this.#reader.notify();
    for (const broker of this.#brokers.values()) broker.notify();
  }

  /** Finds leaders for the partitions that have none, as long as the client is open. */
  async #direct(): Promise<void> {
    const { signal } = this.#cluster;
    while (!signal.aborted && this.#failure === null) {
      const leaderless = [...this.#partitions.values()].filter(({ leader, finished }) => leader < 0 && !finished);
      if (leaderless.length === 0) {
        await this.#leaderless.wait();
        continue;
      }
      if (this.#lost) await this.#pauseAfterFault();
      try {
        await this.#findPositions(leaderless.filter((partition) => partition.outOfRange));
        await this.#findLeaders(leaderless);
      } catch (error) {
        if (signal.aborted) return;
        if ((error as { retryable?: boolean }).retryable !== true) this.#fail(error);
      }
      if (leaderless.some(({ leader }) => leader < 0)) this.#lost = true;
    }
  }

  async #pauseAfterFault(): Promise<void> {
    this.#lost = false;
    this.#events.onRetry();
    await pause(backoffMs(this.#cluster.config, this.#faults++), this.#cluster.signal);
  }

  async #findLeaders(leaderless: readonly PartitionFetch[]): Promise<void> {
    const names = [...new Set(leaderless.map(({ topic }) => topic))];
    const { topics } = await this.#cluster.metadataOnce(names);
    for (const partition of leaderless) {
      const topic = topics.find(({ name }) => name === partition.topic);
      if (this.#isThere(partition, topic)) {
        partition.leader = topic!.partitions.find((p) => p.partition === partition.partition)?.leader ?? -1;
      }
    }
    for (const leader of new Set(leaderless.map((partition) => partition.leader))) if (leader >= 0) this.#start(leader);
  }

  #isThere(partition: PartitionFetch, topic: TopicMetadata | undefined): boolean {
    const missing = (topic?.errorCode ?? brokerErrors.unknownTopicOrPartition) === brokerErrors.unknownTopicOrPartition;
    partition.missing = missing ? partition.missing + 1 : 0;
    if (partition.missing >= missingLimit) throw gone(partition);
    if (!missing && topic!.id !== partition.topicId) throw recreated(partition.where);
    return !missing;
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
      deliver: (delivery) => {
        this.#ready.push(delivery);
        this.#reader.notify();
      },
      leaderLost: (partition) => {
        partition.leader = -1;
        this.#lost ||= !partition.outOfRange;
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
    this.#failure ??= error;
    this.#reader.notify();
    this.#leaderless.notify();
  }
}

function gone(partition: PartitionFetch): EngineError {
  return new EngineError('NOT_FOUND', `topic '${partition.topic}' was deleted while it was read`, {
    hint: 'Make it anew and start the job without its checkpoint (--restore none).',
  });
}

/** Positions of a topic mean nothing in another topic of that name. */
export function recreated(where: string): EngineError {
  return new EngineError('CONFLICT', `${where}: the topic was deleted and made anew since its position was taken`, {
    hint: 'Start the job without its checkpoint (--restore none), or point it at another topic.',
  });
}

function outOfRange(partition: PartitionFetch, low: number, high: number): EngineError {
  const there = `the partition holds ${low} to ${high}`;
  return new EngineError('NOT_FOUND', `${partition.where}: expected offset ${partition.offset}, but ${there}`, {
    hint:
      partition.offset < low
        ? "Retention has deleted the records before they were read. 'properties.auto.offset.reset' = 'earliest' goes on after the gap."
        : "The partition has lost records. 'properties.auto.offset.reset' = 'latest' goes on from its end.",
  });
}
