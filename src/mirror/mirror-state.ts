/**
 * What a mirror keeps on the target, in a compacted topic of its own (`stateTopicOf`). Partition 0 holds who takes part in the work. Each
 * further one holds the state of a shard, a fixed share of the mirrored partitions, and is written by the shard's owner alone. Keys and
 * values are JSON:
 *
 * - `["position", topic, partition]` → where the mirror stands, and the newest offset runs;
 * - `["runs", topic, partition, n]` → the nth chunk of runs before those;
 * - `["loss", topic, partition, cause, from]` → a `MirrorLoss`;
 * - `["producer"]` → who writes the copies of the shard, with the delivery `reconcile`;
 * - `["owner"]` → whose shard it is;
 * - `["failover"]` → a `FailoverMark`; in partition 0 too.
 */
import type { KafkaCluster } from '../kafka/cluster.ts';
import { readLog } from '../kafka/log-reader.ts';
import { partitionId, type TopicPartition } from '../kafka/offsets.ts';
import type { ProducerId } from '../kafka/producer-id.ts';
import type { MirrorLoss } from '../model/audit.ts';
import { hashBytes } from '../model/hash.ts';
import { stateTopicOf } from './mirror-names.ts';
import {
  type ChunkedRuns,
  chunksOf,
  newestRuns,
  type PackedRun,
  runsOfChunk,
  type StoredChunks,
  unpack,
} from './run-chunks.ts';

/** Shares into which the work is cut; a change would move positions to other partitions of the state. */
export const shardCount = 16;

/** Where the mirror of a partition stands. */
export type MirrorPosition = TopicPartition &
  ChunkedRuns &
  Readonly<{
    targetTopic: string;
    /** Of the source: positions mean nothing in another topic of that name. */
    topicId: string;
    /** That of the last batch that was mirrored; −1 before the first. */
    leaderEpoch: number;
    /** All before it is mirrored, or accounted for. */
    offset: number;
    /** Behind the last record of the source that was seen; −1: none was. */
    sourceEnd: number;
    /** Where the next copy comes to lie. */
    targetOffset: number;
    /** When it was stored, ms since 1970. */
    time: number;
  }>;

/** Consumers have gone on to the target: the mirror must not write there any more. `time`: ms since 1970. */
export type FailoverMark = Readonly<{ time: number }>;

export type ShardState = {
  readonly positions: Map<string, MirrorPosition>;
  readonly losses: MirrorLoss[];
  producer: ProducerId | null;
  /** The token of the last owner. */
  owner: string | null;
  failover: FailoverMark | null;
};

/** A record of the state: null takes the key away. */
export type StateRecord = Readonly<{ key: string | readonly (string | number)[]; value: unknown }>;

export function shardOf({ topic, partition }: TopicPartition): number {
  const name = Buffer.from(topic);
  return ((hashBytes(name, 0, name.length) >>> 0) + partition) % shardCount;
}

/** The partition of the state topic that is a shard's. */
export function statePartitionOf(shard: number): number {
  return 1 + shard;
}

type StoredPosition = Omit<MirrorPosition, 'topic' | 'partition' | 'runs' | 'droppedChunks'> &
  Readonly<{ chunks: StoredChunks; runs: readonly PackedRun[] }>;

/** The records that store a position, given which chunks of its runs stand there already. */
export function positionRecords(position: MirrorPosition, present: StoredChunks): StateRecord[] {
  const { topic, partition, runs, droppedChunks, ...rest } = position;
  const chunks = chunksOf(position);
  const key = (n: number): StateRecord['key'] => ['runs', topic, partition, n];
  const records: StateRecord[] = [];
  for (let n = Math.max(chunks.from, Math.min(present.to, chunks.to)); n < chunks.to; n++) {
    records.push({ key: key(n), value: runsOfChunk(position, n) });
  }
  const stored: StoredPosition = { ...rest, chunks, runs: newestRuns(position) };
  records.push({ key: ['position', topic, partition], value: stored });
  for (let n = present.from; n < chunks.from; n++) records.push({ key: key(n), value: null });
  return records;
}

export function lossRecord(loss: MirrorLoss): StateRecord {
  return { key: ['loss', loss.topic, loss.partition, loss.cause, loss.from], value: loss };
}

/** A shard's state as it stands. NOT_FOUND when the mirror has never run. */
export async function readShardState(cluster: KafkaCluster, mirror: string, shard: number): Promise<ShardState> {
  const values = new Map<string, unknown>();
  const place = { topic: stateTopicOf(mirror), partition: statePartitionOf(shard) };
  await readLog(cluster, place, ({ key, value }) => {
    if (key === null) return;
    if (value === null) values.delete(key.toString());
    else values.set(key.toString(), JSON.parse(value.toString()));
  });
  return shardStateOf(values);
}

function shardStateOf(values: ReadonlyMap<string, unknown>): ShardState {
  const state: ShardState = { positions: new Map(), losses: [], producer: null, owner: null, failover: null };
  for (const [text, value] of values) {
    const key = JSON.parse(text) as [string, string, number];
    if (key[0] === 'producer') state.producer = value as ProducerId;
    else if (key[0] === 'owner') state.owner = (value as { token: string }).token;
    else if (key[0] === 'failover') state.failover = value as FailoverMark;
    else if (key[0] === 'loss') state.losses.push(value as MirrorLoss);
    else if (key[0] === 'position') {
      const position = positionOf(key[1], key[2], value as StoredPosition, values);
      state.positions.set(partitionId(position), position);
    }
  }
  return state;
}

function positionOf(
  topic: string,
  partition: number,
  { chunks, runs, ...rest }: StoredPosition,
  values: ReadonlyMap<string, unknown>,
): MirrorPosition {
  const packed: PackedRun[] = [];
  for (let n = chunks.from; n < chunks.to; n++) {
    packed.push(...(values.get(JSON.stringify(['runs', topic, partition, n])) as PackedRun[]));
  }
  packed.push(...runs);
  return { topic, partition, ...rest, droppedChunks: chunks.from, runs: unpack(packed) };
}

/** What all shards of a mirror have stored: for those who translate offsets, and for the audit. NOT_FOUND when it has never run. */
export async function readMirrorState(
  cluster: KafkaCluster,
  mirror: string,
): Promise<Readonly<{ positions: ReadonlyMap<string, MirrorPosition>; losses: readonly MirrorLoss[] }>> {
  const shards = Array.from({ length: shardCount }, (_, shard) => readShardState(cluster, mirror, shard));
  const states = await Promise.all(shards);
  return {
    positions: new Map(states.flatMap(({ positions }) => [...positions])),
    losses: states.flatMap(({ losses }) => losses),
  };
}
