/** What is there: the brokers of a cluster and its topics, as they are just now. */
import { clientConfig } from '../kafka/client-config.ts';
import { KafkaCluster, type TopicMetadata } from '../kafka/cluster.ts';
import { type SecretSource, withSecrets } from '../kafka/secret-text.ts';
import { describeTopicConfigs, type TopicConfig } from '../kafka/topic-configs.ts';
import { EngineError, isEngineError } from '../model/errors.ts';
import { spreadTopics } from './spread.ts';
import type { Cluster, Topology } from './topology.ts';

export type LiveTopic = Readonly<{
  name: string;
  partitions: number;
  /** Of the partition that has the fewest. */
  replicationFactor: number;
  /** Partitions without a leader, and those of which a replica lags. */
  offline: number;
  lagging: number;
  /** Of topics that the topology has. */
  configs: ReadonlyMap<string, TopicConfig>;
}>;

export type LiveCluster =
  | Readonly<{
      state: 'up';
      id: string;
      /** Its id and the addresses of its brokers: brokers that were cloned have one id. */
      identity: string;
      brokers: number;
      topics: ReadonlyMap<string, LiveTopic>;
    }>
  | Readonly<{ state: 'unreachable'; id: string; reason: string }>;

const hasty = [
  ['socket.connection.setup.timeout.ms', '3000'],
  ['request.timeout.ms', '5000'],
] as const;

/** Clients of the clusters, by id. The caller closes them. */
export type ClusterClients = Readonly<{ of: (id: string) => KafkaCluster; close: () => void }>;

/**
 * Clusters that are the same brokers, by the same properties, share a client. Nothing is connected yet. `patient`: waits for brokers as long as
 * the properties say; otherwise as long as a person who wants to have a look.
 */
export function openClusters(
  { clusters }: Pick<Topology, 'clusters'>,
  secrets: SecretSource,
  patient = true,
): ClusterClients {
  const shared = new Map<string, KafkaCluster>();
  const byId = clusters.map((cluster): [string, KafkaCluster] => {
    const properties = new Map([...(patient ? [] : hasty), ...clientProperties(cluster, secrets)]);
    const key = JSON.stringify([...properties]);
    const client = shared.get(key) ?? new KafkaCluster(clientConfig(properties, `cluster ${cluster.id}`));
    shared.set(key, client);
    return [cluster.id, client];
  });
  const clients = new Map(byId);
  return {
    of: (id) => clients.get(id)!,
    close: () => {
      for (const client of shared.values()) client.close();
    },
  };
}

/** As Kafka names them, secrets in place. */
export function clientProperties(cluster: Cluster, secrets: SecretSource): ReadonlyMap<string, string> {
  const where = `cluster ${cluster.id}: property`;
  const given = [...cluster.properties].map(
    ([key, text]) => [key, withSecrets(text, secrets, `${where} ${key}`)] as const,
  );
  return new Map([['bootstrap.servers', cluster.bootstrapServers], ...given]);
}

const topicsPerRequest = 200; // whose configs are asked for at once

/** Every cluster as it is now; with `only`, those of these ids. What `patient` says: see `lookAt`. */
export function lookAtClusters(
  topology: Topology,
  clients: ClusterClients,
  patient: boolean,
  only?: ReadonlySet<string>,
): Promise<readonly LiveCluster[]> {
  const { places } = spreadTopics(topology);
  const asked = topology.clusters.filter(({ id }) => only?.has(id) ?? true);
  return Promise.all(
    asked.map((cluster) => {
      const wanted = places.filter((place) => place.cluster === cluster.id).map(({ topicName }) => topicName);
      return lookAt(cluster, clients.of(cluster.id), new Set(wanted), patient);
    }),
  );
}

/**
 * `patient`: tries again for some seconds before a cluster counts as unreachable. What refuses us for good is thrown. Configs are those of `wanted`
 * topics: of others, of which there may be very many, nobody asks them.
 */
async function lookAt(
  cluster: Cluster,
  client: KafkaCluster,
  wanted: ReadonlySet<string>,
  patient: boolean,
): Promise<LiveCluster> {
  try {
    const metadata = await (patient ? client.metadata(null) : client.metadataOnce(null));
    const topics = metadata.topics.filter(({ internal, errorCode }) => !internal && errorCode === 0);
    const names = topics.map(({ name }) => name).filter((name) => wanted.has(name));
    const configs = await configsOf(client, names);
    const live = topics.map((topic): [string, LiveTopic] => [topic.name, liveTopic(topic, configs.get(topic.name))]);
    const { clusterId, brokers } = metadata;
    const addresses = [...brokers.values()].map(({ host, port }) => `${host}:${port}`).sort();
    const identity = [clusterId ?? '', ...addresses].join(' ');
    return { state: 'up', id: cluster.id, identity, brokers: brokers.size, topics: new Map(live) };
  } catch (error) {
    if (!isEngineError(error)) throw error;
    const { code, message, hint, retryable } = error;
    if (retryable) return { state: 'unreachable', id: cluster.id, reason: message };
    throw new EngineError(code, `cluster ${cluster.id}: ${message}`, { hint, cause: error });
  }
}

async function configsOf(client: KafkaCluster, names: readonly string[]): Promise<Map<string, LiveTopic['configs']>> {
  const configs = new Map<string, LiveTopic['configs']>();
  for (let from = 0; from < names.length; from += topicsPerRequest) {
    const some = await describeTopicConfigs(client, names.slice(from, from + topicsPerRequest));
    for (const [name, values] of some) configs.set(name, values);
  }
  return configs;
}

function liveTopic({ name, partitions }: TopicMetadata, configs: LiveTopic['configs'] = new Map()): LiveTopic {
  return {
    name,
    partitions: partitions.length,
    replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    offline: partitions.filter(({ leader }) => leader < 0).length,
    lagging: partitions.filter(({ replicas, inSync }) => inSync.length < replicas.length).length,
    configs,
  };
}
