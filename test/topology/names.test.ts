import { describe, expect, it } from 'vitest';
import { checkTiers, topicMatcher } from '../../src/audit/audit-tier.ts';
import { resolveTopic } from '../../src/index.ts';
import { isMirrored, targetTopicOf } from '../../src/mirror/mirror-names.ts';
import { parseMirror } from '../../src/mirror/mirror-spec.ts';
import { mirrorFiles } from '../../src/topology/mirror-specs.ts';
import { type ResolveRequest, resolveName } from '../../src/topology/resolve.ts';
import { spreadTopics } from '../../src/topology/spread.ts';
import { tiersOf } from '../../src/topology/tiers.ts';
import type { Topology } from '../../src/topology/topology.ts';
import { exampleFile, exampleTopology, smallTopology } from './example.ts';

const noSecrets = (): undefined => undefined;

describe('a virtual name', () => {
  const find = (name: string, request: ResolveRequest) => resolveName(exampleTopology(), name, request, noSecrets);

  it.each([
    ['tracking/page-views', 'dc1', 'produce', undefined, 'dc1/tracking', ['tracking.page-views']],
    ['tracking/page-views', 'dc2', 'produce', undefined, 'dc2/tracking', ['tracking.page-views']],
    [
      ...(['tracking/page-views', 'dc1', 'consume', undefined, 'dc1/tracking/aggregate'] as const),
      ['dc1.tracking.page-views', 'dc2.tracking.page-views'],
    ],
    // There is no nearer one.
    [
      ...(['tracking/page-views', 'dc2', 'consume', undefined, 'dc1/tracking/aggregate'] as const),
      ['dc1.tracking.page-views', 'dc2.tracking.page-views'],
    ],
    ['tracking/page-views', 'dc2', 'consume', 'local', 'dc2/tracking', ['tracking.page-views']],
    ['queueing/replies', 'dc2', 'consume', undefined, 'dc2/queueing', ['queueing.replies']],
    ['logs/errors', 'dc1', 'consume', 'aggregate', 'dc2/logs/aggregate', ['dc1.logs.errors', 'dc2.logs.errors']],
  ] as const)('%s from %s to %s (%s) is at %s', (name, dataCentre, use, scope, cluster, topics) => {
    const { topics: found, ...resolved } = find(name, { dataCentre, for: use, scope });
    expect(resolved.cluster).toBe(cluster);
    expect(found).toEqual(topics);
    expect('acks' in resolved.properties).toBe(use === 'produce');
  });

  it.each([
    ['tracking/page-view', { dataCentre: 'dc1', for: 'consume' }, /topic 'tracking\/page-view' is not in the topology/],
    ['tracking/page-views', { dataCentre: 'dc3', for: 'consume' }, /data centre 'dc3' is not/],
    ['tracking/page-views', { dataCentre: 'dc1', for: 'produce', scope: 'aggregate' }, /only mirrors write/],
    ['queueing/replies', { dataCentre: 'dc1', for: 'consume', scope: 'aggregate' }, /no aggregate cluster has it/],
  ] as const)('%s is refused: %o', (name, request, message) => {
    expect(() => find(name, request)).toThrow(message);
  });

  it('is looked for in the data centres that are near, nearest first', () => {
    const { dataCentres, ...rest } = exampleTopology();
    const wider = { ...rest, dataCentres: [{ name: 'dc0', near: ['dc2', 'dc1'] }, ...dataCentres] };
    const request = { dataCentre: 'dc0', for: 'produce' } as const;
    expect(resolveName(wider, 'logs/access', request, noSecrets).cluster).toBe('dc2/logs');
  });

  it('leads to properties with secrets in their places, which it asks for by name', () => {
    const topology = smallTopology();
    const clusters = topology.clusters.map((cluster) => ({
      ...cluster,
      properties: new Map([['sasl.password', ['a$', '{env:PASSWORD}b$', '{file:key}'].join('')]]),
    }));
    const read = (kind: string, name: string): string => `<${kind} ${name}>`;
    const request = { dataCentre: 'dc1', for: 'consume' } as const;
    const { properties } = resolveName({ ...topology, clusters }, 'tracking/clicks', request, read);
    expect(properties['sasl.password']).toBe('a<env PASSWORD>b<file key>');
    expect(() => resolveName({ ...topology, clusters }, 'tracking/clicks', request, noSecrets)).toThrow(
      'cluster dc1/tracking/aggregate: property sasl.password: expected a value in the environment variable PASSWORD, found none',
    );
  });
});

const topologies: readonly (readonly [string, () => Topology])[] = [
  ['two data centres and four kinds', exampleTopology],
  ['one source, by its own names', () => smallTopology({ aggregate: ', from: [dc1]' })],
  ['local clusters that mirror each other', mutual],
  ['an aggregate that is passed on', () => passedOn('identity')],
  ['an aggregate that is passed on with a prefix', () => passedOn('prefix')],
];

function mutual(): Topology {
  return smallTopology({
    mirrors: 'a: { from: dc1/tracking, to: dc2/tracking }, b: { from: dc2/tracking, to: dc1/tracking }',
  });
}

function passedOn(naming: string): Topology {
  return smallTopology({
    topics: 'clicks: {}, views: {}, by.name: { name: a_b.c }',
    mirrors: `on: { from: dc1/tracking/aggregate, to: dc2/tracking, naming: ${naming}, topics: [clicks, by.name] }`,
  });
}

describe.each(topologies)('of %s', (_, make) => {
  it('the mirror files are mirrors, and make what the topology says', () => {
    const topology = make();
    const { places } = spreadTopics(topology);
    const files = mirrorFiles(topology);
    expect(files.length).toBeGreaterThan(0);
    for (const { name, text } of files) {
      const spec = parseMirror(text, name);
      const { from, to } = topology.mirrors.find((mirror) => mirror.name === name)!;
      const atSource = places.filter(({ cluster }) => cluster === from).map(({ topicName }) => topicName);
      const made = atSource
        .filter((name) => isMirrored(spec, { name, internal: false }))
        .map((topic) => targetTopicOf(spec, topic));
      const wanted = places.filter(({ copy }) => copy?.mirror === name).map(({ topicName }) => topicName);
      expect(made.sort()).toEqual(wanted.sort());
      expect(spec.sync).toMatchObject({ configs: false });
      expect(topology.clusters.find(({ id }) => id === to)!.bootstrapServers).toBe(
        spec.target.config.brokers.map(({ host, port }) => `${host}:${port}`).join(),
      );
    }
  });

  it('the tiers are in order, and each topic of a tier comes from where it lies', () => {
    const topology = make();
    const tiers = tiersOf(topology, noSecrets);
    checkTiers(tiers);
    const { places } = spreadTopics(topology);
    for (const { cluster, topics, sources, produced } of tiers) {
      const here = places.filter((place) => place.cluster === cluster);
      expect(here.map(({ topicName }) => topicName).every(topicMatcher(topics))).toBe(true);
      expect(produced).toBe(here.some(({ copy }) => copy === null));
      for (const { copy, topicName } of here) {
        if (copy === null) continue;
        const source = sources.find((each) => {
          return each.cluster === copy.from.cluster && topicName === `${each.prefix}${copy.from.topicName}`;
        });
        expect(topicMatcher(source!.topics)(copy.from.topicName)).toBe(true);
      }
    }
  });
});

describe('tiers', () => {
  it('put what is mirrored after what it is made of', () => {
    expect(tiersOf(passedOn('identity'), noSecrets).map(({ cluster, tier }) => `${cluster} ${tier}`)).toEqual([
      'dc1/tracking local',
      'dc1/tracking/aggregate aggregate',
      'dc2/tracking local',
    ]);
    const order = tiersOf(exampleTopology(), noSecrets).map(({ tier }) => tier);
    expect(order).toEqual([...Array(8).fill('local'), ...Array(4).fill('aggregate')]);
  });
});

describe('resolveTopic', () => {
  it('reads the file and gives what a client needs', async () => {
    expect(
      await resolveTopic('tracking/ad-clicks', { topology: exampleFile, dataCentre: 'dc2', for: 'produce' }),
    ).toEqual({
      cluster: 'dc2/tracking',
      dataCentre: 'dc2',
      role: 'local',
      topics: ['tracking.ad-clicks'],
      properties: {
        'bootstrap.servers': 'dc2-tracking:9092',
        acks: 'all',
        'enable.idempotence': 'true',
        'compression.type': 'lz4',
        'linger.ms': '50',
      },
    });
    const missing = resolveTopic('tracking/ad-clicks', { topology: '/nowhere.yaml', dataCentre: 'dc2' });
    await expect(missing).rejects.toThrow("topology '/nowhere.yaml': expected a file to read, found none");
  });
});
