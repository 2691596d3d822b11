/** `spec.kinds`: the topics of each kind of traffic, and how much of it there is. */
import type { YamlPath } from '../job/yaml-document.ts';
import type { YamlMap } from '../job/yaml-map.ts';
import { capacityFields } from './capacity-input.ts';
import type { Findings } from './finding.ts';
import { noSettings, over, readSettings, settingsFields } from './settings-file.ts';
import type { Topic, Topology } from './topology.ts';
import { kindDefaults, type TrafficKind, trafficKinds } from './traffic-kind.ts';

type Kinds = Pick<Topology, 'topics' | 'traffic'>;

const topicPart = /^[a-zA-Z0-9._-]+$/; // what Kafka takes in a topic's name
export const longestTopicName = 249;

export function readKinds(kinds: YamlMap, path: YamlPath, findings: Findings): Kinds {
  findings.take(() => kinds.allow(trafficKinds), kinds);
  const present = trafficKinds.filter((kind) => kinds.has(kind));
  const read = present.map((kind) => {
    const map = findings.take(() => kinds.map(kind), null);
    return map === null ? { topics: [], traffic: null } : readKind(map, kind, [...path, kind], findings);
  });
  return {
    topics: read.flatMap(({ topics }) => topics),
    traffic: new Map(present.flatMap((kind, i) => (read[i]!.traffic === null ? [] : [[kind, read[i]!.traffic!]]))),
  };
}

function readKind(map: YamlMap, kind: TrafficKind, path: YamlPath, findings: Findings) {
  findings.take(() => map.allow(['defaults', 'topics', 'traffic']), map);
  const written = map.has('defaults') ? findings.take(() => map.map('defaults').allow(settingsFields), null) : null;
  const defaults = written === null ? noSettings : readSettings(written, [...path, 'defaults'], findings);
  const topics = map.has('topics') ? findings.take(() => map.map('topics'), null) : null;
  return {
    topics: (topics?.keys() ?? []).flatMap((name) =>
      readTopic(topics!, name, kind, defaults, [...path, 'topics', name], findings),
    ),
    traffic: map.has('traffic') ? readTraffic(map, findings) : null,
  };
}

function readTopic(
  topics: YamlMap,
  name: string,
  kind: TrafficKind,
  defaults: Parameters<typeof over>[1],
  path: YamlPath,
  findings: Findings,
): Topic[] {
  if (!topicPart.test(name)) {
    findings.error(
      path,
      "expected a name of letters, digits, '.', '_' and '-'",
      'Kafka takes no others in topic names.',
    );
    return [];
  }
  const map = topics.has(name) ? findings.take(() => topics.map(name), null) : null;
  if (map !== null) findings.take(() => map.allow([...settingsFields, 'name', 'aggregate']), map);
  const settings = over(map === null ? noSettings : readSettings(map, path, findings), defaults);
  const expected = `a name of letters, digits, '.', '_' and '-', at the most ${longestTopicName}`;
  const topicName = map?.has('name')
    ? findings.take(() => map.string('name', { pattern: topicPart, expected }), name)
    : `${kind}.${name}`;
  return [
    {
      kind,
      name,
      virtualName: `${kind}/${name}`,
      topicName,
      partitions: settings.partitions ?? kindDefaults[kind].partitions,
      replicationFactor: settings.replicationFactor,
      configs: settings.configs,
      aggregated: map?.has('aggregate') ? findings.take(() => readBoolean(map, 'aggregate'), true) : true,
    },
  ];
}

function readBoolean(map: YamlMap, key: string): boolean {
  const text = map.optionalScalar(key);
  if (text === 'true' || text === 'false') return text === 'true';
  throw map.fault(key, 'true or false');
}

/** As texts: `capacity` reads them as it reads its options. */
function readTraffic(map: YamlMap, findings: Findings): ReadonlyMap<string, string> | null {
  const traffic = findings.take(() => map.map('traffic'), null);
  if (traffic === null) return null;
  const fields = Object.keys(capacityFields);
  findings.take(() => traffic.allow(fields), traffic);
  const written = fields.filter((key) => traffic.has(key));
  const texts = written.map((key) => [key, findings.take(() => readAmount(traffic, key), undefined)] as const);
  return new Map(texts.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

function readAmount(traffic: YamlMap, key: string): string | undefined {
  const text = traffic.optionalScalar(key);
  if (text === undefined) return undefined;
  const { fits, expected } = capacityFields[key as keyof typeof capacityFields];
  if (!fits(text)) throw traffic.fault(key, expected);
  return text;
}
