/**
 * The watermark of several channels: the least of the active ones, never falling (Flink's StatusWatermarkValve). While all are idle: the
 * largest that any of them had (FLINK-38454).
 */
import { maxWatermark, minWatermark } from '../model/column.ts';

export class WatermarkMerger {
  readonly #watermarks: Float64Array;
  readonly #idle: Uint8Array;
  #current = minWatermark;
  /** Of the last row that was limited. */
  #limited = minWatermark;
  #idleCount = 0;

  constructor(channels: number) {
    this.#watermarks = new Float64Array(channels).fill(minWatermark);
    this.#idle = new Uint8Array(channels);
  }

  get current(): number {
    return this.#current;
  }

  get allIdle(): boolean {
    return this.#idleCount === this.#idle.length;
  }

  /** Takes a channel's watermark; an idle channel becomes active by it only through `active`. Returns whether the merged one rose. */
  advance(channel: number, watermark: number): boolean {
    if (watermark > this.#watermarks[channel]!) this.#watermarks[channel] = watermark;
    return this.#merge();
  }

  /** Returns whether the merged watermark rose: the channel may have been the slowest. */
  setIdle(channel: number, idle: boolean): boolean {
    if ((this.#idle[channel] === 1) === idle) return false;
    this.#idle[channel] = idle ? 1 : 0;
    this.#idleCount += idle ? 1 : -1;
    return this.#merge();
  }

  /**
   * The watermark column of a batch from one channel, as the merged stream sees it: a row of it is not later than what the other active
   * channels have said or shown. Never falls from batch to batch, as the channel's own does not.
   */
  limit(channel: number, watermarks: Float64Array, rows: number): Float64Array {
    if (this.#watermarks.length === 1) return watermarks;
    let others = maxWatermark;
    for (let i = 0; i < this.#watermarks.length; i++) {
      if (i !== channel && this.#idle[i] === 0) others = Math.min(others, this.#watermarks[i]!);
    }
    const least = Math.max(this.#current, this.#limited);
    const limited = new Float64Array(rows);
    for (let row = 0; row < rows; row++) limited[row] = Math.max(least, Math.min(others, watermarks[row]!));
    // What rows show counts before it is said, behind the batch; merged it is when something is said, so that every receiver hears of it.
    this.#watermarks[channel] = Math.max(this.#watermarks[channel]!, watermarks[rows - 1]!);
    this.#limited = limited[rows - 1]!;
    return limited;
  }

  #merge(): boolean {
    let least = maxWatermark;
    let largest = minWatermark;
    for (let i = 0; i < this.#watermarks.length; i++) {
      const watermark = this.#watermarks[i]!;
      if (this.#idle[i] === 0 && watermark < least) least = watermark;
      if (watermark > largest) largest = watermark;
    }
    const merged = this.allIdle ? largest : least;
    if (merged <= this.#current) return false;
    this.#current = merged;
    return true;
  }
}
