/**
 * What an audit says, as data. The records are counted where they are produced and at every tier that they pass; tiers are compared by
 * sums that do not depend on order or place, so that a difference is seen, and by tables from which the records that make it are decoded.
 */

/** Names a produced record for ever: the header `auditHeader` carries it. A producer's `sequence` counts 0, 1, 2… within a session and topic. */
export type EventIdentity = Readonly<{
  /** When it was produced, ms since 1970. */
  time: number;
  producer: string;
  host: string;
  /** 64 bits, drawn when the producer starts: a restart never repeats a sequence. 16 hexadecimal digits. */
  session: string;
  sequence: number;
}>;

/** Name of the record header with an encoded `EventIdentity`. */
export const auditHeader = 'millrace-audit';

/** Why records of one tier may be missing at the next without being lost. */
export const legitimateCauses = ['compaction', 'aborted', 'control', 'retention'] as const;
/** Why records are missing where they should not be, as far as it can be told. */
const lossCauses = ['retention-overtook', 'truncation', 'topic-recreated', 'unknown'] as const;
export type Cause = (typeof legitimateCauses)[number] | (typeof lossCauses)[number];

/** A stretch of offsets, `to` exclusive, and what became of it. */
export type ExplainedGap = Readonly<{ cause: Cause; partition: number; from: number; to: number }>;

/** A record by its place, and its name where it carries one. `timestamp`: ms since 1970; `key`: as text, or `base64:…` where it is none. */
export type AuditedRecord = Readonly<{
  partition: number;
  offset: number;
  timestamp: number;
  key: string | null;
  identity?: EventIdentity;
}>;

/** `open`: records may still come. `incomplete`: an auditor has been silent, so that nothing can be said. */
export type BucketState = 'open' | 'closed' | 'incomplete';

export type TierTotals = Readonly<{ count: number; bytes: number }>;

/** Two tiers in one bucket of event time, `[from, to)` in ms since 1970. A bucket in which nothing differs has empty lists. */
export type BucketComparison = Readonly<{
  from: number;
  to: number;
  state: BucketState;
  source: TierTotals;
  target: TierTotals;
  missing: readonly AuditedRecord[];
  /** At the target once more than at the source, or not at the source at all. */
  extra: readonly AuditedRecord[];
  /** In both, with other bytes. */
  changed: readonly AuditedRecord[];
  reordered: readonly AuditedRecord[];
  explained: readonly ExplainedGap[];
}>;

export type TopicComparison = Readonly<{ equal: boolean; buckets: readonly BucketComparison[] }>;

/** The mirror's account of what it could not carry: written by the mirror, read by the audit (a record of its own topic). */
export type MirrorLoss = Readonly<{
  topic: string;
  partition: number;
  from: number;
  to: number;
  cause: Cause;
  time: number;
}>;
