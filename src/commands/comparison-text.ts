/** A comparison of two topics, for people: a table of the buckets that differ, then names. */
import type { ComparedBucket, ComparedTopic, FindingCounts } from '../audit/compare/report.ts';
import { type AuditedRecord, type Cause, type ExplainedGap, legitimateCauses } from '../model/audit.ts';
import { formatTimestamp } from '../model/calendar.ts';
import { countedText, groupedText } from './human.ts';

const kinds = ['missing', 'extra', 'changed', 'reordered'] as const;
const headings = {
  missing: 'missing at the target',
  extra: 'extra at the target',
  changed: 'changed',
  reordered: 'out of order',
} as const;
const longestKey = 60;

export function comparisonText(compared: ComparedTopic): string {
  const differing = compared.buckets.filter(({ counts }) => kinds.some((kind) => counts[kind] > 0));
  const explained = compared.buckets.filter(({ counts }) => counts.explained > 0);
  const lines = [
    verdictLine(compared),
    ...(differing.length === 0 ? [] : ['', ...table(differing)]),
    ...kinds.flatMap((kind) => recordLines(kind, differing, compared.counts[kind])),
    ...explainedLines(explained, compared.counts.explained),
  ];
  return `${lines.join('\n')}\n`;
}

function verdictLine({ equal, counts, buckets }: ComparedTopic): string {
  const sum = (side: 'source' | 'target'): number => buckets.reduce((total, bucket) => total + bucket[side].count, 0);
  const read = `${countedText(sum('source'), 'record')} at the source, ${groupedText(sum('target'))} at the target`;
  if (!equal) return `DIFFERENT: ${read}: ${countsText(counts)}`;
  return `EQUAL: ${read}${counts.explained === 0 ? '' : '; what differs is explained'}`;
}

function countsText(counts: FindingCounts): string {
  const parts = kinds
    .filter((kind) => counts[kind] > 0)
    .map((kind) => `${groupedText(counts[kind])} ${headings[kind]}`);
  return parts.join(', ');
}

function table(buckets: readonly ComparedBucket[]): string[] {
  const rows = buckets.map(({ from, source, target, counts }) => [
    timeText(from, 'trim'),
    groupedText(source.count),
    groupedText(target.count),
    ...kinds.map((kind) => (counts[kind] === 0 ? '·' : groupedText(counts[kind]))),
  ]);
  const all = [['bucket', 'source', 'target', ...kinds], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
  );
}

function recordLines(kind: (typeof kinds)[number], buckets: readonly ComparedBucket[], count: number): string[] {
  const records = buckets.flatMap((bucket) => bucket[kind]);
  if (count === 0) return [];
  const where = kind === 'extra' ? 'offsets of the target' : 'offsets of the source';
  const rest = count - records.length;
  return ['', `${headings[kind]} (${where}):`, ...records.map(recordLine), ...restLines(rest)];
}

function recordLine({ partition, offset, timestamp, key, identity }: AuditedRecord): string {
  const shown =
    key === null ? 'no key' : `key ${JSON.stringify(key.length > longestKey ? `${key.slice(0, longestKey)}…` : key)}`;
  const name =
    identity === undefined ? '' : `  ${identity.producer}@${identity.host} ${identity.session} #${identity.sequence}`;
  return `  partition ${partition} offset ${offset}  ${timeText(timestamp, 'full')}  ${shown}${name}`;
}

function explainedLines(buckets: readonly ComparedBucket[], count: number): string[] {
  if (count === 0) return [];
  const gaps = buckets.flatMap(({ explained }) => explained);
  const [lost, legitimate] = [gaps.filter(isLoss), gaps.filter((gap) => !isLoss(gap))];
  return [
    ...(lost.length === 0
      ? []
      : ['', 'lost by the source, as its mirror tells (offsets of the source):', ...lost.map(gapLine)]),
    ...(legitimate.length === 0 ? [] : ['', 'explained (offsets of the source):', ...legitimate.map(gapLine)]),
    ...restLines(count - gaps.length),
  ];
}

function isLoss({ cause }: ExplainedGap): boolean {
  return !(legitimateCauses as readonly Cause[]).includes(cause);
}

function gapLine({ cause, partition, from, to }: ExplainedGap): string {
  return `  partition ${partition} offsets ${from} to ${to - 1}  ${cause}`;
}

function restLines(count: number): string[] {
  return count <= 0 ? [] : [`  … and ${groupedText(count)} more (--limit)`];
}

function timeText(ms: number, fraction: 'full' | 'trim'): string {
  return formatTimestamp(ms, 3, { separator: ' ', fraction, suffix: 'Z' });
}
