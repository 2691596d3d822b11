/**
 * Each row with the rows that an outside table holds for its key at this moment. The keys of a batch are asked for together, each once;
 * rows and watermarks go out in the order in which they came. No state: nothing is under way when a barrier comes.
 */
import { type Figures, fate } from '../../model/account.ts';
import { type ColumnBatch, minWatermark, op } from '../../model/column.ts';
import type { LookupReader } from '../../model/connector.ts';
import { assert } from '../../model/errors.ts';
import type { LookupJoinSpec } from '../../model/job-graph.ts';
import type { Operator, OperatorContext, Output } from '../../model/operator.ts';
import { type Row, rowText } from '../../model/row.ts';
import type { DataType } from '../../model/types.ts';
import { BatchRows } from '../../state/value-column.ts';
import { FateTally } from '../fate-tally.ts';
import { RowExpression } from '../rows/row-expression.ts';
import { RowOutput } from '../rows/row-output.ts';
import { type JoinCondition, joinCondition } from './join-condition.ts';

/** `key`: the place of its key among those that are asked for; null: a NULL in it equals nothing. */
type Asked = Readonly<{ row: Row; change: number; key: number | null; watermark: number }>;

export class LookupJoinOperator implements Operator {
  readonly #spec: LookupJoinSpec;
  readonly #types: readonly DataType[];
  readonly #padding: Row;
  readonly #fates = new FateTally();
  #output!: RowOutput;
  #reader!: LookupReader;
  #keys!: readonly RowExpression[];
  #matches!: JoinCondition;
  #watermark = minWatermark;

  constructor(spec: LookupJoinSpec) {
    this.#spec = spec;
    this.#types = spec.inputFields.map(({ type }) => type);
    this.#padding = spec.columns.map(() => null);
  }

  open({ lookup, session }: OperatorContext, output: Output): void {
    assert(lookup !== undefined, () => 'a lookup join without a reader');
    const { inputFields, keys, condition, fields } = this.#spec;
    this.#reader = lookup;
    this.#output = new RowOutput(fields, output);
    this.#keys = keys.map(({ value }) => new RowExpression(value, inputFields, session));
    this.#matches = joinCondition(condition, fields, session);
  }

  processBatch(batch: ColumnBatch): void | Promise<void> {
    const keys: Row[] = [];
    const asked = this.#askedOf(batch, keys);
    if (keys.length === 0) return this.#emit(asked, []);
    return this.#reader.lookup(keys).then((found) => this.#emit(asked, found));
  }

  processWatermark(watermark: number): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    this.#output.watermark(watermark);
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  #askedOf(batch: ColumnBatch, keys: Row[]): Asked[] {
    const rows = new BatchRows(batch, this.#types);
    const places = new Map<string, number>();
    return Array.from({ length: batch.length }, (_, i) => {
      const row = rows.row(i);
      const key = this.#keys.map((each) => each.evaluate(row));
      const change = batch.ops === null ? op.insert : batch.ops[i]!;
      const watermark = batch.watermarks === null ? minWatermark : batch.watermarks[i]!;
      return { row, change, watermark, key: key.includes(null) ? null : placeOf(key, keys, places) };
    });
  }

  #emit(asked: readonly Asked[], found: readonly (readonly Row[])[]): void {
    for (const { row, change, key, watermark } of asked) {
      this.processWatermark(watermark);
      let isAlone = true;
      for (const other of key === null ? [] : found[key]!) {
        if (!this.#matches(row, other)) continue;
        isAlone = false;
        this.#output.add(change, [...row, ...other]);
      }
      if (isAlone && this.#spec.join === 'left') this.#output.add(change, [...row, ...this.#padding]);
    }
    this.#fates.add(fate.used, asked.length);
    this.#output.flush();
  }

  account(): Figures {
    return this.#fates.figures();
  }
}

function placeOf(key: Row, keys: Row[], places: Map<string, number>): number {
  const text = rowText(key);
  const known = places.get(text);
  if (known !== undefined) return known;
  places.set(text, keys.length);
  return keys.push(key) - 1;
}
