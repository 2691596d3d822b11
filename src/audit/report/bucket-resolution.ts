/**
 * What a difference between two tiers is made of: the tables say which records, the logs where they are; what is as it should be is taken out,
 * and the rest gets the cause that can be told.
 */
import type { BucketComparison } from '../../model/audit.ts';
import { type Bucket, entryText, locate, wideAccount, wideDifferences } from './bucket-scan.ts';
import type { BucketFinding, Difference } from './reconcile.ts';
import { reorderedRecords } from './reordered.ts';
import { type ComparedTopics, type Counted, type LostRecord, Resolution, type SourceSighting } from './resolution.ts';

export type ResolvedBucket = Omit<BucketComparison, 'missing'> &
  Readonly<{
    missing: readonly LostRecord[];
    /** More differs than can be told apart: lists are empty, counts are all there is. */
    undecided: boolean;
  }>;

/** Of a bucket that is closed, and in which something differs. */
export async function resolveBucket(
  finding: BucketFinding,
  topics: ComparedTopics,
  bucketMs: number,
): Promise<ResolvedBucket> {
  const bucket = { from: finding.from, bucketMs };
  const plain = {
    from: finding.from,
    to: finding.to,
    state: finding.state,
    source: finding.source,
    target: finding.target,
  };
  const empty = { ...plain, missing: [], extra: [], changed: [], reordered: [], explained: [], undecided: false };
  const differences = finding.differences ?? (await differencesByScan(topics, bucket));
  if (differences === null) return { ...empty, undecided: true };
  const counted = await countedDifferences(differences, topics, bucket);
  const resolution = new Resolution(topics, finding.from);
  await resolution.take(counted);
  return { ...empty, ...resolution.lists(), reordered: await reorderedRecords(finding.reordered, topics, bucket) };
}

/** null where the logs are no longer what was recorded, or differ by more than 50,000 records. */
async function differencesByScan({ sources, target }: ComparedTopics, bucket: Bucket): Promise<Difference[] | null> {
  if (sources === null) return null;
  const ours = [];
  for (const topic of [...sources, target]) {
    const account = await wideAccount(topic, bucket);
    const recorded = topic.view.buckets.get(bucket.from)?.total;
    const same =
      account.count === (recorded?.count ?? 0) && (recorded === undefined || account.sum.equals(recorded.sum));
    if (!same) return null;
    ours.push(account);
  }
  const theirs = ours.pop()!;
  return wideDifferences(ours, theirs);
}

/** Looks the differences up in the logs as they are now: what has come meanwhile is none. */
async function countedDifferences(
  differences: readonly Difference[],
  { sources, target }: ComparedTopics,
  bucket: Bucket,
): Promise<Counted[]> {
  const ours = new Map<string, SourceSighting[]>();
  for (const source of sources ?? []) {
    for (const [text, sightings] of await locate(source, bucket, differences))
      ours.set(text, [...(ours.get(text) ?? []), ...sightings.map((sighting) => ({ ...sighting, source }))]);
  }
  const theirs = await locate(target, bucket, differences);
  return differences.flatMap((difference) => {
    const text = entryText(difference);
    const [here, there] = [ours.get(text) ?? [], theirs.get(text) ?? []];
    const count = remaining(difference.count, here.length, there.length, sources === null);
    return count === 0 ? [] : [{ difference, ours: here, theirs: there, count }];
  });
}

/** How many of a recorded difference are still one, by how many copies each side has now; who has none any more may have had them. */
function remaining(recorded: number, ours: number, theirs: number, producers: boolean): number {
  if (recorded > 0) {
    if (ours > 0) return Math.min(recorded, Math.max(0, ours - theirs));
    return theirs > 0 ? 0 : recorded;
  }
  if (producers) return recorded; // they have no log to look into
  if (theirs > 0) return -Math.min(-recorded, Math.max(0, theirs - ours));
  return ours > 0 ? 0 : recorded;
}
