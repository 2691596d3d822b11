/** A topic of a tier while it is audited: its partitions' accounts, and how far they have to come for the next watermark. */
import type { TierTopic } from '../audit-key.ts';
import type { PartitionAccount } from './partition-account.ts';
import type { Watermark } from './watermark.ts';

export class AuditedTopic {
  readonly key: TierTopic;
  readonly topicId: string;
  /** When it was noticed that the topic had been made anew. */
  readonly recreatedMs: number | undefined;
  readonly accounts: PartitionAccount[] = [];
  /** Offsets up to which heads are written, by partition. */
  readonly written: number[] = [];
  /** Records below these were there before the auditor was: how late they are says nothing about the tier. */
  readonly backlogEnds: number[] = [];
  #goal: Watermark | null = null;

  constructor(key: TierTopic, topicId: string, recreatedMs: number | undefined) {
    this.key = key;
    this.topicId = topicId;
    this.recreatedMs = recreatedMs;
  }

  /** Whether a goal is set and not reached. */
  get behind(): boolean {
    return this.#goal !== null && !this.#reached(this.#goal);
  }

  /** Sets the next goal, where none is left to be taken: what was in the partitions at `time`. */
  aim(time: number, partitions: Watermark['partitions']): void {
    this.#goal ??= { time, topicId: this.topicId, recreatedMs: this.recreatedMs, partitions };
  }

  /** The goal, once it is reached. */
  takeReached(): Watermark | null {
    const goal = this.#goal;
    if (goal === null || !this.#reached(goal)) return null;
    this.#goal = null;
    return goal;
  }

  #reached({ partitions }: Watermark): boolean {
    return partitions.every(({ end }, partition) => (this.accounts[partition]?.offset ?? -1) >= end);
  }
}
