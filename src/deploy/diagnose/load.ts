/** How the time of each subtask went: working, waiting for input, waiting for room downstream. Between the two looks, or since the start. */
import type { SubtaskStatus, VertexStatus } from '../../model/job-status.ts';
import type { JobFacts } from './job-facts.ts';

/** Shares of the time, 0 to 1. */
export type SubtaskLoad = Readonly<{
  busy: number;
  idle: number;
  backPressured: number;
  recordsIn: number;
  recordsOut: number;
}>;

export type VertexLoad = Readonly<{
  index: number;
  vertex: VertexStatus;
  subtasks: readonly SubtaskLoad[];
  /** The greatest of its subtasks, as Flink colours its graph. */
  busy: number;
  backPressured: number;
}>;

const leastMs = 500; // of a subtask's time: less says nothing

/** Upstream first. Empty where nothing runs. */
export function loadsOf({ status, earlier }: JobFacts): readonly VertexLoad[] {
  if (status === null || status.state !== 'RUNNING') return [];
  return status.vertices.map((vertex, index) => {
    const before = earlier?.vertices.find(({ id }) => id === vertex.id);
    const subtasks = vertex.subtasks.map((subtask, at) => loadOf(subtask, before?.subtasks[at]));
    return {
      index,
      vertex,
      subtasks,
      busy: Math.max(0, ...subtasks.map(({ busy }) => busy)),
      backPressured: Math.max(0, ...subtasks.map(({ backPressured }) => backPressured)),
    };
  });
}

function loadOf(now: SubtaskStatus, given: SubtaskStatus | undefined): SubtaskLoad {
  const before = given !== undefined && given.startTime === now.startTime ? given : undefined;
  const busy = now.busyMs - (before?.busyMs ?? 0);
  const idle = now.idleMs - (before?.idleMs ?? 0);
  const backPressured = now.backPressuredMs - (before?.backPressuredMs ?? 0);
  const total = busy + idle + backPressured;
  const share = (ms: number): number => (total < leastMs ? 0 : ms / total);
  return {
    busy: share(busy),
    idle: share(idle),
    backPressured: share(backPressured),
    recordsIn: now.recordsIn - (before?.recordsIn ?? 0),
    recordsOut: now.recordsOut - (before?.recordsOut ?? 0),
  };
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Records behind the ends of the sources; null: they do not say. */
export function lagOf(facts: JobFacts, which: 'status' | 'earlier' = 'status'): number | null {
  const splits = facts[which]?.vertices.flatMap(({ subtasks }) => subtasks.flatMap((subtask) => subtask.splits)) ?? [];
  if (splits.length > 0) return splits.reduce((sum, { records }) => sum + records, 0);
  return which === 'status' ? (facts.observed?.lagRecords ?? null) : null;
}
