/**
 * Which topics of a cluster are copies: a record of each in a compacted topic of that cluster (`claimsTopic`). It keeps two mirrors from
 * writing the same topic, and, with the path of clusters that the records have come along, keeps them from going in a circle, whatever the
 * topics are called.
 */
import type { Clock } from '../engine/clock.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import { readLog } from '../kafka/log-reader.ts';
import { EngineError, isEngineError } from '../model/errors.ts';
import { claimsTopic } from './mirror-names.ts';
import { nobody, StateLog } from './state-log.ts';

export type Claim = Readonly<{
  /** The copy. */
  topic: string;
  mirror: string;
  sourceAlias: string;
  sourceCluster: string;
  sourceTopic: string;
  /** Ids of the clusters that the records have passed, the source last. */
  path: readonly string[];
  time: number;
}>;

type Claimed = Readonly<{ topic: string; targetTopic: string }>;

export type ClaimSides = Readonly<{
  mirror: string;
  sourceAlias: string;
  source: KafkaCluster;
  sourceId: string;
  target: KafkaCluster;
  targetId: string;
  clock: Clock;
}>;

/** Claims the copies; CONFLICT when one is another mirror's, or its records would come back to where they have been. */
export async function claimTopics(sides: ClaimSides, topics: readonly Claimed[]): Promise<void> {
  const before = await readClaims(sides.target);
  const wanted = wantedClaims(sides, topics, await readClaims(sides.source), before);
  if (wanted.length === 0) return;
  await write(sides, wanted);
  // Somebody else may have claimed in the same moment: whose record is the first has it.
  const after = await readClaims(sides.target);
  const lost = wanted.map(({ topic }) => after.get(topic)!).filter(({ mirror }) => mirror !== sides.mirror);
  await write(sides, lost); // compaction keeps the last of a key
  wantedClaims(sides, topics, await readClaims(sides.source), after);
}

/** What has to be written; throws where it must not be. */
function wantedClaims(
  sides: ClaimSides,
  topics: readonly Claimed[],
  sourceClaims: ReadonlyMap<string, Claim>,
  targetClaims: ReadonlyMap<string, Claim>,
): Claim[] {
  return topics.flatMap(({ topic, targetTopic }) => {
    const origin = sourceClaims.get(topic);
    const path = [...(origin?.path ?? []), sides.sourceId];
    if (path.includes(sides.targetId)) throw circle(topic, origin);
    const present = targetClaims.get(targetTopic);
    const same = present?.mirror === sides.mirror && present.sourceCluster === sides.sourceId;
    if (present !== undefined && !same) throw taken(targetTopic, present);
    if (same && present.path.join() === path.join()) return [];
    const { mirror, sourceAlias, sourceId: sourceCluster, clock } = sides;
    return [{ topic: targetTopic, mirror, sourceAlias, sourceCluster, sourceTopic: topic, path, time: clock.now() }];
  });
}

function circle(topic: string, origin: Claim | undefined): EngineError {
  const what =
    origin === undefined
      ? 'source and target are one cluster'
      : `it is a copy itself, made by mirror '${origin.mirror}'`;
  return new EngineError('CONFLICT', `topic '${topic}' would come back to a cluster that it has been in: ${what}`, {
    hint: 'Exclude the topic, or give up the mirror of the other direction.',
  });
}

function taken(topic: string, { mirror, sourceAlias, sourceTopic }: Claim): EngineError {
  const what = `it is the copy of '${sourceTopic}' in '${sourceAlias}', made by mirror '${mirror}'`;
  return new EngineError('CONFLICT', `target topic '${topic}': ${what}`, {
    hint: 'A copy has one mirror. Use naming: prefix, or exclude the topic in one of the two.',
  });
}

/** Makes the topics that a mirror wrote nobody's copies. */
export async function giveUpClaims(cluster: KafkaCluster, mirror: string, clock: Clock): Promise<void> {
  const own = [...(await readClaims(cluster)).values()].filter((claim) => claim.mirror === mirror);
  const log = new StateLog(cluster, { topic: claimsTopic, partition: 0 }, nobody, clock);
  await log.append(own.map(({ topic }) => ({ key: topic, value: null })));
}

/** By topic: the first claim since it was given up last. */
export async function readClaims(cluster: KafkaCluster): Promise<Map<string, Claim>> {
  const claims = new Map<string, Claim>();
  const place = { topic: claimsTopic, partition: 0 };
  try {
    await readLog(cluster, place, ({ key, value }) => {
      if (key === null) return;
      const topic = JSON.parse(key.toString()) as string;
      if (value === null) claims.delete(topic);
      else {
        const claim = JSON.parse(value.toString()) as Claim;
        const present = claims.get(topic);
        if (present === undefined || present.mirror === claim.mirror) claims.set(topic, claim);
      }
    });
  } catch (error) {
    if (!isEngineError(error) || error.code !== 'NOT_FOUND') throw error; // nothing was ever mirrored to it
  }
  return claims;
}

async function write(sides: ClaimSides, claims: readonly Claim[]): Promise<void> {
  const log = new StateLog(sides.target, { topic: claimsTopic, partition: 0 }, nobody, sides.clock);
  await log.append(claims.map((claim) => ({ key: claim.topic, value: claim })));
}
