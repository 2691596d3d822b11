/** The first or last row of each key by a time attribute, over the whole stream. Takes inserts only. */
import { type Fate, fate } from '../../model/account.ts';
import { op } from '../../model/column.ts';
import { assert } from '../../model/errors.ts';
import type { DeduplicateSpec } from '../../model/job-graph.ts';
import type { Operator } from '../../model/operator.ts';
import { equalRows, keyText, type Row } from '../../model/row.ts';
import type { KeyedState, StateHandle } from '../../state/keyed-state.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { rowTimeMs } from '../rows/row-time.ts';
import { WindowDeduplicateOperator } from '../window/window-deduplicate.ts';
import { DeduplicateFirstOperator } from './deduplicate-first.ts';
import { keptRows, seen, seenFields } from './kept-rows.ts';

export function deduplicateOperator(spec: DeduplicateSpec): Operator {
  if (spec.window !== null) return new WindowDeduplicateOperator(spec);
  return spec.keep === 'first' && spec.time !== null
    ? new DeduplicateFirstOperator(spec)
    : new DeduplicateOperator(spec);
}

/** Keeps the last row, or (in processing time) the first: what goes out goes out at once. */
class DeduplicateOperator extends RowOperator {
  readonly #spec: DeduplicateSpec;
  #state!: KeyedState<Row>;

  constructor(spec: DeduplicateSpec) {
    super([spec.inputFields], spec.fields);
    this.#spec = spec;
  }

  protected override opened(): void {
    const { keys, keep, inputFields, stateTtlMs: ms } = this.#spec;
    const keyFields = keys.map((column) => inputFields[column]!);
    const ttl = this.ttl(ms);
    this.#state = keptRows('deduplicate', keyFields, keep === 'first' ? seenFields : inputFields, ttl);
  }

  protected override row(change: number, row: Row): Fate {
    assert(change === op.insert, () => 'a deduplication takes inserts only');
    const { keys, keep } = this.#spec;
    const key = keyText(row, keys);
    const before = this.#state.get(key);
    if (before !== undefined && (keep === 'first' || !this.#replaces(before, row))) return fate.surplus;
    const keyRow = keys.map((column) => row[column]!);
    this.#state.set(key, keyRow, keep === 'first' ? seen : row);
    if (before === undefined) this.output.insert(row);
    else this.#emitUpdate(before, row);
    return keep === 'first' ? fate.passed : fate.used;
  }

  protected override advance(): void {}

  protected override waitingRows(): number | null {
    return this.#spec.keep === 'first' ? 0 : null;
  }

  protected override states(): readonly StateHandle[] {
    return [this.#state];
  }

  /** Of rows of one time the last that came counts. */
  #replaces(before: Row, row: Row): boolean {
    const { time, inputFields } = this.#spec;
    if (time === null) return true;
    const { type } = inputFields[time]!;
    return rowTimeMs(row[time]!, type) >= rowTimeMs(before[time]!, type);
  }

  #emitUpdate(before: Row, row: Row): void {
    const { time, stateTtlMs } = this.#spec;
    // With a TTL an update that changes nothing keeps the state of the operators above alive.
    if (time === null && stateTtlMs === null && equalRows(before, row)) return;
    this.output.add(op.updateBefore, before);
    this.output.add(op.updateAfter, row);
  }
}
