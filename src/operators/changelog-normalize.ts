/**
 * Makes a full changelog of one that has, by key, only the newest row or the news that it is gone (an upsert topic), or that tells things
 * twice: the last row of each key is kept, and what it becomes is said with what it was. Flink's ProcTimeDeduplicateKeepLastRowFunction.
 */
import { type Fate, fate } from '../model/account.ts';
import { op } from '../model/column.ts';
import type { ChangelogNormalizeSpec } from '../model/job-graph.ts';
import { equalRows, keyText, type Row } from '../model/row.ts';
import { KeyedState, type StateHandle } from '../state/keyed-state.ts';
import { RowExpression } from './rows/row-expression.ts';
import { RowOperator } from './rows/row-operator.ts';

export class ChangelogNormalizeOperator extends RowOperator {
  readonly #spec: ChangelogNormalizeSpec;
  /** The row of each key, if the condition holds for it. */
  #rows!: KeyedState<Row>;
  #holds!: (row: Row) => boolean;

  constructor(spec: ChangelogNormalizeSpec) {
    super([spec.inputFields], spec.fields);
    this.#spec = spec;
  }

  protected opened(): void {
    const { keys, inputFields, stateTtlMs, condition } = this.#spec;
    const test = condition === null ? null : new RowExpression(condition, inputFields, this.ctx.session);
    this.#holds = (row) => test === null || test.holds(row);
    this.#rows = new KeyedState<Row>(
      {
        name: 'rows',
        keyFields: keys.map((key) => inputFields[key]!),
        valueFields: inputFields,
        toRows: (row) => [row],
        fromRow: (_, row) => row,
        clone: (row) => row,
      },
      this.ttl(stateTtlMs),
    );
  }

  protected states(): readonly StateHandle[] {
    return [this.#rows];
  }

  protected advance(): void {}

  protected row(change: number, row: Row): Fate {
    if (change === op.updateBefore) return fate.surplus; // what was before is in the state
    const key = keyText(row, this.#spec.keys);
    const known = this.#rows.get(key);
    // A state from before a change of the query may have rows that nobody was told of.
    const before = known !== undefined && this.#holds(known) ? known : undefined;
    if (change === op.delete || !this.#holds(row)) this.#remove(key, before);
    else this.#put(key, row, before);
    return fate.used;
  }

  /** A tombstone has the key alone: the whole row goes out. One whose key is not known is nothing to anybody. */
  #remove(key: string, before: Row | undefined): void {
    if (before !== undefined) this.output.add(op.delete, before);
    this.#rows.delete(key);
  }

  /** With a TTL an equal row goes out too: states further down live on by it. */
  #put(key: string, row: Row, before: Row | undefined): void {
    if (before === undefined) this.output.insert(row);
    else if (this.#spec.stateTtlMs === null && equalRows(before, row)) return;
    else {
      this.output.add(op.updateBefore, before);
      this.output.add(op.updateAfter, row);
    }
    this.#rows.set(
      key,
      this.#spec.keys.map((column) => row[column]!),
      row,
    );
  }
}
