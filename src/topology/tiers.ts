/** The tiers that an audit compares: each cluster with the topics it should have, local ones before what is made of them. */
import { type AuditSource, type AuditTier, exactly } from '../audit/audit-tier.ts';
import type { SecretSource } from '../kafka/secret-text.ts';
import { clientProperties } from './live-cluster.ts';
import { spreadTopics, type TopicPlace } from './spread.ts';
import type { Cluster, Topology } from './topology.ts';

/** By the most mirrors that a message passes before it is there. Clusters without topics are left out. */
export function tiersOf(topology: Topology, secrets: SecretSource): readonly AuditTier[] {
  const { places } = spreadTopics(topology);
  const byCluster = topology.clusters.map((cluster) => {
    const here = places.filter((place) => place.cluster === cluster.id);
    return { cluster, here, steps: Math.max(0, ...here.map(stepsOf)) + (cluster.role === 'aggregate' ? 0.5 : 0) };
  });
  return byCluster
    .filter(({ here }) => here.length > 0)
    .toSorted((a, b) => a.steps - b.steps)
    .map(({ cluster, here }) => tierOf(cluster, here, topology, secrets));
}

function stepsOf({ copy }: TopicPlace): number {
  return copy === null ? 0 : 1 + stepsOf(copy.from);
}

function tierOf(
  cluster: Cluster,
  here: readonly TopicPlace[],
  { clusters, mirrors }: Topology,
  secrets: SecretSource,
): AuditTier {
  const sources = mirrors
    .filter(({ to }) => to === cluster.id)
    .map((mirror): AuditSource => {
      const from = clusters.find(({ id }) => id === mirror.from)!;
      const carried = here.filter(({ copy }) => copy?.mirror === mirror.name).map(({ copy }) => copy!.from.topicName);
      const prefix = mirror.naming === 'prefix' ? `${from.dataCentre}.` : '';
      return { cluster: from.id, prefix, topics: carried.map(exactly) };
    })
    .filter(({ topics }) => topics.length > 0);
  return {
    cluster: cluster.id,
    tier: cluster.role,
    client: clientProperties(cluster, secrets),
    topics: here.map(({ topicName }) => exactly(topicName)),
    produced: cluster.role === 'local',
    sources,
  };
}
