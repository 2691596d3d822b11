/** UNION ALL: the rows of every input as they come. Watermarks arrive combined over the inputs, those in a batch's column too. */
import { type Figures, fate } from '../model/account.ts';
import type { ColumnBatch } from '../model/column.ts';
import type { Operator, OperatorContext, Output } from '../model/operator.ts';
import { FateTally } from './fate-tally.ts';

export class UnionOperator implements Operator {
  readonly #fates = new FateTally();
  #output!: Output;

  open(_ctx: OperatorContext, output: Output): void {
    this.#output = output;
  }

  processBatch(batch: ColumnBatch): void {
    this.#fates.add(fate.passed, batch.length);
    this.#output.emitBatch(batch);
  }

  processWatermark(watermark: number): void {
    this.#output.emitWatermark(watermark);
  }

  account(): Figures {
    return { ...this.#fates.figures(), waiting: 0, made: 0 };
  }
}
