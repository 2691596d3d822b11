/** The topics of a tier that are audited, or should be. */
import { listTopics } from '../../kafka/admin.ts';
import { isOwnTopic, topicMatcher } from '../audit-tier.ts';
import type { TierAccess } from './tier-access.ts';

/** Topics that are there, or that something is recorded of: one that nobody has audited is not passed over in silence. */
export async function auditedTopics(access: TierAccess): Promise<string[]> {
  const isAudited = topicMatcher(access.tier.topics);
  const present = (await listTopics(access.cluster)).map(({ name }) => name);
  return [...new Set([...present, ...access.topics])].filter((name) => isAudited(name) && !isOwnTopic(name)).sort();
}
