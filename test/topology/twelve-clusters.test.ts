import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import { spreadTopics, type TopicPlace } from '../../src/topology/spread.ts';
import type { Topology } from '../../src/topology/topology.ts';
import { parseTopology } from '../../src/topology/topology-file.ts';
import { testWorld } from '../commands/world.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';
import { exampleAt, exampleTopology } from './example.ts';

// All of the example, each of its twelve clusters a broker of its own: traffic of four kinds in two data centres, mirrored, and compared copy by
// copy. Some 4 GB of memory and a few minutes: only with MILLRACE_TWELVE_CLUSTERS=1.

const asked = process.env.MILLRACE_TWELVE_CLUSTERS === '1';
const atOnce = 3; // brokers that start side by side
const recordsPerPartition = 50;

describe.runIf(asked)('two data centres, four kinds, twelve Kafka clusters', () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-twelve-'));
  const brokers = new Map<string, TestKafka>();
  let topology: Topology;

  beforeAll(async () => {
    const hosts = exampleTopology().clusters.map(({ bootstrapServers }) => bootstrapServers.split(':')[0]!);
    for (let from = 0; from < hosts.length; from += atOnce) {
      const some = hosts.slice(from, from + atOnce);
      const started = await Promise.all(some.map(() => startKafka()));
      for (const [i, host] of some.entries()) brokers.set(host, started[i]!);
    }
    const text = exampleAt((host) => brokers.get(host)!.bootstrap);
    writeFileSync(join(directory, 'topology.yaml'), text);
    topology = parseTopology(text, 'topology');
  }, 600_000);

  afterAll(async () => {
    await Promise.all([...brokers.values()].map((broker) => broker.stop()));
    rmSync(directory, { recursive: true, force: true });
  });

  async function millrace(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
    const { run, stdout, stderr } = testWorld({}, { workingDirectory: directory, clock: systemClock });
    const code = await run(...argv);
    return { code, out: stdout.text(), err: stderr.text() };
  }

  const addressOf = (id: string): string => topology.clusters.find((cluster) => cluster.id === id)!.bootstrapServers;
  const brokerOf = (id: string): TestKafka =>
    [...brokers.values()].find(({ bootstrap }) => bootstrap === addressOf(id))!;
  const copies = (): TopicPlace[] => spreadTopics(topology).places.filter(({ copy }) => copy !== null);

  it('are brought up by one apply, and a second one finds nothing to do', { timeout: 600_000 }, async () => {
    expect(await millrace('topology', 'apply', 'topology.yaml', '--yes')).toMatchObject({
      code: 0,
      out: 'two-data-centres: 38 topics created\n',
    });
    const again = await millrace('topology', 'apply', 'topology.yaml');
    expect(again).toMatchObject({ code: 0, out: 'two-data-centres: nothing to do\n', err: '' });
  });

  it('carry every message once to each aggregate', { timeout: 600_000 }, async () => {
    for (const { cluster, topicName } of spreadTopics(topology).places.filter(({ copy }) => copy === null)) {
      for (const partition of [0, 1]) {
        const records = Array.from({ length: recordsPerPartition }, (_, i) => ({
          key: `${i}`,
          value: `${topicName} ${i}`,
        }));
        await brokerOf(cluster).produce(topicName, partition, records, { compression: 'lz4' });
      }
    }
    const { code, out, err } = await millrace(
      'mirror',
      '--topology',
      'topology.yaml',
      '--once',
      '--quiet',
      '--output',
      'json',
    );
    expect(code, err).toBe(0);
    const said = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { mirror: string; records: number });
    const records = said.reduce((sum, mirror) => sum + mirror.records, 0);
    expect([said.length, records]).toEqual([8, copies().length * 2 * recordsPerPartition]);
  });

  it('are equal, topic by topic, and one record less is seen', { timeout: 600_000 }, async () => {
    const compare = ({ cluster, topicName, copy }: TopicPlace): ReturnType<typeof millrace> => {
      const ends = ['--source', addressOf(copy!.from.cluster), '--target', addressOf(cluster)];
      const names = ['--topic', copy!.from.topicName, '--target-topic', topicName];
      return millrace('audit', 'compare', ...ends, ...names, '--quiet', '--output', 'json');
    };
    for (const place of copies()) {
      const { code, out, err } = await compare(place);
      expect(code, `${place.topicName}: ${out}${err}`).toBe(0);
    }
    const [first] = copies();
    await brokerOf(first!.copy!.from.cluster).produce(first!.copy!.from.topicName, 0, [{ key: 'late', value: 'late' }]);
    const { code, out } = await compare(first!);
    expect([code, out]).toEqual([8, expect.stringContaining('"key":"late"')]);
  });
});
