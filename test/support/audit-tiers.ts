import { decodeAuditKey } from '../../src/audit/audit-key.ts';
import type { AuditTier } from '../../src/audit/audit-tier.ts';
import { auditTopic, ensureAuditTopic, readAuditTopic } from '../../src/audit/audit-topic.ts';
import { runAuditor } from '../../src/audit/auditor/run-auditor.ts';
import type { AuditorTotals } from '../../src/audit/auditor/tier-auditor.ts';
import { ProducerAudit } from '../../src/audit/producer-audit.ts';
import { type AuditReport, type PairReport, reportTiers } from '../../src/audit/report/tier-report.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { describeTopics } from '../../src/kafka/admin.ts';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { KafkaCluster } from '../../src/kafka/cluster.ts';
import { timestampOf } from '../../src/kafka/fetched-records.ts';
import { scanLog } from '../../src/kafka/log-reader.ts';
import { listOffsets, offsetSpec } from '../../src/kafka/offsets.ts';
import { KafkaProducer } from '../../src/kafka/producer.ts';
import { deleteRecords } from '../../src/kafka/record-deletion.ts';
import { readHeaders } from '../../src/kafka/record-run.ts';

/** A record as it lies in a topic, or is to be put into one. */
export type RawRecord = Readonly<{
  key: Uint8Array | null;
  value: Uint8Array | null;
  timestamp: number;
  headers: ReadonlyMap<string, Uint8Array | string | null>;
}>;

/** A moment of an hour ago, in the middle of a bucket: what is produced then is long closed. */
export const anHourAgo = Math.floor((Date.now() - 3_600_000) / 600_000) * 600_000 + 300_000;

export function client(bootstrap: string): ReadonlyMap<string, string> {
  return new Map([
    ['bootstrap.servers', bootstrap],
    ['linger.ms', '0'],
  ]);
}

async function withProducer<T>(bootstrap: string, work: (producer: KafkaProducer) => Promise<T>): Promise<T> {
  const producer = new KafkaProducer(clientConfig(client(bootstrap), 'test'), () => Date.now());
  try {
    const result = await work(producer);
    await producer.flush();
    return result;
  } finally {
    await producer.close();
  }
}

/** Puts records into partition 0, in order. */
export function put(bootstrap: string, topic: string, records: readonly RawRecord[]): Promise<void> {
  return withProducer(bootstrap, async (producer) => {
    await producer.open(topic);
    for (const { key, value, timestamp, headers } of records) producer.send(topic, 0, key, value, timestamp, headers);
  });
}

/** Records of partition 0 that consumers see. */
export async function take(bootstrap: string, topic: string): Promise<RawRecord[]> {
  const properties = new Map([...client(bootstrap), ['isolation.level', 'read_committed']]);
  const cluster = new KafkaCluster(clientConfig(properties, 'test'));
  const records: RawRecord[] = [];
  try {
    const [metadata] = await describeTopics(cluster, [topic]);
    const place = { topic, partition: 0 };
    const of = async (spec: number): Promise<number> =>
      [...(await listOffsets(cluster, [place], spec, true)).values()][0]!;
    const stretch = {
      ...place,
      topicId: metadata!.id,
      from: await of(offsetSpec.earliest),
      to: await of(offsetSpec.latest),
    };
    await scanLog(cluster, stretch, ({ header, from, to }, run) => {
      const copy = (start: number, end: number): Uint8Array | null => (start < 0 ? null : run.bytes.slice(start, end));
      for (let i = from; i < to; i++) {
        records.push({
          key: copy(run.keyStarts[i]!, run.keyEnds[i]!),
          value: copy(run.valueStarts[i]!, run.valueEnds[i]!),
          timestamp: timestampOf(header, run, i),
          headers: readHeaders(run.bytes, run.headerStarts[i]!),
        });
      }
      return true;
    });
    return records;
  } finally {
    cluster.close();
  }
}

let sessions = 0;

export type Production = Readonly<{
  time?: number;
  /** From one record to the next; 1 ms unless given. */
  stepMs?: number;
  /** Of the keys: `k0`, `k1`, … unless given. */
  key?: (i: number) => string;
  /** Sequences that are counted and never sent. */
  lost?: readonly number[];
  partition?: number;
  /** How often the messages with the counts arrive: first lost, then twice, unless given. 0: the producer does not count. */
  counts?: number;
}>;

/** Produces records as an audited producer does, at a time of long ago, with the counts. Returns the session that names them. */
export async function produceAudited(
  bootstrap: string,
  topic: string,
  count: number,
  more: Production = {},
): Promise<string> {
  const { time = anHourAgo, stepMs = 1, key = (i) => `k${i}`, lost = [], partition = 0, counts = 2 } = more;
  await ensureAuditTopic(clientConfig(client(bootstrap), 'test'));
  const session = (++sessions).toString(16).padStart(16, '0');
  const audit = new ProducerAudit({ producer: `shop-${topic}`, host: 'test-host' }, () => session);
  await withProducer(bootstrap, async (producer) => {
    await producer.open(topic);
    await producer.open(auditTopic);
    for (let i = 0; i < count; i++) {
      const record = { key: Buffer.from(key(i)), value: Buffer.from(`value ${i}`), timestamp: time + i * stepMs };
      const headers = audit.stamp(topic, record, record.timestamp);
      if (lost.includes(i)) continue;
      producer.send(topic, partition, record.key, record.value, record.timestamp, headers);
      if (i === Math.floor(count / 2)) audit.messages(); // lost
    }
    const messages = audit.messages();
    for (let copy = 0; copy < counts; copy++)
      for (const { key: name, value } of messages) producer.send(auditTopic, null, name, value, Date.now());
  });
  return session;
}

/** Two tiers on one broker: `local`, topics as given, and `aggregate`, the same behind `agg.`. */
export function twoTiers(bootstrap: string, topics: readonly string[]): readonly [AuditTier, AuditTier] {
  const copies = topics.map((topic) => `agg\\.${topic}`);
  return [
    { cluster: 'dc1', tier: 'local', client: client(bootstrap), topics, produced: true, sources: [] },
    {
      cluster: 'agg',
      tier: 'aggregate',
      client: client(bootstrap),
      topics: copies,
      produced: false,
      sources: [{ cluster: 'dc1', prefix: 'agg.', topics }],
    },
  ];
}

export function auditOnce(tier: AuditTier, id = 'test'): Promise<AuditorTotals> {
  const warn = (message: string): void => void warnings.push(message);
  return runAuditor(tier, { clock: systemClock, id, warn }, new AbortController().signal, { once: true });
}

/** What auditors have warned of. */
export const warnings: string[] = [];

export function reportOf(
  tiers: readonly AuditTier[],
  more: Partial<Parameters<typeof reportTiers>[1]> = {},
): Promise<AuditReport> {
  const window = { from: -Infinity, to: Infinity };
  const timing = { graceMs: 60_000, silentAfterMs: 60_000, now: Date.now() };
  return reportTiers(tiers, { window, ...timing, isWanted: () => true, ...more });
}

/** What the report says of a topic at its tier. */
export function pairOf(report: AuditReport, topic: string): PairReport {
  return report.tiers.find(({ target }) => target.topic === topic)!;
}

/** Takes away what lies before `offset` in partition 0, as retention does. */
export async function purge(bootstrap: string, topic: string, offset: number): Promise<void> {
  const cluster = new KafkaCluster(clientConfig(client(bootstrap), 'test'));
  try {
    await deleteRecords(cluster, [{ topic, partition: 0, offset }]);
  } finally {
    cluster.close();
  }
}

/** Every record of the topic millrace-audit of a kind, by key. */
export async function auditRecords(
  bootstrap: string,
  kind: 'segment' | 'watermark' | 'head',
): Promise<Map<string, Buffer[]>> {
  const records = new Map<string, Buffer[]>();
  await readAuditTopic(clientConfig(client(bootstrap), 'test'), (key, value) => {
    if (decodeAuditKey(key)?.kind !== kind || value === null) return;
    const name = Buffer.from(key).toString('latin1');
    records.set(name, [...(records.get(name) ?? []), Buffer.from(value)]);
  });
  return records;
}
