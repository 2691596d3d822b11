import { afterAll, beforeAll, expect, it } from 'vitest';
import { formats } from '../../src/formats/registry.ts';
import type { KafkaClientName } from '../../src/kafka/client-name.ts';
import { valueAt } from '../../src/model/column.ts';
import type { ConnectorConfig, ConnectorContext } from '../../src/model/connector.ts';
import { Options } from '../../src/model/options.ts';
import type { ScanColumn } from '../../src/model/plan.ts';
import type { SourceReader, SourceSplit } from '../../src/model/source.ts';
import { types } from '../../src/model/types.ts';
import { kafkaSourceFactory } from '../../src/sources/kafka.ts';
import { kafkaMetadata } from '../../src/sources/kafka-metadata.ts';
import { connectorContext, drain, physicalColumns, readerContext, tableOf } from './reader-harness.ts';
import { describeSource } from './source-conformance.ts';
import { startKafka, type TestKafka, type TestRecord } from './testbed/kafka.ts';

const factory = kafkaSourceFactory(formats);
const fields = [{ name: 'n', type: types.of('bigint') }];
const columns = physicalColumns(fields);

function numbers(from: number, count: number, timestamp = 0): TestRecord[] {
  return Array.from({ length: count }, (_, i) => ({ value: `{"n":${from + i}}`, timestamp: timestamp + i }));
}

type Reading = {
  rows: unknown[][];
  splits: readonly SourceSplit[];
  reader: SourceReader;
  context: ReturnType<typeof readerContext>;
};

const values = ({ rows }: Reading): number[] => rows.map(([n]) => Number(n)).sort((a, b) => a - b);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** The whole source over one of the clients, against a broker of its own, which `more` may use. */
export function describeKafkaSource(client: KafkaClientName, more: (broker: () => TestKafka) => void = () => {}): void {
  const planContext = (): ConnectorContext => ({
    ...connectorContext(),
    settings: new Options(new Map([['millrace.kafka.client', client]])),
  });
  let kafka: TestKafka;

  function plan(options: Readonly<Record<string, string>>, scan: readonly ScanColumn[] = columns): ConnectorConfig {
    const table = tableOf(fields, {
      connector: 'kafka',
      'properties.bootstrap.servers': kafka.bootstrap,
      'properties.retry.backoff.ms': '20',
      'properties.retry.backoff.max.ms': '200',
      'scan.startup.mode': 'earliest-offset',
      'scan.bounded.mode': 'latest-offset',
      format: 'json',
      ...options,
    });
    return structuredClone(factory.plan(table, scan, planContext()));
  }

  /** Reads a bounded table dry. */
  async function readAll(
    options: Readonly<Record<string, string>>,
    scan: readonly ScanColumn[] = columns,
    restored: readonly SourceSplit[] | null = null,
  ): Promise<Reading> {
    const config = plan(options, scan);
    const enumerator = factory.enumerator(config, connectorContext());
    const context = readerContext(scan, { now: () => 100_000 });
    const reader = factory.reader(config, context);
    try {
      const splits = await enumerator.start(restored);
      reader.addSplits(splits);
      reader.noMoreSplits();
      const { rows, ended } = await drain(reader, scan);
      expect(ended).toBe(true);
      expectBalance(reader, splits, rows.length, context.bad.length);
      return { rows, splits, reader, context };
    } finally {
      await reader.close();
      await enumerator.close();
    }
  }

  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(() => kafka?.stop());

  describeSource(`kafka over ${client}`, () => {
    const topic = 'conformance';
    return {
      enumerator: () =>
        factory.enumerator(plan({ topic, 'properties.isolation.level': 'read_committed' }), connectorContext()),
      reader: () =>
        factory.reader(
          plan({
            topic,
            'properties.isolation.level': 'read_committed',
            'properties.max.partition.fetch.bytes': '400',
          }),
          readerContext(columns, { batchRows: 4 }),
        ),
      rowOf: (batch, row) => String(valueAt(batch.columns[0]!, fields[0]!.type, row)),
    };
  });

  beforeAll(async () => {
    await kafka.createTopic('conformance', 3);
    for (const [i, compression] of (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).entries()) {
      await kafka.produce('conformance', 0, numbers(i * 10, 7), { compression });
      await kafka.produce('conformance', 1, numbers(1000 + i * 10, 5), { compression });
    }
    await kafka.transaction('conformance', 0, numbers(900, 6), 'abort');
    await kafka.transaction('conformance', 0, numbers(100, 6), 'commit');
    await kafka.transaction('conformance', 2, numbers(950, 3), 'abort'); // a partition without any record to see
  });

  it('leaves out aborted transactions only when told to', async () => {
    await kafka.createTopic('transactions', 1);
    await kafka.transaction('transactions', 0, numbers(0, 3), 'commit');
    await kafka.transaction('transactions', 0, numbers(10, 3), 'abort');
    await kafka.produce('transactions', 0, numbers(20, 2));
    const open = await kafka.openTransaction('transactions', 0, numbers(30, 2));
    await kafka.produce('transactions', 0, numbers(40, 1));
    const topic = 'transactions';
    expect(values(await readAll({ topic, 'properties.isolation.level': 'read_committed' }))).toEqual([0, 1, 2, 20, 21]);
    expect(values(await readAll({ topic }))).toEqual([0, 1, 2, 10, 11, 12, 20, 21, 30, 31, 40]);
    await open.end('commit');
    const after = await readAll({ topic, 'properties.isolation.level': 'read_committed' });
    expect(values(after)).toEqual([0, 1, 2, 20, 21, 30, 31, 40]);
    const markers = 3;
    expect(after.reader.account!()).toMatchObject({
      controlOffsets: markers,
      abortedOffsets: 3,
      gapOffsets: 0,
      records: 8,
    });
  });

  it('gives every metadata column', async () => {
    await kafka.createTopic('metadata', 2);
    await kafka.produce('metadata', 1, [
      {
        value: '{"n":1}',
        timestamp: 1_000,
        headers: new Map([
          ['a', 'x'],
          ['b', 'y'],
        ]),
      },
      { value: 'no JSON', key: 'k', timestamp: 2_000 },
      { value: null, key: 'k' },
      { value: '{"n":2}', timestamp: 3_000 },
    ]);
    const scan = [
      ...columns,
      ...[...kafkaMetadata]
        .filter(([key]) => client === 'native' || key !== 'timestamp-type')
        .map(([key, type]) => ({ kind: 'metadata', key, name: key, type }) as const),
    ];
    const { rows, context } = await readAll({ topic: 'metadata' }, scan);
    const headers = new Map(
      [
        ['a', Buffer.from('x')],
        ['b', Buffer.from('y')],
      ].map(([k, v]) => [k, new Uint8Array(v as Buffer)]),
    );
    const timestampType = client === 'native' ? ['CreateTime'] : [];
    expect(rows).toEqual([
      [1, 'metadata', 1, headers, 0, 0, 1_000, ...timestampType],
      [2, 'metadata', 1, new Map(), 0, 3, 3_000, ...timestampType],
    ]);
    expect(context.bad).toMatchObject([
      {
        value: Buffer.from('no JSON'),
        key: Buffer.from('k'),
        source: 'metadata',
        partition: 1,
        offset: 1,
        timestamp: 2_000,
      },
    ]);
    expect(context.counts.get('nullRecords')).toBe(1);
  });

  it('counts records without a row: empty values, and those that the format passes over', async () => {
    await kafka.createTopic('rowless');
    await kafka.produce('rowless', 0, [
      { value: '' },
      { value: '{"n":1}' },
      { value: 'no JSON' },
      { value: null },
      { value: '' },
    ]);
    const { rows, context } = await readAll({ topic: 'rowless', 'json.ignore-parse-errors': 'true' });
    expect(rows).toEqual([[1]]);
    expect(context.counts).toEqual(
      new Map([
        ['skippedRecords', 3],
        ['nullRecords', 1],
      ]),
    );
  });

  it('makes a tombstone a row of NULLs with the raw format', async () => {
    await kafka.createTopic('raw');
    await kafka.produce('raw', 0, [{ value: 'a' }, { value: null }, { value: null }, { value: 'b' }]);
    const field = [{ name: 's', type: types.string() }];
    const config = factory.plan(
      tableOf(field, {
        connector: 'kafka',
        topic: 'raw',
        'properties.bootstrap.servers': kafka.bootstrap,
        'scan.startup.mode': 'earliest-offset',
        'scan.bounded.mode': 'latest-offset',
        format: 'raw',
      }),
      physicalColumns(field),
      planContext(),
    );
    const enumerator = factory.enumerator(config, connectorContext());
    const reader = factory.reader(config, readerContext(physicalColumns(field)));
    reader.addSplits(await enumerator.start(null));
    reader.noMoreSplits();
    expect((await drain(reader, physicalColumns(field))).rows).toEqual([['a'], [null], [null], ['b']]);
    await reader.close();
    await enumerator.close();
  });

  it.each([
    ['timestamp', { 'scan.startup.mode': 'timestamp', 'scan.startup.timestamp-millis': '1004' }, range(4, 10)],
    ['timestamp of the future', { 'scan.startup.mode': 'timestamp', 'scan.startup.timestamp-millis': '99999' }, []],
    [
      'specific',
      { 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': 'partition:0,offset:7' },
      range(7, 10),
    ],
    ['latest', { 'scan.startup.mode': 'latest-offset' }, []],
    ['bounded timestamp', { 'scan.bounded.mode': 'timestamp', 'scan.bounded.timestamp-millis': '1004' }, range(0, 4)],
    [
      'bounded specific',
      { 'scan.bounded.mode': 'specific-offsets', 'scan.bounded.specific-offsets': 'partition:0,offset:3' },
      range(0, 3),
    ],
  ])('begins and ends where it is told: %s', async (_, options, expected) => {
    await kafka.createTopic('modes').catch(() => {});
    if ((await readAll({ topic: 'modes' })).rows.length === 0) await kafka.produce('modes', 0, numbers(0, 10, 1_000));
    expect(values(await readAll({ topic: 'modes', ...options }))).toEqual(expected);
  });

  it('commits positions to its group, and begins there', async () => {
    await kafka.createTopic('group');
    await kafka.produce('group', 0, numbers(0, 5));
    const options = { topic: 'group', 'properties.group.id': 'job-1', 'scan.startup.mode': 'group-offsets' };
    await expect(readAll(options)).rejects.toThrow(
      /group 'job-1' has no committed offset for topic 'group', partition 0/,
    );
    const first = await readAll({ ...options, 'properties.auto.offset.reset': 'earliest' });
    expect(values(first)).toEqual(range(0, 5));
    const enumerator = factory.enumerator(plan(options), connectorContext());
    await enumerator.checkpointComplete!(first.reader.snapshot());
    await enumerator.close();
    await kafka.produce('group', 0, numbers(5, 3));
    expect(values(await readAll(options))).toEqual(range(5, 8));
  });

  it('names a topic that is not there, and one like it', async () => {
    await kafka.createTopic('orders-eu');
    const failure = readAll({ topic: 'orders-ue' });
    await expect(failure).rejects.toMatchObject({ code: 'NOT_FOUND', hint: "Did you mean 'orders-eu'?" });
  });

  it('names a position that retention has deleted, or begins where it is told', async () => {
    await kafka.createTopic('retained');
    await kafka.produce('retained', 0, numbers(0, 10));
    const { splits } = await readAll({ topic: 'retained' });
    const beyond = [{ ...splits[0]!, position: { ...splits[0]!.position, offset: 99, stopOffset: 120 } }];
    await expect(readAll({ topic: 'retained' }, columns, beyond)).rejects.toThrow(
      /topic 'retained', partition 0: expected offset 99, but the partition holds 0 to 10/,
    );
    const back = [{ ...splits[0]!, position: { ...splits[0]!.position, offset: 99, stopOffset: 100 } }];
    const config = plan({ topic: 'retained', 'properties.auto.offset.reset': 'earliest' });
    const reader = factory.reader(config, readerContext(columns));
    reader.addSplits(back);
    const { rows } = await drain(reader, columns, { rows: 10 });
    expect(rows.map(([n]) => n)).toEqual(range(0, 10));
    await reader.close();
  });

  it('reads over what compaction took', async () => {
    const compacted = { 'cleanup.policy': 'compact', 'segment.ms': '1', 'min.cleanable.dirty.ratio': '0.01' };
    await kafka.createTopic('compacted', 1, compacted);
    const write = async (n: number): Promise<void> => {
      await kafka.produce('compacted', 0, [
        { key: 'k', value: `{"n":${n}}` },
        { key: `own-${n}`, value: `{"n":${n + 100}}` },
      ]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    };
    for (const n of range(0, 6)) await write(n);
    let found = values(await readAll({ topic: 'compacted' }));
    for (let tries = 0; tries < 100 && found.length > 8; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      found = values(await readAll({ topic: 'compacted' }));
    }
    // The newest segments stay as they are: of key k the last record, and at the most one before it.
    expect(found.filter((n) => n >= 100)).toEqual(range(100, 106));
    expect(found.filter((n) => n < 100).slice(-1)).toEqual([5]);
    expect(found.length).toBeLessThanOrEqual(8);
    const { gapOffsets, records } = (await readAll({ topic: 'compacted' })).reader.account!();
    expect([gapOffsets! + records!, records]).toEqual([12, found.length]);
    const specific = {
      'scan.startup.mode': 'specific-offsets',
      'scan.startup.specific-offsets': 'partition:0,offset:2',
    };
    expect(values(await readAll({ topic: 'compacted', ...specific })).filter((n) => n >= 100)).toEqual(range(101, 106));
  });

  it('refuses the position of a topic that was made anew', async () => {
    await kafka.createTopic('anew');
    await kafka.produce('anew', 0, numbers(0, 3));
    const { splits } = await readAll({ topic: 'anew' });
    await kafka.deleteTopic('anew');
    await kafka.createTopic('anew');
    await kafka.produce('anew', 0, numbers(0, 5));
    const message = /topic 'anew', partition 0: the topic was deleted and made anew/;
    await expect(readAll({ topic: 'anew' }, columns, splits)).rejects.toThrow(message);
    const reader = factory.reader(plan({ topic: 'anew' }), readerContext(columns));
    reader.addSplits([{ ...splits[0]!, position: { ...splits[0]!.position, stopOffset: 9 } }]);
    await expect(drain(reader, columns)).rejects.toThrow(message);
    await reader.close();
  });

  it('finds topics by a pattern, and partitions that came later', async () => {
    await kafka.createTopic('part-a');
    await kafka.produce('part-a', 0, numbers(0, 2));
    const options = {
      'topic-pattern': 'part-.',
      'scan.bounded.mode': 'unbounded',
      'scan.startup.mode': 'latest-offset',
    };
    const config = plan(options);
    expect(await factory.maxParallelism(config, connectorContext())).toBe(1);
    const enumerator = factory.enumerator(config, connectorContext());
    expect(enumerator.discoveryIntervalMs).toBe(300_000);
    const splits = await enumerator.start(null);
    expect(splits.map(({ id, position }) => [id, position.offset])).toEqual([['part-a-0', 2]]);
    expect(await enumerator.discover()).toEqual([]);
    await kafka.createTopic('part-b', 2);
    const found = await enumerator.discover();
    expect(found.map(({ id, position }) => [id, position.offset])).toEqual([
      ['part-b-0', 0],
      ['part-b-1', 0],
    ]);
    await enumerator.close();
  });

  it('tells how far it is behind', async () => {
    await kafka.createTopic('lag');
    await kafka.produce('lag', 0, numbers(0, 10, 40_000));
    const config = plan({ topic: 'lag', 'scan.bounded.mode': 'unbounded' });
    const enumerator = factory.enumerator(config, connectorContext());
    const reader = factory.reader(config, readerContext(columns, { batchRows: 4, now: () => 100_000 }));
    reader.addSplits(await enumerator.start(null));
    await drain(reader, columns, { rows: 4 });
    expect(reader.lag()).toEqual([
      { splitId: 'lag-0', labels: { topic: 'lag', partition: '0' }, records: 6, seconds: 59.997 },
    ]);
    await reader.close();
    await enumerator.close();
  });

  more(() => kafka);

  it('goes on when the broker was killed and came back', async () => {
    await kafka.createTopic('survivor', 2);
    await kafka.produce('survivor', 0, numbers(0, 5));
    await kafka.produce('survivor', 1, numbers(5, 5));
    const config = plan({ topic: 'survivor', 'scan.bounded.mode': 'unbounded' });
    const enumerator = factory.enumerator(config, connectorContext());
    const context = readerContext(columns);
    const reader = factory.reader(config, context);
    reader.addSplits(await enumerator.start(null));
    const before = await drain(reader, columns, { rows: 10 });
    await kafka.kill();
    expect((await drain(reader, columns, { polls: 100 })).rows).toEqual([]);
    const late = factory.reader(config, readerContext(columns)); // a job that starts again meanwhile
    late.addSplits(reader.snapshot());
    expect((await drain(late, columns, { polls: 100 })).rows).toEqual([]);
    await kafka.restart();
    await kafka.produce('survivor', 1, numbers(10, 5));
    const after = await drain(reader, columns, { rows: 5 });
    expect([...before.rows, ...after.rows].map(([n]) => Number(n)).sort((a, b) => a - b)).toEqual(range(0, 15));
    expect((await drain(late, columns, { rows: 5 })).rows.map(([n]) => Number(n))).toEqual(range(10, 15));
    await late.close();
    expect(context.counts.get('sourceRetries')).toBeGreaterThan(0);
    await reader.close();
    await enumerator.close();
  });
}

/** What the reader says of its records is what it was seen to do. */
function expectBalance(reader: SourceReader, from: readonly SourceSplit[], rows: number, bad: number): void {
  const offsetOf = ({ position }: SourceSplit): number => Number(position.offset);
  const moved = reader
    .snapshot()
    .reduce((sum, split) => sum + offsetOf(split) - offsetOf(from.find(({ id }) => id === split.id)!), 0);
  const figures = reader.account!();
  const { offsets, controlOffsets, abortedOffsets, gapOffsets, records, decoded, withoutValue, skipped } =
    figures as Required<typeof figures>;
  expect({ offsets, rows: figures.rows }).toEqual({ offsets: moved, rows });
  expect(records + controlOffsets + abortedOffsets + gapOffsets).toBe(moved);
  expect(decoded + withoutValue + skipped + bad).toBe(records);
}
