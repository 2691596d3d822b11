import { type Acl, aclText, anyTopicAcl, createAcls, deleteAcls, describeAcls } from '../kafka/acls.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import type { TopicPair } from './topic-pair.ts';

/**
 * Access rules of the copies. Who may read a topic may read its copy; but a copy is written by its mirror alone, or it would no longer be
 * one. So rights become smaller on the way, never larger:
 *
 * - *all* becomes *read* (which includes *describe*), *write* is left out, as MirrorMaker 2 does;
 * - *create*, *delete*, *alter* and *alter-configs* are left out as well (MirrorMaker 2 lets them pass): the copy's life and its configs
 *   follow the source;
 * - a rule for many topics (`*`, or a prefix) is written out for each mirrored topic: at the target such a pattern could fit topics that
 *   the source knows nothing of;
 * - what is denied stays denied, whatever it is.
 *
 * What is taken away at the source while the mirror runs is taken away at the copy. Nothing else is deleted: the rest are rules of the target.
 */
const readable: ReadonlySet<Acl['operation']> = new Set(['read', 'describe', 'describe-configs']);

export type AclChanges = Readonly<{ added: readonly Acl[]; removed: readonly Acl[] }>;

/** The rules of the copies that follow from rules of the source, each once. */
export function aclsOfCopies(source: readonly Acl[], topics: readonly TopicPair[]): Acl[] {
  const copies = source.flatMap((acl) => {
    const operation = carriedOperation(acl);
    if (operation === null) return [];
    const meant = topics.filter((topic) => fits(acl, topic.source));
    return meant.map(({ target }): Acl => ({ ...acl, resourceName: target, patternType: 'literal', operation }));
  });
  return [...new Map(copies.map((acl) => [aclText(acl), acl])).values()];
}

function carriedOperation({ resourceType, permission, operation }: Acl): Acl['operation'] | null {
  if (resourceType !== 'topic' || operation === 'unknown') return null;
  if (permission === 'deny') return operation;
  if (permission !== 'allow') return null;
  if (operation === 'all') return 'read';
  return readable.has(operation) ? operation : null;
}

function fits({ patternType, resourceName }: Acl, topic: string): boolean {
  if (patternType === 'prefixed') return topic.startsWith(resourceName);
  return patternType === 'literal' && (resourceName === '*' || resourceName === topic);
}

/** Compares what is wanted now with what was wanted a round ago and what is there. */
export function aclChanges(
  wanted: readonly Acl[],
  before: readonly Acl[],
  present: readonly Acl[],
  topics: readonly TopicPair[],
): AclChanges {
  const there = new Set(present.map(aclText));
  const stays = new Set(wanted.map(aclText));
  const mirrored = new Set(topics.map(({ target }) => target));
  return {
    added: wanted.filter((acl) => !there.has(aclText(acl))),
    removed: before.filter((acl) => {
      const text = aclText(acl);
      return there.has(text) && !stays.has(text) && mirrored.has(acl.resourceName);
    }),
  };
}

/** Keeps the rules of the copies alike. One a mirror: it remembers what the source had the last time. */
export class AclSync {
  readonly #source: KafkaCluster;
  readonly #target: KafkaCluster;
  #before: readonly Acl[] = [];

  constructor(source: KafkaCluster, target: KafkaCluster) {
    this.#source = source;
    this.#target = target;
  }

  /** A cluster without an authorizer has no rules to carry, and takes none. */
  async once(topics: readonly TopicPair[]): Promise<AclChanges> {
    const [given, present] = await Promise.all([
      describeAcls(this.#source, anyTopicAcl),
      describeAcls(this.#target, anyTopicAcl),
    ]);
    if (given === null || present === null) return { added: [], removed: [] };
    const wanted = aclsOfCopies(given, topics);
    const changes = aclChanges(wanted, this.#before, present, topics);
    await createAcls(this.#target, changes.added);
    await deleteAcls(this.#target, changes.removed);
    this.#before = wanted;
    return changes;
  }
}
