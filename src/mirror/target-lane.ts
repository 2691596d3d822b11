import { brokerError, brokerErrors, isPassing } from '../kafka/broker-error.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import type { Connection } from '../kafka/connection.ts';
import { partitionId } from '../kafka/offsets.ts';
import { type ProduceResult, produceOver } from '../kafka/produce.ts';
import { EngineError, isEngineError } from '../model/errors.ts';
import type { OutgoingBatch, TargetPartition } from './target-partition.ts';

/** As many batches of a producer and partition as a broker remembers, to know those that come again. */
const mostBatchesUnderWay = 5;
const mostRequestsUnderWay = 5;

/** The broker knows a batch's producer and does not take its sequence number: it has others behind those of the batch, or lacks some before. */
const sequenceFaults = new Set([45, 59]);
const damagedBatch = 2;
/** The leader may have written the batch all the same. */
const openAnswers = new Set([7, 13, 20]);

export interface TargetLaneListener {
  answered(): void;
  /** Whether this process is sure of its share of the work. */
  mayWrite(): boolean;
  /** After a passing fault, when nothing of the partition is under way any more: its leader has to be found anew. */
  homeless(partition: TargetPartition): void;
}

type Sent = Readonly<{ partition: TargetPartition; batch: OutgoingBatch }>;

/** Sends the batches of the partitions that a broker leads, a batch of each in a request, several requests one after another. */
export class TargetLane {
  readonly #node: number;
  readonly #transactionalId: string | null;
  readonly #cluster: KafkaCluster;
  readonly #listener: TargetLaneListener;
  readonly #partitions = new Set<TargetPartition>();
  #connection: Promise<Connection> | null = null;
  #requests = 0;
  #scheduled = false;

  constructor(node: number, transactionalId: string | null, cluster: KafkaCluster, listener: TargetLaneListener) {
    this.#node = node;
    this.#transactionalId = transactionalId;
    this.#cluster = cluster;
    this.#listener = listener;
  }

  add(partition: TargetPartition): void {
    this.#partitions.add(partition);
  }

  remove(partition: TargetPartition): void {
    this.#partitions.delete(partition);
  }

  /** Sends what may be sent, once what is being handed over just now is there as a whole. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      while (this.#requests < mostRequestsUnderWay && !this.#cluster.signal.aborted && this.#listener.mayWrite()) {
        const sent = this.#next();
        if (sent.length === 0) return;
        void this.#send(sent);
      }
    });
  }

  #next(): Sent[] {
    const sent: Sent[] = [];
    let room = this.#cluster.config.producer.requestMaxBytes;
    for (const partition of this.#partitions) {
      const batch = partition.ready(mostBatchesUnderWay);
      if (batch === undefined || (sent.length > 0 && batch.bytes.length > room)) continue;
      room -= batch.bytes.length;
      sent.push({ partition, batch });
    }
    for (const { partition } of sent) {
      partition.sending();
      this.#partitions.delete(partition); // to the end of the turn
      this.#partitions.add(partition);
    }
    return sent;
  }

  async #send(sent: readonly Sent[]): Promise<void> {
    this.#requests++;
    let sending = false;
    try {
      const connection = await this.#connected();
      sending = true;
      const batches = sent.map(({ partition: { topic, partition }, batch: { bytes } }) => ({
        topic,
        partition,
        bytes,
      }));
      const { requestTimeoutMs } = this.#cluster.config;
      const results = await produceOver(connection, batches, requestTimeoutMs, this.#transactionalId);
      this.#listener.answered();
      const byId = new Map(results.map((result) => [partitionId(result), result]));
      for (const one of sent) this.#answered(one, byId.get(partitionId(one.partition)));
    } catch (error) {
      for (const { partition } of sent) {
        if (sending) partition.unanswered = true;
        this.#fault(partition, error);
      }
    } finally {
      this.#requests--;
      for (const { partition } of sent) this.#back(partition);
      this.schedule();
    }
  }

  #connected(): Promise<Connection> {
    const connect = (): Promise<Connection> => this.#cluster.connect(this.#node);
    // One after the other, so that requests stay in their order.
    this.#connection = (this.#connection ?? connect()).then((one) => (one.open ? one : connect()), connect);
    return this.#connection;
  }

  #answered({ partition, batch }: Sent, result: ProduceResult | undefined): void {
    const code = result?.errorCode ?? brokerErrors.unknownTopicOrPartition;
    if (code === brokerErrors.none) {
      this.#written(partition, batch, result!.baseOffset);
      return;
    }
    const where = `topic '${partition.topic}', partition ${partition.partition}`;
    const fault = brokerError(code, where, result?.detail ?? null);
    if (isPassing(code)) {
      partition.fault ??= fault.message;
      if (openAnswers.has(code)) partition.unanswered = true;
    } else if (!sequenceFaults.has(code) && code !== damagedBatch) this.#fault(partition, tooLarge(fault, batch));
    else if (partition.isFirst(batch) && partition.fault === null) this.#refuse(partition, fault.message);
    else partition.fault ??= fault.message; // one before it is at fault: it goes again behind that
  }

  /** A batch that the broker had already has its first place in the answer. */
  #written(partition: TargetPartition, batch: OutgoingBatch, offset: number): void {
    if (partition.closed) return;
    const { expectedOffset } = batch;
    if (expectedOffset === null || expectedOffset === offset) partition.wrote(batch, offset);
    else this.#refuse(partition, `expected a batch at offset ${expectedOffset}, the broker put it at ${offset}`);
  }

  #refuse(partition: TargetPartition, reason: string): void {
    if (partition.closed) return;
    partition.closed = true;
    partition.listener.refused(reason);
  }

  #fault(partition: TargetPartition, error: unknown): void {
    if (isEngineError(error) && error.retryable) {
      partition.fault ??= error.message;
      return;
    }
    if (partition.closed || this.#cluster.signal.aborted) return;
    partition.closed = true;
    partition.listener.failed(error);
  }

  /** A request has come back. */
  #back(partition: TargetPartition): void {
    partition.underWay--;
    if (partition.underWay > 0) return;
    if (partition.closed) partition.drop();
    else if (partition.fault === null) return;
    else if (partition.unanswered && partition.placed) {
      partition.closed = true;
      partition.drop();
      partition.listener.uncertain(partition.fault);
    } else this.#listener.homeless(partition);
  }
}

function tooLarge(fault: EngineError, batch: OutgoingBatch): EngineError {
  if (fault.code !== 'LIMIT') return fault;
  return new EngineError('LIMIT', `${fault.message}: a record batch of ${batch.bytes.length} bytes`, {
    hint: "Raise the target topic's max.message.bytes to that of the source: batches are copied as they are.",
    cause: fault,
  });
}
