/**
 * The auditor of a tier: reads every partition of its topics, and writes what it finds to the topic `millrace-audit` of that cluster.
 * *Guarantee*: what it has written of a segment is a function of the log, so that it may be killed at any moment, and that several may run at
 * once: each goes on by the records that are there, and writes the same.
 */
import type { Clock } from '../../engine/clock.ts';
import { listTopics } from '../../kafka/admin.ts';
import { clientConfig } from '../../kafka/client-config.ts';
import { KafkaCluster, type TopicMetadata } from '../../kafka/cluster.ts';
import { listOffsets, offsetSpec, partitionId, type TopicPartition } from '../../kafka/offsets.ts';
import type { Delivery } from '../../kafka/partition-fetcher.ts';
import { RecordFetcher } from '../../kafka/record-fetcher.ts';
import { describeTopicConfigs } from '../../kafka/topic-configs.ts';
import { EngineError } from '../../model/errors.ts';
import { type AuditKey, encodeAuditKey } from '../audit-key.ts';
import { AuditLog } from '../audit-log.ts';
import { type AuditTier, isOwnTopic, topicMatcher } from '../audit-tier.ts';
import { AuditWriter, readAuditTopic } from '../audit-topic.ts';
import { type AccountScheme, standardScheme } from '../bucket-account.ts';
import { DigestedRecords } from '../digested-records.ts';
import { encodeSegment, type SegmentRecord } from '../segment-record.ts';
import { AuditedTopic } from './audited-topic.ts';
import { LatencyLog } from './latency-log.ts';
import { PartitionAccount, type SeenRecords } from './partition-account.ts';
import { emptySegment } from './segment-builder.ts';
import { type LogRange, startingPoint } from './starting-point.ts';
import { encodeWatermark, type Watermark } from './watermark.ts';

export type AuditorOptions = Readonly<{
  clock: Clock;
  /** Tells this auditor's latencies from those of others. */
  id: string;
  scheme?: AccountScheme | undefined;
  /** How often heads and watermarks are written. */
  intervalMs?: number | undefined;
  /** How often new topics and partitions are looked for. */
  discoveryMs?: number | undefined;
  warn: (message: string) => void;
}>;

export type AuditorTotals = Readonly<{ topics: number; partitions: number; records: number; segments: number }>;

const standardIntervalMs = 5_000;
const standardDiscoveryMs = 10_000;
/** Heads are written again so often, changed or not: a slower auditor may have put its own over them. */
const refreshMs = 60_000;
const longestWaitMs = 500;

export class TierAuditor {
  readonly #tier: AuditTier;
  readonly #options: AuditorOptions;
  readonly #scheme: AccountScheme;
  readonly #cluster: KafkaCluster;
  readonly #fetcher: RecordFetcher;
  readonly #isAudited: (topic: string) => boolean;
  readonly #digests = new DigestedRecords();
  readonly #topics = new Map<string, AuditedTopic>();
  readonly #byPartition = new Map<string, Readonly<{ topic: AuditedTopic; partition: number }>>();
  readonly #latency = new Map<AuditedTopic, LatencyLog>();
  /** Keys and values that wait to be written: what one delivery has brought, at the most. */
  readonly #waiting: (readonly [key: Buffer, value: Buffer | null])[] = [];
  /** Topics and partitions that there were then are taken up. */
  #knownMs = 0;
  #refreshedMs = 0;
  #records = 0;
  #segments = 0;

  /** INVALID_OPTION for a wrong property of the client or a wrong expression of topics. */
  constructor(tier: AuditTier, options: AuditorOptions) {
    this.#tier = tier;
    this.#options = options;
    this.#scheme = options.scheme ?? standardScheme;
    const matches = topicMatcher(tier.topics);
    this.#isAudited = (topic) => matches(topic) && !isOwnTopic(topic);
    this.#cluster = new KafkaCluster(auditorConfig(tier));
    const onRetry = (reason: string): void => options.warn(`tier ${tier.cluster}: ${reason}; trying again`);
    this.#fetcher = new RecordFetcher(this.#cluster, { onRetry, onReset: () => {} });
  }

  /** Runs until `signal` aborts; with `once`, up to the ends of now. Everything is written when it resolves. */
  async run(signal: AbortSignal, options: Readonly<{ once: boolean }>): Promise<AuditorTotals> {
    const { clock } = this.#options;
    const wake = (): void => this.#fetcher.wake();
    signal.addEventListener('abort', wake);
    const writer = await AuditWriter.open(auditorConfig(this.#tier), () => clock.now());
    try {
      await this.#discover();
      await this.#aim();
      let [tickMs, discoveryMs] = [clock.monotonic(), clock.monotonic()];
      while (!signal.aborted) {
        const delivery = await this.#fetcher.next(longestWaitMs);
        if (delivery !== null) this.#take(delivery);
        await this.#write(writer);
        const nowMs = clock.monotonic();
        const done = options.once && ![...this.#topics.values()].some(({ behind }) => behind);
        if (done) break;
        if (nowMs - tickMs < (this.#options.intervalMs ?? standardIntervalMs)) continue;
        tickMs = nowMs;
        await this.#tick(writer);
        if (nowMs - discoveryMs >= (this.#options.discoveryMs ?? standardDiscoveryMs)) {
          discoveryMs = nowMs;
          await this.#discover();
        }
        if (!options.once) await this.#aim();
      }
      await this.#tick(writer);
      await writer.flush();
    } finally {
      signal.removeEventListener('abort', wake);
      await writer.close();
      await this.#fetcher.close();
    }
    return this.totals();
  }

  totals(): AuditorTotals {
    const [topics, partitions] = [this.#topics.size, this.#byPartition.size];
    return { topics, partitions, records: this.#records, segments: this.#segments };
  }

  /** Takes up topics and partitions that were not there before. */
  async #discover(): Promise<void> {
    const time = this.#options.clock.now();
    const found = (await listTopics(this.#cluster)).filter(({ name }) => this.#isAudited(name));
    const fresh = found.filter(({ name, partitions }) => {
      const known = this.#topics.get(name)?.accounts.length ?? 0;
      return known < partitions.length;
    });
    this.#knownMs = time;
    if (fresh.length === 0) return;
    const log = new AuditLog({ from: Infinity, to: Infinity }, true); // without what is in segments that have ended
    await readAuditTopic(this.#cluster.config, log.apply);
    const configs = await describeTopicConfigs(
      this.#cluster,
      fresh.map(({ name }) => name),
    );
    for (const topic of fresh) {
      const policy = configs.get(topic.name)?.get('cleanup.policy')?.value ?? '';
      await this.#takeUp(topic, policy.includes('compact'), log);
    }
  }

  async #takeUp(metadata: TopicMetadata, compacted: boolean, log: AuditLog): Promise<void> {
    const topic = this.#topicOf(metadata, log);
    const fresh = metadata.partitions.slice(topic.accounts.length).map(({ partition }) => partition);
    const { starts, ends } = await this.#ranges(fresh.map((partition) => ({ topic: metadata.name, partition })));
    const positions = fresh.map((partition, i) => {
      const range = { start: starts[i]!, end: ends[i]! };
      const head = this.#begin(topic, partition, range, log);
      topic.accounts[partition] = this.#account(topic, partition, head, compacted);
      topic.written[partition] = -1;
      topic.backlogEnds[partition] = range.end;
      const place = { topic: metadata.name, partition };
      this.#byPartition.set(partitionId(place), { topic, partition });
      return { ...place, topicId: metadata.id, offset: head.to, stopOffset: Infinity };
    });
    this.#fetcher.add(positions);
  }

  /** Which topic is audited is written down before anything of it is. */
  #topicOf({ name, id }: TopicMetadata, log: AuditLog): AuditedTopic {
    const present = this.#topics.get(name);
    if (present !== undefined) return present;
    const { cluster, tier } = this.#tier;
    const key = { cluster, tier, topic: name };
    const before = log.topic(key)?.watermark ?? null;
    const recreated = before !== null && before.topicId !== id;
    if (recreated) this.#options.warn(`tier ${cluster}: topic '${name}' was made anew: its audit begins anew`);
    const recreatedMs = recreated ? this.#options.clock.now() : before?.recreatedMs;
    const topic = new AuditedTopic(key, id, recreatedMs);
    this.#topics.set(name, topic);
    this.#latency.set(topic, new LatencyLog(this.#scheme.bucketMs));
    if (before === null || recreated)
      this.#put({ kind: 'watermark', ...key }, encodeWatermark({ time: 0, topicId: id, recreatedMs, partitions: [] }));
    return topic;
  }

  /** The segment to go on in. What is written of records that are no longer there is taken out. */
  #begin({ key, topicId }: AuditedTopic, partition: number, range: LogRange, log: AuditLog): SegmentRecord {
    const known = log.topic(key);
    const before = known?.partitions.get(partition);
    const recreated = known?.watermark !== null && known?.watermark.topicId !== topicId;
    const point = recreated
      ? { head: emptySegment(range.start, this.#scheme), outdated: [...(before?.complete.values() ?? [])] }
      : startingPoint(before, range, this.#scheme);
    if (before === undefined || (point.outdated.length === 0 && (before.head?.to ?? 0) <= range.end)) return point.head;
    if (!recreated)
      this.#options.warn(`tier ${key.cluster}: topic '${key.topic}', partition ${partition} lost records at its end`);
    for (const { from } of point.outdated) this.#put({ kind: 'segment', ...key, partition, segment: from }, null);
    this.#put({ kind: 'head', ...key, partition }, null);
    return point.head;
  }

  #account(topic: AuditedTopic, partition: number, head: SegmentRecord, compacted: boolean): PartitionAccount {
    const latency = this.#latency.get(topic)!;
    const key = { ...topic.key, partition };
    const complete = (segment: SegmentRecord): void => {
      this.#segments++;
      this.#put({ kind: 'segment', ...key, segment: segment.from }, encodeSegment(segment));
    };
    const seen: SeenRecords = (offset, digests, from, to) => {
      this.#records += to - from;
      const [nowMs, backlogEnd] = [this.#options.clock.now(), topic.backlogEnds[partition]!];
      for (let i = Math.max(from, from + backlogEnd - offset); i < to; i++) latency.add(digests.time(i), nowMs);
    };
    return new PartitionAccount(head, compacted, complete, seen);
  }

  #put(key: AuditKey, value: Buffer | null): void {
    this.#waiting.push([encodeAuditKey(key), value]);
  }

  #take({ partition, records, release }: Delivery): void {
    const { topic, partition: index } = this.#byPartition.get(partition.id)!;
    const account = topic.accounts[index]!;
    try {
      if (records.nextOffset < account.offset) throw wentBack(partition, account.offset, records.nextOffset);
      account.take(records, this.#digests);
    } finally {
      release();
    }
  }

  async #write(writer: AuditWriter): Promise<void> {
    for (const [key, value] of this.#waiting.splice(0)) await writer.put(key, value);
  }

  /** Heads first, then the watermarks that speak of them. */
  async #tick(writer: AuditWriter): Promise<void> {
    const reached: (readonly [AuditedTopic, Watermark])[] = [];
    const nowMs = this.#options.clock.monotonic();
    const refresh = nowMs - this.#refreshedMs >= refreshMs;
    if (refresh) this.#refreshedMs = nowMs;
    for (const topic of this.#topics.values()) {
      this.#heads(topic, refresh);
      for (const [bucket, value] of this.#latency.get(topic)?.take() ?? [])
        this.#put({ kind: 'latency', ...topic.key, bucket, auditor: this.#options.id }, value);
      const watermark = topic.takeReached();
      if (watermark !== null) reached.push([topic, watermark]);
    }
    await this.#write(writer);
    await writer.flush();
    for (const [topic, watermark] of reached)
      this.#put({ kind: 'watermark', ...topic.key }, encodeWatermark(watermark));
    await this.#write(writer);
  }

  #heads(topic: AuditedTopic, refresh: boolean): void {
    topic.accounts.forEach(({ offset, head }, partition) => {
      if (topic.written[partition] === offset && !refresh) return;
      topic.written[partition] = offset;
      this.#put({ kind: 'head', ...topic.key, partition }, encodeSegment(head));
    });
  }

  /** What is in the topics now has to be seen before anything is said of now. Records of open transactions are in them too. */
  async #aim(): Promise<void> {
    const idle = [...this.#topics.values()].filter(({ behind }) => !behind);
    const time = this.#knownMs; // what came later may be in a partition that is not known yet
    const partitions = idle.flatMap(({ key, accounts }) =>
      accounts.map((_, partition) => ({ topic: key.topic, partition })),
    );
    const { starts, ends } = await this.#ranges(partitions);
    let at = 0;
    for (const topic of idle) {
      const ranges = topic.accounts.map(() => ({ start: starts[at]!, end: ends[at++]! }));
      topic.aim(time, ranges);
    }
  }

  async #ranges(partitions: readonly TopicPartition[]): Promise<{ starts: number[]; ends: number[] }> {
    const starts = await listOffsets(this.#cluster, partitions, offsetSpec.earliest, false);
    const ends = await listOffsets(this.#cluster, partitions, offsetSpec.latest, false);
    const of = (offsets: ReadonlyMap<string, number>): number[] => partitions.map((p) => offsets.get(partitionId(p))!);
    return { starts: of(starts), ends: of(ends) };
  }
}

/** What is behind the begin of a log is a finding, no failure; what is not committed is not there. */
function auditorConfig(tier: AuditTier): ReturnType<typeof clientConfig> {
  const own = [['isolation.level', 'read_committed'] as const, ['auto.offset.reset', 'earliest'] as const];
  return clientConfig(new Map([...tier.client, ...own]), `tier '${tier.cluster}'`);
}

function wentBack({ topic, partition }: TopicPartition, expected: number, found: number): EngineError {
  const where = `topic '${topic}', partition ${partition}`;
  return new EngineError('CONFLICT', `${where}: expected offset ${expected}, but the log goes on at ${found}`, {
    hint: 'It lost records at its end (an unclean election of a leader?). The auditor begins that partition again.',
  });
}
