import { EngineError } from '../model/errors.ts';
import { apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';
import { atCoordinator } from './coordinator.ts';
import { partitionId, type TopicPartition } from './offsets.ts';
import type { ResponseReader } from './response-reader.ts';

/**
 * The positions that a consumer group has committed, read and written without being a member of it (a "simple consumer": generation −1).
 * Millrace's truth is its checkpoint: these are for lag tools and for `group-offsets`.
 */

/** A committed position: the next offset to read, and what the consumer wrote beside it. */
export type GroupPosition = TopicPartition & Readonly<{ offset: number; metadata?: string | null }>;

/** Where a group goes on, by partition id; partitions without a committed position are absent. */
export async function committedOffsets(
  cluster: KafkaCluster,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<Map<string, number>> {
  const positions = await fetchPositions(cluster, groupId, partitions);
  return new Map(positions.map((position) => [partitionId(position), position.offset]));
}

/** Every position that a group has committed. */
export function groupPositions(cluster: KafkaCluster, groupId: string): Promise<GroupPosition[]> {
  return fetchPositions(cluster, groupId, null);
}

/** null: of all partitions. */
function fetchPositions(
  cluster: KafkaCluster,
  groupId: string,
  partitions: readonly TopicPartition[] | null,
): Promise<GroupPosition[]> {
  const topics = partitions && [...Map.groupBy(partitions, ({ topic }) => topic)];
  const fetchAt = async (coordinator: number): Promise<GroupPosition[]> => {
    const r = await cluster.request(coordinator, apis.offsetFetch, (w) => {
      w.array([groupId], (group) => {
        w.string(group);
        if (topics === null) w.nullArray();
        else
          w.array(topics, ([topic, list]) => {
            w.string(topic)
              .array(list, ({ partition }) => w.int32(partition))
              .tags();
          });
        w.tags();
      });
      w.boolean(false).tags();
    });
    return readPositions(r, groupId);
  };
  return cluster.retry(() => atCoordinator(cluster, 'group', groupId, fetchAt));
}

function readPositions(r: ResponseReader, groupId: string): GroupPosition[] {
  r.int32(); // throttle time
  const positions: GroupPosition[] = [];
  r.array(() => {
    r.string(); // the group
    r.array(() => {
      const topic = r.string();
      r.array(() => {
        const [partition, offset] = [r.int32(), r.int64()];
        r.int32(); // leader epoch
        const metadata = r.nullableString();
        const code = r.int16();
        r.tags();
        if (code !== brokerErrors.none) throw brokerError(code, `group '${groupId}', topic '${topic}'`);
        if (offset >= 0) positions.push({ topic, partition, offset, metadata });
      });
      r.tags();
    });
    const code = r.int16();
    r.tags();
    if (code !== brokerErrors.none) throw brokerError(code, `group '${groupId}'`);
  });
  return positions;
}

/** Commits positions (the next offset to read). CONFLICT when the group has living members: they alone may commit. */
export async function commitOffsets(
  cluster: KafkaCluster,
  groupId: string,
  positions: readonly GroupPosition[],
): Promise<void> {
  const topics = [...Map.groupBy(positions, ({ topic }) => topic)];
  const commitAt = async (coordinator: number): Promise<void> => {
    const r = await cluster.request(coordinator, apis.offsetCommit, (w) => {
      w.string(groupId).int32(-1).string('').string(null);
      w.array(topics, ([topic, list]) => {
        w.string(topic)
          .array(list, ({ partition, offset, metadata = null }) => {
            w.int32(partition).int64(offset).int32(-1).string(metadata).tags();
          })
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
  };
  await cluster.retry(() => atCoordinator(cluster, 'group', groupId, commitAt));
}

function commitError(code: number, groupId: string, where: string): EngineError {
  const error = brokerError(code, `committing to group '${groupId}', ${where}`);
  if (error.code !== 'CONFLICT') return error;
  return new EngineError('CONFLICT', `${error.message}: the group has members of its own`, {
    hint: "Give this job a 'properties.group.id' that nobody else consumes with.",
  });
}
