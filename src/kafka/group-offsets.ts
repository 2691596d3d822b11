import { EngineError } from '../model/errors.ts';
import { apis } from './api.ts';
import { brokerError, brokerErrors, isPassing } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';
import { partitionId, type TopicPartition } from './offsets.ts';
import type { ResponseReader } from './response-reader.ts';

/**
 * The positions that a consumer group has committed, read and written without being a member of it (a "simple consumer": generation −1).
 * Millrace's truth is its checkpoint: these are for lag tools and for `group-offsets`.
 */

/** Where a group goes on, by partition id; partitions without a committed position are absent. */
export async function committedOffsets(
  cluster: KafkaCluster,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<Map<string, number>> {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)];
  return cluster.retry(async () => {
    const coordinator = await findCoordinator(cluster, groupId);
    const r = await cluster.request(coordinator, apis.offsetFetch, (w) => {
      w.array([groupId], (group) => {
        w.string(group).array(topics, ([topic, list]) => {
          w.string(topic)
            .array(list, ({ partition }) => w.int32(partition))
            .tags();
        });
        w.tags();
      });
      w.boolean(false).tags();
    });
    return readCommitted(r, groupId);
  });
}

function readCommitted(r: ResponseReader, groupId: string): Map<string, number> {
  r.int32(); // throttle time
  const offsets = new Map<string, number>();
  r.array(() => {
    r.string(); // the group
    r.array(() => {
      const topic = r.string();
      r.array(() => {
        const [partition, offset] = [r.int32(), r.int64()];
        r.int32(); // leader epoch
        r.nullableString(); // metadata
        const code = r.int16();
        r.tags();
        if (code !== brokerErrors.none) throw brokerError(code, `group '${groupId}', topic '${topic}'`);
        if (offset >= 0) offsets.set(partitionId({ topic, partition }), offset);
      });
      r.tags();
    });
    const code = r.int16();
    r.tags();
    if (code !== brokerErrors.none) throw brokerError(code, `group '${groupId}'`);
  });
  return offsets;
}

/** Commits positions (the next offset to read). CONFLICT when the group has living members: they alone may commit. */
export async function commitOffsets(
  cluster: KafkaCluster,
  groupId: string,
  positions: readonly (TopicPartition & Readonly<{ offset: number }>)[],
): Promise<void> {
  const topics = [...Map.groupBy(positions, ({ topic }) => topic)];
  await cluster.retry(async () => {
    const coordinator = await findCoordinator(cluster, groupId);
    const r = await cluster.request(coordinator, apis.offsetCommit, (w) => {
      w.string(groupId).int32(-1).string('').string(null);
      w.array(topics, ([topic, list]) => {
        w.string(topic)
          .array(list, ({ partition, offset }) => w.int32(partition).int64(offset).int32(-1).string(null).tags())
          .tags();
      });
      w.tags();
    });
    r.int32(); // throttle time
    r.array(() => {
      const topic = r.string();
      r.array(() => {
        const [partition, code] = [r.int32(), r.int16()];
        r.tags();
        if (code !== brokerErrors.none) throw commitError(code, groupId, `topic '${topic}', partition ${partition}`);
      });
      r.tags();
    });
  });
}

function commitError(code: number, groupId: string, where: string): EngineError {
  const error = brokerError(code, `committing to group '${groupId}', ${where}`);
  if (error.code !== 'CONFLICT') return error;
  return new EngineError('CONFLICT', `${error.message}: the group has members of its own`, {
    hint: "Give this job a 'properties.group.id' that nobody else consumes with.",
  });
}

/** The broker that keeps a group's positions. */
async function findCoordinator(cluster: KafkaCluster, groupId: string): Promise<number> {
  const connection = await cluster.any();
  const r = await connection.request(apis.findCoordinator, (w) => {
    w.int8(0)
      .array([groupId], (group) => w.string(group))
      .tags();
  });
  r.int32(); // throttle time
  const [found] = r.array(() => {
    r.string(); // the group
    const node = r.int32();
    r.string(); // host
    r.int32(); // port
    const [code, detail] = [r.int16(), r.nullableString()];
    r.tags();
    if (code !== brokerErrors.none) throw brokerError(code, `group '${groupId}'`, isPassing(code) ? null : detail);
    return node;
  });
  await cluster.metadataOnce([]);
  return found ?? -1;
}
