/**
 * From the name that a client asks for (`tracking/page-views`) to where it goes: a producer to the local cluster of its data centre, a consumer
 * to the nearest cluster that has what it wants.
 */
import type { SecretSource } from '../kafka/secret-text.ts';
import { EngineError } from '../model/errors.ts';
import { nearest } from '../model/options.ts';
import { clientProperties } from './live-cluster.ts';
import { spreadTopics, type TopicPlace } from './spread.ts';
import type { Cluster, Topology } from './topology.ts';
import { kindDefaults } from './traffic-kind.ts';

export type ResolveRequest = Readonly<{
  /** Where the client runs. */
  dataCentre: string;
  for: 'produce' | 'consume';
  /**
   * What a consumer wants: `local` what is produced in its data centre, `aggregate` what is produced in all that are brought together.
   * Not said: `aggregate` where there is one, else `local`.
   */
  scope?: 'local' | 'aggregate' | undefined;
}>;

export type ResolvedTopic = Readonly<{
  /** `dc1/tracking`, in this data centre or, failing that, in the nearest. */
  cluster: string;
  dataCentre: string;
  role: 'local' | 'aggregate';
  /** As the cluster knows them: a producer's one, or all that a consumer should read. */
  topics: readonly string[];
  /** The Kafka client's properties: where to connect and, for a producer, how such messages should be produced. */
  properties: Readonly<Record<string, string>>;
}>;

export function resolveName(
  topology: Topology,
  name: string,
  request: ResolveRequest,
  secrets: SecretSource,
): ResolvedTopic {
  checkRequest(topology, name, request);
  const { places } = spreadTopics(topology);
  const here = places.filter((place) => place.topic.virtualName === name);
  const scope = scopeOf(request, here, topology);
  const cluster = nearestCluster(topology, request, (candidate) => {
    return candidate.role === scope && here.some((place) => place.cluster === candidate.id);
  });
  if (cluster === undefined) throw nowhere(name, request, scope);
  const wanted = here.filter((place) => place.cluster === cluster.id && (scope === 'aggregate' || place.copy === null));
  const kind = kindDefaults[cluster.kind];
  const properties = [
    ...clientProperties(cluster, secrets),
    ...(request.for === 'produce' ? Object.entries(kind.producer) : []),
  ];
  return {
    cluster: cluster.id,
    dataCentre: cluster.dataCentre,
    role: cluster.role,
    topics: wanted.map(({ topicName }) => topicName).sort(),
    properties: Object.fromEntries(properties),
  };
}

function checkRequest({ dataCentres, topics }: Topology, name: string, request: ResolveRequest): void {
  const centres = dataCentres.map((each) => each.name);
  if (!centres.includes(request.dataCentre)) throw unknown('data centre', request.dataCentre, centres);
  const names = topics.map(({ virtualName }) => virtualName);
  if (!names.includes(name)) throw unknown('topic', name, names);
  if (request.for === 'produce' && request.scope === 'aggregate') {
    throw new EngineError('INVALID_OPTION', `topic ${name}: only mirrors write to aggregate clusters`, {
      hint: 'Produce to the local cluster; the mirrors bring it there.',
    });
  }
}

function unknown(what: string, name: string, names: readonly string[]): EngineError {
  const near = nearest(name, names);
  const hint = near === undefined ? `There are: ${names.join(', ') || 'none'}.` : `Did you mean '${near}'?`;
  return new EngineError('NOT_FOUND', `${what} '${name}' is not in the topology`, { hint });
}

function scopeOf(request: ResolveRequest, here: readonly TopicPlace[], { clusters }: Topology): 'local' | 'aggregate' {
  if (request.for === 'produce') return 'local';
  if (request.scope !== undefined) return request.scope;
  const aggregates = clusters.filter(({ role }) => role === 'aggregate').map(({ id }) => id);
  return here.some(({ cluster }) => aggregates.includes(cluster)) ? 'aggregate' : 'local';
}

/** In the client's data centre, then in those that are near to it, then in the others, in the order of the file. */
function nearestCluster(
  { dataCentres, clusters }: Topology,
  { dataCentre }: ResolveRequest,
  fits: (cluster: Cluster) => boolean,
): Cluster | undefined {
  const { near } = dataCentres.find(({ name }) => name === dataCentre)!;
  const order = new Set([dataCentre, ...near, ...dataCentres.map(({ name }) => name)]);
  for (const each of order) {
    const found = clusters.find((cluster) => cluster.dataCentre === each && fits(cluster));
    if (found !== undefined) return found;
  }
  return undefined;
}

function nowhere(name: string, request: ResolveRequest, scope: string): EngineError {
  return new EngineError('NOT_FOUND', `topic ${name}: no ${scope} cluster has it`, {
    hint: request.scope === 'aggregate' ? "Ask for scope 'local', or let an aggregate cluster take it in." : undefined,
  });
}
