/**
 * Two topics, or partitions of them, compared without an order: where records lie in other partitions, and where more differ than can be kept
 * at a time. A first reading sums both sides up per bucket; where sums differ, a second reads those buckets in the order of their times and
 * keeps what has no partner yet. Does that become too much, it goes on with half of all records, by a hash, and the other half has a reading
 * of its own: memory stays bounded, and counts exact.
 */
import { AddSum } from '../add-sum.ts';
import { bucketStart } from '../bucket-account.ts';
import { BucketTotals } from './bucket-totals.ts';
import { ExplanationList, FindingList, type KindCounts } from './finding-list.ts';
import { next, tooDifferent } from './lockstep.ts';
import type { OnRead } from './partition-compare.ts';
import { nothingKnown, probe } from './probe.ts';
import { type CursorEvents, type RecordCursor, silent } from './record-cursor.ts';
import { Share } from './share.ts';
import type { TopicSide } from './topic-side.ts';
import { Unmatched } from './unmatched.ts';
import {
  type Explanation,
  type Finding,
  neededLookups,
  type Unpaired,
  type Verdict,
  type VerdictSide,
  verdictOf,
} from './verdict.ts';

export type LayoutComparison = Readonly<{
  source: BucketTotals;
  target: BucketTotals;
  findings: readonly Finding[];
  /** Further findings, by bucket, which are counted only. */
  rest: ReadonlyMap<number, KindCounts>;
  explanations: readonly Explanation[];
  /** In how many readings. */
  parts: number;
}>;

export type LayoutOptions = Readonly<{
  bucketMs: number;
  onRead: OnRead;
  /** This one only, on both sides; null: the topics as wholes. */
  partition: number | null;
  /** How many records without a partner may be kept at a time. */
  most: number;
  /** How many findings are kept where it takes several readings; null: only one may be made. */
  limit: number | null;
}>;

/** Into so many shares at the most: each has to be read. */
const mostShares = 1_024;

/** What the first reading tells of a side. */
type Sums = Readonly<{ totals: BucketTotals; sums: Map<number, AddSum>; oldest: number; holes: number }>;

/** LIMIT (`isTooDifferent`) when more differs than may be kept, in as many readings as may be made. */
export async function compareLayouts(
  source: TopicSide,
  target: TopicSide,
  options: LayoutOptions,
): Promise<LayoutComparison> {
  const { bucketMs, partition } = options;
  const ours = await sumUp(source, options);
  const theirs = await sumUp(target, options);
  const buckets = new Set([...ours.sums.keys(), ...theirs.sums.keys()].filter((from) => differs(ours, theirs, from)));
  const totals = { source: ours.totals, target: theirs.totals };
  if (buckets.size === 0) return { ...totals, findings: [], rest: new Map(), explanations: [], parts: 1 };
  const isWanted = (timestamp: number): boolean => buckets.has(bucketStart(timestamp, bucketMs));
  const tie = partition === null ? 0 : 1; // of one partition, what was deleted may be of the same millisecond as what is left
  const open = {
    kept: [],
    source: { deleted: deleted(source, partition), from: 0, to: 0, holes: ours.holes },
    target: { deleted: deleted(target, partition), from: 0, to: 0, holes: theirs.holes },
    oldest: { source: ours.oldest + tie, target: theirs.oldest + tie },
  };
  return { ...totals, ...(await new LayoutReading(source, target, options, isWanted).judge(open)) };
}

type Open = Omit<Unpaired, 'missing' | 'extra'>;

class LayoutReading {
  readonly #source: TopicSide;
  readonly #target: TopicSide;
  readonly #options: LayoutOptions;
  readonly #isWanted: (timestamp: number) => boolean;

  constructor(source: TopicSide, target: TopicSide, options: LayoutOptions, isWanted: (timestamp: number) => boolean) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
    this.#isWanted = isWanted;
  }

  /**
   * Retention and compaction may explain as many records as offsets are gone, over all shares. Where there are more, they explain none, and
   * all is judged again.
   */
  async judge(open: Open): Promise<Omit<LayoutComparison, 'source' | 'target'>> {
    const { bucketMs, limit } = this.#options;
    const may = { source: unbounded(open.source), target: unbounded(open.target) };
    for (;;) {
      const findings = new FindingList(limit ?? Infinity, bucketMs);
      const explanations = new ExplanationList(bucketMs);
      const gaps: Explanation[] = [];
      const taken = { missing: { retention: 0, compaction: 0 }, extra: { retention: 0, compaction: 0 } };
      const shares = [new Share()];
      let parts = 0;
      for (let share = shares.pop(); share !== undefined; share = shares.pop()) {
        const verdict = await this.#verdict({ ...open, ...may }, share, shares);
        parts++;
        findings.add(verdict.findings);
        const explained = verdict.explanations.map((each) =>
          each.to === Infinity ? { ...each, to: open.source.deleted } : each,
        );
        if (parts + shares.length === 1) gaps.push(...explained);
        else explanations.add(explained);
        for (const side of ['missing', 'extra'] as const) {
          taken[side].retention += verdict.taken[side].retention;
          taken[side].compaction += verdict.taken[side].compaction;
        }
      }
      const over = [
        taken.extra.retention > open.source.deleted && { side: may.source, gone: 'deleted' as const },
        taken.extra.compaction > open.source.holes && { side: may.source, gone: 'holes' as const },
        taken.missing.retention > open.target.deleted && { side: may.target, gone: 'deleted' as const },
        taken.missing.compaction > open.target.holes && { side: may.target, gone: 'holes' as const },
      ].filter((each) => each !== false);
      for (const { side, gone } of over) side[gone] = 0;
      const { first, rest } = findings;
      if (over.length === 0) return { findings: first, rest, explanations: [...gaps, ...explanations.all], parts };
    }
  }

  /** Of a share, or of what is left of it: what was cut off is put among `shares`. */
  async #verdict(open: Open, share: Share, shares: Share[]): Promise<Verdict> {
    const [missing, extra] = await this.#unmatched(share, shares);
    const unpaired: Unpaired = { ...open, missing: missing.list(), extra: extra.list() };
    const needed = neededLookups(unpaired);
    const { partition } = this.#options;
    const of = (side: TopicSide): readonly number[] => (partition === null ? side.partitions : [partition]);
    const inSource = needed.source ? await probe(this.#source, of(this.#source), unpaired.extra) : nothingKnown;
    const inTarget = needed.target ? await probe(this.#target, of(this.#target), unpaired.missing) : nothingKnown;
    return verdictOf(unpaired, { inSource, inTarget });
  }

  /** Records of the wanted times without a partner: of the source, of the target. */
  async #unmatched(whole: Share, shares: Share[]): Promise<[Unmatched, Unmatched]> {
    const { most, limit } = this.#options;
    let share = whole;
    const isTaken = (cursor: RecordCursor): boolean =>
      this.#isWanted(cursor.timestamp) && (share.of === 1 || share.takes(cursor.share()));
    const [missing, extra] = [new Unmatched(), new Unmatched()];
    const lanes = [...this.#lanes(this.#source, missing, extra), ...this.#lanes(this.#target, extra, missing)];
    let reading: typeof lanes = [];
    for (const lane of lanes) if (await nextOf(lane.cursor, isTaken)) reading.push(lane);
    while (reading.length > 0) {
      const lane = reading.reduce((oldest, each) => (each.cursor.timestamp < oldest.cursor.timestamp ? each : oldest));
      const { cursor, own, other } = lane;
      const { contentHigh, contentLow } = cursor.digest;
      const partner = isTaken(cursor) ? other.take(contentHigh, contentLow) : null;
      if (partner === null && isTaken(cursor)) own.add(cursor.sighting());
      while (own.size + other.size > most) {
        if (limit === null || share.of >= mostShares)
          throw tooDifferent(`topic '${this.#source.name}'`, cursor.offset, most);
        const [kept, later] = share.halves();
        shares.push(later);
        share = kept;
        for (const side of [own, other]) side.retain((sighting) => kept.takes(sighting.share));
      }
      if (!(await nextOf(cursor, isTaken))) reading = reading.filter((each) => each !== lane);
    }
    return [missing, extra];
  }

  #lanes(side: TopicSide, own: Unmatched, other: Unmatched) {
    const { partition } = this.#options;
    const partitions = partition === null ? side.partitions : [partition];
    return partitions.map((each) => ({ cursor: side.cursor(each, silent), own, other }));
  }
}

/** A share alone does not tell how much of what is gone others take: that is added up. */
function unbounded({ deleted: gone, holes, ...side }: VerdictSide): { -readonly [K in keyof VerdictSide]: number } {
  return { ...side, deleted: gone > 0 ? Infinity : 0, holes: holes > 0 ? Infinity : 0 };
}

async function sumUp(side: TopicSide, { bucketMs, onRead, partition: only }: LayoutOptions): Promise<Sums> {
  const totals = new BucketTotals(bucketMs);
  const sums = new Map<number, AddSum>();
  let [oldest, holes] = [Infinity, 0];
  const events: CursorEvents = { onRecord: (timestamp, size) => totals.add(timestamp, size), onGap: () => {} };
  for (const partition of only === null ? side.partitions : [only]) {
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

/** Offsets that retention has taken: of the partition, or of all. */
function deleted(side: TopicSide, partition: number | null): number {
  const stretches = partition === null ? [...side.stretches.values()] : [side.stretches.get(partition)!];
  return stretches.reduce((sum, stretch) => sum + stretch.deleted, 0);
}

async function nextOf(cursor: RecordCursor, isTaken: (cursor: RecordCursor) => boolean): Promise<boolean> {
  while (await next(cursor)) if (isTaken(cursor)) return true;
  return false;
}
