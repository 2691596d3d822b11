/** What the audit says, for people. */
import type { Alert } from '../audit/report/alert.ts';
import type { LostRecord } from '../audit/report/resolution.ts';
import { type AuditReport, isWell, type PairReport, type ReportedBucket } from '../audit/report/tier-report.ts';
import type { Verification } from '../audit/report/verify.ts';
import type { AuditedRecord } from '../model/audit.ts';
import { formatTimestamp } from '../model/calendar.ts';
import { countedText, durationText, groupedText } from './human.ts';

const kinds = ['missing', 'extra', 'changed', 'reordered'] as const;
const headings = { missing: 'missing', extra: 'extra', changed: 'changed', reordered: 'out of order' } as const;
/** Records that are named a kind and bucket; `--output json` has them all. */
const mostNamed = 20;

/** A line an arrow between tiers; below it the buckets that are not as they should be. */
export function reportText({ equal, tiers }: AuditReport, alerts: readonly Alert[]): string {
  const lines = [
    ...tiers.flatMap((pair) => [
      pairLine(pair),
      ...pair.buckets.filter((bucket) => !isWell(bucket)).flatMap(bucketLines),
    ]),
    ...alerts.map(
      ({ rule, cluster, topic, from, message }) => `ALERT ${rule}: ${cluster} ${topic} ${timeText(from)}: ${message}`,
    ),
    tiers.length === 0
      ? 'No topics are audited.'
      : equal
        ? 'COMPLETE: all that is closed has arrived.'
        : 'NOT COMPLETE',
  ];
  return `${lines.join('\n')}\n`;
}

/** Everything of the buckets, named one by one. */
export function explainText({ tiers }: AuditReport): string {
  const lines = tiers.flatMap((pair) => [pairLine(pair), ...pair.buckets.flatMap(bucketLines)]);
  return `${lines.length === 0 ? 'Nothing is recorded of that topic and bucket.' : lines.join('\n')}\n`;
}

export function verificationText({ sound, doubts, topics, recomputed, unverifiable }: Verification): string {
  const lines = doubts.map(
    ({ severity, check, cluster, topic, message }) => `${severity} ${check}: ${cluster} ${topic}: ${message}`,
  );
  const gone = unverifiable === 0 ? '' : `, ${groupedText(unverifiable)} no longer in their logs as they were`;
  const seen = `${countedText(topics, 'topic')}, ${countedText(recomputed, 'segment')} made again and the same${gone}`;
  return `${[...lines, `${sound ? 'SOUND' : 'NOT SOUND'}: ${seen}`].join('\n')}\n`;
}

function pairLine({ sources, target, equal, state, because, completeness, buckets }: PairReport): string {
  const from = sources.map(({ cluster, topic }) => `${cluster} ${topic}`).join(' + ');
  const complete = completeness === null ? '' : `, ${percentText(completeness)} complete`;
  const open = buckets.filter((bucket) => bucket.state === 'open').length;
  const waiting = open === 0 ? '' : `, ${open} open`;
  const why = state === 'incomplete' ? `, INCOMPLETE (${because})` : '';
  return `${equal ? 'ok ' : '!! '} ${from} → ${target.cluster} ${target.topic}: ${countedText(buckets.length, 'bucket')}${waiting}${complete}${why}`;
}

function bucketLines(bucket: ReportedBucket): string[] {
  const { from, state, because, source, target, undecided, explained, latencyMs } = bucket;
  const counts = `${groupedText(source.count)} → ${groupedText(target.count)}`;
  const found = kinds
    .filter((kind) => bucket[kind].length > 0)
    .map((kind) => `${bucket[kind].length} ${headings[kind]}`);
  const latency = latencyMs === null ? [] : [`p99 ${durationText(latencyMs.p99)}`];
  const why = because === null ? [] : [because];
  const more = undecided ? ['more differs than can be told apart'] : [];
  return [
    `   ${timeText(from)} ${state}: ${[counts, ...found, ...more, ...latency, ...why].join(', ')}`,
    ...kinds.flatMap((kind) => bucket[kind].slice(0, mostNamed).map((record) => recordLine(headings[kind], record))),
    ...explained.map(
      ({ cause, partition, from: first, to }) =>
        `      explained by ${cause}: partition ${partition} offsets ${first} to ${to - 1}`,
    ),
  ];
}

function recordLine(heading: string, record: AuditedRecord | LostRecord): string {
  const { partition, offset, key, identity } = record;
  const name =
    identity === undefined ? '' : ` ${identity.producer}@${identity.host} ${identity.session} #${identity.sequence}`;
  const place = offset < 0 ? ' no longer at the source' : ` partition ${partition} offset ${offset}`;
  const cause = 'cause' in record ? ` (${record.cause})` : '';
  return `      ${heading}:${name}${place}${key === null ? '' : ` key ${JSON.stringify(key)}`}${cause}`;
}

function percentText(ratio: number): string {
  const percent = Math.floor(ratio * 1e8) / 1e6; // never rounded up to 100
  return `${percent} %`;
}

function timeText(ms: number): string {
  return formatTimestamp(ms, 0, { separator: ' ', fraction: 'trim', suffix: 'Z' });
}
