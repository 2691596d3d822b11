/** A topology drawn with characters: clusters by data centre, then which goes where. */
import { desiredTopic } from './desired-topic.ts';
import type { LiveCluster } from './live-cluster.ts';
import { spreadTopics } from './spread.ts';
import { textColumns } from './text-columns.ts';
import type { Cluster, Mirror, Topology } from './topology.ts';
import { trafficKinds } from './traffic-kind.ts';

/** `live` is empty where nobody was asked. */
export function topologyText(topology: Topology, live: readonly LiveCluster[]): string {
  const { name, dataCentres, clusters, topics, mirrors } = topology;
  const counts = [
    counted(dataCentres.length, 'data centre'),
    `${clusters.filter(({ role }) => role === 'local').length} local and ${counted(clusters.filter(({ role }) => role === 'aggregate').length, 'aggregate cluster')}`,
    counted(topics.length, 'topic'),
    counted(mirrors.length, 'mirror'),
  ];
  const rows = dataCentres.map((dataCentre) => clusterRows(topology, dataCentre.name, live));
  const lines = textColumns(rows.flat());
  return [
    `${name}: ${counts.join(', ')}`,
    ...dataCentres.flatMap(({ name: dataCentre }, index) => {
      const part = lines.splice(0, rows[index]!.length);
      return ['', dataCentre, ...part.map((line, i) => `${i === part.length - 1 ? '└─' : '├─'} ${line}`)];
    }),
    ...trafficKinds.flatMap((kind) =>
      arrowLines(
        topology,
        mirrors.filter(({ to }) => kindOf(to, clusters) === kind),
        kind,
      ),
    ),
  ].join('\n');
}

function kindOf(id: string, clusters: readonly Cluster[]): string {
  return clusters.find((cluster) => cluster.id === id)!.kind;
}

function clusterRows(topology: Topology, dataCentre: string, live: readonly LiveCluster[]): string[][] {
  const { places } = spreadTopics(topology);
  const ofDataCentre = topology.clusters.filter((cluster) => cluster.dataCentre === dataCentre);
  return ofDataCentre.map((cluster) => {
    const here = places.filter((place) => place.cluster === cluster.id).map((place) => desiredTopic(place, cluster));
    const partitions = here.reduce((sum, topic) => sum + topic.partitions, 0);
    const size = `${counted(here.length, 'topic')}, ${counted(partitions, 'partition')}`;
    const state = live.find(({ id }) => id === cluster.id);
    return [
      cluster.kind,
      cluster.role,
      cluster.bootstrapServers,
      counted(cluster.brokers, 'broker'),
      size,
      ...(state === undefined
        ? []
        : [
            stateText(
              state,
              here.map((topic) => topic.name),
            ),
          ]),
    ];
  });
}

/** `up: 3 brokers, 4 of 4 topics`. */
export function stateText(live: LiveCluster, topics: readonly string[]): string {
  if (live.state === 'unreachable') return 'unreachable';
  const present = topics.filter((name) => live.topics.has(name));
  const offline = present.reduce((sum, name) => sum + live.topics.get(name)!.offline, 0);
  const lagging = present.reduce((sum, name) => sum + live.topics.get(name)!.lagging, 0);
  const faults = [
    ...(offline > 0 ? [`${counted(offline, 'partition')} offline`] : []),
    ...(lagging > 0 ? [`${counted(lagging, 'partition')} not in sync`] : []),
  ];
  const there = `${present.length} of ${counted(topics.length, 'topic')}`;
  return `up: ${[counted(live.brokers, 'broker'), there, ...faults].join(', ')}`;
}

/** Sources of one target are drawn together. */
function arrowLines({ topics }: Topology, mirrors: readonly Mirror[], kind: string): string[] {
  if (mirrors.length === 0) return [];
  const width = Math.max(...mirrors.map(({ from }) => from.length));
  const targets = [...new Set(mirrors.map(({ to }) => to))];
  const lines = targets.flatMap((target) => {
    const arrows = mirrors.filter(({ to }) => to === target);
    const middle = Math.floor((arrows.length - 1) / 2);
    return arrows.map((mirror, index) => {
      const joint = jointOf(index, arrows.length, middle);
      const all = topics.filter((topic) => topic.kind === kind).length;
      const carried = mirror.topics.length === all ? 'all topics' : counted(mirror.topics.length, 'topic');
      const details = `${carried}, ${mirror.naming}, ${mirror.delivery}`;
      return [`${mirror.from.padEnd(width)} ${joint}`, index === middle ? target : '', `${mirror.name} (${details})`];
    });
  });
  return ['', kind, ...textColumns(lines).map((line) => `  ${line}`)];
}

function jointOf(index: number, count: number, middle: number): string {
  if (count === 1) return '────▶';
  if (index === middle) return index === 0 ? '──┬─▶' : '──┼─▶';
  return index === 0 ? '──┐  ' : index === count - 1 ? '──┘  ' : '──┤  ';
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
