import type { TopicPartition } from './offsets.ts';

/** Where to read a partition: from `offset`, to before `stopOffset` (Infinity: on and on). */
export type FetchPosition = TopicPartition & Readonly<{ topicId: string; offset: number; stopOffset: number }>;

const suspiciousFetches = 3;

/** A partition that is being fetched, and how far. */
export class PartitionFetch {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string;
  readonly stopOffset: number;
  /** The next offset to ask for: ahead of what was handed out. */
  offset: number;
  /** The broker that leads it; −1 while that has to be found out. */
  leader = -1;
  /** Behind the last record that may be read now: the high watermark, or the last stable offset. −1 before the first answer. */
  endOffset = -1;
  /** The broker no longer has `offset`. */
  outOfRange = false;
  /** Answers in a row without the topic. */
  missing = 0;
  /** Fetches in a row that brought nothing although there should be something. */
  #empty = 0;

  constructor(id: string, position: FetchPosition) {
    this.id = id;
    this.topic = position.topic;
    this.partition = position.partition;
    this.topicId = position.topicId;
    this.offset = position.offset;
    this.stopOffset = position.stopOffset;
  }

  get where(): string {
    return `topic '${this.topic}', partition ${this.partition}`;
  }

  /** Whether everything up to the stop offset has been fetched. */
  get finished(): boolean {
    return this.offset >= this.stopOffset;
  }

  /**
   * Whether it stands before the end and yet nothing comes: the offsets up to there may have been compacted away. A fetch for it alone
   * tells (in one for several, it may have got no room, or, in tiered storage, no turn).
   */
  get suspicious(): boolean {
    return this.#empty >= suspiciousFetches;
  }

  /** Notes a fetch: `next` is the offset behind what it brought. Returns the offset behind which there is something, or next. */
  advance(next: number, alone: boolean): number {
    const nothing = next === this.offset && next < this.endOffset;
    if (nothing && alone && this.suspicious) {
      this.#empty = 0;
      this.offset = Math.min(this.endOffset, this.stopOffset);
    } else {
      this.#empty = nothing ? this.#empty + 1 : 0;
      this.offset = next;
    }
    return this.offset;
  }
}
