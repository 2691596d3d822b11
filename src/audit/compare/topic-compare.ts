/**
 * Two topics of two clusters, compared record by record without any set-up on either side. Partition by partition, where both have as many;
 * by topic, where the records of the target lie in other partitions.
 */
import type { KafkaCluster } from '../../kafka/cluster.ts';
import { EngineError } from '../../model/errors.ts';
import { BucketTotals } from './bucket-totals.ts';
import { FindingList } from './finding-list.ts';
import { isTooDifferent, mostUnmatched } from './lockstep.ts';
import { comparePartition, type OnRead, type PartitionComparison } from './partition-compare.ts';
import type { Sighting, TimeRange } from './record-cursor.ts';
import { type RecordedLosses, recordedLosses } from './recorded-losses.ts';
import { type Compared, type ComparedTopic, reportOf } from './report.ts';
import { compareLayouts, type LayoutComparison } from './topic-layout.ts';
import { TopicSide } from './topic-side.ts';
import { contentNumber } from './unmatched.ts';
import { explanationOf } from './verdict.ts';

/** A topic of a cluster, whose clients read what is committed. */
export type TopicOfCluster = Readonly<{ cluster: KafkaCluster; topic: string }>;

export type CompareOptions = Readonly<{
  bucketMs: number;
  range: TimeRange;
  /** Null: all. */
  partitions: readonly number[] | null;
  /** How many records, and how many explanations, are listed at the most. */
  limit: number;
  /** How many records without a partner are kept at the most; where there are more, they are found in several readings. */
  most?: number;
  /** ms since 1970: when losses that no mirror has noticed yet are told. */
  now: number;
  /** Called for every record that was read. */
  onRead: OnRead;
}>;

/** `appendTimed`: whether brokers of a side stamp records with the time of appending; then timestamps differ without any fault. */
export async function compareTopics(
  source: TopicOfCluster,
  target: TopicOfCluster,
  options: CompareOptions,
): Promise<ComparedTopic & Readonly<{ appendTimed: boolean }>> {
  const { bucketMs, range, partitions, limit, now } = options;
  // The target's ends first: whatever a running mirror had written by then is within the source's ends, which come after.
  const theirs = await TopicSide.open({ ...target, range, side: 'target' }, partitions);
  const ours = await TopicSide.open({ ...source, range, side: 'source' }, partitions);
  const sameCount = ours.partitions.length === theirs.partitions.length;
  if (!sameCount && partitions !== null) throw otherLayout(ours, theirs);
  const reading = new TopicReading(ours, theirs, await recordedLosses(ours, theirs, now), options);
  const compared = sameCount ? await reading.byPartition() : await reading.byTopic(limit);
  return { ...reportOf(compared, bucketMs, limit), appendTimed: ours.appendTimed || theirs.appendTimed };
}

class TopicReading {
  readonly #source: TopicSide;
  readonly #target: TopicSide;
  readonly #losses: RecordedLosses;
  readonly #options: CompareOptions;
  readonly #most: number;

  constructor(source: TopicSide, target: TopicSide, losses: RecordedLosses, options: CompareOptions) {
    this.#source = source;
    this.#target = target;
    this.#losses = losses;
    this.#options = options;
    this.#most = options.most ?? mostUnmatched;
  }

  /** `limit` null: in one reading. */
  async byTopic(limit: number | null): Promise<Compared> {
    const compared = await this.#unordered(null, limit);
    const lost = [...this.#losses.values()].flat().filter(({ from, to }) => to > from);
    return { scope: 'topic', ...compared, explanations: [...compared.explanations, ...lost.map(explanationOf)] };
  }

  /**
   * Partition by partition; by topic all the same where it turns out that the records of the target lie in other partitions. Where they do not,
   * and too many differ, it takes several readings.
   */
  async byPartition(): Promise<Compared> {
    const { bucketMs, partitions, onRead, limit } = this.#options;
    const compared: PartitionComparison[] = [];
    const unordered: LayoutComparison[] = [];
    let kept = 0;
    for (const partition of this.#source.stretches.keys()) {
      const losses = this.#losses.get(partition) ?? [];
      const most = this.#most - kept;
      try {
        const options = { bucketMs, onRead, losses, most };
        compared.push(await comparePartition(this.#source, this.#target, partition, options));
        kept += compared.at(-1)!.missing.length + compared.at(-1)!.extra.length;
      } catch (error) {
        if (!isTooDifferent(error)) throw error;
        const other = partitions === null && unordered.length === 0 ? await this.#tryByTopic() : null;
        if (other !== null) return other;
        const found = await this.#unordered(partition, limit);
        const lost = losses.filter(({ from, to }) => to > from).map(explanationOf);
        unordered.push({ ...found, explanations: [...found.explanations, ...lost] });
      }
    }
    const isOther = unordered.length === 0 && partitions === null && isOtherLayout(compared);
    return isOther ? await this.byTopic(null) : joined(compared, unordered, bucketMs, limit);
  }

  /** Null when too much differs there too: then it is not the layout. */
  async #tryByTopic(): Promise<Compared | null> {
    try {
      return await this.byTopic(null);
    } catch (error) {
      if (isTooDifferent(error)) return null;
      throw error;
    }
  }

  #unordered(partition: number | null, limit: number | null): Promise<LayoutComparison> {
    const { bucketMs, onRead } = this.#options;
    return compareLayouts(this.#source, this.#target, { bucketMs, onRead, partition, most: this.#most, limit });
  }
}

function joined(
  compared: readonly PartitionComparison[],
  unordered: readonly LayoutComparison[],
  bucketMs: number,
  limit: number,
): Compared {
  const [source, target] = [new BucketTotals(bucketMs), new BucketTotals(bucketMs)];
  const all = [...compared, ...unordered];
  for (const each of all) {
    source.merge(each.source);
    target.merge(each.target);
  }
  const explanations = all.flatMap((each) => each.explanations);
  const parts = unordered.reduce((most, each) => Math.max(most, each.parts), 1);
  const list = new FindingList(unordered.length === 0 ? Infinity : limit, bucketMs);
  for (const each of all) list.add(each.findings);
  for (const each of unordered) list.count(each.rest);
  return { scope: 'partition', source, target, findings: list.first, rest: list.rest, explanations, parts };
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
