/**
 * The first row of each key by event time, as an insert: it goes out when the watermark has reached its time, since until then an earlier one
 * may come. Rows below the watermark are late; those of a key whose row is out are dropped without being counted.
 */
import { type Fate, fate } from '../../model/account.ts';
import { op } from '../../model/column.ts';
import { assert } from '../../model/errors.ts';
import type { DeduplicateSpec } from '../../model/job-graph.ts';
import { keyText, type Row } from '../../model/row.ts';
import type { Field } from '../../model/types.ts';
import type { KeyedState, StateHandle } from '../../state/keyed-state.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { rowTimeMs } from '../rows/row-time.ts';
import { Timers } from '../rows/timers.ts';
import { keptRows, seen, seenFields } from './kept-rows.ts';

export class DeduplicateFirstOperator extends RowOperator {
  readonly #spec: DeduplicateSpec;
  readonly #time: number;
  readonly #keyFields: readonly Field[];
  readonly #waiting: KeyedState<Row>;
  readonly #timers = new Timers();
  #done!: KeyedState<Row>;

  constructor(spec: DeduplicateSpec) {
    super([spec.inputFields], spec.fields);
    const { keys, time, inputFields } = spec;
    assert(time !== null, () => 'by event time');
    this.#spec = spec;
    this.#time = time;
    this.#keyFields = keys.map((column) => inputFields[column]!);
    this.#waiting = keptRows('deduplicate-waiting', this.#keyFields, inputFields, null);
  }

  protected override opened(): void {
    const { stateTtlMs: ms } = this.#spec;
    const ttl = this.ttl(ms);
    this.#done = keptRows('deduplicate-done', this.#keyFields, seenFields, ttl);
  }

  protected override row(change: number, row: Row): Fate {
    assert(change === op.insert, () => 'a deduplication takes inserts only');
    const time = this.#timeOf(row);
    if (time < this.watermark) {
      return fate.late;
    }
    const key = keyText(row, this.#spec.keys);
    if (this.#done.get(key) !== undefined) return fate.surplus;
    const before = this.#waiting.get(key);
    if (before !== undefined && this.#timeOf(before) <= time) return fate.surplus;
    this.#waiting.set(key, this.#keyRow(row), row);
    this.#timers.add(time, key);
    return before === undefined ? fate.waits : fate.surplus; // of two rows one goes out
  }

  protected override advance(watermark: number): void {
    this.#timers.advance(watermark, (key, time) => {
      const row = this.#waiting.get(key);
      if (row === undefined || this.#timeOf(row) !== time) return; // an earlier one has come
      this.output.insert(row);
      this.#waiting.delete(key);
      this.#done.set(key, this.#keyRow(row), seen);
    });
  }

  protected override waitingRows(): number {
    return this.#waiting.size;
  }

  protected override states(): readonly StateHandle[] {
    return [this.#waiting, this.#done];
  }

  protected override restored(): void {
    for (const [key, , row] of this.#waiting.entries()) this.#timers.add(this.#timeOf(row), key);
  }

  #keyRow(row: Row): Row {
    return this.#spec.keys.map((column) => row[column]!);
  }

  #timeOf(row: Row): number {
    return rowTimeMs(row[this.#time]!, this.#spec.inputFields[this.#time]!.type);
  }
}
