/** UNION ALL: the rows of every input as they come. Watermarks arrive combined over the inputs, those in a batch's column too. */
import type { ColumnBatch } from '../model/column.ts';
import type { Operator, OperatorContext, Output } from '../model/operator.ts';

export class UnionOperator implements Operator {
  #output!: Output;

  open(_ctx: OperatorContext, output: Output): void {
    this.#output = output;
  }

  processBatch(batch: ColumnBatch): void {
    this.#output.emitBatch(batch);
  }

  processWatermark(watermark: number): void {
    this.#output.emitWatermark(watermark);
  }
}
