/**
 * GROUP BY without a window, and SELECT DISTINCT: each row that changes a group's result gives the new one at once, after taking the old
 * one back. Flink's GroupAggFunction: a group begins with its first row (+I), ends when its last row is taken back (-D), and says nothing
 * when the result stays as it was, unless state has a time to live: then the rows downstream must not expire before.
 */
import { op } from '../../model/column.ts';
import type { GroupAggregateSpec } from '../../model/job-graph.ts';
import { equalRows, keyText, type Row } from '../../model/row.ts';
import { types } from '../../model/types.ts';
import { KeyedState, type StateHandle } from '../../state/keyed-state.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { type Accumulators, RowAggregates } from './row-aggregates.ts';

/** `result`: the row that was emitted last; made again from the accumulators after a restore. */
type Group = { count: number; readonly accumulators: Accumulators; result: Row | null };

export class GroupAggregateOperator extends RowOperator {
  readonly #spec: GroupAggregateSpec;
  readonly #isInsertOnly: boolean;
  #aggregates!: RowAggregates;
  #groups!: KeyedState<Group>;

  constructor(spec: GroupAggregateSpec) {
    super([spec.inputFields], spec.fields);
    this.#spec = spec;
    const { update, delete: deletes } = spec.inputChanges;
    this.#isInsertOnly = spec.aggregates.length === 0 && !update && !deletes;
  }

  protected opened(): void {
    const { keys, aggregates, inputFields, inputChanges, stateTtlMs, withoutRetraction } = this.#spec;
    const { session } = this.ctx;
    const retract = inputChanges.update || inputChanges.delete;
    this.#aggregates = new RowAggregates(aggregates, inputFields, session, { retract, withoutRetraction });
    this.#groups = new KeyedState<Group>(
      {
        name: 'groups',
        keyFields: keys.map((key) => inputFields[key]!),
        valueFields: [{ name: 'count', type: types.of('bigint', false) }, ...this.#aggregates.fields],
        toRows: ({ count, accumulators }) => [[count, ...this.#aggregates.toRow(accumulators)]],
        fromRow: (_, [count, ...cells]) => ({
          count: count as number,
          accumulators: this.#aggregates.fromRow(cells),
          result: null,
        }),
        clone: (group) => ({ ...group, accumulators: this.#aggregates.clone(group.accumulators) }),
      },
      this.ttl(stateTtlMs),
    );
  }

  protected states(): readonly StateHandle[] {
    return [this.#groups];
  }

  protected advance(): void {}

  protected row(change: number, row: Row): void {
    const { keys } = this.#spec;
    const isAdded = change === op.insert || change === op.updateAfter;
    const text = keyText(row, keys);
    const known = this.#groups.change(text);
    if (known === undefined && !isAdded) return;
    const keyRow = keys.map((key) => row[key]!);
    const group = known ?? this.#groups.update(text, keyRow, () => this.#emptyGroup());
    const before = known === undefined ? null : (group.result ?? this.#result(keyRow, group));
    if (isAdded) this.#aggregates.add(group.accumulators, row);
    else this.#aggregates.retract(group.accumulators, row);
    group.count += isAdded ? 1 : -1;
    if (group.count === 0) {
      this.#groups.delete(text);
      if (before !== null) this.output.add(op.delete, before);
      return;
    }
    group.result = this.#result(keyRow, group);
    this.#emit(before, group.result);
  }

  #emptyGroup(): Group {
    return { count: 0, accumulators: this.#aggregates.create(), result: null };
  }

  #result(keyRow: Row, { accumulators }: Group): Row {
    return [...keyRow, ...this.#aggregates.results(accumulators)];
  }

  #emit(before: Row | null, after: Row): void {
    if (before === null) {
      this.output.insert(after);
      return;
    }
    if (this.#isInsertOnly || (this.#spec.stateTtlMs === null && equalRows(before, after))) return;
    this.output.add(op.updateBefore, before);
    this.output.add(op.updateAfter, after);
  }
}
