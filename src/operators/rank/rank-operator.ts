/** Top-N over the whole stream: the first rows of each partition, whose changes go out as soon as a row makes them. */
import { type Fate, fate } from '../../model/account.ts';
import type { RankSpec } from '../../model/job-graph.ts';
import type { Operator } from '../../model/operator.ts';
import { keyText, type Row } from '../../model/row.ts';
import { type Field, types } from '../../model/types.ts';
import type { KeyedState, StateHandle } from '../../state/keyed-state.ts';
import { rowLists } from '../rows/row-lists.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { rowOrder } from '../rows/row-order.ts';
import { WindowRankOperator } from '../window/window-rank.ts';
import { keptRows } from './kept-rows.ts';
import { Ranks } from './ranks.ts';
import { appendedRows, retractedRows, type TopRows, topRow, updatedRows } from './top-rows.ts';

const endFields: readonly Field[] = [{ name: 'end', type: types.of('bigint', false) }];

export function rankOperator(spec: RankSpec): Operator {
  return spec.window === null ? new RankOperator(spec) : new WindowRankOperator(spec);
}

export class RankOperator extends RowOperator {
  readonly #spec: RankSpec;
  readonly #top: TopRows;
  /** With a variable end: that of each partition. */
  #ends: KeyedState<Row> | null = null;
  #state!: KeyedState<Row[]>;
  #ranks!: Ranks;

  constructor(spec: RankSpec) {
    super([spec.inputFields], spec.fields);
    this.#spec = spec;
    this.#top = topOf(spec);
  }

  protected override opened(): void {
    const { partition, inputFields: rowFields, stateTtlMs: ms } = this.#spec;
    const keyFields = partition.map((column) => rowFields[column]!);
    const ttl = this.ttl(ms);
    this.#state = rowLists({ name: 'rank-rows', keyFields, rowFields, ttl });
    this.#ranks = new Ranks(this.#spec, this.output);
    if (this.#spec.endColumn !== undefined) this.#ends = keptRows('rank-ends', keyFields, endFields, ttl);
  }

  protected override row(change: number, row: Row): Fate {
    const { partition } = this.#spec;
    const key = keyText(row, partition);
    const keyRow = partition.map((column) => row[column]!);
    if (this.#ends !== null) this.#ranks.to = this.#endOf(this.#ends, key, keyRow, row);
    const rows = this.#state.update(key, keyRow, () => []);
    this.#top(rows, change, row, this.#ranks);
    if (rows.length === 0) this.#state.delete(key);
    return fate.used;
  }

  protected override advance(): void {}

  protected override states(): readonly StateHandle[] {
    return this.#ends === null ? [this.#state] : [this.#state, this.#ends];
  }

  /** The first row of a partition says it for all. */
  #endOf(ends: KeyedState<Row>, key: string, keyRow: Row, row: Row): number {
    const known = ends.get(key);
    const end = known ?? [Number(row[this.#spec.endColumn!] ?? 0)];
    if (known === undefined) ends.set(key, keyRow, end);
    return end[0] as number;
  }
}

function topOf({ order, inputChanges, from, to, endColumn, unique, falls }: RankSpec): TopRows {
  const compare = rowOrder(order);
  const isInsertOnly = !inputChanges.update && !inputChanges.delete;
  if (!isInsertOnly && unique === null) return retractedRows(compare);
  const isFallible = !isInsertOnly && falls;
  const isTop = from === 1 && to === 1 && endColumn === undefined && !isFallible;
  if (isTop) return topRow(compare, isInsertOnly ? null : unique);
  return isInsertOnly ? appendedRows(compare) : updatedRows(compare, unique!, isFallible);
}
