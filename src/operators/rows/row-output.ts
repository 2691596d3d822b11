/** Gathers the rows that an operator makes into batches. */
import { op } from '../../model/column.ts';
import type { Output } from '../../model/operator.ts';
import type { Row } from '../../model/row.ts';
import type { Field } from '../../model/types.ts';
import { columnOfValues } from '../../state/value-column.ts';

/** Rows of a batch at the most. */
const batchRows = 4096;

export class RowOutput {
  readonly #fields: readonly Field[];
  readonly #output: Output;
  #rows: Row[] = [];
  #ops = new Uint8Array(batchRows);
  #hasChanges = false;

  constructor(fields: readonly Field[], output: Output) {
    this.#fields = fields;
    this.#output = output;
  }

  /** `change`: a code of `op` (model/column.ts). */
  add(change: number, row: Row): void {
    this.#ops[this.#rows.length] = change;
    if (change !== op.insert) this.#hasChanges = true;
    if (this.#rows.push(row) === batchRows) this.flush();
  }

  insert(row: Row): void {
    this.add(op.insert, row);
  }

  /** To be called before the operator returns, and before a watermark. */
  flush(): void {
    const rows = this.#rows;
    if (rows.length === 0) return;
    const columns = this.#fields.map(({ type }, i) =>
      columnOfValues(
        type,
        rows.map((row) => row[i]!),
      ),
    );
    const ops = this.#hasChanges ? this.#ops.slice(0, rows.length) : null;
    this.#rows = [];
    this.#hasChanges = false;
    this.#output.emitBatch({ length: rows.length, columns, ops, watermarks: null });
  }

  /** What was gathered, then the watermark. */
  watermark(watermark: number): void {
    this.flush();
    this.#output.emitWatermark(watermark);
  }
}
