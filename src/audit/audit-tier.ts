/**
 * A tier as the audit sees it: a cluster, which of its topics are audited, and from where their records come. A topology gives one for each of
 * its clusters; without one, the command line names them.
 */
import { EngineError } from '../model/errors.ts';

export type AuditTier = Readonly<{
  /** Name of the cluster, alone among the tiers: `dc1/tracking`. */
  cluster: string;
  /** The stage that records have reached there: `local`, `aggregate`. */
  tier: string;
  /** The Kafka client's properties, `bootstrap.servers` among them. */
  client: ReadonlyMap<string, string>;
  /** Regular expressions, each for a whole name: which topics of this cluster are audited. */
  topics: readonly string[];
  /** Whether producers that count write here: then what arrived is compared with what they say. */
  produced: boolean;
  /** Whose topics come here; none for a tier that only producers write to. */
  sources: readonly AuditSource[];
}>;

/** An arrow between two tiers. */
export type AuditSource = Readonly<{
  /** The tier that the records come from, by its cluster. */
  cluster: string;
  /** What names get on the way: `dc1.`, or nothing. */
  prefix: string;
  /** Regular expressions, each for a whole name at the source: which topics are carried. */
  topics: readonly string[];
}>;

/** The regular expression that takes this name only. */
export function exactly(topic: string): string {
  return topic.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Whether one of the expressions takes the whole name. INVALID_OPTION for one that is none. */
export function topicMatcher(expressions: readonly string[]): (topic: string) => boolean {
  const compiled = expressions.map((text) => {
    try {
      return new RegExp(`^(?:${text})$`);
    } catch (cause) {
      throw new EngineError('INVALID_OPTION', `audited topics: expected a regular expression, got '${text}'`, {
        cause,
      });
    }
  });
  return (topic) => compiled.some((expression) => expression.test(topic));
}

/** Topics of this name are the system's own or the mirrors': never audited. */
export function isOwnTopic(topic: string): boolean {
  return /^__|^millrace-|(^|\.)heartbeats$|[.-]internal$/.test(topic);
}

/** Checks that tiers fit together: names are unique, sources are there, no tier feeds itself. */
export function checkTiers(tiers: readonly AuditTier[]): void {
  const known = new Set<string>();
  for (const { cluster } of tiers) {
    if (known.has(cluster))
      throw new EngineError('INVALID_OPTION', `audit: expected one tier of cluster '${cluster}', got two`);
    known.add(cluster);
  }
  for (const { cluster, sources } of tiers) {
    for (const source of sources) {
      const names = [...known].filter((name) => name !== cluster).join(', ');
      if (source.cluster !== cluster && known.has(source.cluster)) continue;
      throw new EngineError(
        'INVALID_OPTION',
        `audit: tier '${cluster}': expected its source among the other tiers (${names}), got '${source.cluster}'`,
      );
    }
  }
}
