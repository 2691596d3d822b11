import { targetOffset } from '../model/offset-runs.ts';
import type { PartitionProgress } from './topic-pair.ts';

/** Where a consumer group goes on in the copy of a partition: decided from facts alone. */

/** Why a position at the target stays as it is, although the source says another. */
export type HoldReason =
  /** The group has read records that are not copied yet: it waits until they are. */
  | 'ahead-of-mirror'
  /** The group has members at the target: they alone move it. */
  | 'active-at-target'
  /** The target's position lies further on, and not because the mirror put it there. */
  | 'target-ahead'
  /** The copy ends before that: it was cut back or made anew. */
  | 'beyond-copy';

export type GroupDecision =
  | Readonly<{ kind: 'in-place'; to: number }>
  | Readonly<{ kind: 'move'; to: number }>
  | Readonly<{ kind: 'hold'; reason: HoldReason; to: number | null }>;

/** A position of the source and where it was translated to, when it was last looked at. */
export type SyncedPosition = Readonly<{ source: number; target: number }>;

/**
 * Where one that would next read `offset` of the source goes on in the copy; null while the copy does not reach that far. Behind the last
 * copied record, where what follows in the source has no copy (a marker, an aborted transaction), it is where the next copy comes to lie.
 */
export function translate(progress: PartitionProgress, offset: number): number | null {
  if (offset > progress.offset) return null;
  return targetOffset(progress.runs, offset) ?? progress.targetOffset;
}

/** What is known beside the position itself. */
export type GroupFacts = Readonly<{
  progress: PartitionProgress;
  /** The group's position at the target; null: none. */
  present: number | null;
  /** What was known the last time; null: nothing. */
  before: SyncedPosition | null;
  /** The first offset that is left in the copy: retention may have taken what lay before. */
  first?: number | undefined;
  /** Nothing more will be copied: a group that is ahead has read all that there is. */
  final?: boolean | undefined;
  /** Also back to before where somebody has read on at the target. */
  rewind?: boolean | undefined;
}>;

/**
 * Forwards always; backwards only where the group went back at the source since `before`, and the target still stands where this mirror
 * had put it: otherwise somebody has read on there.
 */
export function decide(offset: number, facts: GroupFacts): GroupDecision {
  const { progress, present, before, first = 0, final = false, rewind = false } = facts;
  const exact = translate(progress, final ? Math.min(offset, progress.offset) : offset);
  if (exact === null) return { kind: 'hold', reason: 'ahead-of-mirror', to: exact };
  const to = Math.max(exact, first);
  if (present === to) return { kind: 'in-place', to };
  if (present === null || to > present) return { kind: 'move', to };
  const wentBack = before !== null && offset < before.source && present === before.target;
  return wentBack || rewind ? { kind: 'move', to } : { kind: 'hold', reason: 'target-ahead', to };
}
