import { apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';
import type { RequestWriter } from './request-writer.ts';
import type { ResponseReader } from './response-reader.ts';

/** InitProducerId, version 4: the ids that make retries harmless (KIP-98). */

export type ProducerId = Readonly<{ id: number; epoch: number }>;

/** An identity of its own for a producer without transactions. */
export async function initProducerId(cluster: KafkaCluster): Promise<ProducerId> {
  const connection = await cluster.any();
  return readProducerId(await connection.request(apis.initProducerId, (w) => writeInit(w, null, 0)), 'a producer');
}

/** The identity for a transactional id, at its coordinator; its open transaction is aborted, its owner so far shut out. */
export async function initProducerIdAt(
  cluster: KafkaCluster,
  coordinator: number,
  transactionalId: string,
  timeoutMs: number,
): Promise<ProducerId> {
  const write = (w: RequestWriter): void => writeInit(w, transactionalId, timeoutMs);
  const r = await cluster.request(coordinator, apis.initProducerId, write);
  return readProducerId(r, `transactional id '${transactionalId}'`);
}

function writeInit(w: RequestWriter, transactionalId: string | null, timeoutMs: number): void {
  w.string(transactionalId).int32(timeoutMs).int64(-1).int16(-1).tags();
}

function readProducerId(r: ResponseReader, what: string): ProducerId {
  r.int32(); // throttle time
  const code = r.int16();
  if (code !== brokerErrors.none) throw brokerError(code, `getting a producer id for ${what}`);
  return { id: r.int64(), epoch: r.int16() };
}
