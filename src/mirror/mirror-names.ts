/** Names that a mirror gives and heeds: of the copies, of its own topics, and which topics are never mirrored. */
import { auditTopic } from '../audit/audit-topic.ts';
import type { TopicMetadata } from '../kafka/cluster.ts';
import type { MirrorSpec } from './mirror-spec.ts';
import { fits } from './name-filter.ts';

/** Compacted, on the target: positions, offset runs, losses and who works; one a mirror. */
export function stateTopicOf(mirror: string): string {
  return `millrace-mirror.${mirror}.internal`;
}

/** Compacted, on each target: which of its topics are copies, and of what; one for all mirrors. */
export const claimsTopic = 'millrace-mirror-claims.internal';

/** As MirrorMaker 2 calls it. */
export const heartbeatsTopic = 'heartbeats';

type Naming = Readonly<{ naming: MirrorSpec['naming']; source: Readonly<{ alias: string }> }>;

export function targetTopicOf(spec: Naming, topic: string): string {
  return spec.naming === 'prefix' ? `${spec.source.alias}.${topic}` : topic;
}

/** Whether a topic of the source is to be mirrored, as far as its name tells. */
export function isMirrored(spec: MirrorSpec, topic: Pick<TopicMetadata, 'name' | 'internal'>): boolean {
  if (topic.internal || isOwn(topic.name)) return false;
  if (spec.naming === 'prefix' && topic.name.startsWith(`${spec.target.alias}.`)) return false; // it came from there
  return fits(spec.topics, topic.name);
}

function isOwn(name: string): boolean {
  return (
    /^__/.test(name) ||
    name === auditTopic || // every cluster has its own
    name === heartbeatsTopic ||
    name.endsWith(`.${heartbeatsTopic}`) ||
    /[.-]internal$/.test(name)
  );
}
