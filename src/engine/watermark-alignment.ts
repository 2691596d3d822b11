/**
 * Watermark alignment (Flink's FLIP-182): sources of a group that are ahead of its slowest by more than their drift wait for it. Of whole
 * subtasks, not of single splits.
 */
import { minWatermark } from '../model/column.ts';
import type { JobGraph } from '../model/job-graph.ts';
import type { SubtaskStatus } from '../model/job-status.ts';
import type { SubtaskId } from './protocol.ts';

type Member = Readonly<{ group: string; maxDriftMs: number }>;

/** The watermark, ms, that a vertex's sources have to stay at or below; Infinity: any. */
export type AlignmentLimits = ReadonlyMap<number, number>;

export class WatermarkAlignment {
  readonly #members = new Map<number, Member>();
  /** By vertex and subtask; those that wait for nobody's rows are not there. */
  readonly #watermarks = new Map<string, Readonly<{ group: string; ms: number }>>();
  #limits = new Map<number, number>();

  constructor({ vertices }: JobGraph) {
    for (const [vertex, { nodes, parallelism }] of vertices.entries()) {
      const { spec } = nodes[0]!;
      const alignment = spec.kind === 'source' ? spec.watermark?.alignment : undefined;
      if (alignment === undefined || alignment === null) continue;
      this.#members.set(vertex, alignment);
      for (let subtask = 0; subtask < parallelism; subtask++)
        this.#watermarks.set(`${vertex}/${subtask}`, { group: alignment.group, ms: minWatermark });
    }
  }

  /** What the sources say of themselves; gives the limits where they have changed, else null. */
  update(subtasks: readonly (SubtaskId & Readonly<{ status: SubtaskStatus }>)[]): AlignmentLimits | null {
    if (this.#members.size === 0) return null;
    for (const { vertex, subtask, status } of subtasks) {
      const member = this.#members.get(vertex);
      if (member === undefined) continue;
      const key = `${vertex}/${subtask}`;
      const active = status.splitTimes.filter(({ idle, ended }) => !idle && !ended);
      if (active.length === 0 && status.splitTimes.length > 0) this.#watermarks.delete(key);
      else this.#watermarks.set(key, { group: member.group, ms: status.watermark ?? minWatermark });
    }
    const limits = new Map([...this.#members].map(([vertex, member]) => [vertex, this.#limitOf(member)]));
    const changed = [...limits].some(([vertex, limit]) => this.#limits.get(vertex) !== limit);
    this.#limits = limits;
    return changed ? limits : null;
  }

  #limitOf({ group, maxDriftMs }: Member): number {
    let least = Infinity;
    for (const watermark of this.#watermarks.values()) {
      if (watermark.group === group && watermark.ms < least) least = watermark.ms;
    }
    return least + maxDriftMs;
  }
}
