import type { AuditedRecord, BucketComparison, ExplainedGap, TierTotals, TopicComparison } from '../../model/audit.ts';
import { assert } from '../../model/errors.ts';
import { bucketStart } from '../bucket-account.ts';
import { byPlace, findingKinds, type KindCounts, noFindings } from './finding-list.ts';
import type { Sighting } from './record-cursor.ts';
import type { LayoutComparison } from './topic-layout.ts';
import type { Explanation, Finding, FindingKind } from './verdict.ts';

/** How many there are of each, listed or not. */
export type FindingCounts = Readonly<Record<FindingKind | 'explained', number>>;

export type ComparedBucket = BucketComparison & Readonly<{ counts: FindingCounts }>;

/**
 * `scope`: whether records were looked for in their partition, in order, or anywhere in the topic. `parts`: in how many readings a partition or
 * the topic was compared because more differed than can be kept; order was not compared there. Not there where one was enough.
 */
export type ComparedTopic = Omit<TopicComparison, 'buckets'> &
  Readonly<{
    scope: 'partition' | 'topic';
    parts?: number;
    counts: FindingCounts;
    buckets: readonly ComparedBucket[];
  }>;

/** What the two topics have to do with each other, before it is told. */
export type Compared = LayoutComparison & Readonly<{ scope: ComparedTopic['scope'] }>;

const noTotals: TierTotals = { count: 0, bytes: 0 };

/** Buckets by time, each with what was found in it. Of all findings, and of all explanations, the first `limit` are listed. */
export function reportOf(
  { scope, source, target, findings, rest, explanations, parts }: Compared,
  bucketMs: number,
  limit: number,
): ComparedTopic {
  const gaps = joined(explanations, bucketMs);
  const ordered = findings.toSorted(byPlace);
  const listed = new Set<Finding | Explanation>([...ordered.slice(0, limit), ...gaps.slice(0, limit)]);
  const found = Map.groupBy(ordered, ({ record }) => bucketStart(record.timestamp, bucketMs));
  const explained = Map.groupBy(gaps, ({ time }) => bucketStart(time, bucketMs));
  const starts = new Set([source.buckets, target.buckets, found, rest, explained].flatMap((map) => [...map.keys()]));
  const buckets = [...starts]
    .sort((a, b) => a - b)
    .map((from): ComparedBucket => {
      const [here, why] = [found.get(from) ?? [], explained.get(from) ?? []];
      return {
        from,
        to: from + bucketMs,
        state: 'closed',
        source: source.buckets.get(from) ?? noTotals,
        target: target.buckets.get(from) ?? noTotals,
        ...lists(here.filter((finding) => listed.has(finding))),
        explained: why.filter((gap) => listed.has(gap)).map(gapOf),
        counts: countsOf(here, why, [rest.get(from) ?? noFindings()]),
      };
    });
  const equal = findings.length === 0 && rest.size === 0;
  const silent = equal && explanations.every(({ cause }) => cause === 'aborted' || cause === 'control');
  for (const { from, source: ours, target: theirs } of silent ? buckets : []) {
    assert(ours.count === theirs.count, () => `bucket ${from}: ${ours.count} and ${theirs.count} records found equal`);
  }
  const counts = countsOf(findings, gaps, [...rest.values()]);
  return { equal, scope, ...(parts > 1 ? { parts } : {}), counts, buckets };
}

function lists(findings: readonly Finding[]): Record<FindingKind, AuditedRecord[]> {
  const of = (kind: FindingKind): AuditedRecord[] =>
    findings.filter((finding) => finding.kind === kind).map(({ record }) => recordOf(record));
  return { missing: of('missing'), extra: of('extra'), changed: of('changed'), reordered: of('reordered') };
}

function countsOf(
  findings: readonly Finding[],
  explained: readonly Explanation[],
  rest: readonly KindCounts[],
): FindingCounts {
  const counts = { ...noFindings(), explained: explained.length };
  for (const { kind } of findings) counts[kind]++;
  for (const more of rest) for (const kind of findingKinds) counts[kind] += more[kind];
  return counts;
}

/** Explanations by place, those of one cause and bucket that touch as one. */
function joined(explanations: readonly Explanation[], bucketMs: number): Explanation[] {
  const order = explanations.toSorted((a, b) => a.partition - b.partition || a.from - b.from || a.to - b.to);
  const last = new Map<string, { -readonly [K in keyof Explanation]: Explanation[K] }>();
  const gaps: Explanation[] = [];
  for (const each of order) {
    const name = [each.cause, each.partition, bucketStart(each.time, bucketMs)].join();
    const before = last.get(name);
    if (before !== undefined && each.from <= before.to) before.to = Math.max(before.to, each.to);
    else {
      const gap = { ...each };
      last.set(name, gap);
      gaps.push(gap);
    }
  }
  return gaps;
}

function gapOf({ cause, partition, from, to }: Explanation): ExplainedGap {
  return { cause, from, to, partition };
}

function recordOf({ partition, offset, timestamp, key, identity }: Sighting): AuditedRecord {
  return { partition, offset, timestamp, key: keyTextOf(key), ...(identity === null ? {} : { identity }) };
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A key as text, or `base64:…` where it is none. */
export function keyTextOf(key: Buffer | null): string | null {
  if (key === null) return null;
  try {
    return decoder.decode(key);
  } catch {
    return `base64:${key.toString('base64')}`;
  }
}
