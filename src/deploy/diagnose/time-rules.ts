/** What is wrong with the time of the rows: partitions that hold the watermark, rows of the future, rows that come too late. */
import type { SplitTime } from '../../model/job-status.ts';
import { evidence } from './evidence.ts';
import type { Finding } from './finding.ts';
import type { JobFacts } from './job-facts.ts';

const quietMs = 30_000; // without a row: a partition that may hold the others
const freshMs = 15_000; // its peers have had rows within
const behindMs = 10_000; // of event time, that the quiet one holds back
const futureMs = 60_000; // ahead of the clock
const lateRows = 1_000;
const lateShare = 0.01;
const shownSplits = 5;

type Placed = SplitTime & Readonly<{ id: string; vertex: number; place: string }>;

function splitsOf({ status }: JobFacts): Placed[] {
  return (status?.vertices ?? []).flatMap(({ name, subtasks }, vertex) =>
    subtasks.flatMap(({ splitTimes }, subtask) =>
      splitTimes.map((time, split) => ({
        ...time,
        vertex,
        id: `split:${vertex}.${subtask}.${split}`,
        place: `${name}, ${time.splitId}`,
      })),
    ),
  );
}

/** A partition has no rows while others of the job have, and nothing lets it go as idle. */
export function idlePartitionRule(facts: JobFacts): readonly Finding[] {
  if (facts.status?.state !== 'RUNNING') return [];
  const splits = splitsOf(facts).filter(({ ended }) => !ended);
  const fresh = splits.filter((split) => split.quietMs <= freshMs && split.watermark !== null);
  const ahead = Math.max(...fresh.map(({ watermark }) => watermark!));
  const holders = splits.filter(
    ({ idle, watermark, quietMs: quiet }) =>
      !idle && quiet >= quietMs && (watermark === null || ahead - watermark >= behindMs),
  );
  if (fresh.length === 0 || holders.length === 0) return [];
  const quietest = [...holders].sort((a, b) => b.quietMs - a.quietMs);
  return [
    {
      cause: 'idle-partition',
      confidence: 0.9,
      evidence: quietest
        .slice(0, shownSplits)
        .map(({ id, place, quietMs: quiet }) =>
          evidence(id, `${place}: no row for ${Math.round(quiet / 1_000)} s`, quiet),
        ),
      since: facts.at - quietest[0]!.quietMs,
      vertex: quietest[0]!.vertex,
    },
  ];
}

export function clockSkewRule(facts: JobFacts): readonly Finding[] {
  if (facts.status?.state !== 'RUNNING') return [];
  const future = splitsOf(facts).filter(
    ({ watermark, ended }) =>
      !ended && watermark !== null && Number.isFinite(watermark) && watermark - facts.at > futureMs,
  );
  if (future.length === 0) return [];
  const furthest = [...future].sort((a, b) => b.watermark! - a.watermark!);
  return [
    {
      cause: 'clock-skew',
      confidence: 0.9,
      evidence: furthest.slice(0, shownSplits).map(({ id, place, watermark }) => {
        const ahead = watermark! - facts.at;
        return evidence(id, `${place}: its watermark is ${Math.round(ahead / 1_000)} s ahead of the clock`, ahead);
      }),
      since: null,
      vertex: furthest[0]!.vertex,
    },
  ];
}

export function lateRowsRule({ status }: JobFacts): readonly Finding[] {
  const found = (status?.vertices ?? []).flatMap(({ name, subtasks }, vertex) => {
    const late = subtasks.reduce((sum, { counters }) => sum + (counters.lateRecords ?? 0), 0);
    const rows = subtasks.reduce((sum, { recordsIn }) => sum + recordsIn, 0);
    const isMuch = late >= lateRows || (late > 0 && late >= lateShare * Math.max(rows, lateRows));
    return isMuch ? [{ name, vertex, late, rows }] : [];
  });
  return found.map(({ name, vertex, late, rows }) => ({
    cause: 'late-data',
    confidence: late >= 10 * lateRows || late >= 10 * lateShare * rows ? 0.8 : 0.7,
    evidence: [evidence(`vertex:${vertex}`, `${name}: ${late} late rows of ${rows}`, late)],
    since: null,
    vertex,
  }));
}
