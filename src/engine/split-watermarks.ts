/** The watermarks of a source's splits, and which of them are idle: a split's own disorder counts, not that between splits. */
import { maxWatermark, minWatermark } from '../model/column.ts';
import type { SplitTime } from '../model/job-status.ts';

type SplitState = { watermark: number; idle: boolean; ended: boolean; quietMs: number };

export class SplitWatermarks {
  readonly #splits = new Map<string, SplitState>();
  readonly #idleTimeoutMs: number | null;

  constructor(idleTimeoutMs: number | null) {
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  add(splitId: string): void {
    if (!this.#splits.has(splitId)) {
      this.#splits.set(splitId, { watermark: minWatermark, idle: false, ended: false, quietMs: 0 });
    }
  }

  end(splitId: string): void {
    const split = this.#splits.get(splitId);
    if (split !== undefined) split.ended = true;
  }

  /** A row of the split has come: it is active. Returns its watermark. */
  touch(splitId: string): number {
    const split = this.#splits.get(splitId)!;
    split.idle = false;
    split.quietMs = 0;
    return split.watermark;
  }

  advance(splitId: string, watermark: number): void {
    const split = this.#splits.get(splitId)!;
    if (watermark > split.watermark) split.watermark = watermark;
  }

  /** Of each split, for people to look at. */
  times(): SplitTime[] {
    return Array.from(this.#splits, ([splitId, { watermark, ...time }]) => ({
      splitId,
      watermark: watermark === minWatermark ? null : watermark,
      ...time,
    }));
  }

  /** So much processing time has passed in which rows could have come (back-pressure does not count). */
  elapse(ms: number): void {
    for (const split of this.#splits.values()) {
      split.quietMs += ms;
      if (this.#idleTimeoutMs !== null && split.quietMs >= this.#idleTimeoutMs) split.idle = true;
    }
  }

  /**
   * Whether the source has fallen silent: some split is idle and no other may give a row soon. Splits that have all ended are not silence:
   * the end follows. With no split at all a source holds the watermark, as in Flink.
   */
  get allIdle(): boolean {
    const splits = [...this.#splits.values()];
    return splits.some(({ idle, ended }) => idle && !ended) && this.#noneActive();
  }

  #noneActive(): boolean {
    for (const split of this.#splits.values()) if (!split.idle && !split.ended) return false;
    return true;
  }

  /** The least of the active splits but `except`; maxWatermark without any. */
  least(except?: string): number {
    let least = maxWatermark;
    for (const [id, split] of this.#splits) {
      if (id !== except && !split.idle && !split.ended && split.watermark < least) least = split.watermark;
    }
    return least;
  }

  /** What the source may say now: the least of the active splits; without any, the largest (FLINK-38454). */
  get combined(): number {
    if (this.#splits.size === 0) return minWatermark;
    if (!this.#noneActive()) return this.least();
    let largest = minWatermark;
    for (const split of this.#splits.values()) if (split.watermark > largest) largest = split.watermark;
    return largest;
  }
}
