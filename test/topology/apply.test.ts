import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import { resolveTopic } from '../../src/index.ts';
import { createTopics, deleteTopics, listTopics } from '../../src/kafka/admin.ts';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { KafkaCluster } from '../../src/kafka/cluster.ts';
import { listOffsets, offsetSpec } from '../../src/kafka/offsets.ts';
import { alterTopicConfigs, describeTopicConfigs } from '../../src/kafka/topic-configs.ts';
import type { TopologyPlan } from '../../src/topology/plan.ts';
import { testWorld } from '../commands/world.ts';
import { startProgram } from '../support/process.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';
import { exampleAt } from './example.ts';

// The example of eight local and four aggregate clusters on three brokers: one for what is local in each data centre, one for all aggregates.
// Names of kinds and data centres keep topics apart.

const directory = mkdtempSync(join(tmpdir(), 'millrace-topology-'));
const file = join(directory, 'topology.yaml');
type Site = 'dc1' | 'dc2' | 'all';
let brokers: Readonly<Record<Site, TestKafka>>;

beforeAll(async () => {
  const [dc1, dc2, all] = await Promise.all([startKafka(), startKafka(), startKafka()]);
  brokers = { dc1, dc2, all };
});
afterAll(async () => {
  await Promise.all(Object.values(brokers).map((broker) => broker.stop()));
  rmSync(directory, { recursive: true, force: true });
});

function write(change: (text: string) => string = (text) => text): void {
  const siteOf = (host: string): Site => (host.includes('-all-') ? 'all' : (host.slice(0, 3) as Site));
  writeFileSync(file, change(exampleAt((host) => brokers[siteOf(host)].bootstrap)));
}

async function topology(command: string, ...options: string[]): Promise<{ code: number; out: string; err: string }> {
  const { run, stdout, stderr } = testWorld({}, { workingDirectory: directory, clock: systemClock });
  const code = await run('topology', command, 'topology.yaml', ...options);
  return { code, out: stdout.text(), err: stderr.text() };
}

async function plan(): Promise<TopologyPlan & { code: number }> {
  const { code, out } = await topology('plan', '--output', 'json');
  return { ...(JSON.parse(out) as TopologyPlan), code };
}

async function at<T>(site: Site, use: (client: KafkaCluster) => Promise<T>): Promise<T> {
  const properties = new Map([['bootstrap.servers', brokers[site].bootstrap]]);
  const client = new KafkaCluster(clientConfig(properties, 'test'));
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

async function topicsAt(site: Site): Promise<Map<string, number>> {
  const topics = await at(site, listTopics);
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
}

describe('millrace topology on real brokers', () => {
  it('plans all of it, and does nothing that is not confirmed', async () => {
    write();
    const { changes, conflicts, drift, code } = await plan();
    expect([changes.length, conflicts, drift, code]).toEqual([38, [], [], 0]);
    const { code: unconfirmed, err } = await topology('apply');
    expect(unconfirmed).toBe(6);
    expect(err).toContain('Add --yes to carry it out.');
    expect(await topicsAt('dc1')).toEqual(new Map());
  });

  it('creates the topics of every cluster', async () => {
    expect(await topology('apply', '--yes')).toMatchObject({ code: 0, out: 'two-data-centres: 38 topics created\n' });
    const local = [
      ...['logs.access', 'logs.errors', 'metrics.hosts', 'metrics.services'],
      ...['queueing.emails', 'queueing.orders', 'queueing.replies'],
      ...['tracking.ad-clicks', 'tracking.members', 'tracking.page-views'],
    ];
    const carried = local.filter((name) => name !== 'queueing.replies');
    expect([...(await topicsAt('dc1')).keys()].sort()).toEqual(local);
    expect([...(await topicsAt('dc2')).keys()].sort()).toEqual(local);
    const copies = ['dc1', 'dc2'].flatMap((dataCentre) => carried.map((name) => `${dataCentre}.${name}`));
    expect([...(await topicsAt('all')).keys()].sort()).toEqual(copies);
  });

  it('finds nothing to do the second time', async () => {
    const { changes, conflicts, drift, unreachable } = await plan();
    expect({ changes, conflicts, drift, unreachable }).toEqual({
      changes: [],
      conflicts: [],
      drift: [],
      unreachable: [],
    });
    expect(await topology('apply')).toMatchObject({ code: 0, out: 'two-data-centres: nothing to do\n' });
  });

  it('has set configs by kind, with what the file says of topics and of aggregates', async () => {
    const local = await at('dc1', (client) =>
      describeTopicConfigs(client, ['tracking.page-views', 'tracking.members']),
    );
    const copies = await at('all', (client) => describeTopicConfigs(client, ['dc2.tracking.page-views']));
    const configs = new Map([...local, ...copies]);
    const value = (topic: string, config: string): unknown => configs.get(topic)?.get(config)?.value;
    expect(value('tracking.page-views', 'retention.ms')).toBe('345600000');
    expect(value('dc2.tracking.page-views', 'retention.ms')).toBe('604800000');
    expect(value('dc2.tracking.page-views', 'compression.type')).toBe('producer');
    expect(value('tracking.members', 'cleanup.policy')).toBe('compact');
    expect(value('tracking.members', 'retention.ms')).toBe('-1');
  });

  it('sees what was changed by hand, sets back what the file says, and leaves the rest', async () => {
    await at('dc2', async (client) => {
      await createTopics(client, [{ name: 'by-hand', partitions: 1, replicationFactor: 1 }]);
      await alterTopicConfigs(client, [
        { topic: 'logs.access', set: { 'retention.ms': '1000', 'segment.ms': '60000' }, remove: [] },
      ]);
      await deleteTopics(client, ['metrics.hosts']);
    });
    await expect.poll(async () => (await topicsAt('dc2')).has('by-hand')).toBe(true);
    const { changes, drift } = await plan();
    expect(changes).toMatchObject([
      { action: 'create-topic', cluster: 'dc2/metrics', topic: 'metrics.hosts' },
      { action: 'set-config', topic: 'logs.access', config: 'retention.ms', from: '1000', to: '259200000' },
    ]);
    expect(drift).toMatchObject([
      { kind: 'config-by-hand', topic: 'logs.access', message: 'segment.ms=60000 is set there, not in the file' },
      { kind: 'unknown-topic', topic: 'by-hand' },
    ]);
    const { code, out } = await topology('apply', '--yes');
    expect([code, out]).toEqual([
      0,
      expect.stringContaining('1 topic created, 1 config set; 2 of drift left as it is'),
    ]);
    const after = await plan();
    expect([after.changes, after.drift]).toEqual([[], drift]);
    expect((await topicsAt('dc2')).has('by-hand')).toBe(true);
  });

  it('adds partitions to a topic and its copies, and never takes them away', async () => {
    write((text) => text.replace('page-views: { partitions: 2 }', 'page-views: { partitions: 5 }'));
    const { code, out } = await topology('apply', '--yes');
    expect([code, out]).toEqual([0, expect.stringContaining('4 topics grown')]);
    const grown = new Map([...(await topicsAt('dc1')), ...(await topicsAt('all'))]);
    const names = ['tracking.page-views', 'dc1.tracking.page-views', 'dc2.tracking.page-views'];
    expect(names.map((name) => grown.get(name))).toEqual([5, 5, 5]);

    write((text) => text.replace('orders: {}', 'orders: { retention: 2 d }')); // and page-views has 2 again
    const refused = await topology('apply', '--yes');
    expect(refused.code).toBe(5);
    expect(refused.out).toContain(
      'tracking.page-views: expected at most 2 partitions, found 5: partitions never shrink',
    );
    expect((await plan()).changes.length).toBeGreaterThan(0); // nothing was done, not even what could be
  });

  it('goes on where an apply was killed', async () => {
    const all = 38 - 4; // page-views has more already
    write((text) =>
      text.replaceAll('partitions: 2', 'partitions: 3').replace(/page-views: .*/, 'page-views: { partitions: 5 }'),
    );
    const apply = startProgram(['topology', 'apply', file, '--yes']);
    await apply.said(/^done: /m);
    apply.child.kill('SIGKILL');
    await apply.ended;
    const left = (await plan()).changes.length;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(all);
    const { code, out } = await topology('apply', '--yes');
    expect([code, out]).toEqual([0, expect.stringContaining(`: ${left} topic`)]);
    expect((await plan()).changes).toEqual([]);
  });

  it('goes on without a data centre that is down, and says so', async () => {
    await brokers.dc2.kill();
    write((text) =>
      text
        .replaceAll('partitions: 2', 'partitions: 3')
        .replace(/page-views: .*/, 'page-views: { partitions: 5 }')
        .replace('hosts: {}', 'hosts: {}\n        racks: {}'),
    );
    const { code, unreachable, changes } = await plan();
    expect(code).toBe(8);
    expect(unreachable).toHaveLength(4);
    expect(changes.map(({ topic }) => topic)).toEqual(['metrics.racks', 'dc1.metrics.racks', 'dc2.metrics.racks']);
    const shown = await topology('show');
    expect(shown.code).toBe(0);
    expect(shown.out.match(/unreachable/g)).toHaveLength(4);
    expect(shown.out).toMatch(
      /dc1\n├─ queueing .*up: 1 broker, 3 of 3 topics\n├─ metrics .*up: 1 broker, 2 of 3 topics\n/,
    );
    const applied = await topology('apply', '--yes');
    expect(applied.code).toBe(8);
    expect(applied.out).toMatch(/3 topics created; .*unreachable: dc2\/queueing, /);
    await brokers.dc2.restart();
    await expect.poll(async () => (await topology('apply', '--yes')).code, { timeout: 20_000 }).toBe(0);
    expect((await plan()).changes).toEqual([]);
    expect((await topicsAt('dc2')).has('metrics.racks')).toBe(true);
  });

  it('has mirrors that bring together what is produced, read where its virtual name says', async () => {
    for (const dataCentre of ['dc1', 'dc2'] as const) {
      for (const name of ['tracking/ad-clicks', 'logs/errors']) {
        const { topics, properties } = await resolveTopic(name, { topology: file, dataCentre, for: 'produce' });
        expect(properties['bootstrap.servers']).toBe(brokers[dataCentre].bootstrap);
        const records = Array.from({ length: dataCentre === 'dc1' ? 3 : 5 }, (_, i) => ({
          value: `${dataCentre} ${i}`,
        }));
        await brokers[dataCentre].produce(topics[0]!, 1, records);
      }
    }
    const { run, stdout, stderr } = testWorld({}, { workingDirectory: directory, clock: systemClock });
    const only = ['dc1-tracking-to-dc1', 'dc2-tracking-to-dc1', 'dc1-logs-to-dc2', 'dc2-logs-to-dc2'];
    const options = [...only.flatMap((name) => ['--only', name]), '--once', '--quiet', '--output', 'json'];
    expect(await run('mirror', '--topology', 'topology.yaml', ...options), stderr.text()).toBe(0);
    const said = stdout
      .text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { mirror: string; records: number });
    expect(new Map(said.map(({ mirror, records }) => [mirror, records]))).toEqual(
      new Map([
        ['dc1-tracking-to-dc1', 3],
        ['dc2-tracking-to-dc1', 5],
        ['dc1-logs-to-dc2', 3],
        ['dc2-logs-to-dc2', 5],
      ]),
    );
    for (const name of ['tracking/ad-clicks', 'logs/errors']) {
      const { role, topics } = await resolveTopic(name, { topology: file, dataCentre: 'dc2' });
      const ends = await at(role === 'aggregate' ? 'all' : 'dc2', (client) =>
        listOffsets(
          client,
          topics.map((topic) => ({ topic, partition: 1 })),
          offsetSpec.latest,
          false,
        ),
      );
      expect([...ends.values()]).toEqual([3, 5]);
    }
    const { mirrors, changes, drift } = await plan();
    expect(new Map(mirrors.map(({ name, hasRun }) => [name, hasRun]))).toEqual(
      new Map(mirrors.map(({ name }) => [name, only.includes(name)])),
    );
    expect([changes, drift.map(({ topic }) => topic)]).toEqual([[], ['logs.access', 'by-hand']]);
  });

  it.each([
    [['mirror'], /expected a mirror file or --topology, found both or neither/],
    [['mirror', 'a.yaml', '--topology', 'topology.yaml'], /found both or neither/],
    [['mirror', 'a.yaml', '--only', 'b'], /--only goes with --topology/],
  ])('%j is refused', async (argv, message) => {
    const { run, stderr } = testWorld({}, { workingDirectory: directory });
    expect(await run(...argv)).toBe(2);
    expect(stderr.text()).toMatch(message);
  });

  it('says which mirrors there are', async () => {
    const { run, stderr } = testWorld({}, { workingDirectory: directory });
    expect(await run('mirror', '--topology', 'topology.yaml', '--only', 'dc1-log-to-dc2')).toBe(3);
    expect(stderr.text()).toMatch(/expected a mirror 'dc1-log-to-dc2', found .*\n {2}Did you mean 'dc1-logs-to-dc2'\?/);
  });
});
