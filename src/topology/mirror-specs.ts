/** The mirrors of a topology as mirror files: each can be run by itself, on any machine that reaches both clusters. */
import { exactly } from '../audit/audit-tier.ts';
import { spreadTopics, type TopicPlace } from './spread.ts';
import type { Cluster, Mirror, Topology } from './topology.ts';

export type MirrorFile = Readonly<{ name: string; text: string }>;

/** In the order of the topology. Mirrors that carry nothing are left out. */
export function mirrorFiles(topology: Topology): readonly MirrorFile[] {
  const { places } = spreadTopics(topology);
  return topology.mirrors.flatMap((mirror) => {
    const carried = places.flatMap(({ copy }) => (copy?.mirror === mirror.name ? [copy.from] : []));
    return carried.length === 0 ? [] : [{ name: mirror.name, text: mirrorText(mirror, carried, topology) }];
  });
}

function mirrorText(mirror: Mirror, carried: readonly TopicPlace[], { name, clusters }: Topology): string {
  const source = clusters.find(({ id }) => id === mirror.from)!;
  const target = clusters.find(({ id }) => id === mirror.to)!;
  const toAggregate = target.role === 'aggregate';
  // The source's alias goes in front of copies: the data centre. The target's is one that no name begins with, as a mirror takes what does for
  // its own work come back; what is carried is said name by name.
  const targetAlias = `${target.dataCentre}_${target.role}`;
  return [
    `# Of the topology ${name}.`,
    'apiVersion: millrace/v1',
    'kind: Mirror',
    `metadata: { name: ${mirror.name} }`,
    'spec:',
    `  source: ${endText(source, source.dataCentre)}`,
    `  target: ${endText(target, targetAlias)}`,
    `  topics: ${flow({ include: carried.map(({ topicName }) => exactly(topicName)) })}`,
    `  naming: ${mirror.naming}`,
    `  delivery: ${mirror.delivery}`,
    `  onLoss: ${mirror.onLoss}`,
    // Configs of copies are the topology's. Groups that read one data centre alone have no place where several come together.
    `  sync: ${flow({ configs: false, groups: !toAggregate })}`,
    '',
  ].join('\n');
}

function endText({ bootstrapServers, properties }: Cluster, alias: string): string {
  const given = properties.size === 0 ? {} : { properties: Object.fromEntries(properties) };
  return flow({ alias, bootstrapServers, ...given });
}

/** JSON, which YAML reads, with room between. */
function flow(value: unknown): string {
  return JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' ');
}
