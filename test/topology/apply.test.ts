import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import { createTopics, deleteTopics, listTopics } from '../../src/kafka/admin.ts';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { KafkaCluster } from '../../src/kafka/cluster.ts';
import { alterTopicConfigs, describeTopicConfigs } from '../../src/kafka/topic-configs.ts';
import type { TopologyPlan } from '../../src/topology/plan.ts';
import { testWorld } from '../commands/world.ts';
import { startProgram } from '../support/process.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';
import { exampleFile } from './example.ts';

// The example of eight local and four aggregate clusters on two brokers: one a data centre. Names of kinds and data centres keep topics apart.

const directory = mkdtempSync(join(tmpdir(), 'millrace-topology-'));
const file = join(directory, 'topology.yaml');
let brokers: Readonly<Record<'dc1' | 'dc2', TestKafka>>;

beforeAll(async () => {
  const [dc1, dc2] = await Promise.all([startKafka(), startKafka()]);
  brokers = { dc1, dc2 };
});
afterAll(async () => {
  await Promise.all(Object.values(brokers).map((broker) => broker.stop()));
  rmSync(directory, { recursive: true, force: true });
});

/** The example with small topics, on the brokers of the test. */
function write(change: (text: string) => string = (text) => text): void {
  const text = readFileSync(exampleFile, 'utf8')
    .replaceAll(/"(dc[12])-[a-z-]+:9092"/g, (_, dataCentre: 'dc1' | 'dc2') => `"${brokers[dataCentre].bootstrap}"`)
    .replaceAll('brokers: 3', 'brokers: 1')
    .replaceAll(/partitions: \d+/g, 'partitions: 2')
    .replaceAll(/( {4}(?:queueing|logs|tracking):\n)( {6}topics:)/g, '$1      defaults: { partitions: 2 }\n$2');
  writeFileSync(file, change(text));
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

async function at<T>(dataCentre: 'dc1' | 'dc2', use: (client: KafkaCluster) => Promise<T>): Promise<T> {
  const properties = new Map([['bootstrap.servers', brokers[dataCentre].bootstrap]]);
  const client = new KafkaCluster(clientConfig(properties, 'test'));
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

async function topicsAt(dataCentre: 'dc1' | 'dc2'): Promise<Map<string, number>> {
  const topics = await at(dataCentre, listTopics);
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
    expect([...(await topicsAt('dc1')).keys()].sort()).toEqual([
      ...['dc1.metrics.hosts', 'dc1.metrics.services'],
      ...['dc1.tracking.ad-clicks', 'dc1.tracking.members', 'dc1.tracking.page-views'],
      ...['dc2.metrics.hosts', 'dc2.metrics.services'],
      ...['dc2.tracking.ad-clicks', 'dc2.tracking.members', 'dc2.tracking.page-views'],
      ...['logs.access', 'logs.errors', 'metrics.hosts', 'metrics.services'],
      ...['queueing.emails', 'queueing.orders', 'queueing.replies'],
      ...['tracking.ad-clicks', 'tracking.members', 'tracking.page-views'],
    ]);
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
    const configs = await at('dc1', (client) =>
      describeTopicConfigs(client, ['tracking.page-views', 'dc2.tracking.page-views', 'tracking.members']),
    );
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
    const grown = await topicsAt('dc1');
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
    expect(unreachable).toHaveLength(6);
    expect(changes.map(({ topic }) => topic)).toEqual(['metrics.racks', 'dc1.metrics.racks', 'dc2.metrics.racks']);
    const shown = await topology('show');
    expect(shown.code).toBe(0);
    expect(shown.out.match(/unreachable/g)).toHaveLength(6);
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
});
