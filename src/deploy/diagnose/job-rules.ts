/** What concerns the whole job: records put aside, its audit, its state, its process. */
import type { JobStatus } from '../../model/job-status.ts';
import { evidence } from './evidence.ts';
import type { Finding } from './finding.ts';
import type { JobFacts } from './job-facts.ts';

const asideShare = 0.001; // of the rows: an odd bad record is no fault of the job
const asideRows = 1_000;
const largeBytes = 10 * 2 ** 30;
const loopMs = 1_000; // the main thread answers so late

/** Figures of counters that mean records nobody could read. */
const asideCounters: readonly string[] = ['deadLetters', 'skippedRecords', 'discarded'];

export function asideRule({ status }: JobFacts): readonly Finding[] {
  return (status?.vertices ?? []).flatMap(({ name, subtasks }, vertex): Finding[] => {
    const aside = subtasks.reduce(
      (sum, { counters }) => sum + asideCounters.reduce((all, counter) => all + (counters[counter] ?? 0), 0),
      0,
    );
    const rows = subtasks.reduce((sum, { recordsIn, recordsOut }) => sum + Math.max(recordsIn, recordsOut), 0);
    if (aside < asideRows && (aside === 0 || aside < asideShare * (rows + aside))) return [];
    const text = `${name}: ${aside} records put aside as unreadable, ${rows} read`;
    const confidence = aside > rows ? 0.85 : 0.75;
    return [
      { cause: 'bad-records', confidence, evidence: [evidence(`vertex:${vertex}`, text, aside)], since: null, vertex },
    ];
  });
}

export function auditRule({ status }: JobFacts): readonly Finding[] {
  if (status === null || status.audit.unbalanced === 0) return [];
  const { unbalanced, epochs, findings } = status.audit;
  const first = findings.at(-1);
  const off = (first?.imbalances ?? []).slice(0, 3).map(({ place, equation, missing }) => {
    return evidence('audit:balance', `${place}: ${equation}, ${missing} rows off`, missing, first!.time);
  });
  return [
    {
      cause: 'rows-unaccounted',
      confidence: 0.95,
      evidence: [
        evidence('audit:balance', `${unbalanced} of ${epochs} checkpoints do not balance`, unbalanced),
        ...off,
      ],
      since: first?.time ?? null,
      vertex: null,
    },
  ];
}

export function stateRule({ status }: JobFacts): readonly Finding[] {
  const bytes = (status?.vertices ?? []).map(stateBytes);
  const total = bytes.reduce((sum, each) => sum + each, 0);
  if (status === null || total < largeBytes) return [];
  const largest = bytes.indexOf(Math.max(...bytes));
  const gigabytes = (total / 2 ** 30).toFixed(1);
  return [
    {
      cause: 'state-large',
      confidence: 0.6,
      evidence: [evidence(`vertex:${largest}`, `${status.vertices[largest]!.name}: most of ${gigabytes} GB`, total)],
      since: null,
      vertex: largest,
    },
  ];
}

function stateBytes({ subtasks }: JobStatus['vertices'][number]): number {
  return subtasks.reduce((sum, subtask) => sum + subtask.stateBytes, 0);
}

export function loopRule({ status }: JobFacts): readonly Finding[] {
  if (status === null || status.state !== 'RUNNING' || status.eventLoopLagMs < loopMs) return [];
  const ms = Math.round(status.eventLoopLagMs);
  const text = `the main thread was ${ms} ms late`;
  return [
    { cause: 'blocked-loop', confidence: 0.6, evidence: [evidence('job:loop', text, ms)], since: null, vertex: null },
  ];
}
