import { afterAll, beforeAll, expect, it } from 'vitest';
import { formats } from '../../src/formats/registry.ts';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { DeadLetterTopicProducer } from '../../src/kafka/dead-letter-producer.ts';
import { KafkaProducer } from '../../src/kafka/producer.ts';
import { batchOf, type ColumnBatch } from '../../src/model/column.ts';
import type { ConnectorConfig } from '../../src/model/connector.ts';
import type { SinkWriter, WriterContext } from '../../src/model/sink.ts';
import type { TableColumn } from '../../src/model/table.ts';
import { types } from '../../src/model/types.ts';
import { kafkaSinkFactory } from '../../src/sinks/kafka.ts';
import { connectorContext, tableOf } from '../support/reader-harness.ts';
import { describeSink } from '../support/sink-conformance.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';
import { topicRecords } from '../support/topic-records.ts';
import { writerContext } from '../support/writer-context.ts';

const factory = kafkaSinkFactory(formats);
const fields = [{ name: 'n', type: types.of('bigint') }];

let kafka: TestKafka;
let topics = 0;

async function newTopic(partitions: number): Promise<string> {
  const topic = `sink-${topics++}`;
  await kafka.createTopic(topic, partitions);
  return topic;
}

function writerTo(
  topic: string,
  options: Readonly<Record<string, string>> = {},
  more: readonly TableColumn[] = [],
  context: Partial<WriterContext> = {},
): SinkWriter {
  const table = tableOf(
    fields,
    {
      connector: 'kafka',
      topic,
      'properties.bootstrap.servers': kafka.bootstrap,
      'properties.retry.backoff.ms': '20',
      'properties.retry.backoff.max.ms': '200',
      format: 'json',
      ...options,
    },
    more,
  );
  const config = factory.plan(table, connectorContext()) as ConnectorConfig;
  return factory.writer(structuredClone(config), writerContext(context));
}

function rows(numbers: readonly number[]): ColumnBatch {
  const values = Float64Array.from(numbers);
  return batchOf(numbers.length, [{ layout: 'int', wide: false, values, nulls: null }]);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

async function numbersIn(topic: string): Promise<number[]> {
  const records = await topicRecords(kafka.bootstrap, topic);
  return records.map(({ value }) => (JSON.parse(value!) as { n: number }).n);
}

describeWithJava('kafka sink', () => {
  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(() => kafka?.stop());

  describeSink('kafka', async () => {
    const topic = await newTopic(2);
    return {
      guarantee: 'at-least-once',
      writer: (subtaskIndex) => writerTo(topic, {}, [], { subtaskIndex }),
      committer: () => null,
      batch: rows,
      visible: () => numbersIn(topic),
    };
  });

  it.each(['none', 'gzip', 'lz4', 'zstd'])('writes every row in order, compressed as %s', async (compression) => {
    const topic = await newTopic(1);
    const writer = writerTo(topic, {
      'properties.compression.type': compression,
      'properties.batch.size': '2000',
      'properties.buffer.memory': '4000',
    });
    for (let i = 0; i < 10; i++) {
      writer.write(rows(range(i * 200, i * 200 + 200)));
      await writer.ready();
    }
    expect(await writer.prepareCommit(1)).toEqual([{ rows: 2000 }]);
    expect(await numbersIn(topic)).toEqual(range(0, 2000));
    await writer.close();
  });

  it.each([
    ['fixed', [[], range(0, 9), []]],
    [
      'round-robin',
      [
        [2, 5, 8],
        [0, 3, 6],
        [1, 4, 7],
      ],
    ],
  ])('deals rows to partitions: %s', async (partitioner, expected) => {
    const topic = await newTopic(3);
    const writer = writerTo(topic, { 'sink.partitioner': partitioner }, [], { subtaskIndex: 1 });
    writer.write(rows(range(0, 9)));
    await writer.prepareCommit(1);
    await writer.close();
    const records = await topicRecords(kafka.bootstrap, topic);
    const dealt = [0, 1, 2].map((partition) =>
      records
        .filter((record) => record.partition === partition)
        .map(({ value }) => (JSON.parse(value!) as { n: number }).n),
    );
    expect(dealt).toEqual(expected);
  });

  it('spreads batches over the partitions by default', async () => {
    const topic = await newTopic(4);
    const writer = writerTo(topic, { 'properties.batch.size': '200' });
    writer.write(rows(range(0, 400)));
    await writer.prepareCommit(1);
    await writer.close();
    const records = await topicRecords(kafka.bootstrap, topic);
    expect(new Set(records.map(({ partition }) => partition)).size).toBe(4);
    expect((await numbersIn(topic)).sort((a, b) => a - b)).toEqual(range(0, 400));
  });

  it('writes timestamps and headers from metadata columns', async () => {
    const topic = await newTopic(1);
    const writer = writerTo(
      topic,
      {},
      [
        { kind: 'metadata', name: 'ts', key: 'timestamp', virtual: false, type: types.timestampLtz(3) },
        { kind: 'metadata', name: 'p', key: 'partition', virtual: true, type: types.of('int') },
        { kind: 'metadata', name: 'h', key: 'headers', virtual: false, type: types.map(types.string(), types.bytes()) },
      ],
      { now: () => 77 },
    );
    const nulls = Uint8Array.of(0, 1);
    writer.write({
      ...rows([1, 2]),
      columns: [
        ...rows([1, 2]).columns,
        { layout: 'int', wide: false, values: Float64Array.of(5_000, 0), nulls },
        { layout: 'object', values: [new Map([['k', Buffer.from('v')]]), null], nulls },
      ],
    });
    await writer.prepareCommit(1);
    await writer.close();
    expect(await topicRecords(kafka.bootstrap, topic)).toMatchObject([
      { value: '{"n":1}', timestamp: 5_000, headers: { k: 'v' } },
      { value: '{"n":2}', timestamp: 77, headers: {} },
    ]);
  });

  it('names a topic that is not there', async () => {
    const writer = writerTo('nowhere');
    writer.write(rows([1]));
    await expect(writer.ready()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(writer.prepareCommit(1)).rejects.toThrow(/topic 'nowhere' does not exist/);
    await writer.close();
  });

  it('fails with what the broker refuses', async () => {
    const topic = await newTopic(1);
    const writer = writerTo(topic);
    writer.write(rows([1]));
    await writer.prepareCommit(1);
    await kafka.createTopic(`${topic}-small`, 1, { 'max.message.bytes': '100' });
    const small = writerTo(`${topic}-small`);
    small.write(rows(range(0, 100)));
    await expect(small.prepareCommit(1)).rejects.toMatchObject({
      code: 'LIMIT',
      hint: expect.stringContaining('batch.size'),
    });
    await Promise.all([writer.close(), small.close()]);
  });

  it('keeps dead letters with where they stood', async () => {
    const topic = await newTopic(2);
    const properties = new Map([['bootstrap.servers', kafka.bootstrap]]);
    const letters = new DeadLetterTopicProducer({ topic, properties }, () => 9);
    const value = Buffer.from('bad one');
    letters.send(topic, Buffer.from('k'), value, { 'millrace.offset': '17' });
    value.fill(0);
    await letters.flush();
    letters.send(topic, null, Buffer.from('bad two'), { 'millrace.offset': '18' });
    await letters.flush();
    await letters.close();
    const records = await topicRecords(kafka.bootstrap, topic);
    expect(
      records.map(({ value: text, headers, timestamp }) => [text, headers['millrace.offset'], timestamp]).sort(),
    ).toEqual([
      ['bad one', '17', 9],
      ['bad two', '18', 9],
    ]);
  });

  it('sends keys where the Java client does', async () => {
    const topic = await newTopic(5);
    const config = clientConfig(new Map([['bootstrap.servers', kafka.bootstrap]]), 'test');
    const producer = new KafkaProducer(config, () => 1);
    await producer.open(topic);
    for (const text of ['21', 'foobar', 'abc']) producer.send(topic, null, Buffer.from(text), Buffer.from(text), 1);
    await producer.flush();
    await producer.close();
    const records = await topicRecords(kafka.bootstrap, topic);
    const placed = Object.fromEntries(records.map(({ value, partition }) => [value, partition]));
    expect(placed).toEqual({ '21': 0, foobar: 1, abc: 2 });
  });

  it('writes nothing twice and loses nothing when the broker is killed in between', async () => {
    const topic = await newTopic(2);
    const writer = writerTo(topic, { 'properties.batch.size': '500', 'sink.partitioner': 'round-robin' });
    writer.write(rows(range(0, 500)));
    await writer.prepareCommit(1);
    await kafka.kill();
    writer.write(rows(range(500, 1000)));
    const flushed = writer.prepareCommit(2);
    await kafka.restart();
    await flushed;
    expect((await numbersIn(topic)).sort((a, b) => a - b)).toEqual(range(0, 1000));
    await writer.close();
  });
});
