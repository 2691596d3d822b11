import type { EngineError } from '../model/errors.ts';
import { brokerError, brokerErrors, isPassing } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { FetchedRecords } from './fetched-records.ts';
import { LibrdkafkaProcess } from './librdkafka-process.ts';
import type { FromChild, LibrdkafkaConfig, PackedRecords } from './librdkafka-protocol.ts';
import { listOffsets, offsetSpec, partitionId } from './offsets.ts';
import { isThere, outOfRange } from './partition-fault.ts';
import { type FetchPosition, PartitionFetch } from './partition-fetch.ts';
import type { Delivery, FetcherEvents, PartitionFetcher } from './partition-fetcher.ts';
import { backoffMs, pause } from './retry.ts';
import { Signal } from './signal.ts';

/** How often topics and positions are looked at through the native client, ms. */
const lookIntervalMs = 10_000;

/**
 * librdkafka: a child process fetches, and sends its records as record batches. What librdkafka does not tell, or its binding drops (a
 * topic that was made anew, a position that is gone), is looked for over the native client, which the enumerator uses too.
 */
export class LibrdkafkaFetcher implements PartitionFetcher {
  readonly #config: LibrdkafkaConfig;
  readonly #cluster: KafkaCluster;
  readonly #events: FetcherEvents;
  readonly #partitions = new Map<string, PartitionFetch>();
  readonly #queue = new DeliveryQueue();
  readonly #lookNow = new Signal();
  /** Offsets at the last look, of partitions that were waited for. */
  #waitedFor = new Map<string, number>();
  #process: LibrdkafkaProcess;
  /** Messages of records that the reader has not released. */
  #unread = 0;
  #faults = 0;
  #outOfRange = false;

  /** The cluster is the fetcher's from now on: `close` closes it. */
  constructor(config: LibrdkafkaConfig, cluster: KafkaCluster, events: FetcherEvents) {
    this.#config = config;
    this.#cluster = cluster;
    this.#events = events;
    this.#process = this.#start();
    void this.#watch();
  }

  add(positions: readonly FetchPosition[]): void {
    const added = positions.map((position) => new PartitionFetch(partitionId(position), position));
    for (const partition of added) this.#partitions.set(partition.id, partition);
    this.#assign(added);
    this.#lookNow.notify();
  }

  next(timeoutMs: number): Promise<Delivery | null> {
    return this.#queue.next(timeoutMs);
  }

  wake(): void {
    this.#queue.wake();
  }

  endOffset(id: string): number {
    return this.#partitions.get(id)?.endOffset ?? -1;
  }

  async close(): Promise<void> {
    this.#cluster.close();
    this.#queue.wake();
    this.#lookNow.notify();
    await this.#process.close();
  }

  get #open(): boolean {
    return !this.#cluster.signal.aborted && !this.#queue.failed;
  }

  #start(): LibrdkafkaProcess {
    const process: LibrdkafkaProcess = new LibrdkafkaProcess(this.#config, {
      message: (message) => this.#receive(message, process),
      failed: (error) => void this.#failed(error, process),
    });
    return process;
  }

  #assign(partitions: readonly PartitionFetch[]): void {
    const open = partitions.filter(({ finished }) => !finished);
    const assigned = open.map(({ topic, partition, offset, stopOffset }) => ({ topic, partition, offset, stopOffset }));
    if (assigned.length > 0) this.#process.send({ kind: 'add', partitions: assigned });
  }

  #receive(message: Exclude<FromChild, { kind: 'failed' }>, process: LibrdkafkaProcess): void {
    switch (message.kind) {
      case 'ready':
        return;
      case 'records':
        this.#faults = 0;
        this.#deliver(message.partitions, process);
        return;
      case 'retry':
        this.#events.onRetry(message.reason);
        return;
      case 'reset':
        this.#events.onReset();
        return;
      case 'out_of_range':
        this.#outOfRange = true;
        this.#lookNow.notify();
    }
  }

  #deliver(packed: readonly PackedRecords[], process: LibrdkafkaProcess): void {
    const deliveries = packed.flatMap((each) => this.#records(each));
    this.#unread++;
    let unread = deliveries.length;
    const release = (): void => {
      if (--unread > 0) return;
      this.#unread--;
      process.send({ kind: 'credit' });
    };
    for (const [partition, records] of deliveries) this.#queue.push({ partition, records, release });
  }

  /** What came of a partition, and then, where that is further on, its position at the partition's end. */
  #records(packed: PackedRecords): [PartitionFetch, FetchedRecords][] {
    const partition = this.#partitions.get(partitionId(packed))!;
    const { where, stopOffset } = partition;
    const bytes = Buffer.from(packed.bytes.buffer, packed.bytes.byteOffset, packed.bytes.byteLength);
    const from = packed.firstOffset < 0 ? partition.offset : Math.min(partition.offset, packed.firstOffset); // it may have been reset
    const range = { start: 0, end: bytes.length, aborted: [] };
    partition.endOffset = packed.endOffset;
    partition.offset = Math.min(packed.nextOffset, stopOffset);
    const behind = new FetchedRecords(bytes, { ...range, start: bytes.length }, where, partition.offset, stopOffset);
    return [
      [partition, new FetchedRecords(bytes, range, where, from, stopOffset)],
      [partition, behind],
    ];
  }

  /** A connection that did not come about is tried again by a new process; anything else ends the reading. */
  async #failed(error: EngineError, process: LibrdkafkaProcess): Promise<void> {
    await process.close();
    if (error.code !== 'CONNECTION') this.#queue.fail(error);
    if (!this.#open) return;
    this.#events.onRetry(error.message);
    await pause(backoffMs(this.#cluster.config, this.#faults++), this.#cluster.signal);
    if (!this.#open) return;
    this.#process = this.#start();
    this.#assign([...this.#partitions.values()]);
  }

  async #watch(): Promise<void> {
    while (this.#open) {
      try {
        await this.#look();
      } catch (error) {
        if (this.#cluster.signal.aborted) return;
        if ((error as EngineError).retryable !== true) this.#queue.fail(error);
        else this.#events.onRetry((error as Error).message);
      }
      await this.#lookNow.wait(lookIntervalMs);
    }
  }

  async #look(): Promise<void> {
    const open = [...this.#partitions.values()].filter(({ finished }) => !finished);
    if (open.length === 0) return;
    const { topics } = await this.#cluster.metadataOnce([...new Set(open.map(({ topic }) => topic))]);
    for (const partition of open) {
      const topic = topics.find(({ name }) => name === partition.topic);
      const code = topic?.errorCode ?? brokerErrors.none;
      if (code !== brokerErrors.none && !isPassing(code)) throw brokerError(code, partition.where);
      isThere(partition, topic);
    }
    await this.#lookAtPositions(open);
  }

  /** A partition that brings nothing, while all records are read, may wait for an offset that is gone. */
  async #lookAtPositions(open: readonly PartitionFetch[]): Promise<void> {
    const suspicious = open.filter(({ id, offset }) => this.#outOfRange || this.#waitedFor.get(id) === offset);
    this.#waitedFor = new Map(this.#unread === 0 ? open.map(({ id, offset }) => [id, offset]) : []);
    this.#outOfRange = false;
    const { autoOffsetReset, readCommitted } = this.#cluster.config.consumer;
    if (suspicious.length === 0 || autoOffsetReset !== 'none') return;
    const first = await listOffsets(this.#cluster, suspicious, offsetSpec.earliest, readCommitted);
    const last = await listOffsets(this.#cluster, suspicious, offsetSpec.latest, readCommitted);
    for (const partition of suspicious) {
      const [low, high] = [first.get(partition.id)!, last.get(partition.id)!];
      if (partition.offset < low || partition.offset > high) throw outOfRange(partition, low, high);
    }
  }
}
