import type { KafkaCluster } from '../kafka/cluster.ts';
import { leadersOf, partitionId } from '../kafka/offsets.ts';
import { backoffMs, pause } from '../kafka/retry.ts';
import { Signal } from '../kafka/signal.ts';
import { isEngineError } from '../model/errors.ts';
import { TargetLane } from './target-lane.ts';
import type { OutgoingBatch, TargetPartition } from './target-partition.ts';

export type WriterEvents = Readonly<{
  /** Whether this process is sure of its share of the work; when it is again, it calls `wake`. */
  mayWrite: () => boolean;
  onRetry: (reason: string) => void;
  failed: (error: unknown) => void;
}>;

/**
 * Writes batches to the target, in order within a partition, several requests under way to each broker. What passing faults held back goes
 * again for as long as it takes, with the sequence numbers that it had: the broker knows what it has already.
 */
export class TargetWriter {
  readonly #cluster: KafkaCluster;
  readonly #events: WriterEvents;
  readonly #partitions = new Map<string, TargetPartition>();
  readonly #lanes = new Map<string, TargetLane>();
  readonly #homeless = new Signal();
  #faults = 0;

  constructor(cluster: KafkaCluster, events: WriterEvents) {
    this.#cluster = cluster;
    this.#events = events;
    void this.#direct().catch((error: unknown) => events.failed(error));
  }

  add(partition: TargetPartition): void {
    this.#partitions.set(partitionId(partition), partition);
    this.#homeless.notify();
  }

  remove(partition: TargetPartition): void {
    const id = partitionId(partition);
    if (this.#partitions.get(id) === partition) this.#partitions.delete(id);
    for (const lane of this.#lanes.values()) lane.remove(partition);
    partition.close();
  }

  push(partition: TargetPartition, batch: OutgoingBatch): void {
    partition.push(batch);
    if (partition.leader >= 0) this.#lane(partition).schedule();
  }

  /** What was held may be sent. */
  resume(partition: TargetPartition): void {
    if (partition.leader >= 0) this.#lane(partition).schedule();
  }

  /** What could not be sent may be. */
  wake(): void {
    for (const lane of this.#lanes.values()) lane.schedule();
  }

  close(): void {
    this.#cluster.close();
    this.#homeless.notify();
  }

  async #direct(): Promise<void> {
    const { signal } = this.#cluster;
    while (!signal.aborted) {
      const homeless = [...this.#partitions.values()].filter((p) => !p.closed && p.leader < 0 && p.underWay === 0);
      if (homeless.length === 0) {
        await this.#homeless.wait();
        continue;
      }
      const reason = homeless.find(({ fault }) => fault !== null)?.fault ?? null;
      if (reason !== null) await this.#pauseAfterFault(reason);
      try {
        await this.#findLeaders(homeless);
      } catch (error) {
        if (signal.aborted) return;
        if (!isEngineError(error) || !error.retryable) throw error;
        for (const partition of homeless) partition.fault = error.message;
      }
    }
  }

  async #pauseAfterFault(reason: string): Promise<void> {
    this.#events.onRetry(reason);
    await pause(backoffMs(this.#cluster.config, this.#faults++), this.#cluster.signal);
  }

  async #findLeaders(homeless: readonly TargetPartition[]): Promise<void> {
    for (const [leader, led] of await leadersOf(this.#cluster, homeless)) {
      for (const partition of led) {
        if (leader < 0) partition.fault = `topic '${partition.topic}' has a partition without a leader`;
        else this.#settle(partition, leader);
      }
    }
  }

  #settle(partition: TargetPartition, leader: number): void {
    if (partition.closed) return;
    partition.rewind();
    partition.leader = leader;
    const lane = this.#lane(partition);
    lane.add(partition);
    lane.schedule();
  }

  /** Batches of a transaction go by themselves: a request can hold those of one only. */
  #lane({ leader, transactionalId }: TargetPartition): TargetLane {
    const key = `${leader}/${transactionalId ?? ''}`;
    const present = this.#lanes.get(key);
    if (present !== undefined) return present;
    const lane = new TargetLane(leader, transactionalId, this.#cluster, {
      answered: () => {
        this.#faults = 0;
      },
      mayWrite: this.#events.mayWrite,
      homeless: (partition) => {
        lane.remove(partition);
        partition.leader = -1;
        this.#homeless.notify();
      },
    });
    this.#lanes.set(key, lane);
    return lane;
  }
}
