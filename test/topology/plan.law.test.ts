import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LiveCluster, LiveTopic } from '../../src/topology/live-cluster.ts';
import { type Change, planTopology } from '../../src/topology/plan.ts';
import { appliedClusters, exampleTopology } from './example.ts';

type Up = Extract<LiveCluster, { state: 'up' }>;

const topology = exampleTopology();
const applied = appliedClusters(topology);
const configKeys = ['retention.ms', 'segment.ms', 'min.insync.replicas', 'cleanup.policy'];

/** What may have become of a topic. */
const fate = fc.oneof(
  { weight: 3, arbitrary: fc.constant((topic: LiveTopic): LiveTopic | null => topic) },
  fc.constant((): LiveTopic | null => null),
  fc.integer({ min: 1, max: 40 }).map(
    (partitions) =>
      (topic: LiveTopic): LiveTopic => ({ ...topic, partitions }),
  ),
  fc.integer({ min: 1, max: 5 }).map(
    (count) =>
      (topic: LiveTopic): LiveTopic => ({ ...topic, replicationFactor: count }),
  ),
  fc.tuple(fc.constantFrom(...configKeys), fc.constantFrom('1', '60000', 'compact')).map(([key, value]) => {
    return (topic: LiveTopic): LiveTopic => {
      return { ...topic, configs: new Map([...topic.configs, [key, { value, overridden: true }]]) };
    };
  }),
);

const states = fc.array(fate, { minLength: 8, maxLength: 40 }).map((fates) => {
  let next = 0;
  return applied.map((cluster): Up => {
    const topics = [...cluster.topics.values()].map((topic) => fates[next++ % fates.length]!(topic));
    return {
      ...cluster,
      topics: new Map(topics.filter((topic) => topic !== null).map((topic) => [topic.name, topic])),
    };
  });
});

/** As Kafka does it: it refuses fewer partitions, and topics that are there. */
function carryOut(state: readonly Up[], change: Change): readonly Up[] {
  return state.map((cluster) => {
    if (cluster.id !== change.cluster) return cluster;
    const topic = cluster.topics.get(change.topic);
    const put = (changed: LiveTopic): Up => ({
      ...cluster,
      topics: new Map([...cluster.topics, [change.topic, changed]]),
    });
    if (change.action === 'create-topic') {
      expect(topic).toBeUndefined();
      const configs = Object.entries(change.configs).map(([key, value]) => [key, { value, overridden: true }] as const);
      const { partitions, replicationFactor } = change;
      return put({
        name: change.topic,
        partitions,
        replicationFactor,
        offline: 0,
        lagging: 0,
        configs: new Map(configs),
      });
    }
    if (change.action === 'add-partitions') {
      expect(topic!.partitions).toBe(change.from);
      expect(change.to).toBeGreaterThan(change.from);
      return put({ ...topic!, partitions: change.to });
    }
    return put({
      ...topic!,
      configs: new Map([...topic!.configs, [change.config, { value: change.to, overridden: true }]]),
    });
  });
}

describe('any plan', () => {
  it('carried out leaves nothing to do, and neither conflicts nor drift become other ones', () => {
    fc.assert(
      fc.property(states, (state) => {
        const { changes, conflicts, drift } = planTopology(topology, state);
        const after = planTopology(topology, changes.reduce(carryOut, state as readonly Up[]));
        expect(after.changes).toEqual([]);
        expect([after.conflicts, after.drift]).toEqual([conflicts, drift]);
      }),
      { numRuns: 60 },
    );
  });

  it('cut short anywhere is the rest of itself the next time', () => {
    fc.assert(
      fc.property(states, fc.double({ min: 0, max: 1, noNaN: true }), (state, share) => {
        const { changes } = planTopology(topology, state);
        const done = Math.floor(share * changes.length);
        const after = planTopology(topology, changes.slice(0, done).reduce(carryOut, state as readonly Up[]));
        expect(after.changes).toEqual(changes.slice(done));
      }),
      { numRuns: 60 },
    );
  });
});
