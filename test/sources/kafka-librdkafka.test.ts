import { expect, it } from 'vitest';
import { describeKafkaSource } from '../support/kafka-source-suite.ts';
import { startProgram } from '../support/process.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { describeWithLibrdkafka } from '../support/testbed/describe-with-librdkafka.ts';

describeWithLibrdkafka('kafka source over librdkafka', () => {
  describeWithJava('kafka source over librdkafka', () => {
    describeKafkaSource('librdkafka', (broker) => {
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
