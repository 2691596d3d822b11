import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { listOffsets, offsetSpec } from '../../src/kafka/offsets.ts';
import { growPartitions } from '../../src/kafka/partition-growth.ts';
import { KafkaProducer } from '../../src/kafka/producer.ts';
import { shareOf } from '../../src/mirror/membership.ts';
import { consumeTopic } from '../support/consumed-topic.ts';
import { delayingProxy } from '../support/delaying-proxy.ts';
import {
  batchesOf,
  type MirrorSettings,
  mirrorOnce,
  spawnMirror,
  startMirror,
  until,
  withCluster,
} from '../support/mirror-run.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka, type TestRecord } from '../support/testbed/kafka.ts';
import { topicRecords } from '../support/topic-records.ts';

vi.setConfig({ testTimeout: 120_000 }); // real brokers, on a machine that may have more to do

let source: TestKafka;
let target: TestKafka;

function settings(name: string, topic: string, ...more: readonly string[]): MirrorSettings {
  return { name, source: source.bootstrap, target: target.bootstrap, topics: [topic], more };
}

function records(count: number, from = 0): TestRecord[] {
  return Array.from({ length: count }, (_, i) => ({ value: `v${from + i}`, timestamp: 1_700_000_000_000 + from + i }));
}

async function endsOf(bootstrap: string, topic: string, partitions: number): Promise<number[]> {
  const places = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const ends = await withCluster(bootstrap, (cluster) => listOffsets(cluster, places, offsetSpec.latest, false));
  return [...ends.values()];
}

/** Whether consumers see so many records in a topic; its ends would count the markers of transactions too. */
async function holds(bootstrap: string, topic: string, count: number): Promise<boolean> {
  const list = await topicRecords(bootstrap, topic).catch(() => []);
  return list.length >= count;
}

/** A producer that has been there before may not know of new partitions. */
async function produceAfresh(
  bootstrap: string,
  topic: string,
  partition: number,
  list: readonly TestRecord[],
): Promise<void> {
  const producer = new KafkaProducer(clientConfig(new Map([['bootstrap.servers', bootstrap]]), 'test'), () =>
    Date.now(),
  );
  await producer.open(topic);
  for (const { value, timestamp } of list) producer.send(topic, partition, null, Buffer.from(value!), timestamp!);
  await producer.flush();
  await producer.close();
}

it('shares are whole, disjoint and even', () => {
  const members = ['c', 'a', 'b'];
  const shares = members.map((token) => shareOf(token, members));
  expect(shares.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, shard) => shard));
  expect(shares.map(({ length }) => length).sort()).toEqual([5, 5, 6]);
  expect(shareOf('d', members)).toEqual([]);
});

describeWithJava('mirrors that run on', () => {
  beforeAll(async () => {
    [source, target] = await Promise.all([startKafka(), startKafka()]);
  });

  afterAll(() => Promise.all([source?.stop(), target?.stop()]));

  it.each(['reconcile', 'transactional'] as const)(
    'share the work, and take over from one that is killed (%s)',
    async (delivery) => {
      const topic = `shared-${delivery}`;
      const spec = settings(topic, topic, `delivery: ${delivery}`);
      await source.createTopic(topic, 8);
      for (let partition = 0; partition < 8; partition++) await source.produce(topic, partition, records(5));
      const other = spawnMirror(spec, ['--quiet']);
      await until(() => holds(target.bootstrap, topic, 40), 'the first five of each');
      const mirror = startMirror(spec);
      try {
        await until(() => mirror.figures().shards === 8 && mirror.figures().members === 2, 'half of the work');
        for (let partition = 0; partition < 8; partition++) await source.produce(topic, partition, records(5, 5));
        const shared = (): number => mirror.figures().partitions.filter((one) => one.records === 5).length;
        await until(() => shared() > 0, 'its own share');
        await until(() => holds(target.bootstrap, topic, 80), 'ten of each');
        expect(shared()).toBeLessThan(8);
        other.child.kill('SIGKILL');
        for (let partition = 0; partition < 8; partition++) await source.produce(topic, partition, records(5, 10));
        await until(() => mirror.figures().shards === 16, 'all of the work');
        await until(() => holds(target.bootstrap, topic, 120), 'fifteen of each');
      } finally {
        other.child.kill('SIGKILL');
        await mirror.stop();
      }
      const content = (list: Awaited<ReturnType<typeof topicRecords>>): unknown[] =>
        list.map(({ offset, ...rest }) => rest);
      const copied = await topicRecords(target.bootstrap, topic);
      expect(content(copied)).toEqual(content(await topicRecords(source.bootstrap, topic)));
      expect(copied).toHaveLength(120);
    },
    60_000,
  );

  it('wait for a target that is down, and double nothing', async () => {
    await source.createTopic('patient', 2);
    const mirror = startMirror(settings('patient', 'patient'));
    try {
      for (let i = 0; i < 10; i++) await source.produce('patient', i % 2, records(10, i * 10));
      await until(() => mirror.figures().partitions.reduce((sum, one) => sum + one.records, 0) >= 40, 'forty records');
      await target.kill();
      for (let i = 10; i < 20; i++) await source.produce('patient', i % 2, records(10, i * 10));
      await target.restart();
      await until(async () => (await endsOf(target.bootstrap, 'patient', 2)).every((end) => end >= 100), 'all records');
    } finally {
      await mirror.stop();
    }
    expect(await consumeTopic(target.bootstrap, 'patient')).toEqual(await consumeTopic(source.bootstrap, 'patient'));
  });

  it('take on partitions that are added', async () => {
    await source.createTopic('growing', 1);
    const mirror = startMirror(settings('growing', 'growing'));
    try {
      await source.produce('growing', 0, records(5));
      await until(() => mirror.figures().partitions.some((one) => one.records === 5), 'the first partition');
      await withCluster(source.bootstrap, (cluster) => growPartitions(cluster, [{ topic: 'growing', partitions: 3 }]));
      await produceAfresh(source.bootstrap, 'growing', 2, records(7));
      await until(
        () => mirror.figures().partitions.some((one) => one.partition === 2 && one.records === 7),
        'the third',
      );
    } finally {
      await mirror.stop();
    }
    expect(await consumeTopic(target.bootstrap, 'growing')).toEqual(await consumeTopic(source.bootstrap, 'growing'));
  });

  it('do not turn in a circle, and leave another mirror’s copies alone', async () => {
    await source.createTopic('circle');
    await source.produce('circle', 0, records(3));
    await mirrorOnce(settings('there', 'circle'));
    const back = { ...settings('back', 'circle'), source: target.bootstrap, target: source.bootstrap };
    await expect(mirrorOnce(back)).rejects.toThrow(/topic 'circle' would come back .* made by mirror 'there'/);
    const rival = mirrorOnce(settings('rival', 'circle'));
    await expect(rival).rejects.toThrow(
      /target topic 'circle': it is the copy of 'circle' in 'there-a', made by mirror 'there'/,
    );
    const self = mirrorOnce({ ...settings('self', 'circle'), target: source.bootstrap });
    await expect(self).rejects.toThrow(/source and target are one cluster/);
    expect(await endsOf(source.bootstrap, 'circle', 1)).toEqual([3]);
  });

  it('over a way of 100 ms copy as exactly', async () => {
    await source.createTopic('far', 4);
    for (let i = 0; i < 40; i++) await source.produce('far', i % 4, records(50, i * 50), { compression: 'lz4' });
    const far = await delayingProxy(source.bootstrap, 50);
    try {
      await mirrorOnce({ ...settings('far', 'far'), source: far.bootstrap });
    } finally {
      await far.close();
    }
    expect(await endsOf(target.bootstrap, 'far', 4)).toEqual([500, 500, 500, 500]);
    for (let partition = 0; partition < 4; partition++) {
      expect(await batchesOf(target.bootstrap, 'far', partition)).toEqual(
        await batchesOf(source.bootstrap, 'far', partition),
      );
    }
  });
});
