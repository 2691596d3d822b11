/** `spec.dataCentres`: where the clusters are, and what the aggregate ones take from where. */
import type { YamlPath } from '../job/yaml-document.ts';
import type { YamlMap } from '../job/yaml-map.ts';
import { clientConfig } from '../kafka/client-config.ts';
import { withoutSecrets } from '../kafka/secret-text.ts';
import { isEngineError } from '../model/errors.ts';
import type { Findings } from './finding.ts';
import { type Carriage, carriageFields, readCarriage } from './mirrors-file.ts';
import { copySettingsFields, noSettings, readSettings, settingsFields } from './settings-file.ts';
import { type Cluster, type ClusterRole, clusterId, type DataCentre } from './topology.ts';
import { type TrafficKind, trafficKinds } from './traffic-kind.ts';

/** What an aggregate cluster is fed with. */
export type Feed = Readonly<{
  cluster: string;
  /** Data centres; null = all that have the kind. */
  from: readonly string[] | null;
  carriage: Carriage;
  path: YamlPath;
}>;

export type Sites = Readonly<{
  dataCentres: readonly DataCentre[];
  clusters: readonly Cluster[];
  feeds: readonly Feed[];
  /** Where each cluster and data centre is written. */
  paths: ReadonlyMap<string, YamlPath>;
}>;

const name = /^[a-z0-9][a-z0-9-]{0,30}$/;
const clusterFields = ['bootstrapServers', 'brokers', 'properties'];
const defaultBrokers = 3;
const mostBrokers = 100_000;

export function readSites(map: YamlMap, path: YamlPath, findings: Findings): Sites {
  const dataCentres: DataCentre[] = [];
  const clusters: Cluster[] = [];
  const feeds: Feed[] = [];
  const paths = new Map<string, YamlPath>();
  for (const key of map.keys()) {
    const at = [...path, key];
    if (!name.test(key)) findings.error(at, 'expected a name of lower-case letters, digits and -, at the most 31');
    const site = findings.take(() => map.map(key), null);
    if (site === null) continue;
    findings.take(() => site.allow(['near', 'local', 'aggregate']), site);
    paths.set(key, at);
    dataCentres.push({ name: key, near: findings.take(() => site.list('near'), []) });
    for (const role of ['local', 'aggregate'] as const) {
      for (const found of readClusters(site, key, role, at, findings)) {
        clusters.push(found.cluster);
        paths.set(found.cluster.id, found.path);
        if (found.feed !== null) feeds.push(found.feed);
      }
    }
  }
  return { dataCentres, clusters, feeds, paths };
}

type Found = Readonly<{ cluster: Cluster; path: YamlPath; feed: Feed | null }>;

function readClusters(site: YamlMap, dataCentre: string, role: ClusterRole, at: YamlPath, findings: Findings): Found[] {
  if (!site.has(role)) return [];
  const map = findings.take(() => site.map(role), null);
  if (map === null) return [];
  findings.take(() => map.allow(trafficKinds), map);
  return trafficKinds
    .filter((kind) => map.has(kind))
    .flatMap((kind) => {
      const path = [...at, role, kind];
      const written = findings.take(() => map.map(kind), null);
      return written === null ? [] : readCluster(written, { dataCentre, kind, role }, path, findings);
    });
}

function readCluster(
  map: YamlMap,
  key: Readonly<{ dataCentre: string; kind: TrafficKind; role: ClusterRole }>,
  path: YamlPath,
  findings: Findings,
): Found[] {
  const { dataCentre, kind, role } = key;
  const isAggregate = role === 'aggregate';
  const roleFields = isAggregate ? ['from', ...carriageFields, ...copySettingsFields] : copySettingsFields;
  findings.take(() => map.allow([...clusterFields, ...roleFields]), map);
  const bootstrapServers = findings.take(() => map.string('bootstrapServers', { expected: 'host:port' }), null);
  if (bootstrapServers === null) return [];
  const properties = readProperties(map, findings);
  checkClient(bootstrapServers, properties, path, findings);
  const id = clusterId(dataCentre, kind, role);
  const cluster: Cluster = {
    id,
    ...key,
    bootstrapServers,
    properties,
    brokers: findings.take(() => map.optionalInteger('brokers', 1, mostBrokers) ?? defaultBrokers, defaultBrokers),
    settings: settingsFields.some((field) => map.has(field)) ? readSettings(map, path, findings) : noSettings,
  };
  const from = map.has('from') ? findings.take(() => map.list('from'), null) : null;
  const feed = isAggregate ? { cluster: id, from, carriage: readCarriage(map, findings), path } : null;
  return [{ cluster, path, feed }];
}

function readProperties(map: YamlMap, findings: Findings): ReadonlyMap<string, string> {
  if (!map.has('properties')) return new Map();
  const properties = findings.take(() => map.map('properties'), null);
  const pairs = (properties?.keys() ?? []).map((key) => {
    const value = findings.take(() => properties!.optionalScalar(key), undefined);
    return value === undefined ? null : ([key, value] as const);
  });
  return new Map(pairs.filter((pair) => pair !== null));
}

/** What the Kafka client would say of it when it connects. */
function checkClient(
  bootstrapServers: string,
  properties: ReadonlyMap<string, string>,
  path: YamlPath,
  findings: Findings,
): void {
  if (properties.has('bootstrap.servers')) {
    findings.error([...path, 'properties', 'bootstrap.servers'], 'expected the brokers in bootstrapServers, not here');
    return;
  }
  const plain = [...properties].map(([key, value]) => [key, withoutSecrets(value)] as const);
  try {
    clientConfig(new Map([['bootstrap.servers', bootstrapServers], ...plain]), 'client');
  } catch (error) {
    if (!isEngineError(error)) throw error;
    const field = /'properties\.([^']+)'/.exec(error.message)?.[1];
    const at = field === undefined || !properties.has(field) ? ['bootstrapServers'] : ['properties', field];
    findings.error([...path, ...at], error.message.replace('client: ', ''), error.hint);
  }
}
