/** What capacity needs to know and a topology says: of each kind how much there is, how long it is kept, how often it is copied. */
import type { CapacityInput, QuantityName } from './capacity-input.ts';
import { desiredTopic } from './desired-topic.ts';
import { fraction, plus, type Rational } from './rational.ts';
import { spreadTopics } from './spread.ts';
import type { Topology } from './topology.ts';
import { type TrafficKind, trafficKinds } from './traffic-kind.ts';

export type KindTraffic = Readonly<{
  kind: TrafficKind;
  /** As the file has it. */
  texts: ReadonlyMap<QuantityName, string>;
  /** Of the topics and mirrors. */
  derived: Partial<CapacityInput>;
  /** Local and aggregate ones. */
  clusters: bigint;
}>;

/** Kinds whose traffic the file does not tell are left out. */
export function trafficOf(topology: Topology): readonly KindTraffic[] {
  return trafficKinds.flatMap((kind) => {
    const texts = topology.traffic.get(kind);
    if (texts === undefined || !texts.has('messagesPerDay')) return [];
    const written = new Map([...texts].map(([name, text]) => [name as QuantityName, text] as const));
    const derived = { copies: copiesOf(topology, kind), ...keptBy(topology, kind) };
    const clusters = topology.clusters.filter((cluster) => cluster.kind === kind).length;
    return [{ kind, texts: written, derived, clusters: BigInt(clusters) }];
  });
}

/** With traffic even over the data centres, an aggregate that takes from k of n gets k/n of the messages. */
function copiesOf({ clusters, mirrors }: Topology, kind: TrafficKind): Rational {
  const locals = clusters.filter((cluster) => cluster.kind === kind && cluster.role === 'local');
  if (locals.length === 0) return fraction(0n);
  const fromLocal = mirrors.filter(({ from, topics }) => topics.length > 0 && locals.some(({ id }) => id === from));
  const aggregates = clusters.filter((cluster) => cluster.kind === kind && cluster.role === 'aggregate');
  const passedOn = mirrors.filter(({ from }) => aggregates.some(({ id }) => id === from));
  const shares = [...fromLocal, ...passedOn].map((mirror) => {
    const share = aggregates.some(({ id }) => id === mirror.from) ? sourcesOf(mirror.from, mirrors) : 1;
    return fraction(BigInt(share), BigInt(locals.length));
  });
  return shares.reduce(plus, fraction(0n));
}

function sourcesOf(aggregate: string, mirrors: Topology['mirrors']): number {
  return mirrors.filter(({ to }) => to === aggregate).length;
}

/** The most replicas and the longest retention that a topic of the kind has on any cluster: the traffic is not told by topic. */
function keptBy(topology: Topology, kind: TrafficKind): Partial<CapacityInput> {
  const { places } = spreadTopics(topology);
  const desired = places
    .filter(({ topic }) => topic.kind === kind)
    .map((place) => desiredTopic(place, topology.clusters.find(({ id }) => id === place.cluster)!));
  const replicas = Math.max(...desired.map(({ replicationFactor }) => replicationFactor));
  const kept = Math.max(...desired.map(({ configs }) => Number(configs.get('retention.ms'))));
  const replication = desired.length === 0 ? {} : { replication: fraction(BigInt(replicas)) };
  return {
    ...replication,
    ...(kept > 0 && Number.isFinite(kept) ? { retention: fraction(BigInt(kept), 1_000n) } : {}),
  };
}
