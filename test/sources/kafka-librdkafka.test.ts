import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { librdkafkaConfig } from '../../src/kafka/librdkafka-config.ts';
import { LibrdkafkaProcess } from '../../src/kafka/librdkafka-process.ts';
import { initialCredits } from '../../src/kafka/librdkafka-protocol.ts';
import { describeKafkaSource } from '../support/kafka-source-suite.ts';
import { startProgram } from '../support/process.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { describeWithLibrdkafka } from '../support/testbed/describe-with-librdkafka.ts';

describeWithLibrdkafka('kafka source over librdkafka', () => {
  describeWithJava('kafka source over librdkafka', () => {
    describeKafkaSource('librdkafka', (broker) => {
      it('takes no more than the reader has room for', async () => {
        const kafka = broker();
        await kafka.createTopic('bounds');
        const value = 'x'.repeat(10_000);
        for (let i = 0; i < 20; i++) await kafka.produce('bounds', 0, Array(50).fill({ value }));
        const properties = new Map([['bootstrap.servers', kafka.bootstrap]]);
        const config = librdkafkaConfig(properties, clientConfig(properties, 'here'));
        const sizes: number[] = [];
        const child = new LibrdkafkaProcess(config, {
          message: (message) => message.kind === 'records' && sizes.push(message.partitions[0]!.bytes.byteLength),
          failed: (error) => expect.fail(error.message),
        });
        child.send({ kind: 'add', partitions: [{ topic: 'bounds', partition: 0, offset: 0, stopOffset: 1_000 }] });
        await vi.waitUntil(() => sizes.length === initialCredits, { timeout: 20_000 });
        await sleep(300);
        expect(sizes.length).toBe(initialCredits);
        expect(Math.max(...sizes)).toBeLessThan(1.2e6); // about 1 MB by the size of those before
        child.send({ kind: 'credit' });
        await vi.waitUntil(() => sizes.length === initialCredits + 1, { timeout: 20_000 });
        await child.close();
      });

      it('reads for a job, from threads that could not load it', async () => {
        const kafka = broker();
        await kafka.createTopic('job', 2);
        for (const partition of [0, 1]) {
          const records = Array.from({ length: 500 }, (_, i) => ({ value: `{"n":${i * 2 + partition}}` }));
          await kafka.produce('job', partition, records, { compression: 'lz4' });
        }
        const script = `
          SET 'millrace.kafka.client' = 'librdkafka';
          SET 'parallelism.default' = '2';
          CREATE TABLE t (n BIGINT) WITH ('connector' = 'kafka', 'topic' = 'job', 'format' = 'json',
            'properties.bootstrap.servers' = '${kafka.bootstrap}',
            'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset');
          SELECT n FROM t;`;
        const { code, stdout, stderr } = await startProgram(['sql', '-e', script, '--output', 'jsonl']).ended;
        expect(stderr).toBe('');
        expect(code).toBe(0);
        const lines = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { row: { n: number } });
        const numbers = lines.map(({ row }) => row.n).sort((a, b) => a - b);
        expect(numbers).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
      });
    });
  });
});
