/**
 * OVER ordered by a column that is no time attribute, from the first row on: each row of a partition stays, and what comes or goes changes
 * the results of the rows behind it (Flink's NonTimeRows/RangeUnboundedPrecedingFunction). Takes changes and gives them.
 */
import { type Fate, fate } from '../../model/account.ts';
import { op } from '../../model/column.ts';
import type { SqlValue } from '../../model/function.ts';
import type { OverSpec } from '../../model/job-graph.ts';
import { equalRows, keyText, type Row } from '../../model/row.ts';
import type { KeyedState, StateHandle } from '../../state/keyed-state.ts';
import { rowLists } from '../rows/row-lists.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { type CompareRows, rowOrder, upperBound } from '../rows/row-order.ts';
import { OverAggregates } from './over-aggregates.ts';

type Results = readonly SqlValue[];

export class ChangingOverOperator extends RowOperator {
  readonly #spec: OverSpec;
  readonly #compare: CompareRows;
  #state!: KeyedState<Row[]>;
  #aggregates!: OverAggregates;

  constructor(spec: OverSpec) {
    super([spec.inputFields], spec.fields);
    this.#spec = spec;
    this.#compare = rowOrder(spec.order);
  }

  protected override opened(): void {
    const { partition, inputFields: rowFields, stateTtlMs: ms } = this.#spec;
    const keyFields = partition.map((column) => rowFields[column]!);
    const ttl = this.ttl(ms);
    this.#state = rowLists({ name: 'over-rows', keyFields, rowFields, ttl });
    this.#aggregates = new OverAggregates(this.#spec, this.ctx.session);
  }

  protected override row(change: number, row: Row): Fate {
    const { partition } = this.#spec;
    const key = keyText(row, partition);
    const keyRow = partition.map((column) => row[column]!);
    const rows = this.#state.update(key, keyRow, () => []);
    if (change === op.insert || change === op.updateAfter) this.#add(rows, change, row);
    else this.#remove(rows, row);
    if (rows.length === 0) this.#state.delete(key);
    return fate.used;
  }

  protected override advance(): void {}

  protected override states(): readonly StateHandle[] {
    return [this.#state];
  }

  #add(rows: Row[], change: number, row: Row): void {
    const at = upperBound(rows, row, this.#compare);
    const first = this.#firstOfPeers(rows, at, row);
    const before = this.#resultsFrom(rows, first);
    rows.splice(at, 0, row);
    const after = this.#resultsFrom(rows, first);
    for (let i = first; i < rows.length; i++) {
      const now = after[i - first]!;
      if (i === at) this.output.addJoined(change, row, now);
      else this.#update(rows[i]!, before[i - first - (i > at ? 1 : 0)]!, now);
    }
  }

  #remove(rows: Row[], row: Row): void {
    const end = upperBound(rows, row, this.#compare);
    let at = this.#firstEqual(rows, end, row);
    while (at < end && !equalRows(rows[at]!, row)) at++;
    if (at === end) return; // gone by table.exec.state.ttl
    const first = this.#firstOfPeers(rows, at, row);
    const before = this.#resultsFrom(rows, first);
    const [gone] = rows.splice(at, 1) as [Row];
    const after = this.#resultsFrom(rows, first);
    for (const [i, result] of before.entries()) {
      const place = first + i;
      const now = place < at ? i : i - 1;
      if (place === at) this.output.addJoined(op.delete, gone, result);
      else this.#update(rows[first + now]!, result, after[now]!);
    }
  }

  #update(row: Row, before: Results, now: Results): void {
    if (equalRows(before, now)) return;
    this.output.addJoined(op.updateBefore, row, before);
    this.output.addJoined(op.updateAfter, row, now);
  }

  /** Where results change: by ROWS at the row itself, by RANGE at the first of its equals. */
  #firstOfPeers(rows: readonly Row[], at: number, row: Row): number {
    return this.#spec.frame.unit === 'rows' ? at : this.#firstEqual(rows, at, row);
  }

  #firstEqual(rows: readonly Row[], end: number, row: Row): number {
    let first = end;
    while (first > 0 && this.#compare(rows[first - 1]!, row) === 0) first--;
    return first;
  }

  /** The results of the rows from `first` on, computed from the beginning. */
  #resultsFrom(rows: readonly Row[], first: number): Results[] {
    const cells = this.#aggregates.create();
    const results: Results[] = [];
    let i = 0;
    while (i < rows.length) {
      const end = this.#endOfPeers(rows, i);
      for (let j = i; j < end; j++) this.#aggregates.add(cells, rows[j]!);
      const result = this.#aggregates.results(cells);
      for (; i < end; i++) if (i >= first) results.push(result);
    }
    return results;
  }

  #endOfPeers(rows: readonly Row[], from: number): number {
    let end = from + 1;
    if (this.#spec.frame.unit === 'rows') return end;
    while (end < rows.length && this.#compare(rows[end]!, rows[from]!) === 0) end++;
    return end;
  }
}
