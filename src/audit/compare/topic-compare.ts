/**
 * Two topics of two clusters, compared record by record without any set-up on either side. Partition by partition, where both have as many;
 * by topic, where the records of the target lie in other partitions.
 */
import type { KafkaCluster } from '../../kafka/cluster.ts';
import { EngineError } from '../../model/errors.ts';
import { BucketTotals } from './bucket-totals.ts';
import { isTooDifferent } from './lockstep.ts';
import { comparePartition, type OnRead, type PartitionComparison } from './partition-compare.ts';
import type { Sighting, TimeRange } from './record-cursor.ts';
import { type ComparedTopic, reportOf } from './report.ts';
import { compareLayouts, type LayoutComparison } from './topic-layout.ts';
import { TopicSide } from './topic-side.ts';
import { contentNumber } from './unmatched.ts';

/** A topic of a cluster, whose clients read what is committed. */
export type TopicOfCluster = Readonly<{ cluster: KafkaCluster; topic: string }>;

export type CompareOptions = Readonly<{
  bucketMs: number;
  range: TimeRange;
  /** Null: all. */
  partitions: readonly number[] | null;
  /** How many records, and how many explanations, are listed at the most. */
  limit: number;
  /** Called for every record that was read. */
  onRead: OnRead;
}>;

export async function compareTopics(
  source: TopicOfCluster,
  target: TopicOfCluster,
  options: CompareOptions,
): Promise<ComparedTopic> {
  const { bucketMs, range, partitions, limit, onRead } = options;
  // The target's ends first: whatever a running mirror had written by then is within the source's ends, which come after.
  const theirs = await TopicSide.open(target.cluster, target.topic, partitions, range);
  const ours = await TopicSide.open(source.cluster, source.topic, partitions, range);
  const sameCount = ours.partitions.length === theirs.partitions.length;
  if (!sameCount && partitions !== null) throw otherLayout(ours, theirs);
  const byPartition = sameCount ? await comparePartitions(ours, theirs, bucketMs, onRead) : null;
  if (byPartition !== null) return reportOf('partition', byPartition, bucketMs, limit);
  return reportOf('topic', await compareLayouts(ours, theirs, bucketMs, onRead), bucketMs, limit);
}

/** Null where the records of the target lie in other partitions. */
async function comparePartitions(
  source: TopicSide,
  target: TopicSide,
  bucketMs: number,
  onRead: OnRead,
): Promise<LayoutComparison | null> {
  const compared: PartitionComparison[] = [];
  for (const partition of source.stretches.keys()) {
    try {
      compared.push(await comparePartition(source, target, partition, bucketMs, onRead));
    } catch (error) {
      if (!isTooDifferent(error) || source.stretches.size < source.partitions.length) throw error;
      const layouts = await compareLayouts(source, target, bucketMs, onRead).catch((other: unknown) => {
        throw isTooDifferent(other) ? error : other;
      });
      return layouts.findings.length === 0 ? null : Promise.reject(error);
    }
  }
  if (isOtherLayout(compared)) return null;
  const totals = { source: new BucketTotals(bucketMs), target: new BucketTotals(bucketMs) };
  for (const each of compared) {
    totals.source.merge(each.source);
    totals.target.merge(each.target);
  }
  return {
    ...totals,
    findings: compared.flatMap(({ findings }) => findings),
    explanations: compared.flatMap(({ explanations }) => explanations),
  };
}

/** Whether more records have their partner in another partition than in the same one. */
function isOtherLayout(compared: readonly PartitionComparison[]): boolean {
  const inPlace = compared.reduce((sum, { matched }) => sum + matched, 0);
  const extra = new Map<number, number>();
  for (const each of compared.flatMap((one) => one.extra))
    extra.set(numberOf(each), (extra.get(numberOf(each)) ?? 0) + 1);
  let moved = 0;
  for (const each of compared.flatMap(({ missing }) => missing)) {
    const left = extra.get(numberOf(each)) ?? 0;
    if (left === 0) continue;
    extra.set(numberOf(each), left - 1);
    moved++;
  }
  return moved > inPlace;
}

function numberOf({ contentHigh, contentLow }: Sighting): number {
  return contentNumber(contentHigh, contentLow);
}

function otherLayout(source: TopicSide, target: TopicSide): EngineError {
  const counts = `'${source.name}' has ${source.partitions.length}, '${target.name}' has ${target.partitions.length}`;
  return new EngineError('INVALID_OPTION', `--partition: expected topics of as many partitions, but ${counts}`, {
    hint: 'Leave --partition out: the topics are then compared as wholes.',
  });
}
