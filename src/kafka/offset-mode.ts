import { EngineError } from '../model/errors.ts';
import type { Options } from '../model/options.ts';
import type { KafkaCluster } from './cluster.ts';
import { committedOffsets } from './group-offsets.ts';
import { listOffsets, offsetSpec, partitionId, type TopicPartition } from './offsets.ts';

/** Where reading begins or ends: `scan.startup.mode`, `scan.bounded.mode`. */
export type OffsetMode =
  | Readonly<{ kind: 'earliest' | 'latest' | 'group' }>
  | Readonly<{ kind: 'timestamp'; millis: number }>
  /** By partition, of the one topic. */
  | Readonly<{ kind: 'specific'; offsets: Readonly<Record<number, number>> }>;

/** `side` is `startup` or `bounded`. null: unbounded. */
export function offsetMode(options: Options, side: 'startup' | 'bounded', where: string): OffsetMode | null {
  const key = `scan.${side}`;
  const mode = options.string(`${key}.mode`);
  const millis = companion(options, key, mode, 'timestamp', 'timestamp-millis', where);
  const specific = companion(options, key, mode, 'specific-offsets', 'specific-offsets', where);
  switch (mode) {
    case 'unbounded':
      return null;
    case 'timestamp':
      return { kind: 'timestamp', millis: millis as number };
    case 'specific-offsets':
      return { kind: 'specific', offsets: parseOffsets(specific as string, `${key}.specific-offsets`, where) };
    case 'group-offsets':
      return { kind: 'group' };
    default:
      return { kind: mode === 'earliest-offset' ? 'earliest' : 'latest' };
  }
}

/** An option that one mode needs and the others refuse. */
function companion(options: Options, key: string, mode: string, needed: string, name: string, where: string): unknown {
  const value = options.entries().get(`${key}.${name}`);
  if ((value !== undefined) === (mode === needed)) return value;
  const found = mode === needed ? 'none' : `'${value}'`;
  const expected = mode === needed ? `a value, as '${key}.mode' is '${mode}'` : `none, as '${key}.mode' is '${mode}'`;
  throw new EngineError('INVALID_OPTION', `${where}: option '${key}.${name}': expected ${expected}, got ${found}`);
}

function parseOffsets(text: string, key: string, where: string): Record<number, number> {
  const offsets: Record<number, number> = {};
  for (const part of text.split(';').filter((piece) => piece.trim() !== '')) {
    const match = /^\s*partition\s*:\s*(\d+)\s*,\s*offset\s*:\s*(\d+)\s*$/.exec(part);
    if (match === null) {
      const expected = "'partition:0,offset:42;partition:1,offset:300'";
      throw new EngineError('INVALID_OPTION', `${where}: option '${key}': expected ${expected}, got '${text}'`);
    }
    offsets[Number(match[1])] = Number(match[2]);
  }
  return offsets;
}

/** The offsets to begin at, by partition id. */
export async function startOffsets(
  cluster: KafkaCluster,
  mode: OffsetMode,
  partitions: readonly TopicPartition[],
): Promise<Map<string, number>> {
  if (mode.kind === 'specific') {
    const listed = partitions.filter(({ partition }) => partition in mode.offsets);
    const others = partitions.filter(({ partition }) => !(partition in mode.offsets));
    const given = listed.map((p) => [partitionId(p), mode.offsets[p.partition]!] as const);
    return new Map([...given, ...(await listOffsets(cluster, others, offsetSpec.earliest, false))]);
  }
  return mode.kind === 'group' ? groupOffsets(cluster, partitions) : offsetsOf(cluster, mode, partitions);
}

/** The offsets to end before, by partition id. */
export async function stopOffsets(
  cluster: KafkaCluster,
  mode: OffsetMode,
  partitions: readonly TopicPartition[],
): Promise<Map<string, number>> {
  if (mode.kind === 'specific') {
    return new Map(partitions.map((p) => [partitionId(p), specificStop(mode.offsets, p)]));
  }
  if (mode.kind !== 'group') return offsetsOf(cluster, mode, partitions);
  const groupId = cluster.config.consumer.groupId!;
  const committed = await committedOffsets(cluster, groupId, partitions);
  return new Map(partitions.map((p) => [partitionId(p), committed.get(partitionId(p)) ?? missing(groupId, p)]));
}

function specificStop(offsets: Readonly<Record<number, number>>, { topic, partition }: TopicPartition): number {
  const offset = offsets[partition];
  if (offset !== undefined) return offset;
  const where = `topic '${topic}', partition ${partition}`;
  throw new EngineError(
    'INVALID_OPTION',
    `option 'scan.bounded.specific-offsets': expected an offset for ${where}, got none`,
    {
      hint: 'Name each partition: where reading ends in the others would be a guess.',
    },
  );
}

async function offsetsOf(
  cluster: KafkaCluster,
  mode: Exclude<OffsetMode, { kind: 'specific' }>,
  partitions: readonly TopicPartition[],
): Promise<Map<string, number>> {
  const { readCommitted } = cluster.config.consumer;
  if (mode.kind !== 'timestamp') {
    const spec = mode.kind === 'earliest' ? offsetSpec.earliest : offsetSpec.latest;
    return listOffsets(cluster, partitions, spec, readCommitted);
  }
  const found = await listOffsets(cluster, partitions, mode.millis, readCommitted);
  const later = partitions.filter((p) => found.get(partitionId(p)) === -1);
  const ends = await listOffsets(cluster, later, offsetSpec.latest, readCommitted);
  return new Map([...found, ...ends]); // nothing that late yet: what comes from now on
}

/** Where the group goes on; where it has no position, `auto.offset.reset`. */
async function groupOffsets(
  cluster: KafkaCluster,
  partitions: readonly TopicPartition[],
): Promise<Map<string, number>> {
  const { groupId, autoOffsetReset } = cluster.config.consumer;
  const committed = groupId === null ? new Map<string, number>() : await committedOffsets(cluster, groupId, partitions);
  const others = partitions.filter((p) => !committed.has(partitionId(p)));
  if (others.length > 0 && autoOffsetReset === 'none') missing(groupId ?? '', others[0]!);
  const reset = await offsetsOf(cluster, { kind: autoOffsetReset === 'earliest' ? 'earliest' : 'latest' }, others);
  return new Map([...committed, ...reset]);
}

function missing(groupId: string, { topic, partition }: TopicPartition): never {
  const what = `group '${groupId}' has no committed offset for topic '${topic}', partition ${partition}`;
  throw new EngineError('NOT_FOUND', what, {
    hint: "Set 'scan.startup.mode' = 'earliest-offset', or 'properties.auto.offset.reset' = 'earliest' or 'latest'.",
  });
}
