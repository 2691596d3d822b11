/** Which mirrors there are: one for each local cluster that feeds an aggregate, and those of `spec.mirrors`. */
import type { YamlPath } from '../job/yaml-document.ts';
import type { YamlMap } from '../job/yaml-map.ts';
import { nearest } from '../model/options.ts';
import type { Feed, Sites } from './clusters-file.ts';
import type { Findings } from './finding.ts';
import {
  type Cluster,
  clusterId,
  type Delivery,
  type LossPolicy,
  type Mirror,
  type Naming,
  type Topic,
} from './topology.ts';
import { kindDefaults } from './traffic-kind.ts';

/** How a mirror carries; null = as its place and kind have it. */
export type Carriage = Readonly<{ naming: Naming | null; delivery: Delivery; onLoss: LossPolicy | null }>;

export const carriageFields = ['naming', 'delivery', 'onLoss'];

export function readCarriage(map: YamlMap, findings: Findings): Carriage {
  const optional = <T extends string>(key: string, values: readonly T[]): T | null =>
    map.has(key) ? findings.take(() => map.oneOf(key, values), null) : null;
  return {
    naming: optional('naming', ['identity', 'prefix']),
    delivery: optional('delivery', ['reconcile', 'transactional', 'at-least-once']) ?? 'reconcile',
    onLoss: optional('onLoss', ['fail', 'skip-and-record']),
  };
}

export type PlacedMirror = Readonly<{ mirror: Mirror; path: YamlPath }>;

/** With more than one source, copies carry the data centre in front: so each partition of a copy has one writer. */
export function feedMirrors(sites: Sites, topics: readonly Topic[], findings: Findings): PlacedMirror[] {
  return sites.feeds.flatMap((feed) => {
    const target = sites.clusters.find(({ id }) => id === feed.cluster)!;
    const from = sourcesOf(feed, target, sites, findings);
    const carried = topics.filter(({ kind, aggregated }) => kind === target.kind && aggregated);
    return from.map((dataCentre) => ({
      path: feed.path,
      mirror: {
        name: `${dataCentre}-${target.kind}-to-${target.dataCentre}`,
        from: clusterId(dataCentre, target.kind, 'local'),
        to: target.id,
        topics: carried.map(({ virtualName }) => virtualName),
        naming: feed.carriage.naming ?? (from.length > 1 ? 'prefix' : 'identity'),
        delivery: feed.carriage.delivery,
        onLoss: feed.carriage.onLoss ?? kindDefaults[target.kind].onLoss,
      },
    }));
  });
}

function sourcesOf(feed: Feed, { kind }: Cluster, { clusters }: Sites, findings: Findings): readonly string[] {
  const having = clusters.filter((each) => each.kind === kind && each.role === 'local').map((each) => each.dataCentre);
  if (feed.from === null) {
    if (having.length === 0) findings.error(feed.path, `no data centre has a local cluster of ${kind} to take from`);
    return having;
  }
  const path = [...feed.path, 'from'];
  if (feed.from.length === 0) findings.error(path, 'expected at least one data centre, found none');
  const repeated = feed.from.find((each, index) => feed.from!.indexOf(each) !== index);
  if (repeated !== undefined) findings.error(path, `'${repeated}' stands there twice`);
  for (const each of feed.from.filter((name) => !having.includes(name))) {
    findings.error(path, `expected data centres with a local cluster of ${kind}, found '${each}'`, known(each, having));
  }
  return [...new Set(feed.from)].filter((each) => having.includes(each));
}

/** `Did you mean 'x'?`, or what there is. */
export function known(word: string, words: readonly string[]): string {
  const near = nearest(word, words);
  return near === undefined ? `There are: ${words.join(', ') || 'none'}.` : `Did you mean '${near}'?`;
}

const mirrorName = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** `spec.mirrors`, by name. */
export function readMirrors(
  map: YamlMap,
  path: YamlPath,
  sites: Sites,
  topics: readonly Topic[],
  findings: Findings,
): PlacedMirror[] {
  return map.keys().flatMap((name) => {
    const at = [...path, name];
    if (!mirrorName.test(name)) {
      findings.error(at, 'expected a name of lower-case letters, digits and -, at the most 63');
    }
    const written = findings.take(() => map.map(name), null);
    if (written === null) return [];
    findings.take(() => written.allow(['from', 'to', 'topics', ...carriageFields]), written);
    const source = endOf(written, 'from', at, sites, findings);
    const target = endOf(written, 'to', at, sites, findings);
    if (source === null || target === null || !fitting(source, target, at, findings)) return [];
    const carriage = readCarriage(written, findings);
    const mirror: Mirror = {
      name,
      from: source.id,
      to: target.id,
      topics: carriedTopics(written, source, topics, at, findings),
      naming: carriage.naming ?? (source.role === 'local' ? 'prefix' : 'identity'),
      delivery: carriage.delivery,
      onLoss: carriage.onLoss ?? kindDefaults[source.kind].onLoss,
    };
    return [{ mirror, path: at }];
  });
}

function endOf(map: YamlMap, key: string, at: YamlPath, { clusters }: Sites, findings: Findings): Cluster | null {
  const id = findings.take(
    () => map.string(key, { expected: "a cluster: 'dc1/tracking' or 'dc1/tracking/aggregate'" }),
    null,
  );
  if (id === null) return null;
  const found = clusters.find((cluster) => cluster.id === id);
  if (found !== undefined) return found;
  const ids = clusters.map((cluster) => cluster.id);
  findings.error([...at, key], `expected a cluster of this file, found '${id}'`, known(id, ids));
  return null;
}

function fitting(source: Cluster, target: Cluster, at: YamlPath, findings: Findings): boolean {
  if (source.id === target.id) {
    findings.error(at, `expected two clusters, found ${source.id} as source and as target`);
    return false;
  }
  if (source.kind === target.kind) return true;
  findings.error(
    at,
    `expected clusters of one kind, found ${source.kind} (${source.id}) and ${target.kind} (${target.id})`,
  );
  return false;
}

function carriedTopics(
  map: YamlMap,
  { kind }: Cluster,
  topics: readonly Topic[],
  at: YamlPath,
  findings: Findings,
): readonly string[] {
  const ofKind = topics.filter((topic) => topic.kind === kind);
  if (!map.has('topics')) return ofKind.map(({ virtualName }) => virtualName);
  const names = ofKind.map(({ name }) => name);
  const wanted = findings.take(() => map.list('topics'), []);
  for (const name of wanted.filter((each) => !names.includes(each))) {
    findings.error([...at, 'topics'], `expected topics of ${kind}, found '${name}'`, known(name, names));
  }
  return ofKind.filter(({ name }) => wanted.includes(name)).map(({ virtualName }) => virtualName);
}
