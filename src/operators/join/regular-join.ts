/**
 * Inner and outer joins of everything that ever came, with changes on either side: Flink's StreamingJoinOperator. Each row of an outer side
 * knows how many partners it has: with none it stands in the result padded with NULLs.
 */
import { type Fate, fate } from '../../model/account.ts';
import { op } from '../../model/column.ts';
import type { JoinSpec } from '../../model/job-graph.ts';
import type { Row } from '../../model/row.ts';
import type { StateHandle, StateTtl } from '../../state/keyed-state.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { type JoinCondition, joinCondition } from './join-condition.ts';
import { JoinKeys } from './join-keys.ts';
import type { JoinRecord } from './join-records.ts';
import { JoinSide } from './join-side.ts';

export class RegularJoinOperator extends RowOperator {
  readonly #spec: JoinSpec;
  /** Whether rows of the left, of the right stay without a partner. */
  readonly #outer: readonly [boolean, boolean];
  readonly #padding: readonly [Row, Row];
  #sides!: readonly [JoinSide, JoinSide];
  /** null: all. */
  #matches: JoinCondition | null = null;

  constructor(spec: JoinSpec) {
    super([spec.leftFields, spec.rightFields], spec.fields);
    this.#spec = spec;
    const { join } = spec;
    this.#outer = [join === 'left' || join === 'full', join === 'right' || join === 'full'];
    this.#padding = [spec.leftFields.map(() => null), spec.rightFields.map(() => null)];
  }

  protected opened(): void {
    this.#sides = joinSides(this.#spec, (ms) => this.ttl(ms));
    const { condition, leftFields, rightFields } = this.#spec;
    const fields = [...leftFields, ...rightFields];
    this.#matches = condition === null ? null : joinCondition(condition, fields, this.ctx.session);
  }

  protected row(change: number, row: Row, input: number): Fate {
    const side = input as 0 | 1;
    const key = this.#sides[side].textOf(row);
    if (key === null) this.#withoutKey(change, row, side);
    else if (isAddition(change)) this.#addition(change, key, row, side);
    else this.#retraction(change, key, row, side);
    return fate.used;
  }

  protected advance(): void {}

  protected states(): readonly StateHandle[] {
    return this.#sides.map(({ state }) => state);
  }

  /** It never has a partner: it need not be kept to be known again. */
  #withoutKey(change: number, row: Row, side: 0 | 1): void {
    if (this.#outer[side]) this.#emitPadded(isAddition(change) ? op.insert : op.delete, row, side);
  }

  #addition(change: number, key: string, row: Row, side: 0 | 1): void {
    const other = side === 0 ? 1 : 0;
    const [isOuter, otherIsOuter] = [this.#outer[side], this.#outer[other]];
    const partners = this.#partners(key, row, side);
    this.#sides[side].add(key, row, isOuter ? rowCount(partners) : 0);
    if (partners.length === 0) {
      if (isOuter) this.#emitPadded(op.insert, row, side);
      return;
    }
    if (otherIsOuter) {
      for (const partner of partners) {
        for (let i = 0; partner.associations === 0 && i < partner.count; i++) {
          this.#emitPadded(op.delete, partner.row, other);
        }
        this.#sides[other].associate(partner, 1);
      }
    }
    this.#emitAll(isOuter || otherIsOuter ? op.insert : change, row, partners, side);
  }

  #retraction(change: number, key: string, row: Row, side: 0 | 1): void {
    const other = side === 0 ? 1 : 0;
    const isOuter = this.#outer[side];
    this.#sides[side].retract(key, row);
    const partners = this.#partners(key, row, side);
    if (partners.length === 0) {
      if (isOuter) this.#emitPadded(op.delete, row, side);
      return;
    }
    this.#emitAll(isOuter ? op.delete : change, row, partners, side);
    if (!this.#outer[other]) return;
    for (const partner of partners) {
      for (let i = 0; partner.associations === 1 && i < partner.count; i++) {
        this.#emitPadded(op.insert, partner.row, other);
      }
      this.#sides[other].associate(partner, -1);
    }
  }

  #partners(key: string, row: Row, side: 0 | 1): readonly JoinRecord[] {
    const other = side === 0 ? 1 : 0;
    const records = this.#outer[other] ? this.#sides[other].changeable(key) : this.#sides[other].records(key);
    const matches = this.#matches;
    if (matches === null) return records;
    const partners: JoinRecord[] = [];
    for (const record of records) {
      if (side === 0 ? matches(row, record.row) : matches(record.row, row)) partners.push(record);
    }
    return partners;
  }

  #emitAll(change: number, row: Row, partners: readonly JoinRecord[], side: 0 | 1): void {
    for (const { row: partner, count } of partners) {
      for (let i = 0; i < count; i++) this.#emitJoined(change, row, partner, side);
    }
  }

  #emitPadded(change: number, row: Row, side: 0 | 1): void {
    this.#emitJoined(change, row, this.#padding[side === 0 ? 1 : 0], side);
  }

  #emitJoined(change: number, row: Row, other: Row, side: 0 | 1): void {
    if (side === 0) this.output.addJoined(change, row, other);
    else this.output.addJoined(change, other, row);
  }
}

export function isAddition(change: number): boolean {
  return change === op.insert || change === op.updateAfter;
}

function rowCount(records: readonly JoinRecord[]): number {
  let rows = 0;
  for (const { count } of records) rows += count;
  return rows;
}

/** The state of both sides. */
export function joinSides(
  spec: JoinSpec,
  ttlOf: (ms: number | null) => StateTtl | null,
): readonly [JoinSide, JoinSide] {
  const { leftFields, rightFields, leftKeys, rightKeys, nullSafe, leftUnique, rightUnique } = spec;
  const [leftTtl, rightTtl] = [ttlOf(spec.leftTtlMs), ttlOf(spec.rightTtlMs)];
  const side = (
    name: string,
    fields: JoinSpec['fields'],
    columns: readonly number[],
    unique: readonly number[] | null,
    ttl: StateTtl | null,
  ) => new JoinSide({ name, fields, keys: new JoinKeys(columns, nullSafe, fields), unique, ttl });
  return [
    side('left', leftFields, leftKeys, leftUnique, leftTtl),
    side('right', rightFields, rightKeys, rightUnique, rightTtl),
  ];
}
