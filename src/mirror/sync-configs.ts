import type { KafkaCluster } from '../kafka/cluster.ts';
import {
  alterTopicConfigs,
  describeTopicConfigs,
  type TopicConfig,
  type TopicConfigChange,
} from '../kafka/topic-configs.ts';
import { orFault, type SyncFault } from './sync-fault.ts';
import type { TopicPair } from './topic-pair.ts';

/**
 * Configs of the copies: what is set on a topic of the source is set on its copy, and what is set no longer is taken away there too. Values
 * that a topic merely has from its brokers stay each cluster's own.
 */

/** What is each cluster's own business, as MirrorMaker 2 sees it (DefaultConfigPropertyFilter), and more of the same kind. */
const ownPatterns: readonly RegExp[] = [
  /^(follower|leader)\.replication\.throttled\.replicas$/, // broker ids, of a reassignment under way
  /^min\.insync\.replicas$/, // goes with the replication factor, which is not carried
  /^unclean\.leader\.election\.enable$/,
  /^message\.timestamp\.type$/, // times are carried with the records; the broker has to leave them as they are
  /^message\.timestamp\.(difference|before|after)\.max\.ms$/, // a copy comes late: its brokers must not refuse it for that
  /^(remote|local)\./, // tiered storage, which the other cluster may not have
  /^compression\.type$/, // below
];

/** Keeps each batch as its producer compressed it; with any other value the broker would open and pack every batch anew. */
const passThrough = { name: 'compression.type', value: 'producer' } as const;

export function isCarried(config: string): boolean {
  return !ownPatterns.some((pattern) => pattern.test(config));
}

/** What the copy of a topic with these configs is made with. */
export function configsOfCopy(source: ReadonlyMap<string, TopicConfig>): Record<string, string> {
  const carried = [...source].filter(
    ([name, { overridden, value }]) => overridden && value !== null && isCarried(name),
  );
  const entries = carried.map(([name, { value }]) => [name, value!]);
  return { ...Object.fromEntries(entries), [passThrough.name]: passThrough.value };
}

/** What has to change at the copy; null: nothing. */
export function configChange(
  topic: string,
  source: ReadonlyMap<string, TopicConfig>,
  target: ReadonlyMap<string, TopicConfig>,
): TopicConfigChange | null {
  const wanted = configsOfCopy(source);
  const set = Object.entries(wanted).filter(([name, value]) => {
    const present = target.get(name);
    if (present?.value !== value) return true;
    return !present.overridden && name !== passThrough.name; // the brokers' default may change: a value that was set is set
  });
  const remove = [...target]
    .filter(([name, { overridden }]) => overridden && isCarried(name) && wanted[name] === undefined)
    .map(([name]) => name);
  if (set.length === 0 && remove.length === 0) return null;
  return { topic, set: Object.fromEntries(set), remove };
}

/** Brings the copies that are there to the configs of their sources; returns what was changed. */
export async function syncConfigs(
  source: KafkaCluster,
  target: KafkaCluster,
  topics: readonly TopicPair[],
  faults: SyncFault[],
): Promise<TopicConfigChange[]> {
  const [before, present] = await Promise.all([
    describeTopicConfigs(
      source,
      topics.map((topic) => topic.source),
    ),
    describeTopicConfigs(
      target,
      topics.map((topic) => topic.target),
    ),
  ]);
  const done: TopicConfigChange[] = [];
  for (const topic of topics) {
    const [from, to] = [before.get(topic.source), present.get(topic.target)];
    if (from === undefined || to === undefined) continue;
    const change = configChange(topic.target, from, to);
    if (change === null) continue;
    const what = `configs of topic '${topic.target}'`;
    const changed = await orFault(faults, what, () => alterTopicConfigs(target, [change]).then(() => true));
    if (changed) done.push(change);
  }
  return done;
}
