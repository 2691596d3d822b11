/** What the topic `millrace-audit` of a cluster says, put together: a fold over its records in any order that keeps that of each key. */
import { type AuditKey, decodeAuditKey, encodeAuditKey, type TierTopic } from './audit-key.ts';
import type { AuditVisitor } from './audit-topic.ts';
import { decodeLatency } from './auditor/latency-log.ts';
import { decodeWatermark, type Watermark } from './auditor/watermark.ts';
import type { LatencySketch } from './latency-sketch.ts';
import { type CountedBucket, laterCount } from './producer-audit.ts';
import { decodeSegment, type SegmentRecord } from './segment-record.ts';

/** `[from, to)` of event time, ms since 1970: buckets that do not lie in it are left out, so that memory goes with what is asked. */
export type AuditWindow = Readonly<{ from: number; to: number }>;

/** A segment with its buckets within the window. `firstBucket`: the begin of its first, wherever; Infinity without any. */
export type LoggedSegment = SegmentRecord & Readonly<{ firstBucket: number }>;

export type PartitionLog = {
  /** Segments that have ended, by the offset at which they begin. */
  readonly complete: Map<number, LoggedSegment>;
  head: LoggedSegment | null;
};

export type TopicLog = {
  readonly key: TierTopic;
  readonly partitions: Map<number, PartitionLog>;
  watermark: Watermark | null;
  /** How long records took, by bucket and auditor. */
  readonly latency: Map<number, Map<string, LatencySketch>>;
};

export type ProducerCount = Readonly<Extract<AuditKey, { kind: 'counter' }> & CountedBucket>;

export class AuditLog {
  readonly #window: AuditWindow;
  readonly #wholeHeads: boolean;
  readonly #topics = new Map<string, TopicLog>();
  readonly #counts = new Map<string, ProducerCount>();

  /** `wholeHeads`: of segments that have not ended, every bucket is kept. */
  constructor(window: AuditWindow = { from: -Infinity, to: Infinity }, wholeHeads = false) {
    this.#window = window;
    this.#wholeHeads = wholeHeads;
  }

  readonly apply: AuditVisitor = (bytes, value) => {
    const key = decodeAuditKey(bytes);
    if (key === null) return;
    if (key.kind === 'counter') {
      if (value !== null) this.#count(key, value);
    } else if (key.kind === 'segment') this.#segment(key, value);
    else if (key.kind === 'head') this.#head(key, value);
    else if (key.kind === 'watermark') this.#watermark(key, value);
    else this.#latency(key, value);
  };

  topic(key: TierTopic): TopicLog | null {
    return this.#topics.get(nameOf(key)) ?? null;
  }

  /** Topics of a tier. */
  topics(cluster: string, tier: string): TopicLog[] {
    return [...this.#topics.values()].filter(({ key }) => key.cluster === cluster && key.tier === tier);
  }

  /** What producers have counted in buckets within the window. */
  counts(): ProducerCount[] {
    return [...this.#counts.values()];
  }

  #count(key: Extract<AuditKey, { kind: 'counter' }>, value: Uint8Array): void {
    if (!this.#within(key.bucket)) return;
    const { from, to, buckets } = decodeSegment(value);
    const account = buckets.get(key.bucket);
    if (account === undefined) return; // a bucket without records
    const name = encodeAuditKey(key).toString('latin1');
    const before = this.#counts.get(name);
    const count = { from, to, account };
    this.#counts.set(name, { ...key, ...(before === undefined ? count : laterCount(before, count)) });
  }

  #segment(key: Extract<AuditKey, { kind: 'segment' }>, value: Uint8Array | null): void {
    const { complete } = this.#partition(key);
    if (value === null) complete.delete(key.segment);
    else complete.set(key.segment, this.#cut(decodeSegment(value)));
  }

  /** Of several that are still there, the one that has come farthest: a slower auditor may have written after a faster one. */
  #head(key: Extract<AuditKey, { kind: 'head' }>, value: Uint8Array | null): void {
    const partition = this.#partition(key);
    const head = value === null ? null : this.#cut(decodeSegment(value), this.#wholeHeads);
    if (head === null || partition.head === null || head.to >= partition.head.to) partition.head = head;
  }

  #watermark(key: Extract<AuditKey, { kind: 'watermark' }>, value: Uint8Array | null): void {
    const topic = this.#topic(key);
    const [before, watermark] = [topic.watermark, value === null ? null : decodeWatermark(value)];
    const older = watermark !== null && before?.topicId === watermark.topicId && watermark.time < before.time;
    if (!older) topic.watermark = watermark;
  }

  #latency(key: Extract<AuditKey, { kind: 'latency' }>, value: Uint8Array | null): void {
    if (value === null || !this.#within(key.bucket)) return;
    const { latency } = this.#topic(key);
    const auditors = latency.get(key.bucket) ?? new Map<string, LatencySketch>();
    latency.set(key.bucket, auditors.set(key.auditor, decodeLatency(value)));
  }

  #cut(segment: SegmentRecord, whole = false): LoggedSegment {
    const firstBucket = Math.min(...segment.buckets.keys());
    const buckets = new Map([...segment.buckets].filter(([start]) => whole || this.#within(start)));
    return { ...segment, buckets, firstBucket };
  }

  #within(bucket: number): boolean {
    return bucket >= this.#window.from && bucket < this.#window.to;
  }

  #partition(key: TierTopic & Readonly<{ partition: number }>): PartitionLog {
    const { partitions } = this.#topic(key);
    let partition = partitions.get(key.partition);
    if (partition === undefined) {
      partition = { complete: new Map(), head: null };
      partitions.set(key.partition, partition);
    }
    return partition;
  }

  #topic({ cluster, tier, topic: name }: TierTopic): TopicLog {
    const key = { cluster, tier, topic: name };
    let topic = this.#topics.get(nameOf(key));
    if (topic === undefined) {
      topic = { key, partitions: new Map(), watermark: null, latency: new Map() };
      this.#topics.set(nameOf(key), topic);
    }
    return topic;
  }
}

function nameOf({ cluster, tier, topic }: TierTopic): string {
  return JSON.stringify([cluster, tier, topic]);
}
