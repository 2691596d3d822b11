import { setTimeout as sleep } from 'node:timers/promises';
import type { ComparedTopic } from '../../src/audit/compare/report.ts';
import type { AuditReport, PairReport } from '../../src/audit/report/tier-report.ts';
import type { DataCentre, DataCentres, Kind } from './data-centres.ts';
import { millrace } from './millrace.ts';

/** What the audit's commands say of a topic, each finding as a line: `missing 0/3`, `extra 00…1f #7`, `truncation 0/10-20`. */

const findings = ['missing', 'extra', 'changed', 'reordered'] as const;
const healthy = [0, 8];

/** Brokers may be away for a while, that a fault has killed or that have to share a busy machine. */
const attempts = 20;
const pauseMs = 3_000;

async function answerOf<T>(...args: string[]): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const { code, stdout, stderr } = await millrace(...args, '--output', 'json');
    if (healthy.includes(code)) return JSON.parse(stdout) as T;
    if (attempt === attempts) throw new Error(`millrace ${args.join(' ')} ended with ${code}: ${stderr}`);
    await sleep(pauseMs);
  }
}

/** What both topics hold now. Stretches that compaction explains are as it happened to run: they are left out. */
export async function compareAnswer(
  centres: DataCentres,
  kind: Kind,
  at: DataCentre,
  topic: string,
): Promise<readonly string[]> {
  const ends = ['--source', centres.local(kind, at).bootstrap, '--target', centres.aggregate(kind).bootstrap];
  const names = ['--topic', `${kind}.${topic}`, '--target-topic', `${at}.${kind}.${topic}`];
  const command = ['audit', 'compare', ...ends, ...names, '--limit', '100000', '--quiet'];
  const { equal, buckets } = await answerOf<ComparedTopic>(...command);
  const lines = buckets.flatMap((bucket) => [
    ...findings.flatMap((kind) => bucket[kind].map(({ partition, offset }) => `${kind} ${partition}/${offset}`)),
    ...bucket.explained
      .filter(({ cause }) => cause !== 'compaction')
      .map(({ cause, partition, from, to }) => `${cause} ${partition}/${from}-${to}`),
  ]);
  if (equal !== !lines.some((line) => /^(missing|extra|changed|reordered) /.test(line)))
    throw new Error(`${kind}.${topic}: equal is ${equal}, found ${lines.join(', ')}`);
  return lines.sort();
}

export function auditReport(centres: DataCentres, topics = '.*'): Promise<AuditReport> {
  const timing = ['--grace', '1s', '--silent-after', '5m'];
  return answerOf<AuditReport>('audit', 'report', centres.topologyFile, '--topics', topics, ...timing);
}

/** How auditors call a record: its session and sequence. */
export function nameOf(session: string, sequence: number): string {
  return `${session}#${sequence}`;
}

/** Of a pair of tiers, by the cluster and the topic that records come to; `open` while it is. */
export function auditorsAnswer(report: AuditReport, cluster: string, topic: string): readonly string[] {
  const pair = report.tiers.find(({ target }) => target.cluster === cluster && target.topic === topic);
  return pair === undefined ? ['not audited'] : linesOf(pair).sort();
}

function linesOf({ state, because, buckets }: PairReport): string[] {
  return [
    ...(state === 'incomplete' ? [`incomplete: ${because}`] : []),
    ...buckets.flatMap((bucket) => [
      ...(bucket.state === 'closed' ? [] : [`${bucket.state}: ${bucket.because}`]),
      ...(bucket.undecided ? ['undecided'] : []),
      ...bucket.missing.map(({ identity, offset, cause }) => `missing ${called(identity, offset)} (${cause})`),
      ...findings.slice(1).flatMap((kind) => {
        return bucket[kind].map(({ identity, offset }) => `${kind} ${called(identity, offset)}`);
      }),
      ...bucket.explained
        .filter(({ cause }) => cause !== 'compaction')
        .map(({ cause, partition, from, to }) => `${cause} ${partition}/${from}-${to}`),
    ]),
  ];
}

function called(identity: PairReport['buckets'][number]['extra'][number]['identity'], offset: number): string {
  return identity === undefined ? `offset ${offset}` : nameOf(identity.session, identity.sequence);
}
