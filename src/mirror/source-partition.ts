import type { FetchedPartition } from '../kafka/fetch.ts';
import type { TopicPartition } from '../kafka/offsets.ts';
import type { HeldBuffer } from './held-buffers.ts';

/** Why a partition of the source can't be read on where it stands. */
export type Interruption =
  | Readonly<{ kind: 'out-of-range' }>
  /** The log was cut back to `endOffset`, which lies before what was read. */
  | Readonly<{ kind: 'truncated'; endOffset: number }>
  /** Another topic by that name; null: there is none any more. */
  | Readonly<{ kind: 'recreated'; topicId: string | null }>;

/** A partition as the source's reader sees it. */
export interface SourcePartition extends TopicPartition {
  readonly topicId: string;
  /** The next offset to ask for. */
  readonly offset: number;
  /** That of the last batch; −1 before the first. */
  readonly leaderEpoch: number;
  /** ms until it may be fetched; 0: now, Infinity: not before it says so (`SourceReader.notify`). */
  readonly waitMs: number;
  /** Takes what was fetched from `offset` on. `alone`: nothing else was asked for, so that nothing means that there is nothing. */
  accept(buffer: HeldBuffer, fetched: FetchedPartition, alone: boolean): void;
  /** Answers in a row brought nothing although there should be something: it has to be fetched alone. */
  readonly suspicious: boolean;
  interrupted(why: Interruption): void;
}
