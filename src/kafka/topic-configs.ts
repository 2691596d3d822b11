import { apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';
import type { ResponseReader } from './response-reader.ts';

/** Topic configs, read with DescribeConfigs version 4 and changed one by one with IncrementalAlterConfigs version 1 (KIP-339). */

export type TopicConfig = Readonly<{
  /** null when the broker keeps it to itself (a secret). */
  value: string | null;
  /** Set on the topic itself; else it comes from the brokers' configuration or is Kafka's default. */
  overridden: boolean;
}>;

/** What to set, and which overrides to take away so that the brokers' value holds again. */
export type TopicConfigChange = Readonly<{
  topic: string;
  set: Readonly<Record<string, string>>;
  remove: readonly string[];
}>;

const topicsAtATime = 500; // their answer is a few KB each
const topicResource = 2;
const setOperation = 0;
const deleteOperation = 1;
const topicSource = 1; // DYNAMIC_TOPIC_CONFIG

/** Every config of these topics by its name; topics that are not there are absent. */
export async function describeTopicConfigs(
  cluster: KafkaCluster,
  topics: readonly string[],
): Promise<Map<string, ReadonlyMap<string, TopicConfig>>> {
  const described = new Map<string, ReadonlyMap<string, TopicConfig>>();
  for (let at = 0; at < topics.length; at += topicsAtATime) {
    const chunk = await describeChunk(cluster, topics.slice(at, at + topicsAtATime));
    for (const [topic, configs] of chunk) described.set(topic, configs);
  }
  return described;
}

function describeChunk(
  cluster: KafkaCluster,
  topics: readonly string[],
): Promise<[string, ReadonlyMap<string, TopicConfig>][]> {
  return cluster.retry(async () => {
    const connection = await cluster.any();
    const r = await connection.request(apis.describeConfigs, (w) => {
      w.array(topics, (topic) => w.int8(topicResource).string(topic).nullArray().tags());
      w.boolean(false).boolean(false).tags(); // no synonyms, no documentation
    });
    r.int32(); // throttle time
    return r.array(() => readTopic(r)).filter((topic) => topic !== null);
  });
}

function readTopic(r: ResponseReader): [string, ReadonlyMap<string, TopicConfig>] | null {
  const [code, detail] = [r.int16(), r.nullableString()];
  r.int8(); // resource type
  const topic = r.string();
  const configs = r.array(() => readConfig(r));
  r.tags();
  if (code === brokerErrors.unknownTopicOrPartition) return null;
  if (code !== brokerErrors.none) throw brokerError(code, `configs of topic '${topic}'`, detail);
  return [topic, new Map(configs)];
}

function readConfig(r: ResponseReader): [string, TopicConfig] {
  const [name, value] = [r.string(), r.nullableString()];
  r.boolean(); // read-only
  const source = r.int8();
  r.boolean(); // sensitive
  r.array(() => {
    r.string();
    r.nullableString();
    r.int8();
    r.tags();
  });
  r.int8(); // type
  r.nullableString(); // documentation
  r.tags();
  return [name, { value, overridden: source === topicSource }];
}

/** Carries out the changes, one a topic. INVALID_OPTION, with the broker's words, for a name or value that it does not take. */
export async function alterTopicConfigs(cluster: KafkaCluster, changes: readonly TopicConfigChange[]): Promise<void> {
  if (changes.length === 0) return;
  await cluster.retry(async () => {
    const connection = await cluster.any();
    const r = await connection.request(apis.incrementalAlterConfigs, (w) => {
      w.array(changes, ({ topic, set, remove }) => {
        const sets = Object.entries(set).map(([name, value]) => ({ name, operation: setOperation, value }));
        const removals = remove.map((name) => ({ name, operation: deleteOperation, value: null }));
        w.int8(topicResource).string(topic);
        w.array([...sets, ...removals], ({ name, operation, value }) =>
          w.string(name).int8(operation).string(value).tags(),
        ).tags();
      });
      w.boolean(false).tags(); // not only to validate
    });
    r.int32(); // throttle time
    r.array(() => {
      const [code, detail] = [r.int16(), r.nullableString()];
      r.int8(); // resource type
      const topic = r.string();
      r.tags();
      if (code !== brokerErrors.none) throw brokerError(code, `changing configs of topic '${topic}'`, detail);
    });
  });
}
