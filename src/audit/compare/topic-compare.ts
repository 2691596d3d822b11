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
import { type Compared, type ComparedTopic, reportOf } from './report.ts';
import { compareLayouts } from './topic-layout.ts';
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

/** `appendTimed`: whether brokers of a side stamp records with the time of appending; then timestamps differ without any fault. */
export async function compareTopics(
  source: TopicOfCluster,
  target: TopicOfCluster,
  options: CompareOptions,
): Promise<ComparedTopic & Readonly<{ appendTimed: boolean }>> {
  const { bucketMs, range, partitions, limit } = options;
  // The target's ends first: whatever a running mirror had written by then is within the source's ends, which come after.
  const theirs = await TopicSide.open(target.cluster, target.topic, partitions, range);
  const ours = await TopicSide.open(source.cluster, source.topic, partitions, range);
  const sameCount = ours.partitions.length === theirs.partitions.length;
  if (!sameCount && partitions !== null) throw otherLayout(ours, theirs);
  const reading = new TopicReading(ours, theirs, options);
  const compared = sameCount ? await reading.byPartition() : await reading.byTopic();
  return { ...reportOf(compared, bucketMs, limit), appendTimed: ours.appendTimed || theirs.appendTimed };
}

class TopicReading {
  readonly #source: TopicSide;
  readonly #target: TopicSide;
  readonly #options: CompareOptions;

  constructor(source: TopicSide, target: TopicSide, options: CompareOptions) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
  }

  async byTopic(): Promise<Compared> {
    const { bucketMs, onRead } = this.#options;
    return { scope: 'topic', ...(await compareLayouts(this.#source, this.#target, bucketMs, onRead)) };
  }

  /** Partition by partition; by topic all the same where it turns out that the records of the target lie in other partitions. */
  async byPartition(): Promise<Compared> {
    const { bucketMs, partitions, onRead } = this.#options;
    const compared: PartitionComparison[] = [];
    for (const partition of this.#source.stretches.keys()) {
      try {
        compared.push(await comparePartition(this.#source, this.#target, partition, bucketMs, onRead));
      } catch (error) {
        if (!isTooDifferent(error) || partitions !== null) throw error;
        return await this.byTopic();
      }
    }
    return isOtherLayout(compared) && partitions === null ? await this.byTopic() : joined(compared, bucketMs);
  }
}

function joined(compared: readonly PartitionComparison[], bucketMs: number): Compared {
  const [source, target] = [new BucketTotals(bucketMs), new BucketTotals(bucketMs)];
  for (const each of compared) {
    source.merge(each.source);
    target.merge(each.target);
  }
  const findings = compared.flatMap((each) => each.findings);
  const explanations = compared.flatMap((each) => each.explanations);
  return { scope: 'partition', source, target, findings, explanations };
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
