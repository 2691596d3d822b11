/** What the audit says of all tiers of a topology: every topic, every bucket, every arrow between tiers, the producers' included. */
import type { BucketState } from '../../model/audit.ts';
import type { AuditWindow } from '../audit-log.ts';
import { type AuditTier, checkTiers, topicMatcher } from '../audit-tier.ts';
import { standardScheme } from '../bucket-account.ts';
import { LatencySketch } from '../latency-sketch.ts';
import { auditedTopics } from './audited-topics.ts';
import { type ResolvedBucket, resolveBucket } from './bucket-resolution.ts';
import { IdentityNames, producerSide } from './producer-side.ts';
import { type BucketFinding, joinedSide, reconcile, type Side, stateOf, type Timing } from './reconcile.ts';
import type { ComparedTopics } from './resolution.ts';
import { TierAccess } from './tier-access.ts';
import { type TopicView, unknownTopic } from './topic-view.ts';

export type ReportOptions = Readonly<{
  window: AuditWindow;
  graceMs: number;
  silentAfterMs: number;
  /** ms since 1970. */
  now: number;
  /** Which topics, by the names that they have at the target. */
  isWanted: (topic: string) => boolean;
}>;

/** Quantiles of the time from production to the tier, ms. */
export type Latency = Readonly<{ p50: number; p95: number; p99: number; max: number }>;

export type ReportedBucket = ResolvedBucket &
  Readonly<{
    /** Why the state is not `closed`. */
    because: string | null;
    /** Which part of what the source has is at the target, unchanged; null while that can't be said, or of nothing. */
    completeness: number | null;
    latencyMs: Latency | null;
  }>;

export type PairReport = Readonly<{
  /** Where the records come from: topics of clusters, or the producers of a topic. */
  sources: readonly Readonly<{ cluster: string; topic: string }>[];
  target: Readonly<{ cluster: string; tier: string; topic: string }>;
  /** Nothing is wrong in any bucket that is closed, and none is incomplete. */
  equal: boolean;
  /** Of the topic up to now. */
  state: BucketState;
  because: string | null;
  /** Over all closed buckets. */
  completeness: number | null;
  buckets: readonly ReportedBucket[];
}>;

export type AuditReport = Readonly<{ equal: boolean; time: number; tiers: readonly PairReport[] }>;

/** Name of the tier before the first. */
const producersTier = 'producers';

export async function reportTiers(tiers: readonly AuditTier[], options: ReportOptions): Promise<AuditReport> {
  checkTiers(tiers);
  const accesses = new Map<string, TierAccess>();
  try {
    for (const tier of tiers) accesses.set(tier.cluster, await TierAccess.open(tier, options.window));
    const reports: PairReport[] = [];
    for (const access of accesses.values()) {
      for (const pair of await pairsOf(access, accesses)) {
        if (options.isWanted(pair.topic)) reports.push(await reportPair(pair, options));
      }
    }
    return { equal: reports.every(({ equal }) => equal), time: options.now, tiers: reports };
  } finally {
    for (const access of accesses.values()) access.close();
  }
}

/** A topic at a target, and where its records come from; `sources` null: from producers. */
type Pair = Readonly<{
  target: TierAccess;
  topic: string;
  sources: readonly Readonly<{ access: TierAccess; topic: string }>[] | null;
}>;

async function pairsOf(target: TierAccess, accesses: ReadonlyMap<string, TierAccess>): Promise<Pair[]> {
  const pairs = new Map<string, Pair['sources'] & object>();
  for (const { cluster, prefix, topics } of target.tier.sources) {
    const access = accesses.get(cluster)!;
    const isCarried = topicMatcher(topics);
    for (const topic of (await auditedTopics(access)).filter(isCarried))
      pairs.set(prefix + topic, [...(pairs.get(prefix + topic) ?? []), { access, topic }]);
  }
  const mirrored = [...pairs].map(([topic, sources]) => ({ target, topic, sources }));
  return [...(await producedTopics(target)).map((topic) => ({ target, topic, sources: null })), ...mirrored];
}

async function producedTopics(access: TierAccess): Promise<string[]> {
  if (!access.tier.produced) return [];
  const isAudited = topicMatcher(access.tier.topics);
  const counted = [...new Set(access.log.counts().map(({ topic }) => topic))].filter(isAudited).sort();
  const restamped = await Promise.all(counted.map((topic) => access.restamps(topic)));
  return counted.filter((_, i) => !restamped[i]);
}

async function reportPair({ target, topic, sources }: Pair, options: ReportOptions): Promise<PairReport> {
  const theirs = target.view(topic) ?? unknownTopic(topic);
  const ours = sources?.map((source) => source.access.view(source.topic) ?? unknownTopic(source.topic)) ?? null;
  const counts = (sources ?? [{ access: target, topic }]).flatMap((source) =>
    source.access.log.counts().filter((count) => count.topic === source.topic),
  );
  const side: Side = ours === null ? producerSide(counts, options.now) : joinedSide(ours);
  const theirSide = joinedSide([theirs]);
  const timing: Timing = { ...options, bucketMs: bucketMsOf([...(ours ?? []), theirs]) };
  const findings = reconcile(side, theirSide, timing);
  let compared: ComparedTopics | null = null;
  const buckets: ReportedBucket[] = [];
  for (const finding of findings) {
    const differs = finding.differences === null || finding.differences.length > 0 || finding.reordered.length > 0;
    if (finding.state !== 'closed' || !differs) buckets.push(reported(unresolved(finding), finding, theirs));
    else {
      compared ??= await comparedTopics(target, topic, sources, new IdentityNames(counts));
      buckets.push(reported(await resolveBucket(finding, compared, timing.bucketMs), finding, theirs));
    }
  }
  const { state, because } = stateOf(-Infinity, -Infinity, side, theirSide, timing);
  return {
    sources: sources?.map(({ access, topic: name }) => ({ cluster: access.tier.cluster, topic: name })) ?? [
      { cluster: producersTier, topic },
    ],
    target: { cluster: target.tier.cluster, tier: target.tier.tier, topic },
    equal: state !== 'incomplete' && buckets.every(isWell),
    state,
    because,
    completeness: completenessOf(buckets),
    buckets,
  };
}

async function comparedTopics(
  target: TierAccess,
  topic: string,
  sources: Pair['sources'],
  names: IdentityNames,
): Promise<ComparedTopics> {
  const scanned = await Promise.all((sources ?? []).map((source) => source.access.scanned(source.topic)));
  const carried = new Set(sources?.map((source) => source.topic));
  return {
    sources: sources === null ? null : scanned.filter((each) => each !== null),
    target: (await target.scanned(topic)) ?? { view: unknownTopic(topic), side: null, compacted: false },
    losses: (await target.losses()).filter((loss) => loss.targetTopic === topic && carried.has(loss.topic)),
    names,
  };
}

function unresolved({ from, to, state, source, target }: BucketFinding): ResolvedBucket {
  const lists = { missing: [], extra: [], changed: [], reordered: [], explained: [] };
  return { from, to, state, source, target, ...lists, undecided: false };
}

function reported(bucket: ResolvedBucket, { because }: BucketFinding, target: TopicView): ReportedBucket {
  const { state, source, missing, changed, undecided } = bucket;
  const sure = state === 'closed' && !undecided && source.count > 0;
  const completeness = sure ? (source.count - missing.length - changed.length) / source.count : null;
  return { ...bucket, because, completeness, latencyMs: latencyOf(target, bucket.from) };
}

/** Whether nothing has to be looked at: an open bucket may still become so. */
export function isWell(bucket: ReportedBucket): boolean {
  const { state, missing, extra, changed, reordered, undecided } = bucket;
  const found = missing.length + extra.length + changed.length + reordered.length;
  return state === 'open' || (state === 'closed' && found === 0 && !undecided);
}

function completenessOf(buckets: readonly ReportedBucket[]): number | null {
  const sure = buckets.filter(({ completeness }) => completeness !== null);
  const produced = sure.reduce((sum, { source }) => sum + source.count, 0);
  const lost = sure.reduce((sum, { missing, changed }) => sum + missing.length + changed.length, 0);
  return produced === 0 ? null : (produced - lost) / produced;
}

/** By the log, where it has the time of appending; else as auditors have measured it. */
function latencyOf({ buckets, latency }: TopicView, bucket: number): Latency | null {
  const sketch = new LatencySketch();
  const recorded = buckets.get(bucket)?.total.latency;
  if (recorded !== undefined && recorded.count > 0) sketch.merge(recorded);
  else for (const measured of latency.get(bucket)?.values() ?? []) sketch.merge(measured);
  if (sketch.count === 0) return null;
  const of = (quantile: number): number => sketch.quantile(quantile)!;
  return { p50: of(0.5), p95: of(0.95), p99: of(0.99), max: of(1) };
}

function bucketMsOf(views: readonly TopicView[]): number {
  for (const { chains } of views) {
    for (const { segments } of chains.values()) if (segments[0] !== undefined) return segments[0].scheme.bucketMs;
  }
  return standardScheme.bucketMs;
}
