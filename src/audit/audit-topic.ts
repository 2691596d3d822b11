/**
 * The topic `millrace-audit` of a cluster: what producers count, what auditors find, how far they are. Compacted: the last value of a key is
 * the one that counts, and writing one again changes nothing. Keys are JSON arrays, the kind first.
 */
import { createTopics, listTopics } from '../kafka/admin.ts';
import type { ClientConfig } from '../kafka/client-config.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { scanLog } from '../kafka/log-reader.ts';
import { listOffsets, offsetSpec, partitionId } from '../kafka/offsets.ts';
import { KafkaProducer } from '../kafka/producer.ts';
import type { RecordRun } from '../kafka/record-run.ts';
import { pause } from '../kafka/retry.ts';
import { isEngineError } from '../model/errors.ts';

export const auditTopic = 'millrace-audit';

/** Records of the audit are kept this long at least; what they are about has mostly gone before. */
const retentionMs = 14 * 86_400_000;
/** A topic that was just made is not known to every broker at once: looked for so often, so far apart. */
const maxLooks = 50;
const lookMs = 100;

/** Makes the topic where there is none; several may do it at once. Replicas are the brokers' default. */
export async function ensureAuditTopic(config: ClientConfig): Promise<void> {
  const cluster = new KafkaCluster(config);
  try {
    if (await isThere(cluster)) return;
    const settings = { 'cleanup.policy': 'compact,delete', 'retention.ms': String(retentionMs) };
    await createTopics(cluster, [{ name: auditTopic, partitions: 1, replicationFactor: -1, config: settings }]).catch(
      (error: unknown) => {
        if (!isEngineError(error) || error.code !== 'CONFLICT') throw error;
      },
    );
    for (let look = 0; look < maxLooks && !(await isThere(cluster)); look++) await pause(lookMs, cluster.signal);
  } finally {
    cluster.close();
  }
}

async function isThere(cluster: KafkaCluster): Promise<boolean> {
  const topic = (await listTopics(cluster)).find(({ name }) => name === auditTopic);
  return topic?.partitions.every(({ leader }) => leader >= 0) === true;
}

/** Hears a record; what it keeps of the bytes it copies. A value of null: the key is out. */
export type AuditVisitor = (key: Uint8Array, value: Uint8Array | null) => void;

/**
 * Reads the topic as it is now, in the order in which each key was written; nothing where there is no such topic. Keys that were not yet
 * compacted come several times. The client's connections are its own.
 */
export async function readAuditTopic(config: ClientConfig, visit: AuditVisitor): Promise<void> {
  const cluster = new KafkaCluster(config);
  try {
    const topic = (await listTopics(cluster)).find(({ name }) => name === auditTopic);
    if (topic === undefined) return;
    const partitions = topic.partitions.map(({ partition }) => ({ topic: auditTopic, partition }));
    const first = await listOffsets(cluster, partitions, offsetSpec.earliest, false);
    const ends = await listOffsets(cluster, partitions, offsetSpec.latest, config.consumer.readCommitted);
    for (const partition of partitions) {
      const [from, to] = [first.get(partitionId(partition))!, ends.get(partitionId(partition))!];
      await scanLog(cluster, { ...partition, topicId: topic.id, from, to }, (records, run) => {
        visitRecords(run, records.from, records.to, visit);
        return true;
      });
    }
  } finally {
    cluster.close();
  }
}

function visitRecords(run: RecordRun, from: number, to: number, visit: AuditVisitor): void {
  for (let i = from; i < to; i++) {
    if (run.keyStarts[i]! < 0) continue; // nobody of the audit's writes one
    const key = run.bytes.subarray(run.keyStarts[i], run.keyEnds[i]);
    visit(key, run.valueStarts[i]! < 0 ? null : run.bytes.subarray(run.valueStarts[i], run.valueEnds[i]));
  }
}

/** Writes to the topic. *Delivery guarantee*: what was put before `flush` is there when that resolves; twice does no harm. */
export class AuditWriter {
  readonly #producer: KafkaProducer;
  readonly #now: () => number;

  private constructor(producer: KafkaProducer, now: () => number) {
    this.#producer = producer;
    this.#now = now;
  }

  /** Makes the topic if need be. `now`: ms since 1970. */
  static async open(config: ClientConfig, now: () => number): Promise<AuditWriter> {
    await ensureAuditTopic(config);
    const producer = new KafkaProducer({ ...config, producer: { ...config.producer, compression: 'zstd' } }, now); // tables are mostly zeros
    try {
      await producer.open(auditTopic);
      return new AuditWriter(producer, now);
    } catch (error) {
      await producer.close();
      throw error;
    }
  }

  /** Waits while buffers are full. A value of null takes the key out. */
  async put(key: Uint8Array, value: Uint8Array | null): Promise<void> {
    this.#producer.send(auditTopic, null, key, value, this.#now());
    await (this.#producer.ready() ?? undefined);
  }

  flush(): Promise<void> {
    return this.#producer.flush();
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}
