import { brokerError, brokerErrors, isPassing } from './broker-error.ts';
import { BufferPool } from './buffer-pool.ts';
import type { KafkaCluster } from './cluster.ts';
import type { Connection } from './connection.ts';
import { type FetchedPartition, type FetchResponse, fetchRecords } from './fetch.ts';
import { FetchedRecords } from './fetched-records.ts';
import type { PartitionFetch } from './partition-fetch.ts';
import type { Delivery } from './partition-fetcher.ts';
import { offsetBehind } from './record-batch.ts';
import { Signal } from './signal.ts';

/** Responses of one broker that may wait to be read; then no more is fetched from it. One is being read, one is ready. */
const maxWaitingResponses = 2;

/** What a broker's fetcher tells the one who directs them all. */
export interface FetchListener {
  /** The broker answered: it is well. */
  answered(): void;
  deliver(delivery: Delivery): void;
  /** The partition's leader has to be found anew, because of a passing fault. */
  leaderLost(partition: PartitionFetch, reason: string): void;
  /** Nothing more will come: the fault is not a passing one. */
  failed(error: unknown): void;
}

/** Fetches from one broker, over a connection of its own, the partitions that it leads: one request at a time, ahead of the reader. */
export class BrokerFetcher {
  readonly #node: number;
  readonly #cluster: KafkaCluster;
  readonly #partitions: () => PartitionFetch[];
  readonly #listener: FetchListener;
  readonly #pool = new BufferPool();
  readonly #changed = new Signal();
  #connection: Connection | null = null;
  #waiting = 0;
  #turn = 0;

  /** `partitions` gives those to be fetched from here just now. */
  constructor(node: number, cluster: KafkaCluster, partitions: () => PartitionFetch[], listener: FetchListener) {
    this.#node = node;
    this.#cluster = cluster;
    this.#partitions = partitions;
    this.#listener = listener;
  }

  /** Something about the partitions has changed, or the client is being closed. */
  notify(): void {
    this.#changed.notify();
  }

  /** Runs until the cluster is closed. A connection lives as long as all goes well on it. */
  async run(): Promise<void> {
    while (!this.#cluster.signal.aborted) {
      const targets = this.#waiting < maxWaitingResponses ? this.#targets() : [];
      if (targets.length === 0) {
        await this.#changed.wait();
        continue;
      }
      try {
        const connection = await this.#connected();
        const response = await fetchRecords(connection, this.#cluster.config.consumer, targets, (n) =>
          this.#pool.take(n),
        );
        this.#listener.answered();
        this.#accept(response, targets);
      } catch (error) {
        this.#failed(error, targets);
      }
    }
  }

  async #connected(): Promise<Connection> {
    if (this.#connection?.open !== true) this.#connection = await this.#cluster.connect(this.#node);
    return this.#connection;
  }

  /** In turning order: a broker fills up its response in the order of the request. */
  #targets(): PartitionFetch[] {
    const all = this.#partitions();
    const suspicious = all.find((partition) => partition.suspicious);
    if (suspicious !== undefined) return [suspicious];
    this.#turn = all.length === 0 ? 0 : (this.#turn + 1) % all.length;
    return [...all.slice(this.#turn), ...all.slice(0, this.#turn)];
  }

  #failed(error: unknown, targets: readonly PartitionFetch[]): void {
    if (this.#cluster.signal.aborted) return;
    if (isRetryable(error)) for (const partition of targets) this.#listener.leaderLost(partition, error.message);
    else this.#listener.failed(error);
  }

  #accept(response: FetchResponse, targets: readonly PartitionFetch[]): void {
    const deliveries: [PartitionFetch, FetchedRecords][] = [];
    for (const fetched of response.partitions) {
      const partition = targets.find((t) => t.topicId === fetched.topicId && t.partition === fetched.partition);
      if (partition === undefined) continue;
      if (fetched.errorCode === brokerErrors.none) {
        const records = this.#records(response.bytes, partition, fetched, targets.length === 1);
        if (records !== null) deliveries.push([partition, records]);
      } else this.#partitionFault(partition, fetched.errorCode);
    }
    this.#deliver(response.bytes, deliveries);
  }

  #records(bytes: Buffer, partition: PartitionFetch, fetched: FetchedPartition, alone: boolean): FetchedRecords | null {
    const { readCommitted } = this.#cluster.config.consumer;
    const asked = partition.offset;
    partition.endOffset = readCommitted ? fetched.lastStableOffset : fetched.highWatermark;
    const behind = offsetBehind(bytes, fetched.start, fetched.end, asked, partition.where);
    const next = partition.advance(behind, alone);
    if (next === asked) return null;
    const from = next === behind ? asked : next; // over offsets that nothing is at
    return new FetchedRecords(bytes, fetched, partition.where, from, partition.stopOffset);
  }

  /** The buffer goes back to the pool when the last of its partitions has been read. */
  #deliver(bytes: Buffer, deliveries: readonly [PartitionFetch, FetchedRecords][]): void {
    let unread = deliveries.length;
    if (unread === 0) {
      this.#pool.give(bytes);
      return;
    }
    this.#waiting++;
    const release = (): void => {
      if (--unread > 0) return;
      this.#waiting--;
      this.#pool.give(bytes);
      this.#changed.notify();
    };
    for (const [partition, records] of deliveries) this.#listener.deliver({ partition, records, release });
  }

  #partitionFault(partition: PartitionFetch, code: number): void {
    if (code === brokerErrors.offsetOutOfRange) partition.outOfRange = true;
    const fault = brokerError(code, partition.where);
    if (partition.outOfRange || isPassing(code)) this.#listener.leaderLost(partition, fault.message);
    else this.#listener.failed(fault);
  }
}

function isRetryable(error: unknown): error is Error {
  return (error as { retryable?: boolean }).retryable === true;
}
