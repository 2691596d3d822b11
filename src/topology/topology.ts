/**
 * A topology: data centres, the kinds of traffic, a local cluster for each kind and data centre, aggregate clusters that bring a kind together
 * from several data centres, the topics of each kind, and the mirrors between the clusters. Checked, with defaults filled in; plain data.
 */
import type { TrafficKind } from './traffic-kind.ts';

/** Producers write to local clusters; only mirrors write to aggregate clusters. */
export type ClusterRole = 'local' | 'aggregate';

export type Cluster = Readonly<{
  /** `dc1/tracking` or, for an aggregate, `dc1/tracking/aggregate`. */
  id: string;
  dataCentre: string;
  kind: TrafficKind;
  role: ClusterRole;
  /** `host:port`, with commas. */
  bootstrapServers: string;
  /** The client's, as Kafka names them; secrets as `${env:NAME}` and `${file:PATH}`. */
  properties: ReadonlyMap<string, string>;
  /** How many brokers it is meant to have. */
  brokers: number;
  /** Settings of topics that this cluster has its own way. */
  settings: TopicSettings;
}>;

/** What a file may set of a topic; null = not said here. */
export type TopicSettings = Readonly<{
  partitions: number | null;
  replicationFactor: number | null;
  /** Topic configs as Kafka names them, `retention` among them as retention.ms. */
  configs: ReadonlyMap<string, string>;
}>;

export type Topic = Readonly<{
  kind: TrafficKind;
  /** Within its kind: `page-views`. */
  name: string;
  /** `tracking/page-views`: what clients ask for. */
  virtualName: string;
  /** On the clusters where it is produced: `tracking.page-views`. */
  topicName: string;
  partitions: number;
  /** null: as the kind has it, and no more than the cluster has brokers. */
  replicationFactor: number | null;
  configs: ReadonlyMap<string, string>;
  /** Whether mirrors to aggregate clusters carry it. */
  aggregated: boolean;
}>;

export type Naming = 'identity' | 'prefix';
export type Delivery = 'reconcile' | 'transactional' | 'at-least-once';
export type LossPolicy = 'fail' | 'skip-and-record';

/** One arrow: what it carries from one cluster to another, and how. */
export type Mirror = Readonly<{
  name: string;
  /** Ids of clusters. */
  from: string;
  to: string;
  /** Virtual names. */
  topics: readonly string[];
  naming: Naming;
  delivery: Delivery;
  onLoss: LossPolicy;
}>;

export type DataCentre = Readonly<{
  name: string;
  /** Other data centres, nearest first: where a client looks for what is not here. */
  near: readonly string[];
}>;

export type Topology = Readonly<{
  name: string;
  dataCentres: readonly DataCentre[];
  clusters: readonly Cluster[];
  topics: readonly Topic[];
  mirrors: readonly Mirror[];
  /** How much traffic there is of each kind, for `capacity`: option → text. */
  traffic: ReadonlyMap<TrafficKind, ReadonlyMap<string, string>>;
}>;

export function clusterId(dataCentre: string, kind: TrafficKind, role: ClusterRole): string {
  return role === 'local' ? `${dataCentre}/${kind}` : `${dataCentre}/${kind}/aggregate`;
}
