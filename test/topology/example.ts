import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LiveCluster, LiveTopic } from '../../src/topology/live-cluster.ts';
import { planTopology } from '../../src/topology/plan.ts';
import type { Topology } from '../../src/topology/topology.ts';
import { parseTopology } from '../../src/topology/topology-file.ts';

export const exampleFile = join(import.meta.dirname, '../../examples/two-data-centres.yaml');
export const goldenFolder = join(import.meta.dirname, '../golden/topology');

export function exampleTopology(): Topology {
  return parseTopology(readFileSync(exampleFile, 'utf8'), "topology 'two-data-centres.yaml'");
}

/** The example with topics of two partitions, its clusters of one broker each, at the addresses that `addressOf` gives for `dc1-all-logs`. */
export function exampleAt(addressOf: (host: string) => string): string {
  return readFileSync(exampleFile, 'utf8')
    .replaceAll(/"(dc[12]-[a-z-]+):9092"/g, (_, host: string) => `"${addressOf(host)}"`)
    .replaceAll('brokers: 3', 'brokers: 1')
    .replaceAll(/partitions: \d+/g, 'partitions: 2')
    .replaceAll(/( {4}(?:queueing|logs|tracking):\n)( {6}topics:)/g, '$1      defaults: { partitions: 2 }\n$2');
}

/** A topology of two local clusters and one aggregate. */
export function smallTopology(
  more: Readonly<{ aggregate?: string; topics?: string; mirrors?: string }> = {},
): Topology {
  const { aggregate = '', topics = 'clicks: { partitions: 2 }', mirrors = '' } = more;
  return parseTopology(
    `
apiVersion: millrace/v1
kind: Topology
metadata: { name: small }
spec:
  dataCentres:
    dc1:
      near: [dc2]
      local: { tracking: { bootstrapServers: "dc1:9092", brokers: 1 } }
      aggregate: { tracking: { bootstrapServers: "all:9092", brokers: 1${aggregate} } }
    dc2:
      local: { tracking: { bootstrapServers: "dc2:9092", brokers: 1 } }
  kinds:
    tracking:
      topics: { ${topics} }
  ${mirrors === '' ? '' : `mirrors: { ${mirrors} }`}
`,
    'small',
  );
}

/** Clusters as they are after an apply of the topology, each of its own brokers. */
export function appliedClusters(topology: Topology): (LiveCluster & { state: 'up' })[] {
  const empty = topology.clusters.map(({ id, brokers }) => {
    return { state: 'up' as const, id, identity: `kafka-${id}`, brokers, topics: new Map<string, LiveTopic>() };
  });
  for (const change of planTopology(topology, empty).changes) {
    if (change.action !== 'create-topic') continue;
    const configs = Object.entries(change.configs).map(([key, value]) => [key, { value, overridden: true }] as const);
    empty
      .find(({ id }) => id === change.cluster)!
      .topics.set(change.topic, {
        name: change.topic,
        partitions: change.partitions,
        replicationFactor: change.replicationFactor,
        offline: 0,
        lagging: 0,
        configs: new Map(configs),
      });
  }
  return empty;
}
