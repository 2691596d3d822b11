/** Where the output of one node goes: to each of its targets, counted. */
import type { ColumnBatch } from '../model/column.ts';
import { minWatermark } from '../model/column.ts';
import { assert } from '../model/errors.ts';
import type { Output } from '../model/operator.ts';
import type { OutputTarget } from './edge-output.ts';

export class FanOut implements Output {
  readonly #targets: readonly OutputTarget[];
  #records = 0;
  #watermark = minWatermark;
  #idle = false;

  constructor(targets: readonly OutputTarget[]) {
    this.#targets = targets;
  }

  get records(): number {
    return this.#records;
  }

  emitBatch(batch: ColumnBatch): void {
    if (batch.length === 0) return;
    this.#records += batch.length;
    for (const target of this.#targets) target.batch(batch);
  }

  emitWatermark(watermark: number): void {
    assert(watermark >= this.#watermark, () => `a watermark of ${watermark} after ${this.#watermark}`);
    if (watermark === this.#watermark) return;
    this.#watermark = watermark;
    for (const target of this.#targets) target.watermark(watermark);
  }

  emitIdle(idle: boolean): void {
    if (idle === this.#idle) return;
    this.#idle = idle;
    for (const target of this.#targets) target.idle(idle);
  }

  emitEnd(): void {
    for (const target of this.#targets) target.end();
  }
}
