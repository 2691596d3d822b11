/**
 * INTERSECT ALL and EXCEPT ALL: each row as often as the two sides' counts say. Flink counts both sides in one aggregation and repeats its
 * rows: a change of the counts takes all copies of the row back and gives the new ones.
 */
import { type Fate, fate } from '../../model/account.ts';
import { op } from '../../model/column.ts';
import type { SetOperationSpec } from '../../model/job-graph.ts';
import { keyText, type Row } from '../../model/row.ts';
import { types } from '../../model/types.ts';
import { KeyedState, type StateHandle } from '../../state/keyed-state.ts';
import { RowOperator } from '../rows/row-operator.ts';

type Counts = { left: number; right: number };

export class SetOperationOperator extends RowOperator {
  readonly #spec: SetOperationSpec;
  readonly #columns: readonly number[];
  #counts!: KeyedState<Counts>;

  constructor(spec: SetOperationSpec) {
    super([spec.leftFields, spec.rightFields], spec.fields);
    this.#spec = spec;
    this.#columns = spec.fields.map((_, index) => index);
  }

  protected opened(): void {
    const { leftFields, rightFields, stateTtlMs } = this.#spec;
    const nullable = leftFields.map(({ name, type }, i) => ({
      name,
      type: { ...type, nullable: type.nullable || rightFields[i]!.type.nullable },
    }));
    const count = types.of('bigint', false);
    this.#counts = new KeyedState<Counts>(
      {
        name: 'counts',
        keyFields: nullable,
        valueFields: [
          { name: 'left', type: count },
          { name: 'right', type: count },
        ],
        toRows: ({ left, right }) => [[left, right]],
        fromRow: (_, [left, right]) => ({ left: left as number, right: right as number }),
        clone: (counts) => ({ ...counts }),
      },
      this.ttl(stateTtlMs),
    );
  }

  protected states(): readonly StateHandle[] {
    return [this.#counts];
  }

  protected advance(): void {}

  protected row(change: number, row: Row, input: number): Fate {
    const isAdded = change === op.insert || change === op.updateAfter;
    const text = keyText(row, this.#columns);
    const known = this.#counts.change(text);
    if (known === undefined && !isAdded) return fate.surplus;
    const before = known === undefined ? null : this.#copies(known);
    const counts = known ?? this.#counts.update(text, row, () => ({ left: 0, right: 0 }));
    counts[input === 0 ? 'left' : 'right'] += isAdded ? 1 : -1;
    if (counts.left === 0 && counts.right === 0) {
      this.#counts.delete(text);
      this.#emit(op.delete, row, before ?? 0);
    } else if (before === null) this.#emit(op.insert, row, this.#copies(counts));
    else {
      this.#emit(op.updateBefore, row, before);
      this.#emit(op.updateAfter, row, this.#copies(counts));
    }
    return fate.used;
  }

  #copies({ left, right }: Counts): number {
    return Math.max(0, this.#spec.operator === 'intersect_all' ? Math.min(left, right) : left - right);
  }

  #emit(change: number, row: Row, copies: number): void {
    for (let i = 0; i < copies; i++) this.output.add(change, row);
  }
}
