/** TO_CHANGELOG and FROM_CHANGELOG: kinds of change as a column of texts, and texts as kinds of change. */
import { type Figures, fate } from '../model/account.ts';
import { type BytesColumn, type ColumnBatch, gatherBatch, type StringColumn, stringAt } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import type { FromChangelogSpec, ToChangelogSpec } from '../model/job-graph.ts';
import type { Operator, OperatorContext, Output } from '../model/operator.ts';
import { FateTally } from './fate-tally.ts';

const kindCount = 4;
const encoder = new TextEncoder();

/** Every change goes on as an insert, those of kinds without a code left out. */
export class ToChangelogOperator implements Operator {
  /** The codes one after the other; of each kind where its code begins and ends, null without one. */
  readonly #bytes: Uint8Array;
  readonly #ranges: readonly (Readonly<{ start: number; end: number }> | null)[];
  readonly #fates = new FateTally();
  #output!: Output;

  constructor({ codes }: ToChangelogSpec) {
    const texts = Array.from({ length: kindCount }, (_, change) => codes.find((each) => each.change === change)?.code);
    const encoded = texts.map((text) => (text === undefined ? null : encoder.encode(text)));
    const bytes: number[] = [];
    this.#ranges = encoded.map((code) => {
      if (code === null) return null;
      const start = bytes.length;
      bytes.push(...code);
      return { start, end: bytes.length };
    });
    this.#bytes = Uint8Array.from(bytes);
  }

  open(_ctx: OperatorContext, output: Output): void {
    this.#output = output;
  }

  processBatch(batch: ColumnBatch): void {
    const { length, columns, watermarks } = this.#coded(batch);
    this.#fates.add(fate.passed, length);
    this.#fates.add(fate.filtered, batch.length - length);
    if (length > 0) this.#output.emitBatch({ length, columns, ops: null, watermarks });
  }

  processWatermark(watermark: number): void {
    this.#output.emitWatermark(watermark);
  }

  account(): Figures {
    return { ...this.#fates.figures(), waiting: 0, made: 0 };
  }

  #coded(batch: ColumnBatch): ColumnBatch {
    const selection = new Int32Array(batch.length);
    let count = 0;
    for (let row = 0; row < batch.length; row++) {
      if (this.#ranges[batch.ops?.[row] ?? 0] !== null) selection[count++] = row;
    }
    const kept = count === batch.length ? batch : gatherBatch(batch, selection.subarray(0, count), count);
    return { ...kept, columns: [this.#codes(kept), ...kept.columns] };
  }

  #codes({ length, ops }: ColumnBatch): BytesColumn {
    const ranges = Array.from({ length }, (_, row) => this.#ranges[ops?.[row] ?? 0]!);
    const starts = Int32Array.from(ranges, ({ start }) => start);
    const ends = Int32Array.from(ranges, ({ end }) => end);
    return { layout: 'string', encoding: 'bytes', bytes: this.#bytes, starts, ends, nulls: null };
  }
}

/** A code that stands for no kind of change fails the job, as in Flink: what its row means is not known. */
export class FromChangelogOperator implements Operator {
  readonly #column: number;
  readonly #name: string;
  readonly #changes: ReadonlyMap<string, number>;
  readonly #fates = new FateTally();
  #output!: Output;

  constructor({ column, codes, inputFields }: FromChangelogSpec) {
    this.#column = column;
    this.#name = inputFields[column]!.name;
    this.#changes = new Map(codes.map(({ code, change }) => [code, change]));
  }

  open(_ctx: OperatorContext, output: Output): void {
    this.#output = output;
  }

  processBatch(batch: ColumnBatch): void {
    const codes = batch.columns[this.#column] as StringColumn;
    const ops = Uint8Array.from({ length: batch.length }, (_, row) => this.#change(codes, row));
    const columns = batch.columns.filter((_, column) => column !== this.#column);
    this.#fates.add(fate.passed, batch.length);
    this.#output.emitBatch({ ...batch, columns, ops });
  }

  processWatermark(watermark: number): void {
    this.#output.emitWatermark(watermark);
  }

  account(): Figures {
    return { ...this.#fates.figures(), waiting: 0, made: 0 };
  }

  #change(codes: StringColumn, row: number): number {
    const code = codes.nulls?.[row] === 1 ? null : stringAt(codes, row);
    const change = code === null ? undefined : this.#changes.get(code);
    if (change !== undefined) return change;
    const known = [...this.#changes.keys()].map((text) => `'${text}'`).join(', ');
    const got = code === null ? 'NULL' : `'${code}'`;
    throw new EngineError(
      'EVALUATION',
      `FROM_CHANGELOG: expected one of ${known} in the column '${this.#name}', got ${got}`,
      {
        hint: 'op_mapping says which codes there are; WHERE in a query as the input leaves out others.',
      },
    );
  }
}
