/**
 * Two tiers compared by their accounts alone: a function of records of the audit, that reads no topic. Sums tell whether something differs,
 * tables what; where the tables are too small it says so, and the logs have to be read (bucket-scan.ts).
 */
import type { BucketState, TierTotals } from '../../model/audit.ts';
import { EngineError } from '../../model/errors.ts';
import { BucketAccount } from '../bucket-account.ts';
import type { DifferenceTable, TableDifference } from '../difference-table.ts';
import type { BucketView, TopicView } from './topic-view.ts';

/** One side of a comparison: what a tier, several together, or the producers have of a topic. */
export type Side = Readonly<{
  buckets: ReadonlyMap<number, BucketView>;
  /** All that was there at that time is known. */
  watermarkMs: number;
  uncovered: string | null;
  recreatedMs: number;
  /** Of times before, retention took records that were never audited. */
  knownFromMs: number;
  /** Whether partitions and their order mean something: not so with producers, and where several sources come together. */
  ordered: boolean;
  /** Whether records are known by partition. */
  partitioned: boolean;
}>;

export type Timing = Readonly<{
  /** ms since 1970. */
  now: number;
  bucketMs: number;
  /** After a bucket's end: how long records may be on their way before they are missed. */
  graceMs: number;
  /** An auditor whose watermark is older is silent. */
  silentAfterMs: number;
}>;

/** Which side has how many more of a record; partition null where that is not known. */
export type Difference = TableDifference & Readonly<{ partition: number | null }>;

/** `because`: why the state is not `closed`. */
export type StateOfBucket = Readonly<{ state: BucketState; because: string | null }>;

export type BucketFinding = Readonly<{
  from: number;
  to: number;
  state: BucketState;
  /** Why the state is not `closed`. */
  because: string | null;
  source: TierTotals;
  target: TierTotals;
  /** `count` above 0: missing at the target; null: more than the tables tell. */
  differences: readonly Difference[] | null;
  /** Partitions whose records are the same, in another order. */
  reordered: readonly number[];
}>;

const nothing: BucketView = { total: new BucketAccount({ cells: 0, bucketMs: 1 }), partitions: new Map() };

/** Every bucket that one of the sides has, by time. */
export function reconcile(source: Side, target: Side, timing: Timing): BucketFinding[] {
  const starts = new Set([...source.buckets.keys(), ...target.buckets.keys()]);
  return [...starts].sort((a, b) => a - b).map((start) => findingOf(start, source, target, timing));
}

/** Several tiers as one source: sums and tables add up, order does not. */
export function joinedSide(views: readonly TopicView[]): Side {
  const [only] = views;
  if (views.length === 1) return { ...only!, ordered: true, partitioned: true };
  const buckets = new Map<number, { total: BucketAccount; partitions: Map<number, BucketAccount> }>();
  for (const view of views) {
    for (const [start, { total, partitions }] of view.buckets) {
      let joined = buckets.get(start);
      if (joined === undefined) {
        joined = { total: emptyLike(total), partitions: new Map() };
        buckets.set(start, joined);
      }
      joined.total.append(total);
      for (const [partition, account] of partitions) {
        const own = joined.partitions.get(partition) ?? emptyLike(account);
        joined.partitions.set(partition, own);
        own.append(account);
      }
    }
  }
  return {
    buckets,
    watermarkMs: Math.min(...views.map(({ watermarkMs }) => watermarkMs)),
    uncovered: views.find(({ uncovered }) => uncovered !== null)?.uncovered ?? null,
    recreatedMs: Math.max(...views.map(({ recreatedMs }) => recreatedMs)),
    knownFromMs: Math.max(...views.map(({ knownFromMs }) => knownFromMs)),
    ordered: false,
    partitioned: true,
  };
}

function emptyLike({ table }: BucketAccount): BucketAccount {
  return new BucketAccount({ cells: table?.cells ?? 0, bucketMs: 1 });
}

function findingOf(start: number, source: Side, target: Side, timing: Timing): BucketFinding {
  const [ours, theirs] = [source.buckets.get(start) ?? nothing, target.buckets.get(start) ?? nothing];
  const same = ours.total.count === theirs.total.count && ours.total.sum.equals(theirs.total.sum);
  const to = start + timing.bucketMs;
  const { state, because } = stateOf(start, to, source, target, timing);
  return {
    from: start,
    to,
    state,
    because,
    source: totalsOf(ours.total),
    target: totalsOf(theirs.total),
    differences: same ? [] : differencesOf(ours, theirs, source.partitioned && target.partitioned),
    reordered: same && source.ordered && target.ordered ? reorderedIn(ours, theirs) : [],
  };
}

/** Whether something can be said of a bucket that ends at `to`; of the whole topic, up to now, with −Infinity. */
export function stateOf(from: number, to: number, source: Side, target: Side, timing: Timing): StateOfBucket {
  if (from < source.recreatedMs && from > -Infinity)
    return { state: 'incomplete', because: 'source: the topic was made anew; what it held before is not known' };
  if (!source.partitioned && from < target.knownFromMs && from > -Infinity)
    return { state: 'incomplete', because: 'target: retention took records of that time before they were audited' };
  const states = [sideState('source', source, to, timing), sideState('target', target, to, timing)];
  return (
    states.find(({ state }) => state === 'incomplete') ?? states.find(({ state }) => state === 'open') ?? states[0]!
  );
}

function sideState(name: string, side: Side, to: number, { now, graceMs, silentAfterMs }: Timing): StateOfBucket {
  const { uncovered, watermarkMs } = side;
  if (uncovered !== null) return { state: 'incomplete', because: `${name}: ${uncovered}` };
  if (watermarkMs === -Infinity) return { state: 'incomplete', because: `${name}: no auditor has seen all of it yet` };
  const silentMs = now - watermarkMs;
  const seen = watermarkMs >= to + graceMs;
  if (silentMs > silentAfterMs && (!seen || to === -Infinity))
    return {
      state: 'incomplete',
      because: `${name}: its auditor has been silent for ${Math.round(silentMs / 1000)} s`,
    };
  if (seen) return { state: 'closed', because: null };
  return { state: 'open', because: `${name}: seen up to ${new Date(watermarkMs).toISOString()}` };
}

function totalsOf({ count, bytes }: BucketAccount): TierTotals {
  return { count, bytes };
}

/** By partition, where each has a table that can tell it; else by the tables of the whole. null: more than they tell. */
function differencesOf(ours: BucketView, theirs: BucketView, partitioned: boolean): Difference[] | null {
  const whole = decoded(ours.total, theirs.total)?.map((difference) => ({ ...difference, partition: null })) ?? null;
  if (!partitioned) return whole;
  const found: Difference[] = [];
  for (const partition of new Set([...ours.partitions.keys(), ...theirs.partitions.keys()])) {
    const [a, b] = [ours.partitions.get(partition) ?? nothing.total, theirs.partitions.get(partition) ?? nothing.total];
    if (a.count === b.count && a.sum.equals(b.sum)) continue;
    const differences = decoded(a, b);
    if (differences === null) return whole;
    for (const difference of differences) found.push({ ...difference, partition });
  }
  return found;
}

function decoded(ours: BucketAccount, theirs: BucketAccount): TableDifference[] | null {
  const [a, b] = [tableOf(ours), tableOf(theirs)];
  if (a === null && b === null) return null;
  if (a !== null && b !== null && a.cells !== b.cells) throw otherScheme(a.cells, b.cells);
  const rest = a === null ? negated(b!) : a.clone();
  if (a !== null && b !== null) rest.subtract(b);
  return rest.decode();
}

/** Of an account that counts nothing there is no table to be compared with. */
function tableOf({ count, table }: BucketAccount): DifferenceTable | null {
  return count === 0 ? null : table;
}

function negated(table: DifferenceTable): DifferenceTable {
  const zero = table.clone();
  zero.words.fill(0);
  zero.subtract(table);
  return zero;
}

/** Where the whole is the same, a partition that is not has records of another. */
function reorderedIn(ours: BucketView, theirs: BucketView): number[] {
  const partitions = new Set([...ours.partitions.keys(), ...theirs.partitions.keys()]);
  return [...partitions].filter((partition) => {
    const [a, b] = [ours.partitions.get(partition) ?? nothing.total, theirs.partitions.get(partition) ?? nothing.total];
    return !a.sum.equals(b.sum) || !a.order.equals(b.order);
  });
}

function otherScheme(ours: number, theirs: number): EngineError {
  return new EngineError('CONFLICT', `audit: expected tables of one scheme, found ${ours} and ${theirs} cells`, {
    hint: 'Auditors and producers of all tiers have to be of the same version of Millrace.',
  });
}
