/** Why a window has not fired: which splits hold the watermark back, and by how much. Of a job's status alone. */
import type { JobStatus, SplitTime, VertexStatus } from '../model/job-status.ts';

/** A split that others wait for. */
export type Holder = Readonly<{
  vertex: string;
  subtask: number;
  splitId: string;
  /** ms; null: it has had no row yet. */
  watermark: number | null;
  /** ms behind the split that is furthest; null: there is no other with a watermark. */
  behindMs: number | null;
  /** ms since its last row. */
  quietMs: number;
}>;

export type HeldWatermark = Readonly<{
  vertex: string;
  /** Of the least subtask, ms; null: none yet. */
  watermark: number | null;
  /** Those that are furthest behind first; empty: nothing holds it back but the data's own time. */
  holders: readonly Holder[];
}>;

/** For each vertex behind an exchange: its watermark, and what of the sources above holds it there. */
export function heldWatermarks({ vertices }: JobStatus): readonly HeldWatermark[] {
  return vertices
    .filter(({ inputs }) => inputs.length > 0)
    .map((vertex) => ({
      vertex: vertex.name,
      watermark: leastOf(vertex.subtasks.map(({ watermark }) => watermark)),
      holders: holdersOf(sourcesAbove(vertex, vertices)),
    }));
}

function leastOf(watermarks: readonly (number | null)[]): number | null {
  if (watermarks.length === 0 || watermarks.includes(null)) return null;
  return Math.min(...(watermarks as number[]));
}

function sourcesAbove({ inputs }: VertexStatus, vertices: readonly VertexStatus[]): readonly VertexStatus[] {
  const above = vertices.filter(({ id }) => inputs.some(({ vertexId }) => vertexId === id));
  return [...new Set(above.flatMap((vertex) => (vertex.source ? [vertex] : sourcesAbove(vertex, vertices))))];
}

type Placed = Readonly<{ vertex: string; subtask: number; time: SplitTime }>;

function holdersOf(sources: readonly VertexStatus[]): readonly Holder[] {
  const splits = sources.flatMap(({ name, subtasks }): Placed[] =>
    subtasks.flatMap(({ index, splitTimes }) => splitTimes.map((time) => ({ vertex: name, subtask: index, time }))),
  );
  const active = splits.filter(({ time }) => !time.idle && !time.ended);
  const furthest = Math.max(...splits.map(({ time }) => time.watermark ?? -Infinity));
  const least = Math.min(...active.map(({ time }) => time.watermark ?? -Infinity));
  return active
    .filter(({ time }) => (time.watermark ?? -Infinity) === least && (time.watermark === null || least < furthest))
    .map(({ vertex, subtask, time }) => ({
      vertex,
      subtask,
      splitId: time.splitId,
      watermark: time.watermark,
      behindMs: time.watermark === null || furthest === -Infinity ? null : furthest - time.watermark,
      quietMs: time.quietMs,
    }));
}
