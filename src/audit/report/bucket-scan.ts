/** The records of one bucket, read from the log: where tables can't tell what differs, and to find the places of what they tell. */
import { eventTime } from '../auditor/partition-account.ts';
import { BucketAccount, bucketStart } from '../bucket-account.ts';
import { next } from '../compare/lockstep.ts';
import { type Sighting, silent } from '../compare/record-cursor.ts';
import type { TopicSide } from '../compare/topic-side.ts';
import { contentNumber } from '../compare/unmatched.ts';
import { mostCells } from '../difference-table.ts';
import type { Halves, RecordDigest } from '../record-hash.ts';
import type { Difference } from './reconcile.ts';
import { segmentsOf, type TopicView } from './topic-view.ts';

/** A topic of a tier: what is recorded of it, and itself, unless it is gone. */
export type ScannedTopic = Readonly<{ view: TopicView; side: TopicSide | null; compacted: boolean }>;

export type Bucket = Readonly<{ from: number; bucketMs: number }>;

/** A record that is looked for, by identity and content. */
export type Entry = Readonly<{ identity: Halves; content: Halves }>;

type OnRecord = (digest: RecordDigest, sighting: () => Sighting) => void;

/** Everything of the bucket in the recorded segments, into one account whose table tells 50,000 differences apart. */
export async function wideAccount(topic: ScannedTopic, bucket: Bucket): Promise<BucketAccount> {
  const account = new BucketAccount({ cells: mostCells, bucketMs: bucket.bucketMs });
  await scan(topic, bucket, false, (digest, sighting) => account.add(digest, sighting().timestamp, -1));
  return account;
}

/** What several accounts of both sides differ by; null when it is more than such a table tells. */
export function wideDifferences(ours: readonly BucketAccount[], theirs: BucketAccount): Difference[] | null {
  const rest = new BucketAccount({ cells: mostCells, bucketMs: 1 });
  for (const account of ours) rest.append(account);
  rest.table!.subtract(theirs.table!);
  return rest.table!.decode()?.map((difference) => ({ ...difference, partition: null })) ?? null;
}

/** Where records are, by `entryText`: in the segments of the bucket, and in what has come since they were recorded. By place. */
export async function locate(
  topic: ScannedTopic,
  bucket: Bucket,
  wanted: readonly Entry[],
): Promise<ReadonlyMap<string, readonly Sighting[]>> {
  const numbers = new Set(wanted.map(({ content }) => contentNumber(content.high, content.low)));
  const texts = new Set(wanted.map(entryText));
  const found = new Map<string, Sighting[]>();
  await scan(topic, bucket, true, (digest, sighting) => {
    if (!numbers.has(contentNumber(digest.contentHigh, digest.contentLow))) return;
    const text = digestText(digest);
    if (!texts.has(text)) return;
    const sightings = found.get(text);
    if (sightings === undefined) found.set(text, [sighting()]);
    else sightings.push(sighting());
  });
  return found;
}

export function entryText({ identity, content }: Entry): string {
  return `${identity.high}/${identity.low}/${content.high}/${content.low}`;
}

function digestText({ identityHigh, identityLow, contentHigh, contentLow }: RecordDigest): string {
  return `${identityHigh}/${identityLow}/${contentHigh}/${contentLow}`;
}

async function scan({ view, side }: ScannedTopic, bucket: Bucket, tail: boolean, onRecord: OnRecord): Promise<void> {
  if (side === null) return;
  for (const [partition, { from: logStart, to: end }] of side.stretches) {
    const recorded = segmentsOf(view, partition, bucket.from).map(({ from, to }) => ({ from, to }));
    const chainEnd = view.chains.get(partition)?.to ?? logStart;
    const ranges = tail ? [...recorded, { from: chainEnd, to: end }] : recorded;
    for (const { from, to } of joinedRanges(ranges)) {
      const range = { from: Math.max(from, logStart), to: Math.min(to, end) };
      if (range.from >= range.to) continue;
      const cursor = side.cursor(partition, silent, range);
      const sighting = (): Sighting => cursor.sighting();
      while (await next(cursor)) {
        const { digest, timestamp } = cursor;
        if (bucketStart(eventTime(digest, timestamp), bucket.bucketMs) === bucket.from) onRecord(digest, sighting);
      }
    }
  }
}

/** By ascending offset, those that touch as one. */
function joinedRanges(ranges: readonly Readonly<{ from: number; to: number }>[]): { from: number; to: number }[] {
  const joined: { from: number; to: number }[] = [];
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}
