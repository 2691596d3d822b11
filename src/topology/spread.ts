/**
 * Where the topics lie once every mirror runs: those that producers write, and what the mirrors make of them, copy by copy. On the way it is
 * seen where messages would go round for ever, and where two would write one topic.
 */
import type { Cluster, Mirror, Topic, Topology } from './topology.ts';

export type TopicPlace = Readonly<{
  cluster: string;
  /** As the cluster knows it. */
  topicName: string;
  topic: Topic;
  /** Whose messages these are: the data centre where they were produced. */
  origin: string;
  /** null: producers write it. */
  copy: Readonly<{ mirror: string; from: TopicPlace }> | null;
}>;

export type SpreadFault =
  | Readonly<{ kind: 'cycle'; mirror: string; clusters: readonly string[]; topic: string }>
  | Readonly<{ kind: 'two-writers'; mirror: string; other: string; place: TopicPlace }>;

export type Spread = Readonly<{ places: readonly TopicPlace[]; faults: readonly SpreadFault[] }>;

export function spreadTopics({ clusters, topics, mirrors }: Pick<Topology, 'clusters' | 'topics' | 'mirrors'>): Spread {
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]));
  const places = new Map<string, TopicPlace>();
  const faults: SpreadFault[] = [];
  const produced = clusters.filter(({ role }) => role === 'local').flatMap((cluster) => producedAt(cluster, topics));
  for (const place of produced) places.set(placeKey(place), place);
  const waiting = [...places.values()];
  for (let place = waiting.shift(); place !== undefined; place = waiting.shift()) {
    for (const mirror of mirrors.filter((each) => carries(each, place!, byId))) {
      const copy = copyBy(mirror, place, byId);
      const present = places.get(placeKey(copy));
      const round = roundOf(copy);
      if (round !== null) {
        faults.push({ kind: 'cycle', mirror: mirror.name, clusters: round, topic: place.topic.virtualName });
      } else if (present !== undefined) {
        const other = present.copy === null ? 'producers' : `mirror ${present.copy.mirror}`;
        faults.push({ kind: 'two-writers', mirror: mirror.name, other, place: present });
      } else {
        places.set(placeKey(copy), copy);
        waiting.push(copy);
      }
    }
  }
  return { places: [...places.values()], faults };
}

function producedAt(cluster: Cluster, topics: readonly Topic[]): TopicPlace[] {
  return topics
    .filter(({ kind }) => kind === cluster.kind)
    .map((topic) => ({
      cluster: cluster.id,
      topicName: topic.topicName,
      topic,
      origin: cluster.dataCentre,
      copy: null,
    }));
}

/** From a local cluster what goes by the name that producers write to; from an aggregate every copy. */
function carries(
  mirror: Mirror,
  { cluster, topic, topicName }: TopicPlace,
  byId: ReadonlyMap<string, Cluster>,
): boolean {
  if (mirror.from !== cluster || !mirror.topics.includes(topic.virtualName)) return false;
  return byId.get(cluster)!.role === 'aggregate' || topicName === topic.topicName;
}

function copyBy(mirror: Mirror, from: TopicPlace, byId: ReadonlyMap<string, Cluster>): TopicPlace {
  const prefix = mirror.naming === 'prefix' ? `${byId.get(mirror.from)!.dataCentre}.` : '';
  return { ...from, cluster: mirror.to, topicName: `${prefix}${from.topicName}`, copy: { mirror: mirror.name, from } };
}

/**
 * The clusters that a copy has come through since it was at this place, or since this mirror carried it, before; null: it goes round nowhere.
 * What comes back under another name, and is carried no further, ends.
 */
function roundOf(copy: TopicPlace): readonly string[] | null {
  const way = [copy.cluster];
  for (let place = copy.copy?.from; place !== undefined; place = place.copy?.from) {
    way.unshift(place.cluster);
    if (placeKey(place) === placeKey(copy) || place.copy?.mirror === copy.copy!.mirror) return way;
  }
  return null;
}

function placeKey({ cluster, topicName }: Pick<TopicPlace, 'cluster' | 'topicName'>): string {
  return `${cluster} ${topicName}`;
}
