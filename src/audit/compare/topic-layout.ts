/**
 * Two topics whose records lie in other partitions: compared bucket by bucket over the whole topic. A first reading sums both sides up per
 * bucket; where sums differ, a second reads those buckets in the order of their times and keeps what has no partner yet. Order is not
 * compared: there is none between partitions.
 */
import { AddSum } from '../add-sum.ts';
import { bucketStart } from '../bucket-account.ts';
import { BucketTotals } from './bucket-totals.ts';
import { mostUnmatched, next, tooDifferent } from './lockstep.ts';
import type { OnRead } from './partition-compare.ts';
import { nothingKnown, probe } from './probe.ts';
import { type CursorEvents, type RecordCursor, silent } from './record-cursor.ts';
import type { TopicSide } from './topic-side.ts';
import { Unmatched } from './unmatched.ts';
import { neededLookups, type Unpaired, type Verdict, verdictOf } from './verdict.ts';

export type LayoutComparison = Verdict & Readonly<{ source: BucketTotals; target: BucketTotals }>;

/** What the first reading tells of a side. */
type Sums = Readonly<{ totals: BucketTotals; sums: Map<number, AddSum>; oldest: number; holes: number }>;

export async function compareLayouts(
  source: TopicSide,
  target: TopicSide,
  bucketMs: number,
  onRead: OnRead,
): Promise<LayoutComparison> {
  const [ours, theirs] = [await sumUp(source, bucketMs, onRead), await sumUp(target, bucketMs, onRead)];
  const buckets = new Set([...ours.sums.keys(), ...theirs.sums.keys()].filter((from) => differs(ours, theirs, from)));
  const totals = { source: ours.totals, target: theirs.totals };
  if (buckets.size === 0) return { ...totals, findings: [], explanations: [] };
  const isWanted = (timestamp: number): boolean => buckets.has(bucketStart(timestamp, bucketMs));
  const [missing, extra] = await unmatched(source, target, isWanted);
  const unpaired: Unpaired = {
    kept: [],
    missing: missing.list(),
    extra: extra.list(),
    source: { deleted: deleted(source), from: 0, to: 0, holes: ours.holes },
    target: { deleted: deleted(target), from: 0, to: 0, holes: theirs.holes },
    oldest: { source: ours.oldest, target: theirs.oldest },
  };
  const needed = neededLookups(unpaired);
  const inSource = needed.source ? await probe(source, source.partitions, unpaired.extra) : nothingKnown;
  const inTarget = needed.target ? await probe(target, target.partitions, unpaired.missing) : nothingKnown;
  return { ...totals, ...verdictOf(unpaired, { inSource, inTarget }) };
}

async function sumUp(side: TopicSide, bucketMs: number, onRead: OnRead): Promise<Sums> {
  const totals = new BucketTotals(bucketMs);
  const sums = new Map<number, AddSum>();
  let [oldest, holes] = [Infinity, 0];
  const events: CursorEvents = { onRecord: (timestamp, size) => totals.add(timestamp, size), onGap: () => {} };
  for (const partition of side.partitions) {
    const cursor = side.cursor(partition, events);
    while (await next(cursor)) {
      const from = bucketStart(cursor.timestamp, bucketMs);
      const sum = sums.get(from) ?? new AddSum();
      sum.add(cursor.digest.contentHigh, cursor.digest.contentLow);
      sums.set(from, sum);
      oldest = Math.min(oldest, cursor.timestamp);
      onRead();
    }
    holes += cursor.holes;
  }
  return { totals, sums, oldest, holes };
}

function differs(ours: Sums, theirs: Sums, from: number): boolean {
  const [a, b] = [ours.sums.get(from), theirs.sums.get(from)];
  if (a === undefined || b === undefined || !a.equals(b)) return true;
  return ours.totals.buckets.get(from)!.count !== theirs.totals.buckets.get(from)!.count;
}

/** Offsets that retention has taken, of all partitions. */
function deleted(side: TopicSide): number {
  return [...side.stretches.values()].reduce((sum, stretch) => sum + stretch.deleted, 0);
}

/** Records of the wanted times without a partner: of the source, of the target. */
async function unmatched(
  source: TopicSide,
  target: TopicSide,
  isWanted: (timestamp: number) => boolean,
): Promise<[Unmatched, Unmatched]> {
  const [missing, extra] = [new Unmatched(), new Unmatched()];
  const open = (side: TopicSide, own: Unmatched, other: Unmatched) =>
    side.partitions.map((partition) => ({ cursor: side.cursor(partition, silent), own, other }));
  const lanes = [...open(source, missing, extra), ...open(target, extra, missing)];
  let reading: typeof lanes = [];
  for (const lane of lanes) if (await nextWanted(lane.cursor, isWanted)) reading.push(lane);
  while (reading.length > 0) {
    const lane = reading.reduce((oldest, each) => (each.cursor.timestamp < oldest.cursor.timestamp ? each : oldest));
    const { cursor, own, other } = lane;
    const partner = other.take(cursor.digest.contentHigh, cursor.digest.contentLow);
    if (partner === null) own.add(cursor.sighting());
    if (own.size + other.size > mostUnmatched) throw tooDifferent(`topic '${source.name}'`, cursor.offset);
    if (!(await nextWanted(cursor, isWanted))) reading = reading.filter((each) => each !== lane);
  }
  return [missing, extra];
}

async function nextWanted(cursor: RecordCursor, isWanted: (timestamp: number) => boolean): Promise<boolean> {
  while (await next(cursor)) if (isWanted(cursor.timestamp)) return true;
  return false;
}
