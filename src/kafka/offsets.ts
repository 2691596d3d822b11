import { apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';

/** A partition of a topic, and the text that names it: the id of a split. */
export type TopicPartition = Readonly<{ topic: string; partition: number }>;

export function partitionId({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** What ListOffsets takes in place of a time. */
export const offsetSpec = { latest: -1, earliest: -2 } as const;

/**
 * For each partition, by its id: the first offset (`offsetSpec.earliest`), the offset behind the last (`latest`; with `readCommitted`
 * the last stable one), or the first offset with that timestamp or a later one, −1 where there is none.
 * CONNECTION after several attempts, while a partition has no leader.
 */
export async function listOffsets(
  cluster: KafkaCluster,
  partitions: readonly TopicPartition[],
  time: number,
  readCommitted: boolean,
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  let missing = partitions;
  await cluster.retry(async () => {
    if (missing.length === 0) return;
    const leaders = await leadersOf(cluster, missing);
    const answers = [...leaders].map(([leader, led]) => listFromLeader(cluster, leader, led, time, readCommitted));
    const results = await Promise.allSettled(answers);
    for (const result of results)
      if (result.status === 'fulfilled') for (const [id, at] of result.value) found.set(id, at);
    missing = missing.filter((partition) => !found.has(partitionId(partition)));
    const fault = results.find((result) => result.status === 'rejected');
    if (fault !== undefined) throw fault.reason;
  });
  return found;
}

/** Partitions by the broker that leads them, −1 where none does. */
export async function leadersOf<T extends TopicPartition>(
  cluster: KafkaCluster,
  partitions: readonly T[],
): Promise<Map<number, T[]>> {
  const { topics } = await cluster.metadataOnce([...new Set(partitions.map(({ topic }) => topic))]);
  return Map.groupBy(partitions, ({ topic, partition }) => {
    const found = topics.find(({ name }) => name === topic)?.partitions.find((p) => p.partition === partition);
    return found?.leader ?? -1;
  });
}

async function listFromLeader(
  cluster: KafkaCluster,
  leader: number,
  partitions: readonly TopicPartition[],
  time: number,
  readCommitted: boolean,
): Promise<[string, number][]> {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)];
  const r = await cluster.request(leader, apis.listOffsets, (w) => {
    w.int32(-1).int8(readCommitted ? 1 : 0);
    w.array(topics, ([topic, led]) => {
      w.string(topic)
        .array(led, ({ partition }) => w.int32(partition).int32(-1).int64(time).tags())
        .tags();
    });
    w.tags();
  });
  r.int32(); // throttle time
  const answers = r.array(() => {
    const topic = r.string();
    const offsets = r.array((): [string, number] => {
      const [partition, code] = [r.int32(), r.int16()];
      r.int64(); // timestamp
      const offset = r.int64();
      r.int32(); // leader epoch
      r.tags();
      if (code !== brokerErrors.none) throw brokerError(code, `topic '${topic}', partition ${partition}`);
      return [partitionId({ topic, partition }), offset];
    });
    r.tags();
    return offsets;
  });
  return answers.flat();
}
