/** From facts to ranked causes: pure rules, the same facts always give the same answer. */
import { type CauseName, causeFacts } from './cause.ts';
import { failingCheckpointsRule, slowCheckpointsRule } from './checkpoint-rules.ts';
import { type Evidence, shown } from './evidence.ts';
import { failureRule, restartRule } from './failure-rules.ts';
import type { Finding, Rule } from './finding.ts';
import { bottleneckRule, noInputRule, stalledRule } from './flow-rules.ts';
import type { JobFacts } from './job-facts.ts';
import { asideRule, auditRule, loopRule, stateRule } from './job-rules.ts';
import { type SafeAction, safeAction } from './safe-action.ts';
import { clockSkewRule, idlePartitionRule, lateRowsRule } from './time-rules.ts';

export type DiagnosedCause = Readonly<{
  cause: CauseName;
  /** `fault`: by itself; `consequence`: follows from `of`. */
  role: 'fault' | 'consequence';
  of: CauseName | null;
  /** From 0 to 1. */
  confidence: number;
  text: string;
  advice: string;
  action: SafeAction;
  evidence: readonly Evidence[];
  /** ms since 1970; null: not known. */
  since: number | null;
}>;

export type Diagnosis = Readonly<{
  job: string;
  at: number;
  /** Nothing was found. */
  healthy: boolean;
  /** The first is the most likely fault; consequences come after all faults. */
  causes: readonly DiagnosedCause[];
}>;

const rules: readonly Rule[] = [
  failureRule,
  restartRule,
  auditRule,
  failingCheckpointsRule,
  bottleneckRule,
  stalledRule,
  clockSkewRule,
  idlePartitionRule,
  lateRowsRule,
  asideRule,
  slowCheckpointsRule,
  stateRule,
  loopRule,
  noInputRule,
];

export function diagnose(facts: JobFacts): Diagnosis {
  const findings = merged(rules.flatMap((rule) => rule(facts)));
  const ranked = ranksOf(findings);
  return {
    job: shown(facts.name, 128),
    at: facts.at,
    healthy: ranked.length === 0,
    causes: ranked.map(({ finding, of }) => causeOf(finding, of, facts)),
  };
}

/** One for each cause: the most confident, with the evidence of all. */
function merged(findings: readonly Finding[]): readonly Finding[] {
  const byCause = new Map<CauseName, Finding>();
  for (const finding of findings) {
    const known = byCause.get(finding.cause);
    byCause.set(finding.cause, known === undefined ? finding : joined(known, finding));
  }
  return [...byCause.values()];
}

function joined(a: Finding, b: Finding): Finding {
  const [strong, weak] = a.confidence >= b.confidence ? [a, b] : [b, a];
  const seen = new Set(strong.evidence.map(({ id, text }) => `${id} ${text}`));
  const more = weak.evidence.filter(({ id, text }) => !seen.has(`${id} ${text}`));
  return { ...strong, evidence: [...strong.evidence, ...more], since: earlier(strong.since, weak.since) };
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

type Ranked = Readonly<{ finding: Finding; of: CauseName | null }>;

/** Faults first, the surest, then the earliest, then the most upstream; behind them what follows from them. */
function ranksOf(findings: readonly Finding[]): readonly Ranked[] {
  const ordered = [...findings].sort(
    (a, b) =>
      b.confidence - a.confidence ||
      (a.since ?? Infinity) - (b.since ?? Infinity) ||
      (a.vertex ?? -1) - (b.vertex ?? -1) ||
      0,
  );
  const faults: Ranked[] = [];
  const consequences: Ranked[] = [];
  for (const finding of ordered) {
    const of = ordered.find((other) => other !== finding && isBroughtBy(finding, other)) ?? null;
    (of === null ? faults : consequences).push({ finding, of: of?.cause ?? null });
  }
  return [...faults, ...consequences];
}

/** Of two that bring each other about, the one that is ranked higher is the fault. A later failure of a series follows from its first. */
function isBroughtBy(finding: Finding, other: Finding): boolean {
  if (!causeFacts[other.cause].brings.includes(finding.cause)) return isLaterFailure(finding, other);
  return !causeFacts[finding.cause].brings.includes(other.cause) || other.confidence > finding.confidence;
}

function isLaterFailure(finding: Finding, other: Finding): boolean {
  const [a, b] = [failureIndex(finding), failureIndex(other)];
  return a !== null && b !== null && b < a && other.confidence > finding.confidence;
}

function failureIndex({ evidence: [first] }: Finding): number | null {
  const match = /^exception:(\d+)$/.exec(first!.id);
  return match === null ? null : Number(match[1]);
}

function causeOf(
  { cause, confidence, evidence, since }: Finding,
  of: CauseName | null,
  facts: JobFacts,
): DiagnosedCause {
  const { text, advice, action } = causeFacts[cause];
  return {
    cause,
    role: of === null ? 'fault' : 'consequence',
    of,
    confidence: Math.round(confidence * 100) / 100,
    text,
    advice,
    action: safeAction(action, facts),
    evidence,
    since,
  };
}
