import { apis } from './api.ts';
import type { KafkaCluster } from './cluster.ts';
import type { Connection } from './connection.ts';
import type { TopicPartition } from './offsets.ts';
import type { RequestWriter } from './request-writer.ts';
import type { ResponseReader } from './response-reader.ts';

/** Produce, version 9. One batch a partition and request. */

export type ProducedBatch = TopicPartition & Readonly<{ bytes: Buffer }>;
export type ProduceResult = TopicPartition & Readonly<{ errorCode: number; detail: string | null; baseOffset: number }>;

const acksAll = -1;

/** `transactionalId`: of the open transaction that the batches belong to (transactions.ts); their attributes must say so too. */
export async function produceBatches(
  cluster: KafkaCluster,
  leader: number,
  batches: readonly ProducedBatch[],
  transactionalId: string | null = null,
): Promise<ProduceResult[]> {
  const write = produceRequest(batches, cluster.config.requestTimeoutMs, transactionalId);
  return readResults(await cluster.request(leader, apis.produce, write));
}

/** The same over a connection of one's own, on which several requests may be under way: the broker works them off in their order. */
export async function produceOver(
  connection: Connection,
  batches: readonly ProducedBatch[],
  timeoutMs: number,
  transactionalId: string | null,
): Promise<ProduceResult[]> {
  return readResults(await connection.request(apis.produce, produceRequest(batches, timeoutMs, transactionalId)));
}

/** The batches' bytes are not copied: they have to stay as they are until the answer is there. */
function produceRequest(
  batches: readonly ProducedBatch[],
  timeoutMs: number,
  transactionalId: string | null,
): (w: RequestWriter) => void {
  const topics = [...Map.groupBy(batches, ({ topic }) => topic)];
  return (w) => {
    w.string(transactionalId).int16(acksAll).int32(timeoutMs);
    w.array(topics, ([topic, list]) => {
      w.string(topic)
        .array(list, ({ partition, bytes }) => w.int32(partition).sharedRecords(bytes).tags())
        .tags();
    });
    w.tags();
  };
}

function readResults(r: ResponseReader): ProduceResult[] {
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
