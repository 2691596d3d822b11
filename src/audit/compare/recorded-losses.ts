/**
 * What a mirror between two topics has lost: as it has written down at the target, and as it will once it looks. So a comparison can tell
 * what neither side has any more, and why the target has what the source has not.
 */
import { epochEnds } from '../../kafka/leader-epochs.ts';
import { partitionId } from '../../kafka/offsets.ts';
import type { MirrorLoss } from '../../model/audit.ts';
import type { MirrorStand } from '../mirror-account.ts';
import type { TopicSide } from './topic-side.ts';

/** By partition, those without a loss left out. Empty where no mirror copies the one topic to the other. */
export type RecordedLosses = ReadonlyMap<number, readonly MirrorLoss[]>;

/** `now`: ms since 1970, for losses that no mirror has noticed yet. */
export async function recordedLosses(source: TopicSide, target: TopicSide, now: number): Promise<RecordedLosses> {
  const { stands, losses, claims } = await target.mirrors();
  const copied = stands.filter(({ topic, targetTopic }) => topic === source.name && targetTopic === target.name);
  if (copied.length === 0) return new Map();
  const isSame = ({ topicId }: MirrorStand): boolean => topicId === source.topicId;
  // Another id: the topic was made anew, or it is that of another cluster altogether, which the mirror has nothing to do with.
  const claim = claims.get(target.name);
  const claimed = claim !== undefined && claim.sourceTopic === source.name && claim.sourceCluster === source.clusterId;
  const ours = copied.filter((stand) => claimed || isSame(stand));
  const unnoticed = [
    ...ours.filter((stand) => !isSame(stand)).map((stand) => recreation(stand, now)),
    ...(await truncations(source, ours.filter(isSame), now)),
  ];
  const places = new Set(ours.map(({ partition }) => partition));
  const noticed = losses.filter(
    ({ topic, targetTopic, partition }) =>
      topic === source.name && targetTopic === target.name && places.has(partition),
  );
  const wanted = [...noticed, ...unnoticed].filter(({ partition }) => source.stretches.has(partition));
  return Map.groupBy(
    wanted.toSorted((a, b) => a.time - b.time || a.from - b.from),
    ({ partition }) => partition,
  );
}

function recreation({ topic, partition, offset, sourceEnd }: MirrorStand, time: number): MirrorLoss {
  return { topic, partition, from: offset, to: Math.max(offset, sourceEnd), cause: 'topic-recreated', time };
}

/** Where the source's records of the epoch that was copied last end before what was copied. */
async function truncations(source: TopicSide, stands: readonly MirrorStand[], time: number): Promise<MirrorLoss[]> {
  const ends = await source.ours(
    epochEnds(
      source.cluster,
      stands.filter(({ leaderEpoch }) => leaderEpoch >= 0),
    ),
  );
  return stands.flatMap(({ topic, partition, offset }) => {
    const end = ends.get(partitionId({ topic, partition }))?.endOffset ?? -1;
    return end < 0 || end >= offset ? [] : [{ topic, partition, from: end, to: offset, cause: 'truncation', time }];
  });
}
