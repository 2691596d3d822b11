/**
 * What has to be done so that the clusters are as the file says, and what there is besides. A plan only adds: topics, partitions, configs.
 * It never deletes a topic, takes partitions away or takes a config back; what it would have to is a conflict or stands under drift.
 */

import { stateTopicOf } from '../mirror/mirror-names.ts';
import { type DesiredTopic, desiredTopic } from './desired-topic.ts';
import type { LiveCluster, LiveTopic } from './live-cluster.ts';
import { spreadTopics } from './spread.ts';
import type { Mirror, Topology } from './topology.ts';

export type Change =
  | Readonly<{
      action: 'create-topic';
      cluster: string;
      topic: string;
      partitions: number;
      replicationFactor: number;
      configs: Readonly<Record<string, string>>;
    }>
  | Readonly<{ action: 'add-partitions'; cluster: string; topic: string; from: number; to: number }>
  | Readonly<{ action: 'set-config'; cluster: string; topic: string; config: string; from: string | null; to: string }>;

/** What the file asks for and Kafka can't do, or could do only by losing something. */
export type Conflict = Readonly<{ cluster: string; topic: string; message: string; hint: string }>;

/** What is there and is not as the file says, and stays. */
export type Drift = Readonly<{
  kind: 'unknown-topic' | 'replication' | 'config-by-hand' | 'brokers' | 'same-brokers' | 'offline';
  cluster: string;
  topic: string | null;
  message: string;
}>;

export type PlannedMirror = Mirror &
  Readonly<{
    /** Whether it has left its state on the target before; null: the target can't be reached. */
    hasRun: boolean | null;
  }>;

export type TopologyPlan = Readonly<{
  changes: readonly Change[];
  conflicts: readonly Conflict[];
  drift: readonly Drift[];
  mirrors: readonly PlannedMirror[];
  unreachable: readonly Readonly<{ cluster: string; reason: string }>[];
}>;

type Up = Extract<LiveCluster, { state: 'up' }>;

export function planTopology(topology: Topology, live: readonly LiveCluster[]): TopologyPlan {
  const { places } = spreadTopics(topology);
  const desired = topology.clusters.flatMap((cluster) =>
    places.filter((place) => place.cluster === cluster.id).map((place) => desiredTopic(place, cluster)),
  );
  const up = new Map(live.flatMap((each) => (each.state === 'up' ? [[each.id, each] as const] : [])));
  const reached = desired.filter(({ cluster }) => up.has(cluster));
  const parts = reached.map((topic) => diffTopic(topic, up.get(topic.cluster)!));
  return {
    changes: inOrder(
      parts.flatMap(({ changes }) => changes),
      desired,
    ),
    conflicts: parts.flatMap(({ conflicts }) => conflicts),
    drift: [...clusterDrift(topology, up), ...parts.flatMap(({ drift }) => drift), ...unknownTopics(desired, up)],
    mirrors: topology.mirrors.map((mirror) => ({
      ...mirror,
      hasRun: up.get(mirror.to)?.topics.has(stateTopicOf(mirror.name)) ?? null,
    })),
    unreachable: live.flatMap((each) =>
      each.state === 'unreachable' ? [{ cluster: each.id, reason: each.reason }] : [],
    ),
  };
}

type Difference = Pick<TopologyPlan, 'changes' | 'conflicts' | 'drift'>;

function diffTopic(desired: DesiredTopic, cluster: Up): Difference {
  const live = cluster.topics.get(desired.name);
  return live === undefined ? newTopic(desired, cluster) : presentTopic(desired, live);
}

function newTopic(
  { cluster, name, partitions, replicationFactor, configs }: DesiredTopic,
  { brokers }: Up,
): Difference {
  if (replicationFactor > brokers) {
    const message = `expected ${replicationFactor} brokers for as many replicas, found ${brokers}`;
    const hint = 'Start the others, or lower replicationFactor.';
    return { changes: [], conflicts: [{ cluster, topic: name, message, hint }], drift: [] };
  }
  const change = { action: 'create-topic', cluster, topic: name, partitions, replicationFactor } as const;
  return { changes: [{ ...change, configs: Object.fromEntries(configs) }], conflicts: [], drift: [] };
}

function presentTopic(desired: DesiredTopic, live: LiveTopic): Difference {
  const { cluster, name: topic, partitions, replicationFactor, configs } = desired;
  const changes: Change[] = [];
  const conflicts: Conflict[] = [];
  const drift: Drift[] = [];
  if (live.partitions < partitions) {
    changes.push({ action: 'add-partitions', cluster, topic, from: live.partitions, to: partitions });
  }
  if (live.partitions > partitions) {
    const message = `expected at most ${partitions} partitions, found ${live.partitions}: partitions never shrink`;
    conflicts.push({ cluster, topic, message, hint: `Say partitions: ${live.partitions} in the file.` });
  }
  if (live.replicationFactor !== replicationFactor) {
    const message = `replication factor ${live.replicationFactor}, in the file ${replicationFactor}: replicas are moved by Kafka's own tools`;
    drift.push({ kind: 'replication', cluster, topic, message });
  }
  for (const [config, to] of configs) {
    const from = live.configs.get(config)?.value ?? null;
    if (from === null || !isSame(from, to)) changes.push({ action: 'set-config', cluster, topic, config, from, to });
  }
  for (const [config, { value, overridden }] of live.configs) {
    if (!overridden || configs.has(config)) continue;
    drift.push({ kind: 'config-by-hand', cluster, topic, message: `${config}=${value} is set there, not in the file` });
  }
  if (live.offline > 0) {
    const message = `${live.offline} of ${live.partitions} partitions have no leader`;
    drift.push({ kind: 'offline', cluster, topic, message });
  }
  return { changes, conflicts, drift };
}

/** `delete,compact` and `compact, delete`, `0.5` and `0.50` mean the same. */
function isSame(a: string, b: string): boolean {
  const parts = (text: string): string =>
    text
      .split(',')
      .map((part) => part.trim())
      .sort()
      .join();
  return parts(a) === parts(b) || (a.trim() !== '' && b.trim() !== '' && Number(a) === Number(b));
}

/** Copies get partitions before their sources, so that a mirror that runs finds where to write. */
function inOrder(changes: readonly Change[], desired: readonly DesiredTopic[]): Change[] {
  const copies = new Set(
    desired.filter(({ place }) => place.copy !== null).map(({ cluster, name }) => `${cluster} ${name}`),
  );
  const turn = ({ action, cluster, topic }: Change): number => {
    if (action === 'create-topic') return 0;
    if (action === 'add-partitions') return copies.has(`${cluster} ${topic}`) ? 1 : 2;
    return 3;
  };
  return changes.toSorted((a, b) => turn(a) - turn(b));
}

function clusterDrift({ clusters }: Topology, up: ReadonlyMap<string, Up>): Drift[] {
  const addresses = new Map(clusters.map(({ id, bootstrapServers }) => [id, bootstrapServers]));
  return clusters.flatMap(({ id, brokers }, index) => {
    const live = up.get(id);
    if (live === undefined) return [];
    const found: Drift[] = [];
    if (live.brokers !== brokers) {
      const message = `${live.brokers} broker${live.brokers === 1 ? '' : 's'}, in the file ${brokers}`;
      found.push({ kind: 'brokers', cluster: id, topic: null, message });
    }
    const twin = clusters.slice(0, index).find((other) => {
      return up.get(other.id)?.identity === live.identity && addresses.get(other.id) !== addresses.get(id);
    });
    if (twin !== undefined) {
      const message = `is the same Kafka cluster as ${twin.id}, by another address`;
      found.push({ kind: 'same-brokers', cluster: id, topic: null, message });
    }
    return found;
  });
}

/** Said once for brokers that are several clusters of the file. */
function unknownTopics(desired: readonly DesiredTopic[], up: ReadonlyMap<string, Up>): Drift[] {
  const known = new Map<string, Set<string>>();
  for (const { cluster, name } of desired) {
    const live = up.get(cluster);
    if (live !== undefined) known.set(live.identity, (known.get(live.identity) ?? new Set()).add(name));
  }
  const seen = new Set<string>();
  return [...up.values()].flatMap((live) => {
    if (seen.has(live.identity)) return [];
    seen.add(live.identity);
    const names = [...live.topics.keys()].filter((name) => !known.get(live.identity)?.has(name) && !isOwn(name));
    return names.sort().map((topic): Drift => {
      return { kind: 'unknown-topic', cluster: live.id, topic, message: 'is there, and not in the file' };
    });
  });
}

/** Kafka's, the mirrors' and the audit's own topics. */
function isOwn(name: string): boolean {
  return /^(__|millrace-)/.test(name) || /(^|\.)heartbeats$/.test(name) || /[.-]internal$/.test(name);
}
