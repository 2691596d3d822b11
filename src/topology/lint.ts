/** Checks across the parts of a topology: names that must agree, brokers that must suffice, mirrors that must end somewhere. */
import type { YamlPath } from '../job/yaml-document.ts';
import { desiredTopic } from './desired-topic.ts';
import type { Findings } from './finding.ts';
import { longestTopicName } from './kinds-file.ts';
import { known } from './mirrors-file.ts';
import { type Spread, type SpreadFault, spreadTopics, type TopicPlace } from './spread.ts';
import type { Cluster, Topic, Topology } from './topology.ts';
import { trafficKinds } from './traffic-kind.ts';

type Paths = (name: string) => YamlPath;

const shortRetentionMs = 3_600_000; // less, and a mirror that stands still over lunch has lost records

export function checkTopology(topology: Topology, paths: Paths, findings: Findings): void {
  checkDataCentres(topology, paths, findings);
  checkKinds(topology, paths, findings);
  checkMirrorNames(topology, paths, findings);
  const spread = spreadTopics(topology);
  checkSpread(spread, paths, findings);
  checkBrokers(topology, spread, paths, findings);
  checkTopicNames(topology, spread, paths, findings);
  checkSharedBrokers(topology, spread, paths, findings);
  for (const topic of topology.topics) checkCarried(topic, topology, paths, findings);
}

function checkDataCentres({ dataCentres, clusters }: Topology, paths: Paths, findings: Findings): void {
  if (dataCentres.length === 0)
    findings.error(['spec', 'dataCentres'], 'expected at least one data centre, found none');
  const names = dataCentres.map(({ name }) => name);
  for (const { name, near } of dataCentres) {
    const path = [...paths(name), 'near'];
    if (!clusters.some(({ dataCentre }) => dataCentre === name)) {
      findings.error(paths(name), 'expected at least one cluster in the data centre, found none');
    }
    if (near.includes(name)) findings.error(path, `expected other data centres, found '${name}' itself`);
    for (const other of near.filter((each) => !names.includes(each))) {
      findings.error(path, `expected data centres of this file, found '${other}'`, known(other, names));
    }
  }
}

function checkKinds({ clusters, topics, mirrors }: Topology, paths: Paths, findings: Findings): void {
  for (const kind of trafficKinds) {
    const ofKind = topics.filter((topic) => topic.kind === kind);
    const local = clusters.filter((cluster) => cluster.kind === kind && cluster.role === 'local');
    if (ofKind.length > 0 && local.length === 0) {
      findings.error(
        ['spec', 'kinds', kind],
        `topics without a cluster: no data centre has a local cluster of ${kind}`,
      );
    }
    if (ofKind.length > 0) continue;
    for (const { id } of local) findings.warning(paths(id), `a cluster without topics: spec.kinds.${kind} has none`);
  }
  for (const { id } of clusters.filter(({ role }) => role === 'aggregate')) {
    const isFed = mirrors.some(({ to, topics: carried }) => to === id && carried.length > 0);
    if (!isFed) findings.warning(paths(id), 'an aggregate cluster that no mirror brings anything to');
  }
}

function checkMirrorNames({ mirrors }: Topology, paths: Paths, findings: Findings): void {
  const seen = new Set<string>();
  for (const { name } of mirrors) {
    if (seen.has(name))
      findings.error(paths(`mirror ${name}`), `expected mirrors of different names, found '${name}' twice`);
    seen.add(name);
  }
}

/** One finding for a mirror and sort of fault: the first topic stands for the others. */
function checkSpread({ faults }: Spread, paths: Paths, findings: Findings): void {
  const groups = new Map<string, SpreadFault[]>();
  for (const fault of faults) {
    const key = `${fault.kind} ${fault.mirror}`;
    groups.set(key, [...(groups.get(key) ?? []), fault]);
  }
  for (const [fault, ...rest] of groups.values()) {
    const topics = new Set(rest.map(topicOf));
    topics.delete(topicOf(fault!));
    const more = [...topics];
    const others = more.length === 0 ? '' : `, and ${more.length} more topic${more.length === 1 ? '' : 's'}`;
    const path = paths(`mirror ${fault!.mirror}`);
    if (fault!.kind === 'cycle') {
      const way = fault!.clusters.join(' → ');
      const text = `mirror ${fault!.mirror}: its messages would go round for ever: ${way} (${fault!.topic}${others})`;
      findings.error(
        path,
        text,
        'Take one of the mirrors out, or let topics of one direction be other than those of the other.',
      );
      continue;
    }
    const { place, other } = fault as Extract<SpreadFault, { kind: 'two-writers' }>;
    const text = `mirror ${fault!.mirror}: expected to be the only writer of ${place.topicName} on ${place.cluster}, found ${other} as well${others}`;
    findings.error(path, text, "With 'naming: prefix' each source writes topics of its own.");
  }
}

function topicOf(fault: SpreadFault): string {
  return fault.kind === 'cycle' ? fault.topic : fault.place.topic.virtualName;
}

function checkBrokers({ clusters }: Topology, { places }: Spread, paths: Paths, findings: Findings): void {
  for (const cluster of clusters) {
    const said = new Set<string>();
    for (const place of places.filter((each) => each.cluster === cluster.id)) {
      const { replicationFactor, configs } = desiredTopic(place, cluster);
      const inSync = Number(configs.get('min.insync.replicas'));
      const own = cluster.settings.replicationFactor !== null || cluster.settings.configs.has('min.insync.replicas');
      const path = own ? paths(cluster.id) : paths(place.topic.virtualName);
      const at = `on ${cluster.id} (topic ${place.topicName})`;
      const say = (severity: 'error' | 'warning', text: string, hint: string): void => {
        if (said.has(`${severity} ${path.join('.')}`)) return;
        said.add(`${severity} ${path.join('.')}`);
        findings[severity](path, text, hint);
      };
      if (replicationFactor > cluster.brokers) {
        const text = `replication factor ${replicationFactor} ${at}: expected at most as many as its ${cluster.brokers} broker${cluster.brokers === 1 ? '' : 's'}`;
        say('error', text, "Lower replicationFactor, or say in the cluster's brokers how many it has.");
      } else if (inSync > replicationFactor) {
        const text = `min.insync.replicas ${inSync} ${at}: expected at most the replication factor, ${replicationFactor}`;
        say('error', text, 'Nothing could be written with acks=all.');
      } else if (inSync === replicationFactor && replicationFactor > 1) {
        const text = `min.insync.replicas ${inSync} ${at} is the replication factor: one broker down stops every write with acks=all`;
        say('warning', text, 'One less than the replication factor lets writes go on.');
      }
    }
  }
}

/** Kafka keeps '.' and '_' apart in names, but not in its metrics: it refuses a topic whose name differs from another's in that alone. */
function checkTopicNames({ clusters, topics }: Topology, { places }: Spread, paths: Paths, findings: Findings): void {
  const seen = new Map<string, Pick<TopicPlace, 'topic' | 'topicName'>>();
  const said = new Set<Topic>();
  const produced = clusters
    .filter(({ role }) => role === 'local')
    .flatMap(({ id, kind }) =>
      topics
        .filter((topic) => topic.kind === kind)
        .map((topic) => ({ cluster: id, topic, topicName: topic.topicName })),
    );
  for (const place of [...produced, ...places]) {
    const { cluster, topic, topicName } = place;
    const key = `${cluster} ${topicName.replaceAll('.', '_')}`;
    const other = seen.get(key) ?? place;
    seen.set(key, other);
    if (said.has(topic)) continue;
    const path = paths(topic.virtualName);
    if (topicName.length > longestTopicName) {
      const found = `${topicName.length} in ${topicName} on ${cluster}`;
      findings.error(path, `expected a topic name of at most ${longestTopicName} characters, found ${found}`);
    } else if (other.topic !== topic) {
      const text = `topic ${topicName} on ${cluster}: expected another name than ${other.topicName} of ${other.topic.virtualName}`;
      findings.error(path, text, "For Kafka, names that differ in '.' and '_' alone collide.");
    } else continue;
    said.add(topic);
  }
}

/** Clusters that are the same brokers: for a trial on one machine, as long as no two of them have a topic of one name. */
function checkSharedBrokers(
  { clusters, mirrors }: Topology,
  { places }: Spread,
  paths: Paths,
  findings: Findings,
): void {
  const addressesOf = (cluster: Cluster): readonly string[] =>
    cluster.bootstrapServers.split(',').map((each) => each.trim());
  for (const { name, from, to } of mirrors) {
    const [source, target] = [from, to].map((end) => addressesOf(clusters.find(({ id }) => id === end)!));
    if (!source!.some((each) => target!.includes(each))) continue;
    const text = `mirror ${name}: expected two clusters, found ${from} and ${to} on the same brokers`;
    findings.error(
      paths(`mirror ${name}`),
      text,
      'A mirror carries from one Kafka cluster to another, never within one.',
    );
  }
  for (const [index, cluster] of clusters.entries()) {
    const addresses = addressesOf(cluster);
    const same = clusters.slice(0, index).filter((each) => addressesOf(each).some((one) => addresses.includes(one)));
    if (same.length === 0) continue;
    const names = (id: string): string[] =>
      places.filter((place) => place.cluster === id).map((place) => place.topicName);
    const own = names(cluster.id);
    const clash = same.find(({ id }) => names(id).some((name) => own.includes(name)));
    const path = [...paths(cluster.id), 'bootstrapServers'];
    if (clash === undefined) {
      const text = `the same brokers as ${same.map(({ id }) => id).join(', ')}: they fail together`;
      findings.warning(
        path,
        text,
        'Fine for a trial on one machine; data centres and kinds have brokers of their own.',
      );
    } else {
      const name = names(clash.id).find((each) => own.includes(each));
      findings.error(path, `the same brokers as ${clash.id}, and topic ${name} in both: they would be one topic`);
    }
  }
}

function checkCarried(topic: Topic, { mirrors }: Topology, paths: Paths, findings: Findings): void {
  if (!mirrors.some(({ topics }) => topics.includes(topic.virtualName))) return;
  const path = paths(topic.virtualName);
  const retention = topic.configs.get('retention.ms');
  if (retention !== undefined && retention !== '-1' && Number(retention) < shortRetentionMs) {
    findings.warning(
      path,
      `kept for ${retention} ms, and mirrored: a mirror that stands still for longer loses records`,
    );
  }
  const compression = topic.configs.get('compression.type');
  if (compression !== undefined && compression !== 'producer') {
    const text = `compression.type ${compression} holds where it is produced alone: copies have 'producer', so that batches pass as they are`;
    findings.warning(path, text);
  }
  if (topic.configs.get('message.timestamp.type') === 'LogAppendTime') {
    const text =
      'message.timestamp.type LogAppendTime: copies have CreateTime with the times of the source, and each batch is encoded anew';
    findings.warning(path, text, 'CreateTime lets batches pass through the mirror as they are.');
  }
}
