import { apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';
import type { TopicPartition } from './offsets.ts';
import type { ResponseReader } from './response-reader.ts';

/** Produce, version 9, and the producer ids that make retries harmless (KIP-98). One batch a partition and request. */

export type ProducedBatch = TopicPartition & Readonly<{ bytes: Buffer }>;
export type ProduceResult = TopicPartition & Readonly<{ errorCode: number; detail: string | null; baseOffset: number }>;

const acksAll = -1;

export async function produceBatches(
  cluster: KafkaCluster,
  leader: number,
  batches: readonly ProducedBatch[],
): Promise<ProduceResult[]> {
  const topics = [...Map.groupBy(batches, ({ topic }) => topic)];
  const r = await cluster.request(leader, apis.produce, (w) => {
    w.string(null).int16(acksAll).int32(cluster.config.requestTimeoutMs);
    w.array(topics, ([topic, list]) => {
      w.string(topic)
        .array(list, ({ partition, bytes }) => w.int32(partition).bytesField(bytes).tags())
        .tags();
    });
    w.tags();
  });
  const results = r.array(() => {
    const topic = r.string();
    const list = r.array(() => readResult(r, topic));
    r.tags();
    return list;
  });
  return results.flat();
}

function readResult(r: ResponseReader, topic: string): ProduceResult {
  const [partition, errorCode, baseOffset] = [r.int32(), r.int16(), r.int64()];
  r.int64(); // log append time
  r.int64(); // log start offset
  const records = r.array(() => {
    const [index, message] = [r.int32(), r.nullableString()];
    r.tags();
    return `record ${index}: ${message ?? 'refused'}`;
  });
  const message = r.nullableString();
  r.tags();
  return { topic, partition, errorCode, baseOffset, detail: records[0] ?? message };
}

export type ProducerId = Readonly<{ id: number; epoch: number }>;

/** An identity of its own for a producer without transactions. */
export async function initProducerId(cluster: KafkaCluster): Promise<ProducerId> {
  const connection = await cluster.any();
  const r = await connection.request(apis.initProducerId, (w) => w.string(null).int32(0).int64(-1).int16(-1).tags());
  r.int32(); // throttle time
  const code = r.int16();
  if (code !== brokerErrors.none) throw brokerError(code, 'getting a producer id');
  return { id: r.int64(), epoch: r.int16() };
}
