import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { FaultFolder, jobText, keptRows, type Reading, readings, until } from '../support/fault-folder.ts';
import { garbage } from '../support/fault-records.ts';
import type { Ended } from '../support/process.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';
import { topicRecords } from '../support/topic-records.ts';

// Topics with garbage in them, topics that are not there, and a broker that goes away and comes back.

vi.setConfig({ testTimeout: 120_000 });

describeWithJava('a job that reads a topic', () => {
  let kafka: TestKafka;
  let folder: FaultFolder;
  let brokerless: Ended;
  const nobody = '127.0.0.1:9';
  const rows = readings(0, 200);

  beforeAll(async () => {
    const elsewhere = new FaultFolder();
    elsewhere.script(jobText(elsewhere, { source: source('any', 'latest-offset', nobody) }));
    const ended = elsewhere.start().ended; // it takes its time, as the broker does
    [kafka, brokerless] = await Promise.all([startKafka(), ended]);
    await elsewhere.remove();
  });
  afterAll(() => kafka?.stop());
  beforeEach(() => {
    folder = new FaultFolder();
  });
  afterEach(() => folder.remove());

  function source(
    topic: string,
    bounded: 'unbounded' | 'latest-offset' = 'latest-offset',
    bootstrap = kafka.bootstrap,
  ): string {
    return `'connector' = 'kafka', 'topic' = '${topic}', 'properties.bootstrap.servers' = '${bootstrap}',
      'properties.group.id' = 'faults', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = '${bounded}',
      'properties.fetch.max.wait.ms' = '100', 'format' = 'json'`;
  }

  const messageOf = (row: Reading): { value: string } => ({ value: JSON.stringify(row) });

  /** Good records, bad ones, a tombstone, good ones: all in one partition. */
  async function mixedTopic(topic: string): Promise<void> {
    await kafka.createTopic(topic);
    await kafka.produce(topic, 0, rows.slice(0, 100).map(messageOf), { compression: 'zstd' });
    await kafka.produce(topic, 0, [...garbage.map((value) => ({ key: 'k', value })), { key: 'gone', value: null }]);
    await kafka.produce(topic, 0, rows.slice(100).map(messageOf), { compression: 'lz4' });
  }

  it('says which broker does not answer, before it begins', () => {
    expect(brokerless.code, brokerless.stderr).toBe(1);
    expect(brokerless.stderr).toMatch(/error: .*127\.0\.0\.1:9.*ECONNREFUSED/);
    expect(brokerless.stderr).not.toContain('starts again');
  });

  it('fails of a record that is none, and says where it is', async () => {
    await mixedTopic('failing');
    folder.script(jobText(folder, { source: source('failing') }));
    const { code, stderr } = await folder.start().ended;
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(
      /error: failing, partition 0, offset 100: expected .*, found .*; the record: not a record\n/,
    );
    expect(stderr).toContain("SET 'millrace.dead-letter.mode' = 'skip', 'file' or 'topic'");
    expect(stderr).not.toContain('starts again');
  });

  it('puts such records into a topic, as they were, with their place and fault', async () => {
    await mixedTopic('mixed');
    await kafka.createTopic('dead');
    const settings = {
      'millrace.dead-letter.mode': 'topic',
      'millrace.dead-letter.topic': 'dead',
      'millrace.dead-letter.properties.bootstrap.servers': kafka.bootstrap,
    };
    folder.script(jobText(folder, { source: source('mixed'), settings }));
    const { code, stderr } = await folder.start().ended;
    expect(code, stderr).toBe(0);
    expect(folder.rows()).toEqual(keptRows(rows));
    const letters = await topicRecords(kafka.bootstrap, 'dead');
    expect(letters.map(({ value }) => value)).toEqual(garbage.map(String));
    expect(letters.map(({ headers }) => [headers['millrace.source'], headers['millrace.offset']])).toEqual(
      garbage.map((_, i) => ['mixed', String(100 + i)]),
    );
    expect(letters[0]!.headers['millrace.error']).toMatch(/expected .*, found /);
  });

  it('says which dead-letter topic is missing, and loses nothing by it', async () => {
    await mixedTopic('mixed-2');
    const settings = {
      'millrace.dead-letter.mode': 'topic',
      'millrace.dead-letter.topic': 'nowhere',
      'millrace.dead-letter.properties.bootstrap.servers': kafka.bootstrap,
    };
    folder.script(jobText(folder, { source: source('mixed-2'), settings }));
    const failed = await folder.start().ended;
    expect(failed.code, failed.stderr).toBe(3);
    expect(failed.stderr).toMatch(/topic 'nowhere'/);
    folder.script(jobText(folder, { source: source('mixed-2'), settings: { 'millrace.dead-letter.mode': 'skip' } }));
    const { code, stderr } = await folder.start().ended;
    expect(code, stderr).toBe(0);
    expect(folder.rows()).toEqual(keptRows(rows));
  });

  it('goes on when its broker was away, and stops in order while it is', async () => {
    await kafka.createTopic('outage', 2);
    const produce = async (from: number, to: number): Promise<void> => {
      const records = readings(from, to).map(messageOf);
      await kafka.produce(
        'outage',
        0,
        records.filter((_, i) => i % 2 === 0),
      );
      await kafka.produce(
        'outage',
        1,
        records.filter((_, i) => i % 2 === 1),
      );
    };
    folder.script(jobText(folder, { source: source('outage', 'unbounded') }));
    await produce(0, 100);
    const program = folder.start(['--parallelism', '2']);
    await until('the first records are kept', () => folder.rows().length === 100);
    await kafka.kill();
    await kafka.restart();
    await produce(100, 200);
    await until('the next records are kept', () => folder.rows().length === 200);
    expect(program.stderr()).not.toContain('starts again');

    await kafka.kill();
    program.child.kill('SIGTERM');
    const stopped = await program.ended;
    expect(stopped.code, stopped.stderr).toBe(0);
    expect(stopped.stderr).toContain('savepoint-');
    expect(folder.rows()).toEqual(keptRows(readings(0, 200)));
  });
});
