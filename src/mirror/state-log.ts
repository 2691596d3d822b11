import type { Clock } from '../engine/clock.ts';
import { BatchBuilder, stampBatch } from '../kafka/batch-builder.ts';
import { brokerError, brokerErrors, isPassing } from '../kafka/broker-error.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import { leadersOf, type TopicPartition } from '../kafka/offsets.ts';
import { produceBatches } from '../kafka/produce.ts';
import type { ProducerId } from '../kafka/producer-id.ts';
import { batchLayout, transactionalBit } from '../kafka/record-batch.ts';
import { sharedKernel } from '../kafka/record-kernel.ts';
import { backoffMs, pause } from '../kafka/retry.ts';
import { EngineError, isEngineError } from '../model/errors.ts';
import type { StateRecord } from './mirror-state.ts';

const batchBytes = 262_144; // well below what a broker takes by default

/** A producer without an identity: an attempt that is repeated may write twice, which does no harm where the last of a key counts. */
export const nobody: ProducerId = { id: -1, epoch: -1 };

/** Appends to a partition of the mirror's state, one batch after the other, as one producer. */
export class StateLog {
  readonly #cluster: KafkaCluster;
  readonly #place: TopicPartition;
  readonly #producer: ProducerId;
  readonly #clock: Clock;
  #sequence: number;
  #leader = -1;

  constructor(cluster: KafkaCluster, place: TopicPartition, producer: ProducerId, clock: Clock) {
    this.#cluster = cluster;
    this.#place = place;
    this.#producer = producer;
    this.#clock = clock;
    this.#sequence = producer.id < 0 ? -1 : 0;
  }

  get place(): TopicPartition {
    return this.#place;
  }

  /**
   * Resolves when the records are on all in-sync replicas; passing faults are met by another attempt, without end. CONFLICT when another
   * producer has taken over. What fits a batch is there as a whole or not at all.
   */
  async append(records: readonly StateRecord[], transactionalId: string | null = null): Promise<void> {
    for (let at = 0; at < records.length; ) {
      const builder = new BatchBuilder();
      for (; at < records.length && builder.size < batchBytes; at++) {
        const { key, value } = records[at]!;
        const text = value === null ? null : Buffer.from(JSON.stringify(value));
        builder.append(Buffer.from(JSON.stringify(key)), text, this.#clock.now(), null);
      }
      const { bytes, count } = builder.seal('none');
      if (transactionalId !== null) bytes.writeInt16BE(transactionalBit, batchLayout.attributes);
      stampBatch(bytes, { ...this.#producer, sequence: this.#sequence }, sharedKernel());
      await this.#send(bytes, transactionalId);
      if (this.#producer.id >= 0) this.#sequence += count;
    }
  }

  async #send(bytes: Buffer, transactionalId: string | null): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#attempt(bytes, transactionalId);
        return;
      } catch (error) {
        if (!isEngineError(error) || !error.retryable || this.#cluster.signal.aborted) throw error;
        this.#leader = -1;
        await pause(backoffMs(this.#cluster.config, attempt), this.#cluster.signal);
      }
    }
  }

  async #attempt(bytes: Buffer, transactionalId: string | null): Promise<void> {
    const where = `topic '${this.#place.topic}', partition ${this.#place.partition}`;
    if (this.#leader < 0) [this.#leader] = [...(await leadersOf(this.#cluster, [this.#place])).keys()] as [number];
    if (this.#leader < 0) throw new EngineError('CONNECTION', `${where}: it has no leader`);
    const [result] = await produceBatches(this.#cluster, this.#leader, [{ ...this.#place, bytes }], transactionalId);
    const code = result?.errorCode ?? brokerErrors.unknownTopicOrPartition;
    if (code === brokerErrors.none || code === brokerErrors.duplicateSequenceNumber) return;
    if (isPassing(code)) this.#leader = -1;
    throw brokerError(code, where, result?.detail ?? null);
  }
}
