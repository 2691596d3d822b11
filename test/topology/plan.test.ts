import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LiveCluster, LiveTopic } from '../../src/topology/live-cluster.ts';
import { planTopology } from '../../src/topology/plan.ts';
import { planText } from '../../src/topology/plan-text.ts';
import { expectGolden } from '../support/golden.ts';
import { appliedClusters, exampleTopology, goldenFolder, smallTopology } from './example.ts';

describe('a plan', () => {
  it('of clusters that are empty creates every topic, local ones and copies', () => {
    const topology = exampleTopology();
    const empty = topology.clusters.map(({ id, brokers }): LiveCluster => {
      return { state: 'up', id, identity: id, brokers, topics: new Map() };
    });
    const plan = planTopology(topology, empty);
    expectGolden(join(goldenFolder, 'plan-empty.txt'), planText(topology, plan));
    expect(plan.changes).toHaveLength(2 * 10 + 2 * 9); // `replies` is not carried
    expect(plan.drift).toEqual([]);
  });

  it('of clusters that are as the file says is empty', () => {
    const topology = exampleTopology();
    const { changes, conflicts, drift, unreachable } = planTopology(topology, appliedClusters(topology));
    expect({ changes, conflicts, drift, unreachable }).toEqual({
      changes: [],
      conflicts: [],
      drift: [],
      unreachable: [],
    });
  });

  it('says what differs, and never takes away', () => {
    const topology = exampleTopology();
    const live = appliedClusters(topology).map((each): LiveCluster => each);
    const of = (id: string): Map<string, LiveTopic> => {
      const found = live.find((each) => each.id === id)!;
      return (found as Extract<LiveCluster, { state: 'up' }>).topics as Map<string, LiveTopic>;
    };
    const change = (id: string, name: string, how: (topic: LiveTopic) => Partial<LiveTopic>): void => {
      of(id).set(name, { ...of(id).get(name)!, ...how(of(id).get(name)!) });
    };
    const withConfig = (key: string, value: string) => (topic: LiveTopic) => ({
      configs: new Map([...topic.configs, [key, { value, overridden: true }]]),
    });
    change('dc1/tracking', 'tracking.page-views', () => ({ partitions: 24 }));
    change('dc1/tracking/aggregate', 'dc1.tracking.page-views', () => ({ partitions: 24 }));
    change('dc2/tracking', 'tracking.ad-clicks', () => ({ partitions: 48 }));
    change('dc1/queueing', 'queueing.orders', () => ({ replicationFactor: 2 }));
    change('dc1/logs', 'logs.access', withConfig('retention.ms', '1000'));
    change('dc2/logs', 'logs.errors', withConfig('segment.ms', '60000'));
    change('dc2/logs', 'logs.access', () => ({ offline: 3 }));
    of('dc1/metrics').delete('metrics.hosts');
    of('dc1/metrics').set('by-hand', { ...of('dc1/metrics').get('metrics.services')!, name: 'by-hand' });
    of('dc1/metrics').set('__consumer_offsets', of('dc1/metrics').get('by-hand')!);
    of('dc1/tracking/aggregate').set('millrace-mirror.dc1-tracking-to-dc1.internal', of('dc1/metrics').get('by-hand')!);
    live[live.findIndex(({ id }) => id === 'dc2/logs/aggregate')] = {
      state: 'unreachable',
      id: 'dc2/logs/aggregate',
      reason: 'Kafka broker dc2-all-logs:9092: no connection',
    };
    const plan = planTopology(topology, live);
    expectGolden(join(goldenFolder, 'plan-drift.txt'), planText(topology, plan));
    expect(plan.changes.map(({ action, cluster }) => [action, cluster])).toEqual([
      ['create-topic', 'dc1/metrics'],
      ['add-partitions', 'dc1/tracking/aggregate'], // the copy first: a mirror that runs finds where to write
      ['add-partitions', 'dc1/tracking'],
      ['set-config', 'dc1/logs'],
    ]);
  });

  it('refuses replicas that there are no brokers for', () => {
    const topology = smallTopology({ aggregate: ', replicationFactor: 1' });
    const wanted = { ...topology, topics: topology.topics.map((topic) => ({ ...topic, replicationFactor: 3 })) };
    const { conflicts, changes } = planTopology(wanted, [
      { state: 'up', id: 'dc1/tracking', identity: 'a', brokers: 1, topics: new Map() },
    ]);
    expect(changes).toEqual([]);
    expect(conflicts).toMatchObject([{ message: 'expected 3 brokers for as many replicas, found 1' }]);
  });

  it('knows clusters that are the same brokers', () => {
    const topology = smallTopology();
    const [first, second, third] = appliedClusters(topology);
    const plan = planTopology(topology, [first!, { ...second!, identity: first!.identity }, third!]);
    expect(plan.drift).toMatchObject([{ kind: 'same-brokers', cluster: second!.id }]);
  });

  it('takes values that mean the same as the same', () => {
    const topology = smallTopology({
      topics: 'clicks: { configs: { cleanup.policy: "compact,delete", min.cleanable.dirty.ratio: 0.50 } }',
    });
    const live = appliedClusters(topology);
    for (const { topics } of live) {
      for (const [name, topic] of topics) {
        const others = [
          ['cleanup.policy', { value: 'delete, compact', overridden: true }],
          ['min.cleanable.dirty.ratio', { value: '0.5', overridden: true }],
        ] as const;
        (topics as Map<string, LiveTopic>).set(name, { ...topic, configs: new Map([...topic.configs, ...others]) });
      }
    }
    expect(planTopology(topology, live).changes).toEqual([]);
  });
});
