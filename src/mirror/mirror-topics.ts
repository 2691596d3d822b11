/** The topics of a mirror on both sides: found, and made where they are not there yet. */
import { createTopics, type NewTopic } from '../kafka/admin.ts';
import { brokerErrors } from '../kafka/broker-error.ts';
import type { KafkaCluster, TopicMetadata } from '../kafka/cluster.ts';
import { growPartitions } from '../kafka/partition-growth.ts';
import { pause } from '../kafka/retry.ts';
import { describeTopicConfigs, type TopicConfig } from '../kafka/topic-configs.ts';
import { EngineError, isEngineError } from '../model/errors.ts';
import { claimsTopic, isMirrored, stateTopicOf, targetTopicOf } from './mirror-names.ts';
import type { MirrorSpec } from './mirror-spec.ts';
import { shardCount } from './mirror-state.ts';
import type { MirroredTopic } from './resume.ts';
import { configsOfCopy } from './sync-configs.ts';

export type MirroredTopics = ReadonlyMap<string, MirroredTopic & Readonly<{ partitions: number }>>;

const stateConfig = {
  'cleanup.policy': 'compact',
  'message.timestamp.type': 'LogAppendTime', // one clock, the broker's, for leases
  'segment.bytes': '16777216',
  'segment.ms': '600000',
  'min.cleanable.dirty.ratio': '0.1',
  'compression.type': 'producer',
} as const;

/** Makes the mirror's own topics on the target. */
export async function ensureOwnTopics(target: KafkaCluster, spec: MirrorSpec): Promise<void> {
  const { replicationFactor } = spec;
  const own = (name: string, partitions: number): NewTopic => ({
    name,
    partitions,
    replicationFactor,
    config: stateConfig,
  });
  await ensureTopics(target, [own(stateTopicOf(spec.name), 1 + shardCount), own(claimsTopic, 1)]);
}

/** Makes those that are missing, and waits until brokers know them. */
async function ensureTopics(cluster: KafkaCluster, topics: readonly NewTopic[]): Promise<void> {
  const present = await byName(
    cluster,
    topics.map(({ name }) => name),
  );
  for (const topic of topics.filter(({ name }) => !present.has(name))) {
    await createTopics(cluster, [topic]).catch((error: unknown) => {
      if (!isEngineError(error) || error.code !== 'CONFLICT') throw error; // another process was faster
    });
  }
  for (;;) {
    const known = await byName(
      cluster,
      topics.map(({ name }) => name),
    );
    if (topics.every(({ name }) => known.get(name)?.partitions.every(({ leader }) => leader >= 0) === true)) return;
    if (cluster.signal.aborted) throw new EngineError('INTERRUPTED', 'the mirror was stopped');
    await pause(50, cluster.signal);
  }
}

async function byName(cluster: KafkaCluster, names: readonly string[]): Promise<Map<string, TopicMetadata>> {
  if (names.length === 0) return new Map();
  const { topics } = await cluster.metadata(names);
  const there = topics.filter(({ errorCode }) => errorCode !== brokerErrors.unknownTopicOrPartition);
  return new Map(there.map((topic) => [topic.name, topic]));
}

/** The topics of the source that the mirror is for, by name. */
export async function selectTopics(source: KafkaCluster, spec: MirrorSpec): Promise<TopicMetadata[]> {
  const { topics } = await source.metadata(null);
  return topics.filter((topic) => topic.errorCode === brokerErrors.none && isMirrored(spec, topic));
}

/** Their copies, made or grown where they are not as wide as the source. */
export async function pairTopics(
  source: KafkaCluster,
  target: KafkaCluster,
  spec: MirrorSpec,
  topics: readonly TopicMetadata[],
): Promise<MirroredTopics> {
  const names = topics.map(({ name }) => name);
  const configs = await describeTopicConfigs(source, names);
  const wanted = topics.flatMap(({ name, partitions }): NewTopic[] => {
    const config = configs.get(name);
    if (config === undefined) return []; // it went while we looked
    const of = { name: targetTopicOf(spec, name), partitions: partitions.length };
    return [{ ...of, replicationFactor: spec.replicationFactor, config: { ...configsOfCopy(config), ...copyConfig } }];
  });
  await ensureTopics(target, wanted);
  const copies = await byName(
    target,
    wanted.map(({ name }) => name),
  );
  const narrow = wanted.filter(({ name, partitions }) => copies.get(name)!.partitions.length < partitions);
  await growPartitions(
    target,
    narrow.map(({ name: topic, partitions }) => ({ topic, partitions })),
  );
  checkCopies(await describeTopicConfigs(target, [...copies.keys()]));
  return pairs(spec, topics, configs, copies);
}

/** Times are carried with the records: the target must not put in its own. */
const copyConfig = { 'message.timestamp.type': 'CreateTime' } as const;

function checkCopies(configs: ReadonlyMap<string, ReadonlyMap<string, TopicConfig>>): void {
  for (const [topic, config] of configs) {
    for (const [name, wanted] of [
      ['message.timestamp.type', 'CreateTime'],
      ['compression.type', 'producer'],
    ] as const) {
      const found = config.get(name)?.value ?? wanted;
      if (found === wanted) continue;
      throw new EngineError('CONFLICT', `target topic '${topic}', ${name}: expected '${wanted}', found '${found}'`, {
        hint: 'Else the brokers would not keep the record batches as they are; change the config of the topic.',
      });
    }
  }
}

function pairs(
  spec: MirrorSpec,
  topics: readonly TopicMetadata[],
  configs: ReadonlyMap<string, ReadonlyMap<string, TopicConfig>>,
  copies: ReadonlyMap<string, TopicMetadata>,
): MirroredTopics {
  const entries = topics.flatMap(({ name, id, partitions }) => {
    const targetTopic = targetTopicOf(spec, name);
    const copy = copies.get(targetTopic);
    const policy = configs.get(name)?.get('cleanup.policy')?.value;
    if (copy === undefined || policy === undefined) return [];
    const compacted = policy?.includes('compact') === true;
    const pair = { topic: name, topicId: id, targetTopic, targetTopicId: copy.id, compacted };
    return [[name, { ...pair, partitions: partitions.length }] as const];
  });
  return new Map(entries);
}
