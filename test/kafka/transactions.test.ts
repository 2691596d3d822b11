import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeTopics } from '../../src/kafka/admin.ts';
import { BatchBuilder, stampBatch } from '../../src/kafka/batch-builder.ts';
import { isPassing } from '../../src/kafka/broker-error.ts';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { KafkaCluster } from '../../src/kafka/cluster.ts';
import { groupPositions } from '../../src/kafka/group-offsets.ts';
import { listOffsets, offsetSpec } from '../../src/kafka/offsets.ts';
import { produceBatches } from '../../src/kafka/produce.ts';
import { batchLayout, transactionalBit } from '../../src/kafka/record-batch.ts';
import { RecordKernel } from '../../src/kafka/record-kernel.ts';
import { Transactions } from '../../src/kafka/transactions.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';
import { topicRecords } from '../support/topic-records.ts';

const timeoutMs = 30_000;

describeWithJava('transactions with a real broker', () => {
  let kafka: TestKafka;
  let cluster: KafkaCluster;
  const kernel = new RecordKernel();

  beforeAll(async () => {
    kafka = await startKafka();
    cluster = new KafkaCluster(clientConfig(new Map([['bootstrap.servers', kafka.bootstrap]]), 'test'));
  }, 120_000);

  afterAll(async () => {
    cluster?.close();
    await kafka?.stop();
  });

  function batchOf(transactions: Transactions, sequence: number, values: readonly string[]): Buffer {
    const builder = new BatchBuilder();
    for (const value of values) builder.append(null, Buffer.from(value), 1_700_000_000_000, null);
    const { bytes } = builder.seal('none');
    bytes.writeInt16BE(transactionalBit, batchLayout.attributes);
    stampBatch(bytes, { ...transactions.producer, sequence }, kernel);
    return bytes;
  }

  async function write(transactions: Transactions, topic: string, sequence: number, values: readonly string[]) {
    await transactions.addPartitions([{ topic, partition: 0 }]);
    const [described] = await describeTopics(cluster, [topic]);
    const batch = { topic, partition: 0, bytes: batchOf(transactions, sequence, values) };
    const produce = async () =>
      (await produceBatches(cluster, described!.partitions[0]!.leader, [batch], transactions.id))[0]!;
    let result = await produce();
    // A leader that has only just become one may not know it yet.
    for (let tries = 0; isPassing(result.errorCode) && tries < 20; tries++) {
      await sleep(50);
      result = await produce();
    }
    expect(result).toMatchObject({ errorCode: 0, detail: null });
    return result.baseOffset;
  }

  it('shows records and positions when they are committed, and never those of an abort', async () => {
    await kafka.createTopic('written');
    const transactions = await Transactions.open(cluster, 'writer', timeoutMs);
    const position = { topic: 'written', partition: 0, offset: 7, metadata: 'm' };
    expect(transactions.isOpen).toBe(false);
    await transactions.end('commit'); // nothing to commit
    expect(await write(transactions, 'written', 0, ['a', 'b'])).toBe(0);
    await transactions.commitOffsets('positions', [position]);
    expect(await groupPositions(cluster, 'positions')).toEqual([]);
    await transactions.end('commit');
    await write(transactions, 'written', 2, ['lost']);
    await transactions.commitOffsets('positions', [{ ...position, offset: 99 }]);
    await transactions.end('abort');
    await write(transactions, 'written', 3, ['c']);
    await transactions.end('commit');
    await expect.poll(() => groupPositions(cluster, 'positions')).toEqual([position]);
    await expect.poll(async () => stableEnd('written')).toBe(7); // 4 records, 3 markers
    expect(await valuesOf('written')).toEqual(['a', 'b', 'c']);
  });

  it('one who opens the same id aborts what is open and shuts the other out', async () => {
    await kafka.createTopic('fenced');
    const first = await Transactions.open(cluster, 'contested', timeoutMs);
    await write(first, 'fenced', 0, ['a']);
    const second = await Transactions.open(cluster, 'contested', timeoutMs);
    expect(second.producer.id === first.producer.id && second.producer.epoch <= first.producer.epoch).toBe(false);
    await expect(first.end('commit')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('another process has taken over'),
      retryable: false,
    });
    await write(second, 'fenced', 0, ['b']);
    await second.end('commit');
    expect(await valuesOf('fenced')).toEqual(['b']);
  });

  it('refuses batches of partitions that were not added', async () => {
    await kafka.createTopic('not-added');
    await kafka.createTopic('added');
    const transactions = await Transactions.open(cluster, 'careless', timeoutMs);
    await transactions.addPartitions([{ topic: 'added', partition: 0 }]);
    const [described] = await describeTopics(cluster, ['not-added']);
    const batch = { topic: 'not-added', partition: 0, bytes: batchOf(transactions, 0, ['a']) };
    const [result] = await produceBatches(cluster, described!.partitions[0]!.leader, [batch], transactions.id);
    expect(result!.errorCode).toBeGreaterThan(0);
    await transactions.end('abort');
  });

  it('forty short ones follow each other without a fault', async () => {
    await kafka.createTopic('many');
    const transactions = await Transactions.open(cluster, 'busy', timeoutMs);
    for (let i = 0; i < 40; i++) {
      await write(transactions, 'many', i, [String(i)]);
      await transactions.end(i % 10 === 9 ? 'abort' : 'commit');
    }
    const expected = Array.from({ length: 40 }, (_, i) => i).filter((i) => i % 10 !== 9);
    await expect.poll(() => stableEnd('many')).toBe(80);
    expect(await valuesOf('many')).toEqual(expected.map(String));
  });

  async function stableEnd(topic: string): Promise<number> {
    return (await listOffsets(cluster, [{ topic, partition: 0 }], offsetSpec.latest, true)).get(`${topic}-0`)!;
  }

  async function valuesOf(topic: string): Promise<string[]> {
    return (await topicRecords(kafka.bootstrap, topic)).map(({ value }) => String(value));
  }
});
