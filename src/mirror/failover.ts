import type { Clock } from '../engine/clock.ts';
import { describeTopics } from '../kafka/admin.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import { groupPositions } from '../kafka/group-offsets.ts';
import { listGroups } from '../kafka/groups.ts';
import { partitionId } from '../kafka/offsets.ts';
import { describeTopicConfigs } from '../kafka/topic-configs.ts';
import type { MirrorLoss } from '../model/audit.ts';
import { EngineError, isEngineError } from '../model/errors.ts';
import { giveUpClaims } from './claims.ts';
import { markFailover } from './failover-mark.ts';
import { stateTopicOf, targetTopicOf } from './mirror-names.ts';
import type { MirrorSpec } from './mirror-spec.ts';
import { type MirrorPosition, readMirrorState } from './mirror-state.ts';
import { fits } from './name-filter.ts';
import { type MirroredTopic, resume } from './resume.ts';
import { sideBySide } from './side-by-side.ts';
import { orFault, type SyncFault } from './sync-fault.ts';
import { byGroup, byPartition, type GroupOutcome, GroupSync } from './sync-groups.ts';

/**
 * The end of a mirror for now: consumers go on at the target. Every group is translated once more, at exact offsets; what the source has and
 * the target has not is counted. With a source that can't be reached, groups stay where the mirror had put them last.
 */

export type FailoverRequest = Readonly<{
  spec: MirrorSpec;
  source: KafkaCluster;
  target: KafkaCluster;
  clock: Clock;
  /** Moves groups back too where their position at the target lies further on. */
  rewind: boolean;
  /** Processes of the mirror may still run: they are given the time to stop. */
  force: boolean;
}>;

/** Partitions looked at side by side. */
const concurrency = 8;

/** How far a partition came. */
export type PartitionStand = Readonly<{
  topic: string;
  partition: number;
  targetTopic: string;
  /** All of the source before it is copied. */
  mirroredTo: number;
  /** Behind the source's last record: now, or, when it can't be reached, when the mirror last saw it. */
  sourceEnd: number;
  /** Offsets between the two: records that are not at the target, and markers. */
  notMirrored: number;
}>;

/** `as-synced`: the source can't be asked, and the position stays where it was put last. */
export type FailoverGroup = Omit<GroupOutcome, 'source' | 'outcome'> &
  Readonly<{ source: number | null; outcome: GroupOutcome['outcome'] | 'as-synced' }>;

export type FailoverReport = Readonly<{
  mirror: string;
  source: Readonly<{ alias: string; reachable: boolean }>;
  target: Readonly<{ alias: string }>;
  partitions: readonly PartitionStand[];
  groups: readonly FailoverGroup[];
  /** What the mirror could not carry, from its own account and as it is found now. */
  losses: readonly MirrorLoss[];
  faults: readonly SyncFault[];
}>;

/**
 * Shuts out every process of the mirror, which has run (`checkHasRun`), translates all groups, and gives up its claims, so that the target's
 * topics are nobody's copies any more. May be done again: what stands where it should is left there.
 */
export async function failOver(request: FailoverRequest): Promise<FailoverReport> {
  const { spec, source, target, clock } = request;
  const reachable = await answers(source);
  await markFailover(target, spec.name, { time: clock.now() }, clock);
  if (request.force) await clock.sleep(spec.leaseMs / 2, target.signal); // until those that still run have seen it
  const state = await readMirrorState(target, spec.name);
  const faults: SyncFault[] = [];
  const ended = reachable ? await endOf(request, state.positions, faults) : null;
  const positions = ended?.positions ?? state.positions;
  const groups = reachable ? await translateAll(request, positions, faults) : await asSynced(request, positions);
  await giveUpClaims(target, spec.name, clock);
  return {
    mirror: spec.name,
    source: { alias: spec.source.alias, reachable },
    target: { alias: spec.target.alias },
    partitions: [...positions.values()].map(standOf).sort(byPartition),
    groups,
    losses: [...state.losses, ...(ended?.losses ?? [])],
    faults,
  };
}

/** Lets a mirror run again that has failed over. */
export async function undoFailover({
  spec,
  target,
  clock,
}: Pick<FailoverRequest, 'spec' | 'target' | 'clock'>): Promise<void> {
  await markFailover(target, spec.name, null, clock);
}

/** NOT_FOUND when there is no state of it on the target. */
export async function checkHasRun(target: KafkaCluster, { name, target: side }: MirrorSpec): Promise<void> {
  try {
    await describeTopics(target, [stateTopicOf(name)]);
  } catch (error) {
    if (!isEngineError(error) || error.code !== 'NOT_FOUND') throw error;
    throw new EngineError('NOT_FOUND', `mirror '${name}' has never run: cluster '${side.alias}' has no state of it`, {
      hint: "Are 'metadata.name' and 'target.bootstrapServers' those that the mirror ran with?",
      cause: error,
    });
  }
}

async function answers(cluster: KafkaCluster): Promise<boolean> {
  try {
    await cluster.metadataOnce([]);
    return true;
  } catch (error) {
    if (isEngineError(error) && error.retryable) return false;
    throw error;
  }
}

type Ended = Readonly<{ positions: ReadonlyMap<string, MirrorPosition>; losses: readonly MirrorLoss[] }>;

/**
 * Positions as the mirror would go on from: what it wrote last, and was not stored any more, is matched with the source. A topic that is no
 * longer at both ends is left out, with a fault.
 */
async function endOf(
  request: FailoverRequest,
  stored: ReadonlyMap<string, MirrorPosition>,
  faults: SyncFault[],
): Promise<Ended> {
  const positions = new Map<string, MirrorPosition>();
  const losses: MirrorLoss[] = [];
  for (const [topic, list] of Map.groupBy(stored.values(), (position) => position.topic)) {
    const pair = await orFault(faults, `topic '${topic}'`, () => pairOf(request, list[0]!));
    if (pair === null) continue;
    await sideBySide(list, concurrency, async (position) => {
      const { partition } = position;
      const what = `topic '${topic}', partition ${partition}`;
      const resumed = await orFault(faults, what, () => resume(request, pair, partition, position, null));
      if (resumed === null) return;
      positions.set(partitionId(position), resumed.position);
      losses.push(...resumed.losses);
    });
  }
  return { positions, losses };
}

async function pairOf({ source, target }: FailoverRequest, position: MirrorPosition): Promise<MirroredTopic> {
  const { topic, targetTopic } = position;
  const [[from], [to]] = await Promise.all([describeTopics(source, [topic]), describeTopics(target, [targetTopic])]);
  const configs = (await describeTopicConfigs(source, [topic])).get(topic);
  const compacted = configs?.get('cleanup.policy')?.value?.includes('compact') ?? false;
  return { topic, topicId: from!.id, targetTopic, targetTopicId: to!.id, compacted };
}

function translateAll(
  { spec, source, target, rewind }: FailoverRequest,
  positions: ReadonlyMap<string, MirrorPosition>,
  faults: SyncFault[],
): Promise<GroupOutcome[]> {
  const sync = new GroupSync({
    source,
    target,
    isCarried: (group) => fits(spec.groups, group),
    targetTopic: (topic) => targetTopicOf(spec, topic),
    progressOf: (topic, partition) => positions.get(partitionId({ topic, partition })) ?? null,
    final: true,
    rewind,
  });
  return sync.once(faults);
}

/** What the target has of each group, where the source can't be asked. */
async function asSynced(
  { spec, target }: FailoverRequest,
  positions: ReadonlyMap<string, MirrorPosition>,
): Promise<FailoverGroup[]> {
  const byCopy = new Map([...positions.values()].map((one) => [partitionId({ ...one, topic: one.targetTopic }), one]));
  const found: FailoverGroup[] = [];
  for (const { group } of (await listGroups(target)).filter((listed) => fits(spec.groups, listed.group))) {
    for (const position of await groupPositions(target, group)) {
      const mirrored = byCopy.get(partitionId(position));
      if (mirrored === undefined) continue;
      const { topic, partition, targetTopic } = mirrored;
      const { offset } = position;
      found.push({
        ...{ group, topic, partition, targetTopic, source: null },
        ...{ before: offset, after: offset, outcome: 'as-synced' },
      });
    }
  }
  return found.sort(byGroup);
}

function standOf({ topic, partition, targetTopic, offset, sourceEnd }: MirrorPosition): PartitionStand {
  const end = Math.max(sourceEnd, offset);
  return { topic, partition, targetTopic, mirroredTo: offset, sourceEnd: end, notMirrored: end - offset };
}
