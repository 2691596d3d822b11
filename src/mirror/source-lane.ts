import { brokerError, brokerErrors, isPassing } from '../kafka/broker-error.ts';
import type { ConsumerConfig } from '../kafka/client-config.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import type { Connection } from '../kafka/connection.ts';
import { type FetchResponse, fetchRecords } from '../kafka/fetch.ts';
import { Signal } from '../kafka/signal.ts';
import { isEngineError } from '../model/errors.ts';
import type { HeldBuffer, HeldBuffers } from './held-buffers.ts';
import type { Interruption, SourcePartition } from './source-partition.ts';

/** What a lane tells the one who directs them all. */
export interface LaneListener {
  answered(): void;
  /** The partition's leader has to be found anew, because of a passing fault. */
  leaderLost(partition: SourcePartition, reason: string): void;
  interrupted(partition: SourcePartition, why: Interruption): void;
  /** Not a passing fault. */
  failed(error: unknown): void;
}

const longestWaitMs = 60_000;

const longWayMs = 60; // a full answer that takes longer came a long way
const fullPart = 0.9; // batches do not fill up what is asked to the last byte
const mostPartitionBytes = 8_388_608; // four lanes of it are what a mirror holds by default

/** Fetches its partitions of one broker over a connection of its own: one request at a time, the next before the last one is written. */
export class SourceLane {
  readonly #node: number;
  readonly #cluster: KafkaCluster;
  readonly #partitions: () => SourcePartition[];
  readonly #buffers: HeldBuffers;
  readonly #listener: LaneListener;
  readonly #changed = new Signal();
  #connection: Connection | null = null;
  #turn = 0;
  /** The most that is asked of one partition: more where the way is long, so that a turn brings as much as the way holds. */
  #partitionBytes: number;

  /** `partitions` gives those that are fetched here just now. */
  constructor(
    node: number,
    cluster: KafkaCluster,
    partitions: () => SourcePartition[],
    buffers: HeldBuffers,
    listener: LaneListener,
  ) {
    this.#node = node;
    this.#cluster = cluster;
    this.#partitions = partitions;
    this.#buffers = buffers;
    this.#listener = listener;
    this.#partitionBytes = cluster.config.consumer.partitionMaxBytes;
  }

  notify(): void {
    this.#changed.notify();
  }

  /** Runs until the cluster is closed. */
  async run(): Promise<void> {
    while (!this.#cluster.signal.aborted) {
      const partitions = this.#partitions();
      const targets = this.#buffers.full ? [] : this.#inTurn(partitions.filter(({ waitMs }) => waitMs <= 0));
      if (targets.length === 0) {
        await this.#changed.wait(Math.min(longestWaitMs, ...partitions.map(({ waitMs }) => Math.max(1, waitMs))));
        continue;
      }
      await this.#fetch(targets);
    }
  }

  async #fetch(targets: readonly SourcePartition[]): Promise<void> {
    let buffer: HeldBuffer | undefined;
    const allocate = (size: number): Buffer => {
      buffer = this.#buffers.take(size);
      return buffer.bytes;
    };
    try {
      const connection = await this.#connected();
      const asked = performance.now();
      const response = await fetchRecords(connection, this.#request(), targets, allocate);
      this.#listener.answered();
      this.#adapt(response, performance.now() - asked);
      this.#accept(buffer!, response, targets);
    } catch (error) {
      this.#failed(error, targets);
    } finally {
      buffer?.release(); // a connection that has failed reads nothing more into it
    }
  }

  #request(): ConsumerConfig {
    const { consumer } = this.#cluster.config;
    const partitionMaxBytes = this.#partitionBytes;
    return { ...consumer, partitionMaxBytes, fetchMaxBytes: Math.max(consumer.fetchMaxBytes, partitionMaxBytes) };
  }

  #adapt({ partitions }: FetchResponse, tookMs: number): void {
    const full = partitions.some(({ start, end }) => end - start >= this.#partitionBytes * fullPart);
    if (full && tookMs > longWayMs) this.#partitionBytes = Math.min(mostPartitionBytes, this.#partitionBytes * 2);
  }

  async #connected(): Promise<Connection> {
    if (this.#connection?.open !== true) this.#connection = await this.#cluster.connect(this.#node);
    return this.#connection;
  }

  /** A broker fills up its response in the order of the request. */
  #inTurn(partitions: readonly SourcePartition[]): readonly SourcePartition[] {
    const suspicious = partitions.find((partition) => partition.suspicious);
    if (suspicious !== undefined) return [suspicious];
    this.#turn = partitions.length === 0 ? 0 : (this.#turn + 1) % partitions.length;
    return [...partitions.slice(this.#turn), ...partitions.slice(0, this.#turn)];
  }

  #accept(buffer: HeldBuffer, response: FetchResponse, targets: readonly SourcePartition[]): void {
    const here = new Set(this.#partitions()); // one may have gone in the meantime
    const asked = new Map(targets.map((target) => [`${target.topicId}/${target.partition}`, target]));
    for (const fetched of response.partitions) {
      const partition = asked.get(`${fetched.topicId}/${fetched.partition}`);
      if (partition === undefined || !here.has(partition)) continue;
      if (fetched.errorCode === brokerErrors.none) partition.accept(buffer, fetched, targets.length === 1);
      else this.#partitionFault(partition, fetched.errorCode);
    }
  }

  #partitionFault(partition: SourcePartition, code: number): void {
    const fault = brokerError(code, `topic '${partition.topic}', partition ${partition.partition}`);
    if (code === brokerErrors.offsetOutOfRange) this.#listener.interrupted(partition, { kind: 'out-of-range' });
    else if (isPassing(code)) this.#listener.leaderLost(partition, fault.message);
    else this.#listener.failed(fault);
  }

  #failed(error: unknown, targets: readonly SourcePartition[]): void {
    if (this.#cluster.signal.aborted) return;
    if (!isEngineError(error) || !error.retryable) this.#listener.failed(error);
    else for (const partition of targets) this.#listener.leaderLost(partition, error.message);
  }
}
