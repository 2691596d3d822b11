/** Rules that a report is held against: `completeness < 0.9999`, `latency-p99 > 5m`, `unclosed > 30m`. */
import { EngineError } from '../../model/errors.ts';
import { parseDuration } from '../../model/options.ts';
import type { AuditReport, PairReport, ReportedBucket } from './tier-report.ts';

type Measure = (typeof measures)[number];

export type AlertRule = Readonly<{ text: string; measure: Measure; limit: number }>;

export type Alert = Readonly<{
  rule: string;
  cluster: string;
  topic: string;
  from: number;
  to: number;
  message: string;
}>;

const measures = ['completeness', 'unclosed', 'latency-p50', 'latency-p95', 'latency-p99'] as const;
const form = /^\s*([a-z0-9-]+)\s*([<>])\s*(\S.*?)\s*$/;

/** INVALID_OPTION for what is no rule. */
export function parseAlert(text: string): AlertRule {
  const [, name, sign, value = ''] = form.exec(text) ?? [];
  const measure = measures.find((known) => known === name);
  if (measure === undefined || sign !== (measure === 'completeness' ? '<' : '>')) throw wrongRule(text);
  const limit = measure === 'completeness' ? ratio(value) : parseDuration(value);
  if (limit === null || limit === undefined) throw wrongRule(text);
  return { text: text.trim(), measure, limit };
}

/** What fires. An incomplete bucket counts as one that is not closed. */
export function alertsOf({ tiers, time }: AuditReport, rules: readonly AlertRule[]): Alert[] {
  return tiers.flatMap((pair) =>
    pair.buckets.flatMap((bucket) =>
      rules.flatMap((rule) => {
        const message = messageOf(rule, bucket, time);
        return message === null ? [] : [alertOf(rule, pair, bucket, message)];
      }),
    ),
  );
}

function alertOf(rule: AlertRule, { target }: PairReport, { from, to }: ReportedBucket, message: string): Alert {
  return { rule: rule.text, cluster: target.cluster, topic: target.topic, from, to, message };
}

function messageOf({ measure, limit }: AlertRule, bucket: ReportedBucket, now: number): string | null {
  const { completeness, state, to, because, latencyMs } = bucket;
  switch (measure) {
    case 'completeness':
      return completeness !== null && completeness < limit ? `completeness is ${completeness}` : null;
    case 'unclosed':
      return state !== 'closed' && now - to > limit ? `still ${state}: ${because}` : null;
    default: {
      const value = latencyMs?.[measure.slice('latency-'.length) as 'p50' | 'p95' | 'p99'] ?? 0;
      return value > limit ? `${measure} is ${value} ms` : null;
    }
  }
}

function ratio(text: string): number | null {
  const value = Number(text);
  return text !== '' && value >= 0 && value <= 1 ? value : null;
}

function wrongRule(text: string): EngineError {
  return new EngineError(
    'INVALID_OPTION',
    `alert: expected 'completeness < RATIO' or one of ${measures.slice(1).join(', ')} with '> DURATION', got '${text}'`,
    { hint: "Such as 'completeness < 0.9999' or 'unclosed > 30m'." },
  );
}
