/**
 * IN, EXISTS and their negations: rows of the left side that have a partner, or have none. Flink's StreamingSemiAntiJoinOperator: a change
 * of the right side brings left rows in and out.
 */
import { type Fate, fate } from '../../model/account.ts';
import { op } from '../../model/column.ts';
import type { JoinSpec } from '../../model/job-graph.ts';
import type { Row } from '../../model/row.ts';
import type { StateHandle } from '../../state/keyed-state.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { type JoinCondition, joinCondition } from './join-condition.ts';
import type { JoinSide } from './join-side.ts';
import { isAddition, joinSides } from './regular-join.ts';

export class SemiJoinOperator extends RowOperator {
  readonly #spec: JoinSpec;
  readonly #isAnti: boolean;
  #left!: JoinSide;
  #right!: JoinSide;
  #matches!: JoinCondition;

  constructor(spec: JoinSpec) {
    super([spec.leftFields, spec.rightFields], spec.fields);
    this.#spec = spec;
    this.#isAnti = spec.join === 'anti';
  }

  protected opened(): void {
    [this.#left, this.#right] = joinSides(this.#spec, (ms) => this.ttl(ms));
    const { condition, leftFields, rightFields } = this.#spec;
    this.#matches = joinCondition(condition, [...leftFields, ...rightFields], this.ctx.session);
  }

  protected row(change: number, row: Row, input: number): Fate {
    if (input === 0) this.#leftRow(change, row);
    else this.#rightRow(change, row);
    return fate.used;
  }

  protected advance(): void {}

  protected states(): readonly StateHandle[] {
    return [this.#left, this.#right].map(({ state }) => state);
  }

  #leftRow(change: number, row: Row): void {
    const key = this.#left.textOf(row);
    const associations = key === null ? 0 : this.#partnerCount(key, row);
    if (associations > 0 !== this.#isAnti) this.output.add(change, row);
    if (key === null) return;
    if (isAddition(change)) this.#left.add(key, row, associations);
    else this.#left.retract(key, row);
  }

  #partnerCount(key: string, row: Row): number {
    let found = 0;
    for (const record of this.#right.records(key)) if (this.#matches(row, record.row)) found += record.count;
    return found;
  }

  #rightRow(change: number, row: Row): void {
    const key = this.#right.textOf(row);
    if (key === null) return;
    const isAdded = isAddition(change);
    if (isAdded) this.#right.add(key, row, 0);
    else this.#right.retract(key, row);
    // What a row does to its partners: the first one brings them in (or, of an anti join, out), the last one takes that back.
    const decisive = isAdded ? 0 : 1;
    const kind = this.#isAnti ? (isAdded ? op.delete : op.insert) : change;
    for (const partner of this.#left.changeable(key)) {
      if (!this.#matches(partner.row, row)) continue;
      for (let i = 0; partner.associations === decisive && i < partner.count; i++) this.output.add(kind, partner.row);
      this.#left.associate(partner, isAdded ? 1 : -1);
    }
  }
}
