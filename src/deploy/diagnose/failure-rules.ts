/**
 * What the failures say. In a restart loop the newest one is a side effect: the first of the series is the one that counts. A failure that
 * the job got over, some time ago, is history.
 */

import { evidence, shown } from './evidence.ts';
import { causeOfFailure, causeOfLine, type Failure } from './fault-table.ts';
import type { Finding } from './finding.ts';
import type { JobFacts } from './job-facts.ts';

/** `index`: 0 is the oldest. */
type Fault = Failure & Readonly<{ index: number; at: number; task: string | null }>;

const recentMs = 10 * 60_000; // a failure is of now for so long, and one of a series when the next is not later
const loopFailures = 3; // within that time: a loop
const overMs = 60_000; // running for so long with a checkpoint after it, a single failure is over
const shownLater = 3;

const down: readonly string[] = ['FAILED', 'FAILING', 'RESTARTING', 'ABSENT'];

/** The first failure of the series, and what came after it of other kinds. */
export function failureRule(facts: JobFacts): readonly Finding[] {
  const series = presentSeries(facts);
  const [first] = series;
  if (first === undefined) return unseenFailure(facts);
  const cause = causeOfFailure(first);
  const same = series.filter((fault) => fault !== first && causeOfFailure(fault) === cause).slice(0, shownLater);
  const others = new Map(series.map((fault) => [causeOfFailure(fault), fault] as const).reverse());
  others.delete(cause);
  const findings: Finding[] = [
    {
      cause,
      confidence: cause === 'unknown-failure' ? 0.5 : 0.95,
      evidence: [first, ...same].map(evidenceOf),
      since: first.at,
      vertex: vertexOf(facts, first),
    },
  ];
  for (const [name, fault] of others) {
    findings.push({
      cause: name,
      confidence: 0.5,
      evidence: [evidenceOf(fault)],
      since: fault.at,
      vertex: vertexOf(facts, fault),
    });
  }
  return findings;
}

export function restartRule(facts: JobFacts): readonly Finding[] {
  const series = presentSeries(facts);
  const restarts = facts.status?.restarts ?? facts.observed?.restarts ?? 0;
  const failing = facts.deployment?.health.some(({ name, verdict }) => name === 'restarts' && verdict === 'failing');
  if (series.length < loopFailures && failing !== true) return [];
  const text = `${restarts} restarts, ${series.length} failures of one series`;
  const check = failing === true ? [evidence('health:restarts', 'restarts: failing')] : [];
  const shownFaults = series.slice(-2).map(evidenceOf);
  return [
    {
      cause: 'restart-loop',
      confidence: 0.6,
      evidence: [evidence('job:restarts', text, restarts), ...check, ...shownFaults],
      since: series[0]?.at ?? null,
      vertex: null,
    },
  ];
}

/** A job that is down, with nothing that says why but its log or its control plane. */
function unseenFailure(facts: JobFacts): readonly Finding[] {
  const { deployment, observed, at, logs } = facts;
  const state = observed?.state ?? facts.status?.state ?? null;
  const isDown =
    deployment?.state === 'FAILED' || (state !== null && down.includes(state) && deployment?.wanted !== 'suspended');
  const silent = deployment?.health.find(({ name, verdict }) => name === 'liveness' && verdict === 'failing');
  if (!isDown && silent === undefined) return [];
  const error = deployment?.error ?? null;
  const said = error === null ? null : causeOfFailure({ code: null, text: error, side: null });
  const lines = logs.map((line, index) => ({ line, index, cause: causeOfLine(line) }));
  const line = lines.find(({ cause }) => cause !== null) ?? null;
  const known = said !== null && said !== 'unknown-failure' ? said : null;
  const cause =
    known ?? line?.cause ?? (silent !== undefined || state === 'ABSENT' ? 'engine-silent' : 'unknown-failure');
  return [
    {
      cause,
      confidence: known !== null ? 0.9 : line !== null ? 0.75 : 0.5,
      evidence: [
        ...(error === null ? [] : [evidence('deployment:error', error)]),
        ...(line === null ? [] : [evidence(`log:${line.index}`, line.line)]),
        ...(silent === undefined ? [] : [evidence('health:liveness', silent.text)]),
        evidence('job:state', `it is ${state ?? deployment?.state ?? 'not seen'}`, null, at),
      ],
      since: null,
      vertex: null,
    },
  ];
}

/** Oldest first; empty: nothing that is wrong now. */
function presentSeries(facts: JobFacts): readonly Fault[] {
  const faults = faultsOf(facts);
  const newest = faults.at(-1);
  if (newest === undefined || isOver(facts, newest, faults)) return [];
  let from = faults.length - 1;
  while (from > 0 && belongs(faults[from - 1]!, faults[from]!, facts)) from--;
  return faults.slice(from);
}

/** The next failure belongs to the same series when it came soon, or when no checkpoint came to an end between the two. */
function belongs(before: Fault, after: Fault, { status }: JobFacts): boolean {
  const good = status?.checkpoints.history.some(
    ({ status: result, savepoint, triggerTime }) =>
      result === 'COMPLETED' && !savepoint && triggerTime > before.at && triggerTime < after.at,
  );
  if (after.at - before.at <= recentMs) return true;
  return (
    good === false &&
    status !== null &&
    status.restarts >= status.exceptions.length &&
    status.checkpoints.counts.completed === 0
  );
}

function isOver(facts: JobFacts, newest: Fault, faults: readonly Fault[]): boolean {
  const { status, observed, at } = facts;
  const state = status?.state ?? observed?.state ?? 'ABSENT';
  if (state === 'FINISHED' || state === 'CANCELED') return true;
  if (state !== 'RUNNING') return false;
  const recent = faults.filter(({ at: time }) => at - time <= recentMs).length;
  if (recent === 0) return true;
  const good =
    status?.checkpoints.history.some(
      ({ status: result, triggerTime }) => result === 'COMPLETED' && triggerTime > newest.at,
    ) ?? (observed?.checkpoints.latestTime ?? 0) > newest.at;
  return good && recent < loopFailures && at - newest.at >= overMs;
}

function faultsOf(facts: JobFacts): readonly Fault[] {
  const { status, observed } = facts;
  if (status !== null) {
    return [...status.exceptions].reverse().map(({ timestamp, error, taskName }, index) => ({
      index,
      at: timestamp,
      task: taskName,
      code: error.code,
      text: [error.message, ...error.causes.filter((cause) => !error.message.includes(cause))].join('\n'),
      side: sideOf(facts, taskName),
    }));
  }
  return [...(observed?.exceptions ?? [])].reverse().map(({ time, task, text }, index) => ({
    index,
    at: time,
    task,
    code: null,
    text,
    side: sideOf(facts, task),
  }));
}

function sideOf({ status }: JobFacts, task: string | null): Failure['side'] {
  if (task === null) return null;
  const vertex = status?.vertices.find(({ name }) => task.includes(name));
  if (vertex !== undefined) return vertex.source === vertex.sink ? null : vertex.source ? 'source' : 'sink';
  const names = [/\bsource\b/i.test(task), /\bsink\b|writer|committer/i.test(task)];
  return names[0] === names[1] ? null : names[0] ? 'source' : 'sink';
}

function vertexOf({ status }: JobFacts, { task }: Fault): number | null {
  const index = status?.vertices.findIndex(({ name }) => task?.includes(name)) ?? -1;
  return index < 0 ? null : index;
}

function evidenceOf({ index, at, task, code, text }: Fault) {
  const place = task === null ? '' : `${shown(task, 80)}: `;
  return evidence(`exception:${index}`, `${place}${code === null ? '' : `${code} `}${text}`, null, at);
}
