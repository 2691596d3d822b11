import { EngineError } from '../model/errors.ts';
import { nearest } from '../model/options.ts';
import { apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { KafkaCluster, TopicMetadata } from './cluster.ts';

/** Topics: found, made, deleted. */

const timeoutMs = 30_000; // how long the controller may take to make or delete a topic
const shownTopics = 5; // as many near names as help

/** The topics of these names; NOT_FOUND names the first that is not there, and near ones. */
export async function describeTopics(cluster: KafkaCluster, names: readonly string[]): Promise<TopicMetadata[]> {
  const { topics } = await cluster.metadata(names);
  const described: TopicMetadata[] = [];
  for (const name of names) {
    const topic = topics.find((candidate) => candidate.name === name);
    const code = topic?.errorCode ?? brokerErrors.unknownTopicOrPartition;
    if (code === brokerErrors.unknownTopicOrPartition) throw await missingTopic(cluster, name);
    if (code !== brokerErrors.none && topic!.partitions.length === 0) throw brokerError(code, `topic '${name}'`);
    described.push(topic!);
  }
  return described;
}

/** Every topic of the cluster that a person made. */
export async function listTopics(cluster: KafkaCluster): Promise<TopicMetadata[]> {
  const { topics } = await cluster.metadata(null);
  return topics.filter(({ internal, errorCode }) => !internal && errorCode === brokerErrors.none);
}

async function missingTopic(cluster: KafkaCluster, name: string): Promise<EngineError> {
  const names = (await listTopics(cluster)).map((topic) => topic.name).sort();
  const near = nearest(name, names);
  const others = names.slice(0, shownTopics).join(', ') + (names.length > shownTopics ? ', …' : '');
  const hint = near === undefined ? `Topics there: ${others === '' ? 'none' : others}.` : `Did you mean '${near}'?`;
  const brokers = cluster.config.brokers.map(({ host, port }) => `${host}:${port}`).join(',');
  return new EngineError('NOT_FOUND', `topic '${name}' does not exist on ${brokers}`, { hint });
}

export type NewTopic = Readonly<{
  name: string;
  /** −1: the brokers' default. */
  partitions: number;
  replicationFactor: number;
  config?: Readonly<Record<string, string>>;
}>;

/** Makes topics; one that is there already is CONFLICT. */
export async function createTopics(cluster: KafkaCluster, topics: readonly NewTopic[]): Promise<void> {
  await cluster.retry(async () => {
    const { controller } = await cluster.metadataOnce([]);
    const r = await cluster.request(controller, apis.createTopics, (w) => {
      w.array(topics, ({ name, partitions, replicationFactor, config = {} }) => {
        w.string(name).int32(partitions).int16(replicationFactor);
        w.array([], () => {}); // assignments: the controller's choice
        w.array(Object.entries(config), ([key, value]) => w.string(key).string(value).tags()).tags();
      });
      w.int32(timeoutMs).boolean(false).tags();
    });
    r.int32(); // throttle time
    r.array(() => {
      const name = r.string();
      r.uuid();
      const [code, detail] = [r.int16(), r.nullableString()];
      r.int32(); // partitions
      r.int16(); // replication factor
      r.array(() => {
        r.string();
        r.nullableString();
        r.boolean();
        r.int8();
        r.boolean();
        r.tags();
      });
      r.tags();
      if (code !== brokerErrors.none) throw brokerError(code, `creating topic '${name}'`, detail);
    });
  });
}

/** Deletes topics; one that is not there is NOT_FOUND. */
export async function deleteTopics(cluster: KafkaCluster, names: readonly string[]): Promise<void> {
  await cluster.retry(async () => {
    const { controller } = await cluster.metadataOnce([]);
    const r = await cluster.request(controller, apis.deleteTopics, (w) => {
      w.array(names, (name) => w.string(name).uuid('0'.repeat(32)).tags())
        .int32(timeoutMs)
        .tags();
    });
    r.int32(); // throttle time
    r.array(() => {
      const name = r.nullableString();
      r.uuid();
      const [code, detail] = [r.int16(), r.nullableString()];
      r.tags();
      if (code === brokerErrors.unknownTopicOrPartition)
        throw new EngineError('NOT_FOUND', `topic '${name}' does not exist`);
      if (code !== brokerErrors.none) throw brokerError(code, `deleting topic '${name}'`, detail);
    });
  });
}
