/** Checkpoints that fail, do not come, or take too long. Savepoints are a person's doing and are left out. */
import type { CheckpointStatus } from '../../model/job-status.ts';
import { evidence } from './evidence.ts';
import { causeOfFailure } from './fault-table.ts';
import type { Finding } from './finding.ts';
import type { JobFacts } from './job-facts.ts';

const failuresInARow = 2;
const withoutMs = 5 * 60_000; // no checkpoint for so long, or three intervals
const slowShare = 0.5; // of the interval
const slowMs = 1_000; // less is never slow
const judged = 3; // of the newest completed ones, the median

export function failingCheckpointsRule(facts: JobFacts): readonly Finding[] {
  const { status, at } = facts;
  if (status === null) return ageRule(facts);
  const own = status.checkpoints.history.filter(({ savepoint }) => !savepoint);
  const ended = own.filter(({ status: result }) => result !== 'IN_PROGRESS');
  const firstGood = ended.findIndex(({ status: result }) => result === 'COMPLETED');
  const failed = firstGood < 0 ? ended : ended.slice(0, firstGood);
  if (failed.length >= failuresInARow) return failedFindings(failed);
  const { intervalMs } = status.checkpoints;
  const limit = Math.max(withoutMs, 3 * intervalMs);
  const newest = ended[firstGood];
  const since = newest === undefined ? status.startTime : newest.triggerTime + newest.durationMs;
  if (status.state !== 'RUNNING' || intervalMs <= 0 || at - since < limit) return [];
  const pending = own.find(({ status: result }) => result === 'IN_PROGRESS');
  const seconds = Math.round((at - since) / 1_000);
  return [
    {
      cause: 'checkpoints-failing',
      confidence: 0.75,
      evidence: [
        evidence('job:checkpoints', `no checkpoint for ${seconds} s`, at - since, since),
        ...(pending === undefined ? [] : [checkpointEvidence(pending)]),
      ],
      since,
      vertex: null,
    },
  ];
}

/** Of other engines the age is all there is. */
function ageRule({ deployment, observed }: JobFacts): readonly Finding[] {
  const check = deployment?.health.find(({ name }) => name === 'checkpoint-age');
  if (check?.verdict !== 'failing' || observed === null) return [];
  const { failed, latestTime } = observed.checkpoints;
  const text = `${check.text}; ${failed} failed`;
  return [
    {
      cause: 'checkpoints-failing',
      confidence: 0.7,
      evidence: [evidence('health:checkpoint-age', text, failed, latestTime)],
      since: latestTime,
      vertex: null,
    },
  ];
}

/** The failure of the first of them says why, if it says anything. */
function failedFindings(failed: readonly CheckpointStatus[]): readonly Finding[] {
  const first = failed.at(-1)!;
  const shownFailed = [first, ...failed.slice(0, 2).filter((each) => each !== first)].map(checkpointEvidence);
  const why =
    first.failure === null ? 'unknown-failure' : causeOfFailure({ code: null, text: first.failure, side: null });
  const finding = { evidence: shownFailed, since: first.triggerTime, vertex: null };
  const failing: Finding = { ...finding, cause: 'checkpoints-failing', confidence: 0.85 };
  if (why === 'unknown-failure' || why === 'checkpoints-failing') return [failing];
  return [{ ...finding, cause: why, confidence: 0.9 }, failing];
}

export function slowCheckpointsRule({ status }: JobFacts): readonly Finding[] {
  if (status === null || status.state !== 'RUNNING' || status.checkpoints.intervalMs <= 0) return [];
  const { intervalMs, history } = status.checkpoints;
  const done = history.filter(({ status: result, savepoint }) => result === 'COMPLETED' && !savepoint).slice(0, judged);
  const median = [...done].sort((a, b) => a.durationMs - b.durationMs)[Math.floor(done.length / 2)];
  if (median === undefined || median.durationMs < Math.max(slowMs, slowShare * intervalMs)) return [];
  return [
    {
      cause: 'checkpoints-slow',
      confidence: 0.8,
      evidence: [
        evidence('job:checkpoints', `one every ${intervalMs} ms`, intervalMs),
        ...done.map(checkpointEvidence),
      ],
      since: done.at(-1)!.triggerTime,
      vertex: null,
    },
  ];
}

function checkpointEvidence({ id, status, durationMs, failure, triggerTime }: CheckpointStatus) {
  const why = failure === null ? '' : `: ${failure}`;
  return evidence(
    `checkpoint:${id}`,
    `checkpoint ${id}: ${status} after ${Math.round(durationMs)} ms${why}`,
    durationMs,
    triggerTime,
  );
}
