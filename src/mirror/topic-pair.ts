import type { OffsetRuns } from '../model/offset-runs.ts';

/** A topic of the source and the name of its copy. */
export type TopicPair = Readonly<{ source: string; target: string }>;

/**
 * How far a partition is copied, a part of `MirrorPosition`: every record of the source below `offset` that has a copy at all has it by
 * `runs`, written for good (in a transactional mirror: committed); the next copy comes to lie at `targetOffset` or behind it.
 */
export type PartitionProgress = Readonly<{ runs: OffsetRuns; offset: number; targetOffset: number }>;

/** Of a partition of the source; null when it is not of this mirror, or nothing is known of it yet. */
export type ProgressOf = (topic: string, partition: number) => PartitionProgress | null;
