import { apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';
import { leadersOf, partitionId, type TopicPartition } from './offsets.ts';

/** DeleteRecords, version 2: takes away the oldest records, as retention does. */

const timeoutMs = 30_000; // how long a leader may wait for its followers

/**
 * Takes away every record below `offset`; −1: below the high watermark, which is all. Returns the first offset that is left, by partition id.
 * NOT_FOUND when an offset lies beyond the log.
 */
export async function deleteRecords(
  cluster: KafkaCluster,
  partitions: readonly (TopicPartition & Readonly<{ offset: number }>)[],
): Promise<Map<string, number>> {
  if (partitions.length === 0) return new Map();
  return cluster.retry(async () => {
    const leaders = await leadersOf(cluster, partitions);
    const answers = await Promise.all([...leaders].map(([leader, led]) => deleteAt(cluster, leader, led)));
    return new Map(answers.flat());
  });
}

async function deleteAt(
  cluster: KafkaCluster,
  leader: number,
  partitions: readonly (TopicPartition & Readonly<{ offset: number }>)[],
): Promise<[string, number][]> {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)];
  const r = await cluster.request(leader, apis.deleteRecords, (w) => {
    w.array(topics, ([topic, led]) => {
      w.string(topic)
        .array(led, ({ partition, offset }) => w.int32(partition).int64(offset).tags())
        .tags();
    });
    w.int32(timeoutMs).tags();
  });
  r.int32(); // throttle time
  const answers = r.array(() => {
    const topic = r.string();
    const left = r.array((): [string, number] => {
      const [partition, lowWatermark, code] = [r.int32(), r.int64(), r.int16()];
      r.tags();
      const what = `deleting records of topic '${topic}', partition ${partition}`;
      if (code !== brokerErrors.none) throw brokerError(code, what);
      return [partitionId({ topic, partition }), lowWatermark];
    });
    r.tags();
    return left;
  });
  return answers.flat();
}
