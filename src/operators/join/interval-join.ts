/**
 * Rows whose times are near each other: `left.time` from `right.time + lowerMs` to `right.time + upperMs`. Flink's TimeIntervalJoin: rows
 * are kept as long as a partner can come on time, and a little longer; a late row still finds what is there; a row of an outer side that
 * had no partner goes out padded when it is forgotten.
 */
import { type Fate, fate } from '../../model/account.ts';
import { op } from '../../model/column.ts';
import type { IntervalJoinSpec } from '../../model/job-graph.ts';
import type { Row } from '../../model/row.ts';
import type { StateHandle } from '../../state/keyed-state.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { rowTimeMs } from '../rows/row-time.ts';
import { IntervalSide } from './interval-rows.ts';
import { type JoinCondition, joinCondition } from './join-condition.ts';
import { JoinKeys } from './join-keys.ts';

export class IntervalJoinOperator extends RowOperator {
  readonly #spec: IntervalJoinSpec;
  readonly #outer: readonly [boolean, boolean];
  readonly #padding: readonly [Row, Row];
  /** How far the other side's rows may lie after (index 0: of a left row) or before: Flink's relative sizes of left and right. */
  readonly #reachMs: readonly [number, number];
  readonly #spareMs: number;
  readonly #isRowtime: boolean;
  #sides!: readonly [IntervalSide, IntervalSide];
  #matches!: JoinCondition;
  /** Of processing time. */
  #nowMs = -Infinity;
  /** Up to here rows of a side are surely gone, as far as was looked. */
  readonly #expiredMs: [number, number] = [-Infinity, -Infinity];

  constructor(spec: IntervalJoinSpec) {
    super([spec.leftFields, spec.rightFields], spec.fields);
    this.#spec = spec;
    const { join, lowerMs, upperMs } = spec;
    this.#outer = [join === 'left' || join === 'full', join === 'right' || join === 'full'];
    this.#padding = [spec.leftFields.map(() => null), spec.rightFields.map(() => null)];
    this.#reachMs = [-lowerMs, upperMs];
    this.#spareMs = Math.trunc((upperMs - lowerMs) / 2);
    this.#isRowtime = spec.leftTime !== null;
  }

  protected opened(): void {
    const { leftFields, rightFields, leftKeys, rightKeys, nullSafe, condition } = this.#spec;
    this.#sides = [
      new IntervalSide('left', leftFields, new JoinKeys(leftKeys, nullSafe, leftFields)),
      new IntervalSide('right', rightFields, new JoinKeys(rightKeys, nullSafe, rightFields)),
    ];
    this.#matches = joinCondition(condition, [...leftFields, ...rightFields], this.ctx.session);
  }

  protected row(_change: number, row: Row, input: number): Fate {
    const side = input as 0 | 1;
    const key = this.#sides[side].textOf(row);
    const timeMs = this.#timeOf(row, side);
    const { lowerMs, upperMs } = this.#spec;
    if (key === null || timeMs === null || lowerMs > upperMs) {
      if (this.#outer[side]) this.#emitPadded(row, side);
      return fate.used;
    }
    this.#join(key, row, timeMs, side);
    return fate.used;
  }

  protected advance(watermark: number): void {
    if (!this.#isRowtime) return;
    this.watermark = watermark;
    this.#fire(watermark);
  }

  /** Time passes with the clock where the join is by processing time. */
  processTime(nowMs: number): void {
    if (this.#isRowtime) return;
    this.finishRestore();
    this.#nowMs = nowMs;
    this.#fire(nowMs);
    this.output.flush();
  }

  /** Rows may be held for so long that their times are behind the watermark: it is held back as long. */
  protected override watermarkBelow(watermark: number): number {
    return this.#isRowtime ? watermark - Math.max(0, ...this.#reachMs) : watermark;
  }

  protected states(): readonly StateHandle[] {
    return this.#sides.map(({ state }) => state);
  }

  protected override restored(): void {
    for (const side of this.#sides) side.resetTimers();
  }

  #timeOf(row: Row, side: 0 | 1): number | null {
    const column = side === 0 ? this.#spec.leftTime : this.#spec.rightTime;
    if (column === null) {
      this.#nowMs = this.ctx.session.now();
      return this.#nowMs;
    }
    const { leftFields, rightFields } = this.#spec;
    const { type } = (side === 0 ? leftFields : rightFields)[column]!;
    return row[column] === null ? null : rowTimeMs(row[column]!, type);
  }

  get #operatorTime(): number {
    return this.#isRowtime ? this.watermark : this.#nowMs;
  }

  #join(key: string, row: Row, timeMs: number, side: 0 | 1): void {
    const other = side === 0 ? 1 : 0;
    const until = timeMs + this.#reachMs[side];
    const entry = { row, joined: false };
    if (this.#expiredMs[other] < until) {
      this.#expiredMs[other] = this.#expirationOf(other);
      entry.joined = this.#meet(key, row, timeMs, side);
    }
    if (this.#operatorTime < until) {
      this.#sides[side].add(key, timeMs, entry, until + this.#spareMs + 1);
    } else if (!entry.joined && this.#outer[side]) this.#emitPadded(row, side);
  }

  /** Emits the row with each partner, and forgets what is too old on the way; returns whether there was one. */
  #meet(key: string, row: Row, timeMs: number, side: 0 | 1): boolean {
    const other = side === 0 ? 1 : 0;
    const rows = this.#sides[other].changeable(key);
    if (rows === undefined) return false;
    const [from, until] = [timeMs - this.#reachMs[other], timeMs + this.#reachMs[side]];
    let joined = false;
    for (const [time, partners] of rows.times) {
      if (time >= from && time <= until) {
        for (const partner of partners) {
          if (!this.#emitJoined(row, partner.row, side)) continue;
          joined = true;
          partner.joined = true;
        }
      }
      if (time <= this.#expiredMs[other]) {
        this.#forget(partners, other);
        rows.times.delete(time);
      }
    }
    return joined;
  }

  /** Rows of a side up to this time have no partner to come. */
  #expirationOf(side: 0 | 1): number {
    return this.#operatorTime - this.#reachMs[side] - 1;
  }

  #fire(untilMs: number): void {
    for (const side of [1, 0] as const) {
      this.#sides[side].timers.advance(untilMs, (key, time) => {
        const rows = this.#sides[side].changeable(key);
        if (rows?.cleanUpMs === time) this.#cleanUp(key, side);
      });
    }
  }

  #cleanUp(key: string, side: 0 | 1): void {
    const rows = this.#sides[side].changeable(key)!;
    this.#expiredMs[side] = this.#expirationOf(side);
    let earliest = Infinity;
    for (const [time, entries] of rows.times) {
      if (time > this.#expiredMs[side]) {
        earliest = Math.min(earliest, time);
        continue;
      }
      this.#forget(entries, side);
      rows.times.delete(time);
    }
    if (earliest === Infinity) this.#sides[side].state.delete(key);
    else this.#sides[side].setTimer(key, rows, earliest + this.#reachMs[side] + this.#spareMs + 1);
  }

  #forget(entries: readonly { row: Row; joined: boolean }[], side: 0 | 1): void {
    if (!this.#outer[side]) return;
    for (const { row, joined } of entries) if (!joined) this.#emitPadded(row, side);
  }

  #emitJoined(row: Row, partner: Row, side: 0 | 1): boolean {
    const [left, right] = side === 0 ? [row, partner] : [partner, row];
    if (!this.#matches(left, right)) return false;
    this.output.addJoined(op.insert, left, right);
    return true;
  }

  #emitPadded(row: Row, side: 0 | 1): void {
    if (side === 0) this.output.addJoined(op.insert, row, this.#padding[1]);
    else this.output.addJoined(op.insert, this.#padding[0], row);
  }
}
