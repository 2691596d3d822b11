/** A topic as a cluster should have it: what the file says, over what its kind has, with what a copy needs. */
import type { TopicPlace } from './spread.ts';
import type { Cluster } from './topology.ts';
import { kindDefaults } from './traffic-kind.ts';

export type DesiredTopic = Readonly<{
  cluster: string;
  name: string;
  partitions: number;
  replicationFactor: number;
  configs: ReadonlyMap<string, string>;
  place: TopicPlace;
}>;

/** Batches pass through a mirror as they are, and keep the times that they were produced at. */
const copyConfigs = [
  ['compression.type', 'producer'],
  ['message.timestamp.type', 'CreateTime'],
] as const;

export function desiredTopic(place: TopicPlace, cluster: Cluster): DesiredTopic {
  const { topic } = place;
  const defaults = kindDefaults[topic.kind];
  const wanted = cluster.settings.replicationFactor ?? topic.replicationFactor;
  const replicationFactor = wanted ?? Math.min(defaults.replicationFactor, cluster.brokers);
  const written = new Map([...topic.configs, ...cluster.settings.configs]);
  const configs = new Map([...Object.entries(defaults.configs), ...written]);
  if (!written.has('min.insync.replicas')) {
    // One replica may be away, and writes go on.
    const most = Math.max(1, replicationFactor - 1);
    configs.set('min.insync.replicas', String(Math.min(Number(configs.get('min.insync.replicas')), most)));
  }
  if (place.copy !== null) {
    for (const [key, value] of copyConfigs) if (configs.has(key)) configs.set(key, value);
  }
  return {
    cluster: cluster.id,
    name: place.topicName,
    partitions: topic.partitions,
    replicationFactor,
    configs,
    place,
  };
}
