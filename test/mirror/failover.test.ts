import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { KafkaCluster } from '../../src/kafka/cluster.ts';
import { commitOffsets, groupPositions } from '../../src/kafka/group-offsets.ts';
import { partitionId } from '../../src/kafka/offsets.ts';
import { readClaims } from '../../src/mirror/claims.ts';
import type { FailoverReport } from '../../src/mirror/failover.ts';
import { readMirrorState } from '../../src/mirror/mirror-state.ts';
import { testWorld } from '../commands/world.ts';
import { GroupConsumer } from '../support/group-consumer.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka, type TestRecord } from '../support/testbed/kafka.ts';
import { topicRecords } from '../support/topic-records.ts';

describeWithJava('millrace mirror failover', () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-failover-'));
  const kafkas: TestKafka[] = [];
  const open: { close(): unknown }[] = [];
  let [from, to] = [] as unknown as [TestKafka, TestKafka];

  beforeAll(async () => {
    kafkas.push(...(await Promise.all([startKafka(), startKafka()])));
    [from, to] = kafkas as [TestKafka, TestKafka];
  }, 120_000);

  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
  });

  afterAll(async () => {
    await Promise.all(kafkas.map((kafka) => kafka.stop()));
    rmSync(directory, { recursive: true, force: true });
  });

  function clusterOf({ bootstrap }: TestKafka): KafkaCluster {
    const cluster = new KafkaCluster(clientConfig(new Map([['bootstrap.servers', bootstrap]]), 'test'));
    open.push(cluster);
    return cluster;
  }

  function consumer({ bootstrap }: TestKafka, group: string, topic: string): GroupConsumer {
    const made = new GroupConsumer(bootstrap, group, [topic]);
    open.push(made);
    return made;
  }

  /** A mirror of one topic; the name is the file's and the topic's. */
  function writeFile(name: string, more: Readonly<Record<string, string>> = {}, source = from): void {
    const spec = {
      source: `{ alias: dc1, bootstrapServers: "${source.bootstrap}" }`,
      target: `{ alias: agg, bootstrapServers: "${to.bootstrap}" }`,
      topics: `{ include: ["${name}"] }`,
      groups: `{ include: ["${name}-.*"] }`,
      leaseTimeout: '1 s',
      ...more,
    };
    const lines = Object.entries(spec).map(([key, value]) => `  ${key}: ${value}\n`);
    const head = `apiVersion: millrace/v1\nkind: Mirror\nmetadata: { name: ${name} }\nspec:\n`;
    writeFileSync(join(directory, `${name}.yaml`), `${head}${lines.join('')}`);
  }

  function world() {
    return testWorld({}, { clock: systemClock, workingDirectory: directory });
  }

  async function mirrorOnce(name: string): Promise<void> {
    const { run, stderr } = world();
    expect([await run('mirror', `${name}.yaml`, '--once', '--quiet'), stderr.text()]).toEqual([0, expect.any(String)]);
  }

  async function failover(name: string, ...options: string[]): Promise<[number, FailoverReport]> {
    const { run, stdout, stderr } = world();
    const code = await run('mirror', 'failover', `${name}.yaml`, '--output', 'json', ...options);
    expect(stderr.text()).toBe('');
    return [code, JSON.parse(stdout.text()) as FailoverReport];
  }

  /** Records that consumers of the target's group have still to see; markers do not count. */
  async function lagOf(group: string, topic: string, partitions: number): Promise<number> {
    const cluster = clusterOf(to);
    const positions = new Map((await groupPositions(cluster, group)).map((one) => [partitionId(one), one.offset]));
    const unread = (await topicRecords(to.bootstrap, topic)).filter(
      ({ partition, offset }) => offset >= positions.get(partitionId({ topic, partition }))!,
    );
    expect(positions.size).toBe(partitions);
    return unread.length;
  }

  it.each(['reconcile', 'transactional'])('a group loses nothing and gets nothing twice: %s', async (delivery) => {
    const topic = `all-${delivery}`;
    await from.createTopic(topic, 2);
    for (const partition of [0, 1]) {
      await from.produce(topic, partition, records(`${partition}a`, 7));
      await from.transaction(topic, partition, records(`${partition}lost`, 3), 'abort');
      await from.transaction(topic, partition, records(`${partition}b`, 5), 'commit');
      await from.produce(topic, partition, records(`${partition}c`, 4), { compression: 'lz4' });
      await from.transaction(topic, partition, records(`${partition}d`, 4), 'commit');
    }
    writeFile(topic, { delivery });
    await mirrorOnce(topic);
    const before = consumer(from, `${topic}-readers`, topic);
    const read = await before.take(17);
    await before.close();
    const [code, report] = await failover(topic);
    expect([code, report.faults, report.losses]).toEqual([0, [], []]);
    expect(report.partitions.map(({ notMirrored }) => notMirrored)).toEqual([0, 0]);
    expect(new Set(report.groups.map(({ outcome }) => outcome))).toEqual(new Set(['moved']));
    const expected = [0, 1].flatMap((partition) =>
      (
        [
          ['a', 7],
          ['b', 5],
          ['c', 4],
          ['d', 4],
        ] as const
      ).flatMap(([name, count]) => records(`${partition}${name}`, count).map(({ value }) => String(value))),
    );
    read.push(...(await consumer(to, `${topic}-readers`, topic).take(expected.length - read.length)));
    expect(read.toSorted()).toEqual(expected.toSorted());
    expect(await lagOf(`${topic}-readers`, topic, 2)).toBe(0);
  });

  it('says what is left behind, and what a group has read of it; the rest of the copies is not read twice', async () => {
    const topic = 'behind';
    await from.createTopic(topic);
    await from.produce(topic, 0, records('a', 10));
    writeFile(topic);
    await mirrorOnce(topic);
    await from.produce(topic, 0, records('late', 6));
    await commitOffsets(clusterOf(from), 'behind-fast', [{ topic, partition: 0, offset: 13 }]);
    await commitOffsets(clusterOf(from), 'behind-slow', [{ topic, partition: 0, offset: 4 }]);
    await commitOffsets(clusterOf(from), 'others', [{ topic, partition: 0, offset: 4 }]);
    const { run, stdout } = world();
    expect(await run('mirror', 'failover', 'behind.yaml')).toBe(0);
    expect(stdout.text()).toBe(
      [
        'behind: consumers of dc1 go on at agg.',
        'Partitions:',
        '  behind-0  copied to 10 of 16  6 not at the target',
        'Consumer groups:',
        '  group        partition  at the source  at the target',
        '  behind-fast  behind-0   13             none → 10      has read 3 more than was copied',
        '  behind-slow  behind-0   4              none → 4',
        '2 positions, 2 moved; 6 offsets of the source not at the target.',
        '',
      ].join('\n'),
    );
    expect(await lagOf('behind-fast', topic, 1)).toBe(0);
    expect(await consumer(to, 'behind-slow', topic).take(6)).toEqual(['a4', 'a5', 'a6', 'a7', 'a8', 'a9']);
  });

  it('what the mirror wrote last, and could not store any more, is matched with the source', async () => {
    const topic = 'tail';
    await from.createTopic(topic);
    await from.produce(topic, 0, records('a', 10));
    writeFile(topic);
    await mirrorOnce(topic);
    const late = records('late', 6).map((record, i) => ({ ...record, timestamp: 1_700_000_000_000 + i }));
    await from.transaction(topic, 0, records('lost', 2), 'abort');
    await from.produce(topic, 0, late);
    await to.produce(topic, 0, late.slice(0, 4)); // as a mirror that was killed, and has not taken its leave
    await to.produce('millrace-mirror.tail.internal', 0, [{ key: '["member","dead"]', value: '{"holds":[0]}' }]);
    await commitOffsets(clusterOf(from), 'tail-group', [{ topic, partition: 0, offset: 15 }]);
    const [code, report] = await failover(topic);
    expect([code, report.losses]).toEqual([0, []]);
    expect(report.partitions).toEqual([expect.objectContaining({ mirroredTo: 17, sourceEnd: 19, notMirrored: 2 })]);
    expect(report.groups).toEqual([expect.objectContaining({ source: 15, before: null, after: 12, outcome: 'moved' })]);
  });

  it('refuses while the mirror runs; shuts it out by force, for good, until it is taken back', async () => {
    const topic = 'running';
    await from.createTopic(topic);
    await from.produce(topic, 0, records('a', 3));
    writeFile(topic);
    const mirror = world();
    const ended = mirror.run('mirror', 'running.yaml', '--quiet');
    const target = clusterOf(to);
    // It has nothing to write any more: it must see the failover all the same.
    const stored = async () =>
      (await readMirrorState(target, topic).catch(() => null))?.positions.get(`${topic}-0`)?.offset;
    await expect.poll(stored, { timeout: 20_000 }).toBe(3);
    const refused = world();
    expect(await refused.run('mirror', 'failover', 'running.yaml')).toBe(5);
    expect(refused.stderr.text()).toContain("mirror 'running' still runs");
    const [code] = await failover(topic, '--force');
    expect(code).toBe(0);
    expect(await ended).toBe(5);
    expect(mirror.stderr.text()).toContain("mirror 'running' has failed over at");
    expect((await readClaims(target)).has(topic)).toBe(false);
    await from.produce(topic, 0, records('b', 3));
    const again = world();
    expect(await again.run('mirror', 'running.yaml', '--once', '--quiet')).toBe(5);
    expect((await readClaims(target)).has(topic)).toBe(false);
    expect((await topicRecords(to.bootstrap, topic)).length).toBe(3);
    expect(await world().run('mirror', 'failover', 'running.yaml', '--undo')).toBe(0);
    await mirrorOnce(topic);
    expect(await consumer(to, 'running-new', topic).take(6)).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2']);
  }, 60_000);

  it('does not move a group that has members at the target, and says so', async () => {
    const topic = 'busy';
    await from.createTopic(topic);
    await from.produce(topic, 0, records('a', 8));
    writeFile(topic, { sync: '{ groups: false }' });
    await mirrorOnce(topic);
    const there = consumer(to, 'busy-group', topic);
    await there.take(2);
    await commitOffsets(clusterOf(from), 'busy-group', [{ topic, partition: 0, offset: 6 }]);
    const [code, report] = await failover(topic);
    expect(code).toBe(8);
    expect(report.groups).toEqual([expect.objectContaining({ before: 2, after: 2, outcome: 'active-at-target' })]);
    await there.close();
    expect((await failover(topic))[0]).toBe(0);
    await commitOffsets(clusterOf(from), 'busy-group', [{ topic, partition: 0, offset: 1 }]);
    expect((await failover(topic))[1].groups).toEqual([expect.objectContaining({ after: 6, outcome: 'target-ahead' })]);
    const [rewound, back] = await failover(topic, '--rewind');
    expect([rewound, back.groups]).toEqual([0, [expect.objectContaining({ before: 6, after: 1, outcome: 'moved' })]]);
  }, 60_000);

  it('needs no source: groups stay where they were put last', async () => {
    const topic = 'gone';
    const lost = await startKafka();
    await lost.createTopic(topic);
    await lost.produce(topic, 0, records('a', 8));
    await commitOffsets(clusterOf(lost), 'gone-group', [{ topic, partition: 0, offset: 5 }]);
    writeFile(topic, {}, lost);
    await mirrorOnce(topic);
    await lost.stop();
    const [code, report] = await failover(topic);
    expect([code, report.source.reachable]).toEqual([0, false]);
    expect(report.groups).toEqual([
      {
        ...{ group: 'gone-group', topic, partition: 0, targetTopic: topic },
        ...{ source: null, before: 5, after: 5, outcome: 'as-synced' },
      },
    ]);
    expect(await consumer(to, 'gone-group', topic).take(3)).toEqual(['a5', 'a6', 'a7']);
  }, 60_000);

  it('goes there and back, and every record is read once', async () => {
    const topic = 'return';
    const [there, back] = ['return', 'return-back'];
    await from.createTopic(topic);
    await from.produce(topic, 0, records('a', 8));
    writeFile(there);
    await mirrorOnce(there);
    const group = 'return-group';
    const read: string[] = [];
    const readSome = async (kafka: TestKafka, count: number): Promise<void> => {
      const reader = consumer(kafka, group, topic);
      read.push(...(await reader.take(count)));
      await reader.close();
    };
    await readSome(from, 3);
    expect((await failover(there))[0]).toBe(0);
    const sides = {
      source: `{ alias: agg, bootstrapServers: "${to.bootstrap}" }`,
      target: `{ alias: dc1, bootstrapServers: "${from.bootstrap}" }`,
    };
    writeFile(back, {
      ...sides,
      topics: `{ include: ["${topic}"] }`,
      groups: `{ include: ["${group}"] }`,
      startFrom: 'latest',
    });
    await mirrorOnce(back);
    await to.transaction(topic, 0, records('lost', 2), 'abort');
    await to.produce(topic, 0, records('b', 6));
    await readSome(to, 9);
    await mirrorOnce(back);
    const [code, report] = await failover(back);
    expect([code, report.losses]).toEqual([0, []]);
    await readSome(from, 2);
    expect(read).toEqual([...records('a', 8), ...records('b', 6)].map(({ value }) => value));
  }, 60_000);

  it('says that a mirror has never run', async () => {
    writeFile('never');
    const { run, stderr } = world();
    expect(await run('mirror', 'failover', 'never.yaml')).toBe(3);
    expect(stderr.text()).toContain("mirror 'never' has never run: cluster 'agg' has no state of it");
  });
});

function records(prefix: string, count: number): TestRecord[] {
  return Array.from({ length: count }, (_, i) => ({ value: `${prefix}${i}` }));
}
