/**
 * GROUP BY without a window, and SELECT DISTINCT: each row that changes a group's result gives the new one at once, after taking the old
 * one back. Flink's GroupAggFunction: a group begins with its first row (+I), ends when its last row is taken back (-D), and says nothing
 * when the result stays as it was, unless state has a time to live: then the rows downstream must not expire before.
 */
import { type Fate, fate } from '../../model/account.ts';
import { type ColumnBatch, op } from '../../model/column.ts';
import type { SessionContext } from '../../model/function.ts';
import type { GroupAggregateSpec } from '../../model/job-graph.ts';
import { equalRows, keyText, type Row } from '../../model/row.ts';
import { type Field, types } from '../../model/types.ts';
import { KeyedState, type StateHandle } from '../../state/keyed-state.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { bindAggregates } from './bound-aggregate.ts';
import { fitColumns, GroupColumns } from './group-columns.ts';
import { type Accumulators, RowAggregates } from './row-aggregates.ts';

/** `results`: those that were emitted last; made again from the accumulators after a restore. */
type Group = { readonly key: Row; count: number; readonly accumulators: Accumulators; results: Row | null };

const tableName = 'groups';
const countField: Field = { name: 'count', type: types.of('bigint', false) };

export class GroupAggregateOperator extends RowOperator {
  readonly #spec: GroupAggregateSpec;
  readonly #isInsertOnly: boolean;
  #aggregates!: RowAggregates;
  #groups!: KeyedState<Group>;
  /** In place of both where the groups can lie in columns. */
  #columns: GroupColumns | null = null;

  constructor(spec: GroupAggregateSpec) {
    super([spec.inputFields], spec.fields);
    this.#spec = spec;
    const { update, delete: deletes } = spec.inputChanges;
    this.#isInsertOnly = spec.aggregates.length === 0 && !update && !deletes;
  }

  protected opened(): void {
    const { keys, aggregates, inputFields, inputChanges, stateTtlMs, withoutRetraction } = this.#spec;
    const { session } = this.ctx;
    const keyFields = keys.map((key) => inputFields[key]!);
    const retract = inputChanges.update || inputChanges.delete;
    this.#columns = groupColumns(this.#spec, session);
    if (this.#columns !== null) return;
    this.#aggregates = new RowAggregates(aggregates, inputFields, session, { retract, withoutRetraction });
    this.#groups = new KeyedState<Group>(
      {
        name: tableName,
        keyFields,
        valueFields: [countField, ...this.#aggregates.fields],
        toRows: ({ count, accumulators }) => [[count, ...this.#aggregates.toRow(accumulators)]],
        fromRow: (_, [count, ...cells], key) => ({
          key,
          count: count as number,
          accumulators: this.#aggregates.fromRow(cells),
          results: null,
        }),
        clone: (group) => ({ ...group, accumulators: this.#aggregates.clone(group.accumulators) }),
      },
      this.ttl(stateTtlMs),
    );
  }

  protected states(): readonly StateHandle[] {
    return [this.#columns ?? this.#groups];
  }

  protected advance(): void {}

  override processBatch(batch: ColumnBatch, input: number): void {
    const groups = this.#columns;
    if (groups === null) {
      super.processBatch(batch, input);
      return;
    }
    this.finishRestore();
    const { watermarks, length } = batch;
    for (let from = 0; from < length; ) {
      if (watermarks !== null && watermarks[from]! > this.watermark) this.processWatermark(watermarks[from]!);
      let to = watermarks === null ? length : from + 1;
      while (to < length && watermarks![to]! <= this.watermark) to++;
      groups.add(batch, from, to, (changes) => this.output.batch(changes));
      this.fates.add(fate.used, to - from);
      from = to;
    }
  }

  protected row(change: number, row: Row): Fate {
    const isAdded = change === op.insert || change === op.updateAfter;
    const text = keyText(row, this.#spec.keys);
    const known = this.#groups.change(text);
    if (known === undefined && !isAdded) return fate.surplus;
    const group = known ?? this.#newGroup(text, row);
    const before = known === undefined ? null : (group.results ?? this.#aggregates.results(group.accumulators));
    if (isAdded) this.#aggregates.add(group.accumulators, row);
    else this.#aggregates.retract(group.accumulators, row);
    group.count += isAdded ? 1 : -1;
    if (group.count === 0) {
      this.#groups.delete(text);
      if (before !== null) this.output.addJoined(op.delete, group.key, before);
      return fate.used;
    }
    group.results = this.#aggregates.results(group.accumulators);
    this.#emit(group.key, before, group.results);
    return fate.used;
  }

  #newGroup(text: string, row: Row): Group {
    const key = this.#spec.keys.map((column) => row[column]!);
    const group: Group = { key, count: 0, accumulators: this.#aggregates.create(), results: null };
    this.#groups.set(text, key, group);
    return group;
  }

  #emit(key: Row, before: Row | null, after: Row): void {
    if (before === null) {
      this.output.addJoined(op.insert, key, after);
      return;
    }
    if (this.#isInsertOnly || (this.#spec.stateTtlMs === null && equalRows(before, after))) return;
    this.output.addJoined(op.updateBefore, key, before);
    this.output.addJoined(op.updateAfter, key, after);
  }
}

/** null where the groups have to lie in rows. */
function groupColumns(spec: GroupAggregateSpec, session: SessionContext): GroupColumns | null {
  if (spec.inputChanges.update || spec.inputChanges.delete) return null; // columnar aggregates may not be there
  const aggregates = bindAggregates(spec.aggregates, spec.inputFields, session);
  return fitColumns(spec, aggregates) ? new GroupColumns(tableName, spec, aggregates) : null;
}
