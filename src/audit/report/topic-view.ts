/** What a tier holds of a topic, by bucket of event time, out of the records of its segments; and whether they tell all of it. */
import type { LoggedSegment, TopicLog } from '../audit-log.ts';
import { BucketAccount } from '../bucket-account.ts';
import { chainOf, type SegmentChain } from '../segment-chain.ts';

/** Of one bucket: all of it, and by partition, whose records are in order. */
export type BucketView = Readonly<{ total: BucketAccount; partitions: ReadonlyMap<number, BucketAccount> }>;

export type TopicView = Readonly<{
  topic: string;
  buckets: ReadonlyMap<number, BucketView>;
  chains: ReadonlyMap<number, SegmentChain>;
  /** Why the segments do not tell all that there is; null when they do, up to the watermark. */
  uncovered: string | null;
  /** All that was in the topic at that time is in here; −Infinity: nothing is known. */
  watermarkMs: number;
  /** What was there before is not in here. */
  recreatedMs: number;
  /** Of times before, retention took records that were never audited; −Infinity: it took none. */
  knownFromMs: number;
  /** By bucket: the latencies that auditors have measured. */
  latency: TopicLog['latency'];
}>;

export function topicView(log: TopicLog): TopicView {
  const chains = new Map<number, SegmentChain>();
  for (const [partition, { complete, head }] of log.partitions) {
    const chain = chainOf(complete.values(), head);
    if (chain !== null) chains.set(partition, chain);
  }
  return {
    topic: log.key.topic,
    buckets: bucketsOf(chains),
    chains,
    uncovered: uncoveredBy(log, chains),
    watermarkMs: log.watermark === null || log.watermark.time === 0 ? -Infinity : log.watermark.time,
    recreatedMs: log.watermark?.recreatedMs ?? -Infinity,
    knownFromMs: Math.max(-Infinity, ...[...chains.values()].map(knownFrom)),
    latency: log.latency,
  };
}

/** The segments that hold records of a bucket. */
export function segmentsOf(view: TopicView, partition: number, bucket: number): LoggedSegment[] {
  return view.chains.get(partition)?.segments.filter(({ buckets }) => buckets.has(bucket)) ?? [];
}

/** Behind the last offset that retention took before it was audited; 0 where it took none. */
export function auditedFrom({ from, segments }: SegmentChain): number {
  const gaps = segments.flatMap((segment) => segment.gaps).filter(({ cause }) => cause === 'retention');
  return Math.max(from, ...gaps.map(({ to }) => to));
}

/** The end of the first bucket behind what is not known: records of it may have been taken too. */
function knownFrom(chain: SegmentChain): number {
  const begin = auditedFrom(chain);
  if (begin === 0) return -Infinity;
  const behind = chain.segments.find(({ to, firstBucket }) => to > begin && firstBucket < Infinity);
  return behind === undefined ? Infinity : behind.firstBucket + behind.scheme.bucketMs;
}

/** A topic of which nothing is recorded. */
export function unknownTopic(topic: string): TopicView {
  return {
    topic,
    buckets: new Map(),
    chains: new Map(),
    uncovered: null,
    watermarkMs: -Infinity,
    recreatedMs: -Infinity,
    knownFromMs: -Infinity,
    latency: new Map(),
  };
}

function bucketsOf(chains: ReadonlyMap<number, SegmentChain>): Map<number, BucketView> {
  const buckets = new Map<number, { total: BucketAccount; partitions: Map<number, BucketAccount> }>();
  for (const [partition, { segments }] of chains) {
    for (const { scheme, buckets: accounts } of segments) {
      for (const [start, account] of accounts) {
        let view = buckets.get(start);
        if (view === undefined) {
          view = { total: new BucketAccount(scheme), partitions: new Map() };
          buckets.set(start, view);
        }
        view.total.append(account);
        const own = view.partitions.get(partition) ?? new BucketAccount(scheme);
        view.partitions.set(partition, own);
        own.append(account);
      }
    }
  }
  return buckets;
}

function uncoveredBy({ watermark }: TopicLog, chains: ReadonlyMap<number, SegmentChain>): string | null {
  for (const [partition, { holes }] of chains) {
    const [hole] = holes;
    if (hole !== undefined) return `partition ${partition}: offsets ${hole.from} to ${hole.to} were not audited`;
  }
  const partitions = watermark?.partitions ?? [];
  for (const [partition, { start, end }] of partitions.entries()) {
    const reached = chains.get(partition)?.to ?? start;
    if (reached < end) return `partition ${partition}: offsets ${reached} to ${end} were seen, and are not recorded`;
  }
  return null;
}
