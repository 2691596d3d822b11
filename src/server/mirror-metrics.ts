/** The metrics of mirrors for Prometheus: our own, and those of MirrorMaker 2 by the names that its JMX beans get in its common dashboards. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { MirrorFigures } from '../mirror/mirror.ts';
import type { PartitionFigures, Spread } from '../mirror/partition-meter.ts';
import { CounterLedger } from './counter-ledger.ts';

/** A mirror of this process, as it is when it is asked. */
export type WatchedMirror = Readonly<{
  name: string;
  source: string;
  target: string;
  figures: () => MirrorFigures;
  /** Whether it has a share of the work, or another process has it all. */
  isReady: () => boolean;
}>;

type Labels = Readonly<Record<string, string>>;
type Kind = 'counter' | 'gauge';
type MirrorMetric = Readonly<{ name: string; kind: Kind; help: string; labels: readonly string[] }>;

const own = 'millrace_mirror_';
const mirrorMaker = 'kafka_connect_mirror_mirrorsourceconnector_';
const ofPartition = ['mirror', 'topic', 'partition'] as const;
/** The tags of its beans. */
const tags = ['source', 'target', 'topic', 'partition'] as const;

const spreads = ['', '_min', '_max', '_avg'] as const;
const spreadHelp: Readonly<Record<(typeof spreads)[number], string>> = {
  '': 'the last',
  _min: 'the least since the last scrape',
  _max: 'the greatest since the last scrape',
  _avg: 'the mean since the last scrape',
};

const metric = (kind: Kind, name: string, help: string, labels: readonly string[]): MirrorMetric => ({
  kind,
  name,
  help,
  labels,
});
const spreadOf = (name: string, help: string): MirrorMetric[] =>
  spreads.map((suffix) => metric('gauge', `${mirrorMaker}${name}${suffix}`, `${help}: ${spreadHelp[suffix]}.`, tags));

/** Every metric, for the registry and for the docs. */
export const mirrorMetrics: readonly MirrorMetric[] = [
  metric('counter', `${own}records_total`, 'Records that were written to the target.', ofPartition),
  metric('counter', `${own}bytes_total`, 'Bytes of record batches that were written to the target.', ofPartition),
  metric('counter', `${own}rewritten_batches_total`, 'Batches that had to be encoded anew.', ofPartition),
  metric(
    'counter',
    `${own}skipped_offsets_total`,
    'Offsets without a copy: markers, aborted and compacted records.',
    ofPartition,
  ),
  metric('counter', `${own}lost_offsets_total`, 'Offsets that could not be mirrored.', ofPartition),
  metric('gauge', `${own}lag_offsets`, 'Offsets of the source that are not mirrored yet.', ofPartition),
  metric('gauge', `${own}shards`, 'Shards of the work that this process has, of 16.', ['mirror']),
  metric('gauge', `${own}members`, 'Processes that share the work.', ['mirror']),
  metric('gauge', `${own}held_bytes`, 'Bytes that were fetched and are not written yet.', ['mirror']),
  metric('counter', `${mirrorMaker}record_count`, 'Records that were written to the target.', tags),
  metric('counter', `${mirrorMaker}byte_count`, 'Bytes that were written to the target.', tags),
  metric('gauge', `${mirrorMaker}record_rate`, 'Records a second since the last scrape.', tags),
  metric('gauge', `${mirrorMaker}byte_rate`, 'Bytes a second since the last scrape.', tags),
  ...spreadOf('record_age_ms', 'Age of records when they were fetched'),
  ...spreadOf('replication_latency_ms', 'Age of records when they were written to the target'),
];

export class MirrorMetrics {
  readonly #registry = new Registry();
  readonly #ledger = new CounterLedger();
  readonly #metrics = new Map<string, Counter | Gauge>();
  readonly #nowMs: () => number;
  #scrapedMs: number;

  /** `nowMs` never goes back. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#scrapedMs = nowMs();
    for (const { kind, name, help, labels } of mirrorMetrics) {
      const config = { name, help, labelNames: [...labels], registers: [this.#registry] };
      this.#metrics.set(name, kind === 'counter' ? new Counter(config) : new Gauge(config));
    }
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The text of one scrape. */
  async render(mirrors: readonly WatchedMirror[]): Promise<string> {
    const now = this.#nowMs();
    const seconds = Math.max(0.001, (now - this.#scrapedMs) / 1_000);
    this.#scrapedMs = now;
    for (const one of this.#metrics.values()) if (one instanceof Gauge) one.reset();
    for (const mirror of mirrors) this.#mirror(mirror, seconds);
    this.#ledger.endRound();
    return await this.#registry.metrics();
  }

  #mirror({ name: mirror, source, target, figures }: WatchedMirror, seconds: number): void {
    const { partitions, shards, members, heldBytes } = figures();
    this.#gauge(`${own}shards`, { mirror }, shards);
    this.#gauge(`${own}members`, { mirror }, members);
    this.#gauge(`${own}held_bytes`, { mirror }, heldBytes);
    for (const one of partitions) {
      const place = { topic: one.topic, partition: String(one.partition) };
      this.#own({ mirror, ...place }, one);
      // MirrorMaker 2 names a topic as the target does.
      this.#mirrorMaker({ source, target, ...place, topic: one.targetTopic }, one, seconds);
    }
  }

  #own(labels: Labels, one: PartitionFigures): void {
    this.#count(`${own}records_total`, labels, one.records);
    this.#count(`${own}bytes_total`, labels, one.bytes);
    this.#count(`${own}rewritten_batches_total`, labels, one.rewritten);
    this.#count(`${own}skipped_offsets_total`, labels, one.skippedOffsets);
    this.#count(`${own}lost_offsets_total`, labels, one.lostOffsets);
    if (one.lag >= 0) this.#gauge(`${own}lag_offsets`, labels, one.lag);
  }

  #mirrorMaker(labels: Labels, one: PartitionFigures, seconds: number): void {
    const records = this.#count(`${mirrorMaker}record_count`, labels, one.records);
    const bytes = this.#count(`${mirrorMaker}byte_count`, labels, one.bytes);
    this.#gauge(`${mirrorMaker}record_rate`, labels, records / seconds);
    this.#gauge(`${mirrorMaker}byte_rate`, labels, bytes / seconds);
    this.#spread('record_age_ms', labels, one.recordAgeMs);
    this.#spread('replication_latency_ms', labels, one.replicationLatencyMs);
  }

  #spread(name: string, labels: Labels, spread: Spread | null): void {
    if (spread === null) return;
    const { last, min, max, avg } = spread;
    for (const [i, value] of [last, min, max, avg].entries())
      this.#gauge(`${mirrorMaker}${name}${spreads[i]}`, labels, value);
  }

  #gauge(name: string, labels: Labels, value: number): void {
    (this.#metrics.get(name) as Gauge).set(labels, value);
  }

  /** Returns what came since the last scrape. */
  #count(name: string, labels: Labels, total: number): number {
    const more = this.#ledger.advance(`${name} ${JSON.stringify(labels)}`, 0, total);
    (this.#metrics.get(name) as Counter).inc(labels, more);
    return more;
  }
}
