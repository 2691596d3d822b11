import { apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';
import { leadersOf, partitionId, type TopicPartition } from './offsets.ts';

/** OffsetForLeaderEpoch, version 4 (KIP-320): what tells a log that was cut back from one that only grew. */

/** The largest epoch of the log up to the one asked for, and the offset behind its last record; both −1 when the log has none such. */
export type EpochEnd = Readonly<{ leaderEpoch: number; endOffset: number }>;

const consumer = -1;

/** Where the records of each partition's `leaderEpoch` end, by partition id. What ends below a position of that epoch was truncated. */
export async function epochEnds(
  cluster: KafkaCluster,
  partitions: readonly (TopicPartition & Readonly<{ leaderEpoch: number }>)[],
): Promise<Map<string, EpochEnd>> {
  if (partitions.length === 0) return new Map();
  return cluster.retry(async () => {
    const leaders = await leadersOf(cluster, partitions);
    const answers = await Promise.all([...leaders].map(([leader, led]) => endsAt(cluster, leader, led)));
    return new Map(answers.flat());
  });
}

async function endsAt(
  cluster: KafkaCluster,
  leader: number,
  partitions: readonly (TopicPartition & Readonly<{ leaderEpoch: number }>)[],
): Promise<[string, EpochEnd][]> {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)];
  const r = await cluster.request(leader, apis.offsetForLeaderEpoch, (w) => {
    w.int32(consumer);
    w.array(topics, ([topic, led]) => {
      w.string(topic)
        .array(led, ({ partition, leaderEpoch }) => w.int32(partition).int32(-1).int32(leaderEpoch).tags())
        .tags();
    });
    w.tags();
  });
  r.int32(); // throttle time
  const answers = r.array(() => {
    const topic = r.string();
    const ends = r.array((): [string, EpochEnd] => {
      const [code, partition, leaderEpoch, endOffset] = [r.int16(), r.int32(), r.int32(), r.int64()];
      r.tags();
      if (code !== brokerErrors.none) throw brokerError(code, `topic '${topic}', partition ${partition}`);
      return [partitionId({ topic, partition }), { leaderEpoch, endOffset }];
    });
    r.tags();
    return ends;
  });
  return answers.flat();
}
