import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { KafkaCluster } from '../../src/kafka/cluster.ts';
import { readLog } from '../../src/kafka/log-reader.ts';
import { targetOffset } from '../../src/model/offset-runs.ts';
import { consumeTopic } from '../support/consumed-topic.ts';
import {
  batchesOf,
  type MirrorSettings,
  mirrorOnce,
  spawnMirror,
  startMirror,
  stateOf,
  until,
} from '../support/mirror-run.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka, type TestRecord } from '../support/testbed/kafka.ts';

vi.setConfig({ testTimeout: 120_000 }); // real brokers, on a machine that may have more to do

let source: TestKafka;
let target: TestKafka;

const deliveries = ['reconcile', 'transactional', 'at-least-once'] as const;

function settings(name: string, topics: readonly string[], more: readonly string[] = []): MirrorSettings {
  return { name, source: source.bootstrap, target: target.bootstrap, topics, more };
}

function records(count: number, from = 0): TestRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: i % 3 === 0 ? null : `key-${(from + i) % 7}`,
    value: i % 11 === 5 ? null : `value ${from + i} ${'x'.repeat((from + i) % 50)}`,
    timestamp: 1_700_000_000_000 + from + i,
    headers: new Map(
      i % 4 === 0
        ? [
            ['trace', `t${from + i}`],
            ['empty', ''],
          ]
        : [],
    ),
  }));
}

describeWithJava('a mirror between two brokers', () => {
  beforeAll(async () => {
    [source, target] = await Promise.all([startKafka(), startKafka()]);
  });

  afterAll(() => Promise.all([source?.stop(), target?.stop()]));

  it('copies every codec byte for byte, at the same offsets', async () => {
    await source.createTopic('codecs', 2);
    for (const [i, compression] of (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).entries()) {
      for (const partition of [0, 1]) await source.produce('codecs', partition, records(40, i * 40), { compression });
    }
    await mirrorOnce(settings('codecs', ['codecs']));
    const copied = await consumeTopic(target.bootstrap, 'codecs');
    expect(copied).toEqual(await consumeTopic(source.bootstrap, 'codecs'));
    expect(copied).toHaveLength(400);
    for (const partition of [0, 1]) {
      const batches = await batchesOf(source.bootstrap, 'codecs', partition);
      expect(batches).toHaveLength(5);
      expect(await batchesOf(target.bootstrap, 'codecs', partition)).toEqual(batches);
    }
  });

  it.each(deliveries)('leaves out what was aborted, and goes on where it was (%s)', async (delivery) => {
    const topic = `transactions-${delivery}`;
    const spec = settings(topic, [topic], [`delivery: ${delivery}`]);
    await source.createTopic(topic);
    await source.produce(topic, 0, records(5));
    await source.transaction(topic, 0, records(4, 100), 'abort');
    await source.transaction(topic, 0, records(6, 200), 'commit');
    await mirrorOnce(spec);
    await source.produce(topic, 0, records(3, 300));
    const second = await mirrorOnce(spec);
    expect(second.partitions.map((one) => one.records)).toEqual([3]);
    const aborted = [5, 6, 7, 8]; // that consumer does not leave them out
    const seen = (await consumeTopic(source.bootstrap, topic)).filter(({ offset }) => !aborted.includes(offset));
    expect(seen).toHaveLength(14);
    const copied = await consumeTopic(target.bootstrap, topic);
    const content = (list: typeof seen): unknown[] => list.map(({ offset, ...rest }) => rest);
    expect(content(copied)).toEqual(content(seen));
    const { positions } = await stateOf(target.bootstrap, topic);
    const { runs } = positions.get(`${topic}-0`)!;
    expect(seen.map(({ offset }) => targetOffset(runs, offset))).toEqual(copied.map(({ offset }) => offset));
  });

  it('follows what is produced, new partitions and new topics while it runs', async () => {
    await source.createTopic('live-a', 1);
    const mirror = startMirror(settings('live', ['live-.*']));
    try {
      await source.produce('live-a', 0, records(10));
      await until(() => mirror.figures().partitions.some((one) => one.records === 10), 'ten records');
      await source.createTopic('live-b', 2);
      await source.produce('live-b', 1, records(5));
      await until(
        () => mirror.figures().partitions.some((one) => one.topic === 'live-b' && one.records === 5),
        'live-b',
      );
      await source.produce('live-a', 0, records(3, 10));
      await until(() => mirror.figures().partitions.some((one) => one.records === 13), 'three more');
    } finally {
      await mirror.stop();
    }
    for (const topic of ['live-a', 'live-b']) {
      expect(await consumeTopic(target.bootstrap, topic)).toEqual(await consumeTopic(source.bootstrap, topic));
    }
  });

  it('ends in good order when it is told to, and says what it did', async () => {
    const spec = settings('told', ['told']);
    await source.createTopic('told');
    await source.produce('told', 0, records(10));
    const program = spawnMirror(spec, ['--quiet', '--output', 'json', '--port', '0']);
    const [, port] = await program.said(/HTTP on http:\/\/127\.0\.0\.1:(\d+)/);
    const metrics = async (): Promise<string> => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    await until(
      async () =>
        (await metrics()).includes('millrace_mirror_records_total{mirror="told",topic="told",partition="0"} 10'),
      'ten records',
    );
    program.child.kill('SIGTERM');
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      mirror: 'told',
      partitions: 1,
      records: 10,
      lostOffsets: 0,
      losses: [],
    });
    const { positions } = await stateOf(target.bootstrap, 'told');
    expect(positions.get('told-0')).toMatchObject({ offset: 10, targetOffset: 10 });
  });

  it('reads logs to their ends, however many fetches that takes', async () => {
    await source.createTopic('stretch');
    for (let i = 0; i < 12; i++) await source.produce('stretch', 0, records(5, i * 5));
    const properties = {
      'bootstrap.servers': source.bootstrap,
      'max.partition.fetch.bytes': '1',
      'fetch.min.bytes': '1',
    };
    const cluster = new KafkaCluster(clientConfig(new Map(Object.entries(properties)), 'test'));
    const offsets: number[] = [];
    await readLog(cluster, { topic: 'stretch', partition: 0 }, ({ offset }) => void offsets.push(offset));
    cluster.close();
    expect(offsets).toEqual(Array.from({ length: 60 }, (_, offset) => offset));
  });
});
