/** What a rule gives: a cause with what it rests on. */
import type { CauseName } from './cause.ts';
import type { Evidence } from './evidence.ts';
import type { JobFacts } from './job-facts.ts';

export type Finding = Readonly<{
  cause: CauseName;
  /** From 0 to 1. */
  confidence: number;
  /** The strongest first; never empty. */
  evidence: readonly Evidence[];
  /** When it began, ms since 1970; null: not known. */
  since: number | null;
  /** Position of the vertex it is at, upstream first; null: of the whole job. */
  vertex: number | null;
}>;

/** A rule says what it finds in the facts; it has no clock and no memory. */
export type Rule = (facts: JobFacts) => readonly Finding[];
