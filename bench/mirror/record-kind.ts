/** The two kinds of records that are mirrored, and topics full of them: the same bytes in every run. */
import { BatchBuilder, stampBatch } from '../../src/kafka/batch-builder.ts';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { KafkaCluster } from '../../src/kafka/cluster.ts';
import { produceBatches } from '../../src/kafka/produce.ts';
import { batchLayout } from '../../src/kafka/record-batch.ts';
import { RecordKernel } from '../../src/kafka/record-kernel.ts';
import type { TestKafka } from '../../test/support/testbed/kafka.ts';

export const partitions = 4;

/** Of the topics, so that a mirror may make larger batches than the source has. */
const topicConfig = { 'max.message.bytes': '10485760' } as const;

export type RecordKind = Readonly<{
  name: string;
  topic: string;
  compression: 'none' | 'lz4';
  keyBytes: number;
  valueBytes: number;
  records: number;
}>;

const firstTime = 1_764_000_000_000;
const batchBytes = 262_144; // before compression: batch.size of a producer that is set for throughput
const distinctBatches = 32; // of other records; after them the same again, at later times
const keyBytes = 11;

export function recordKinds(records: Readonly<{ large: number; small: number }>): readonly RecordKind[] {
  return [
    {
      name: '1 KB, uncompressed',
      topic: 'large',
      compression: 'none',
      keyBytes,
      valueBytes: 1024,
      records: records.large,
    },
    { name: '150 B, lz4', topic: 'small', compression: 'lz4', keyBytes, valueBytes: 150, records: records.small },
  ];
}

/** Fills a new topic. Returns the bytes of its record batches. */
export async function loadRecords(kafka: TestKafka, kind: RecordKind): Promise<number> {
  const { topic, records } = kind;
  await kafka.createTopic(topic, partitions, topicConfig);
  const cluster = new KafkaCluster(clientConfig(new Map([['bootstrap.servers', kafka.bootstrap]]), 'bench'));
  const templates = Array.from({ length: distinctBatches }, (_, i) => batchOf(kind, i, recordsPerBatch(kind)));
  const kernel = new RecordKernel();
  let bytes = 0;
  try {
    const { topics } = await cluster.metadata([topic]);
    const leader = topics[0]!.partitions[0]!.leader; // there is one broker
    for (let batch = 0, sent = 0; sent < records; ) {
      const request = [];
      for (let partition = 0; partition < partitions && sent < records; partition++, batch++) {
        const count = Math.min(recordsPerBatch(kind), records - sent);
        const full = count === recordsPerBatch(kind);
        const template = full ? templates[batch % distinctBatches]! : batchOf(kind, batch, count);
        request.push({ topic, partition, bytes: placedInTime(template, batch, kernel) });
        sent += count;
      }
      for (const result of await produceBatches(cluster, leader, request)) {
        if (result.errorCode !== 0)
          throw new Error(`loading ${topic}: error ${result.errorCode} ${result.detail ?? ''}`);
      }
      bytes += request.reduce((sum, one) => sum + one.bytes.length, 0);
    }
  } finally {
    cluster.close();
  }
  return bytes;
}

function recordsPerBatch({ valueBytes }: RecordKind): number {
  return Math.floor(batchBytes / (keyBytes + valueBytes));
}

function batchOf({ compression, valueBytes }: RecordKind, seed: number, count: number): Buffer {
  const builder = new BatchBuilder();
  const noise = new Noise(seed + 1);
  for (let i = 0; i < count; i++) {
    const device = noise.next() % 100_000;
    const key = `device-${String(device % 10_000).padStart(4, '0')}`;
    const reading = `{"device":"${key}","temperature":${(noise.next() % 1000) / 10},"power":${noise.next() % 700},"trace":"`;
    const value = `${reading}${noise.hex(valueBytes - reading.length - 2)}"}`;
    builder.append(Buffer.from(key), Buffer.from(value), firstTime + (i % 100), null);
  }
  return builder.seal(compression).bytes;
}

/** A copy whose records have times that no other batch has: mixed-up batches would be seen. */
function placedInTime(template: Buffer, batch: number, kernel: RecordKernel): Buffer {
  const bytes = Buffer.from(template);
  for (const field of [batchLayout.baseTimestamp, batchLayout.maxTimestamp]) {
    bytes.writeBigInt64BE(bytes.readBigInt64BE(field) + BigInt(batch * 100), field);
  }
  stampBatch(bytes, { id: -1, epoch: -1, sequence: -1 }, kernel);
  return bytes;
}

/** Marsaglia's xorshift: what does not compress, the same in every run. */
class Noise {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b1) | 1;
  }

  /** Below 2^32. */
  next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state >>> 0;
  }

  hex(length: number): string {
    let text = '';
    while (text.length < length) text += this.next().toString(16).padStart(8, '0');
    return text.slice(0, length);
  }
}
