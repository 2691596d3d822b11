import type { KafkaCluster } from '../kafka/cluster.ts';
import { growPartitions } from '../kafka/partition-growth.ts';
import { orFault, type SyncFault } from './sync-fault.ts';
import type { TopicPair } from './topic-pair.ts';

/** Partitions that a topic of the source got since its copy was made are added to the copy. Kafka takes none away, and neither does this. */

export type Growth = Readonly<{ topic: string; before: number; partitions: number }>;

type Counted = Readonly<{ name: string; partitions: readonly unknown[] }>;

/** Which copies have fewer partitions than their source. */
export function growthOf(
  source: readonly Counted[],
  target: readonly Counted[],
  topics: readonly TopicPair[],
): Growth[] {
  const counts = (list: readonly Counted[]): Map<string, number> =>
    new Map(list.map(({ name, partitions }) => [name, partitions.length]));
  const [wanted, present] = [counts(source), counts(target)];
  return topics.flatMap((topic) => {
    const [partitions, before] = [wanted.get(topic.source) ?? 0, present.get(topic.target) ?? 0];
    return before > 0 && partitions > before ? [{ topic: topic.target, before, partitions }] : [];
  });
}

/** Adds them; returns what was added. */
export async function syncPartitions(
  source: KafkaCluster,
  target: KafkaCluster,
  topics: readonly TopicPair[],
  faults: SyncFault[],
): Promise<Growth[]> {
  if (topics.length === 0) return [];
  const names = (side: keyof TopicPair): string[] => topics.map((topic) => topic[side]);
  const [from, to] = await Promise.all([source.metadata(names('source')), target.metadata(names('target'))]);
  const done: Growth[] = [];
  for (const growth of growthOf(from.topics, to.topics, topics)) {
    const what = `partitions of topic '${growth.topic}'`;
    if (await orFault(faults, what, () => growPartitions(target, [growth]).then(() => true))) done.push(growth);
  }
  return done;
}
