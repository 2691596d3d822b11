import { EngineError } from '../model/errors.ts';
import { describeTopics } from './admin.ts';
import { BatchBuilder, type RecordHeaders, stampBatch } from './batch-builder.ts';
import { brokerError, brokerErrors, isPassing } from './broker-error.ts';
import type { ClientConfig } from './client-config.ts';
import { KafkaCluster } from './cluster.ts';
import { keyHash } from './murmur2.ts';
import { partitionId, type TopicPartition } from './offsets.ts';
import { type ProduceResult, produceBatches } from './produce.ts';
import { initProducerId, type ProducerId } from './producer-id.ts';
import { RecordKernel } from './record-kernel.ts';
import { backoffMs, pause } from './retry.ts';
import { Signal } from './signal.ts';

/** A sealed batch on its way. `sequence` is the place of its first record among the partition's. */
type OutgoingBatch = {
  readonly bytes: Buffer;
  readonly size: number;
  readonly count: number;
  readonly sealedMs: number;
  stamped: boolean;
};

type OutgoingPartition = TopicPartition & {
  leader: number;
  builder: BatchBuilder | null;
  sequence: number;
  readonly queue: OutgoingBatch[];
};

type OutgoingTopic = Readonly<{ partitions: readonly OutgoingPartition[] }> & { sticky: number };

/**
 * Writes records, in order within a partition. *Delivery guarantee*: what was sent before `flush` is in the topic when that resolves, on
 * all in-sync replicas; with `enable.idempotence` retries write nothing twice. A second attempt of the job does: at-least-once.
 *
 * One round after the other: the oldest batch of every partition goes to the leaders, and what passing faults held back goes again, up to
 * `delivery.timeout.ms`. Any other fault ends the producer: `flush` and `ready` throw it.
 */
export class KafkaProducer {
  readonly #config: ClientConfig;
  readonly #now: () => number;
  readonly #cluster: KafkaCluster;
  readonly #kernel = new RecordKernel();
  readonly #topics = new Map<string, OutgoingTopic>();
  readonly #work = new Signal();
  #producerId: ProducerId | null = null;
  #bufferedBytes = 0;
  #failure: EngineError | null = null;
  #waiters: PromiseWithResolvers<void>[] = [];
  #linger: NodeJS.Timeout | null = null;
  #faults = 0;
  #sent = 0;
  #written = 0;

  /** `now`: ms since 1970. */
  constructor(config: ClientConfig, now: () => number) {
    this.#config = config;
    this.#now = now;
    this.#cluster = new KafkaCluster(config);
    void this.#run();
  }

  /** Has to be awaited before the first `send` to a topic. The number of its partitions; NOT_FOUND when there is no such topic. */
  async open(topic: string): Promise<number> {
    const [metadata] = await describeTopics(this.#cluster, [topic]);
    const partitions = metadata!.partitions.map(({ partition, leader }) => ({
      topic,
      partition,
      leader,
      builder: null,
      sequence: 0,
      queue: [],
    }));
    if (!this.#topics.has(topic)) this.#topics.set(topic, { partitions, sticky: 0 });
    return partitions.length;
  }

  /**
   * Takes a record; bytes are copied. `partition` null: by the key's hash, as the Java client, or, without a key, batch by batch.
   * `timestamp`: ms since 1970.
   */
  send(
    topic: string,
    partition: number | null,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number,
    headers: RecordHeaders | null = null,
  ): void {
    if (this.#failure !== null) throw this.#failure;
    const opened = this.#topics.get(topic)!;
    const { partitions } = opened;
    const index = partition ?? (key === null ? opened.sticky : keyHash(key) % partitions.length);
    const target = partitions[index]!;
    target.builder ??= new BatchBuilder();
    const before = target.builder.size;
    target.builder.append(key, value, timestamp, headers);
    this.#sent++;
    this.#bufferedBytes += target.builder.size - before;
    if (target.builder.size >= this.#config.producer.batchBytes) this.#seal(opened, target);
    else this.#linger ??= setTimeout(() => this.#sealAll(), this.#config.producer.lingerMs);
  }

  /** null: go on. Else buffers are full: wait. */
  ready(): Promise<void> | null {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#bufferedBytes <= this.#config.producer.bufferBytes) return null;
    return this.#progress().then(() => this.ready() ?? undefined);
  }

  /** Resolves when everything sent so far is written. */
  async flush(): Promise<void> {
    await this.settle();
  }

  /** As `flush`. Of that moment, and since the beginning: how many records were sent, and how many brokers have acknowledged. */
  async settle(): Promise<Readonly<{ sent: number; written: number }>> {
    this.#sealAll();
    while (this.#failure === null && this.#bufferedBytes > 0) await this.#progress();
    if (this.#failure !== null) throw this.#failure;
    return { sent: this.#sent, written: this.#written };
  }

  /** Ends at once; what was not flushed may be lost. */
  async close(): Promise<void> {
    this.#fail(new EngineError('INTERRUPTED', 'the Kafka producer was closed'));
    this.#cluster.close();
  }

  /** Resolves at the next batch that was written, or the end. */
  #progress(): Promise<void> {
    const waiter = Promise.withResolvers<void>();
    this.#waiters.push(waiter);
    return waiter.promise;
  }

  #progressed(): void {
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  #sealAll(): void {
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.#linger = null;
    for (const topic of this.#topics.values()) {
      for (const partition of topic.partitions) if (partition.builder !== null) this.#seal(topic, partition);
    }
  }

  #seal(topic: OutgoingTopic, partition: OutgoingPartition): void {
    const { size } = partition.builder!;
    const { bytes, count } = partition.builder!.seal(this.#config.producer.compression);
    partition.builder = null;
    partition.queue.push({ bytes, size, count, sealedMs: this.#now(), stamped: false });
    if (partition === topic.partitions[topic.sticky]) topic.sticky = (topic.sticky + 1) % topic.partitions.length;
    this.#work.notify();
  }

  async #run(): Promise<void> {
    while (this.#failure === null) {
      const waiting = this.#partitions().filter(({ queue }) => queue.length > 0);
      if (waiting.length === 0) {
        await this.#work.wait();
        continue;
      }
      try {
        await this.#round(waiting);
      } catch (error) {
        this.#failed(error as EngineError, waiting);
      }
    }
  }

  #partitions(): OutgoingPartition[] {
    return [...this.#topics.values()].flatMap(({ partitions }) => partitions);
  }

  async #round(waiting: readonly OutgoingPartition[]): Promise<void> {
    if (this.#faults > 0) await pause(backoffMs(this.#config, this.#faults - 1), this.#cluster.signal);
    if (this.#config.producer.idempotent) this.#producerId ??= await initProducerId(this.#cluster);
    if (waiting.some(({ leader }) => leader < 0)) await this.#findLeaders();
    const led = Map.groupBy(waiting, ({ leader }) => leader);
    const rounds = await Promise.allSettled([...led].map(([leader, list]) => this.#send(leader, this.#fitting(list))));
    const faults = rounds.flatMap((round) => (round.status === 'rejected' ? [round.reason as EngineError] : []));
    if (faults.length > 0) throw worst(faults);
    this.#faults = 0;
  }

  /** The partitions whose oldest batches fit one request; one in any case. */
  #fitting(partitions: readonly OutgoingPartition[]): OutgoingPartition[] {
    let room = this.#config.producer.requestMaxBytes;
    return partitions.filter(({ queue }, i) => {
      room -= queue[0]!.bytes.length;
      return i === 0 || room >= 0;
    });
  }

  async #findLeaders(): Promise<void> {
    const { topics } = await this.#cluster.metadataOnce([...this.#topics.keys()]);
    for (const partition of this.#partitions()) {
      const found = topics.find(({ name }) => name === partition.topic);
      partition.leader = found?.partitions.find((p) => p.partition === partition.partition)?.leader ?? -1;
    }
  }

  async #send(leader: number, partitions: readonly OutgoingPartition[]): Promise<void> {
    const batches = partitions.map((partition) => {
      const batch = partition.queue[0]!;
      if (!batch.stamped) this.#stamp(batch, partition.sequence);
      batch.stamped = true;
      return { topic: partition.topic, partition: partition.partition, bytes: batch.bytes };
    });
    let results: ProduceResult[];
    try {
      results = await produceBatches(this.#cluster, leader, batches);
    } catch (error) {
      for (const partition of partitions) partition.leader = -1;
      throw error;
    }
    const faults = partitions.flatMap((partition) => this.#acknowledge(partition, results) ?? []);
    if (faults.length > 0) throw worst(faults);
  }

  #stamp(batch: OutgoingBatch, sequence: number): void {
    const { id, epoch } = this.#producerId ?? { id: -1, epoch: -1 };
    stampBatch(batch.bytes, { id, epoch, sequence: id < 0 ? -1 : sequence }, this.#kernel);
  }

  /** null: the batch is written. A duplicate is one whose answer was lost. */
  #acknowledge(partition: OutgoingPartition, results: readonly ProduceResult[]): EngineError | null {
    const id = partitionId(partition);
    const result = results.find((candidate) => partitionId(candidate) === id);
    const code = result?.errorCode ?? brokerErrors.unknownTopicOrPartition;
    if (code !== brokerErrors.none && code !== brokerErrors.duplicateSequenceNumber) {
      if (isPassing(code)) partition.leader = -1;
      return brokerError(code, `topic '${partition.topic}', partition ${partition.partition}`, result?.detail ?? null);
    }
    const batch = partition.queue.shift()!;
    partition.sequence = (partition.sequence + batch.count) % 2 ** 31; // as Java: the sequence wraps
    this.#bufferedBytes -= batch.size;
    this.#written += batch.count;
    this.#progressed();
    return null;
  }

  #failed(error: EngineError, waiting: readonly OutgoingPartition[]): void {
    this.#faults++;
    const { deliveryTimeoutMs } = this.#config.producer;
    const oldest = Math.min(...waiting.map(({ queue }) => queue[0]?.sealedMs ?? Infinity));
    const late = this.#now() - oldest > deliveryTimeoutMs;
    if (error.retryable === true && !late) return;
    const hint = `Tried for ${deliveryTimeoutMs} ms, as 'properties.delivery.timeout.ms' says.`;
    const message = `records could not be written: ${error.message}`;
    this.#fail(error.retryable ? new EngineError('CONNECTION', message, { cause: error, hint }) : error);
  }

  #fail(error: EngineError): void {
    this.#failure ??= error;
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.#work.notify();
    this.#progressed();
  }
}

/** One that does not pass, if there is one. */
function worst(faults: readonly EngineError[]): EngineError {
  return faults.find(({ retryable }) => !retryable) ?? faults[0]!;
}
