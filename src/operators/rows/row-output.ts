/** Gathers the rows that an operator makes into batches. */
import { type ColumnBatch, op } from '../../model/column.ts';
import type { Output } from '../../model/operator.ts';
import type { Row } from '../../model/row.ts';
import type { Field } from '../../model/types.ts';
import { createValueWriter, type ValueWriter } from '../../state/value-writer.ts';
import { CodeBuilder } from '../codegen/code-builder.ts';

/** Rows of a batch at the most. */
const batchRows = 4096;

type Append = (at: number, left: Row, right: Row) => void;

const noRow: Row = [];

/** The arrays of a batch are used again for the next one. */
export class RowOutput {
  readonly #output: Output;
  readonly #writers: readonly ValueWriter[];
  readonly #ops = new Uint8Array(batchRows);
  /** By the width of the left part. */
  readonly #appends: Append[] = [];
  readonly #append: Append;
  #length = 0;
  #hasChanges = false;

  constructor(fields: readonly Field[], output: Output) {
    this.#output = output;
    this.#writers = fields.map(({ type }) => createValueWriter(type, batchRows));
    this.#append = compileAppend(this.#writers, fields.length);
  }

  /** `change`: a code of `op` (model/column.ts). */
  add(change: number, row: Row): void {
    this.#append(this.#length, row, noRow);
    this.#added(change);
  }

  insert(row: Row): void {
    this.add(op.insert, row);
  }

  /** The row that has the fields of `left` and behind them those of `right`. */
  addJoined(change: number, left: Row, right: Row): void {
    this.#appends[left.length] ??= compileAppend(this.#writers, left.length);
    this.#appends[left.length]!(this.#length, left, right);
    this.#added(change);
  }

  /** A batch of the operator's own, behind what was gathered. */
  batch(batch: ColumnBatch): void {
    this.flush();
    this.#output.emitBatch(batch);
  }

  /** To be called before the operator returns, and before a watermark. */
  flush(): void {
    const length = this.#length;
    if (length === 0) return;
    const columns = this.#writers.map((writer) => writer.column(length));
    const ops = this.#hasChanges ? this.#ops.subarray(0, length) : null;
    this.#length = 0;
    this.#hasChanges = false;
    this.#output.emitBatch({ length, columns, ops, watermarks: null });
    for (const writer of this.#writers) writer.clear();
  }

  /** What was gathered, then the watermark. */
  watermark(watermark: number): void {
    this.flush();
    this.#output.emitWatermark(watermark);
  }

  #added(change: number): void {
    this.#ops[this.#length] = change;
    if (change !== op.insert) this.#hasChanges = true;
    if (++this.#length === batchRows) this.flush();
  }
}

/** A call for each column in place of a loop over them: each sees one kind of writer. */
function compileAppend(writers: readonly ValueWriter[], leftWidth: number): Append {
  const builder = new CodeBuilder();
  for (const [i, writer] of writers.entries()) {
    const name = builder.capture('writer', writer);
    const value = i < leftWidth ? `left[${i}]` : `right[${i - leftWidth}]`;
    builder.line(`${name}.write(at, ${value});`);
  }
  return builder.build('appendRow', ['at', 'left', 'right']);
}
