/**
 * FOR SYSTEM_TIME AS OF a rowtime: each left row with the version of the right row that was valid at its time. Flink's
 * TemporalRowTimeJoinOperator: left rows wait until the watermark of both sides has passed them; versions that no row to come can ask for
 * are forgotten. A late row still gets the version that is left. NULL is a key like any other: Flink does not compare the keys again.
 */
import { type Fate, fate } from '../../model/account.ts';
import { op } from '../../model/column.ts';
import type { TemporalJoinSpec } from '../../model/job-graph.ts';
import type { Row } from '../../model/row.ts';
import { type Field, types } from '../../model/types.ts';
import { KeyedState, type StateHandle, type StateTtl } from '../../state/keyed-state.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { rowTimeMs } from '../rows/row-time.ts';
import { Timers } from '../rows/timers.ts';
import { type JoinCondition, joinCondition } from './join-condition.ts';
import { JoinKeys } from './join-keys.ts';

/** A row with its kind of change and its time, ms. `order`: of arrival, in which left rows of a key go out. */
type Timed = Readonly<{ row: Row; change: number; timeMs: number; order: number }>;

/** By order of arrival, or (versions) by time. */
type TimedRows = Map<number, Timed>;

export class TemporalJoinOperator extends RowOperator {
  readonly #spec: TemporalJoinSpec;
  readonly #padding: Row;
  readonly #timers = new Timers();
  #arrivals = 0;
  #keys!: readonly [JoinKeys, JoinKeys];
  #waiting!: KeyedState<TimedRows>;
  #versions!: KeyedState<TimedRows>;
  /** Of each key the one time at which it is looked at. */
  #nextTime!: KeyedState<number>;
  #matches!: JoinCondition;

  constructor(spec: TemporalJoinSpec) {
    super([spec.leftFields, spec.rightFields], spec.fields);
    this.#spec = spec;
    this.#padding = spec.rightFields.map(() => null);
  }

  protected opened(): void {
    const { leftFields, rightFields, leftKeys, rightKeys, condition, stateTtlMs } = this.#spec;
    const ttl = this.ttl(stateTtlMs);
    this.#keys = [new JoinKeys(leftKeys, 'values', leftFields), new JoinKeys(rightKeys, 'values', rightFields)];
    this.#waiting = timedState('left', leftFields, this.#keys[0].fields, ({ order }) => order, ttl);
    this.#versions = timedState('right', rightFields, this.#keys[1].fields, ({ timeMs }) => timeMs, ttl);
    this.#nextTime = timeState(this.#keys[0].fields); // gone when its time has passed
    this.#matches = joinCondition(condition, [...leftFields, ...rightFields], this.ctx.session);
  }

  protected row(change: number, row: Row, input: number): Fate {
    // A version ends by the change that follows it: what an update takes back says nothing more.
    if (input === 1 && change === op.updateBefore) return fate.surplus;
    const timeMs = this.#timeOf(row, input);
    if (timeMs === null) {
      if (input === 0) this.#emit(change, row, null);
      return fate.used;
    }
    const key = this.#keys[input as 0 | 1].textOf(row)!;
    const keyRow = this.#keys[input as 0 | 1].rowOf(row);
    if (input === 0) this.#wait(key, keyRow, { row, change, timeMs, order: this.#arrivals++ });
    else this.#versions.update(key, keyRow, () => new Map()).set(timeMs, { row, change, timeMs, order: 0 });
    this.#keepAlive(key);
    this.#lookAt(key, keyRow, timeMs);
    return fate.used;
  }

  protected advance(watermark: number): void {
    this.#timers.advance(watermark, (key, time) => {
      if (this.#nextTime.get(key) !== time) return;
      this.#nextTime.delete(key);
      this.#keepAlive(key);
      this.#emitDue(key, watermark);
      this.#forgetVersions(key, watermark);
    });
  }

  protected states(): readonly StateHandle[] {
    return [this.#waiting, this.#versions, this.#nextTime];
  }

  protected override restored(): void {
    for (const [key, , time] of this.#nextTime.entries()) this.#timers.add(time, key);
    for (const [, , rows] of this.#waiting.entries()) {
      for (const order of rows.keys()) this.#arrivals = Math.max(this.#arrivals, order + 1);
    }
  }

  #timeOf(row: Row, input: number): number | null {
    const { leftFields, rightFields, leftTime, rightTime } = this.#spec;
    const [fields, column] = input === 0 ? [leftFields, leftTime!] : [rightFields, rightTime!];
    return row[column] === null ? null : rowTimeMs(row[column]!, fields[column]!.type);
  }

  #wait(key: string, keyRow: Row, timed: Timed): void {
    this.#waiting.update(key, keyRow, () => new Map()).set(timed.order, timed);
  }

  /** As in Flink a key expires as a whole: a version lives as long as rows ask for it. */
  #keepAlive(key: string): void {
    if (this.#spec.stateTtlMs === null) return;
    this.#waiting.change(key);
    this.#versions.change(key);
  }

  /** The earlier time counts: versions are only looked through when a row or a version is due. */
  #lookAt(key: string, keyRow: Row, timeMs: number): void {
    const known = this.#nextTime.get(key);
    if (known !== undefined && known <= timeMs) return;
    this.#nextTime.set(key, keyRow, timeMs);
    this.#timers.add(timeMs, key);
  }

  #emitDue(key: string, watermark: number): void {
    const known = this.#waiting.get(key);
    if (known === undefined) return;
    const all = [...known.values()].sort((a, b) => a.order - b.order);
    const due = all.filter(({ timeMs }) => timeMs <= watermark);
    const next = all.reduce((least, { timeMs }) => (timeMs > watermark ? Math.min(least, timeMs) : least), Infinity);
    if (next < Infinity) this.#lookAt(key, this.#keys[0].rowOf(all[0]!.row), next);
    if (due.length === 0) return;
    const versions = sortedVersions(this.#versions.get(key));
    for (const { row, change, timeMs } of due) this.#emit(change, row, versionAt(versions, timeMs));
    if (due.length === known.size) {
      this.#waiting.delete(key);
      return;
    }
    const rows = this.#waiting.change(key)!;
    for (const { order } of due) rows.delete(order);
  }

  #emit(change: number, row: Row, version: Timed | null): void {
    if (version !== null && version.change !== op.delete && this.#matches(row, version.row)) {
      this.output.addJoined(change, row, version.row);
    } else if (this.#spec.join === 'left') this.output.addJoined(change, row, this.#padding);
  }

  /** The last version before the watermark is still valid; those before it are not. */
  #forgetVersions(key: string, watermark: number): void {
    const known = this.#versions.get(key);
    if (known === undefined) return;
    const valid = versionAt(sortedVersions(known), watermark);
    const old = [...known.keys()].filter((timeMs) => valid !== null && timeMs < valid.timeMs);
    if (old.length === 0) return;
    const rows = this.#versions.change(key)!;
    for (const timeMs of old) rows.delete(timeMs);
  }
}

function sortedVersions(rows: TimedRows = new Map()): Timed[] {
  return [...rows.values()].sort((a, b) => a.timeMs - b.timeMs);
}

/** The latest one that is not after the time. */
function versionAt(versions: readonly Timed[], timeMs: number): Timed | null {
  let [low, high] = [0, versions.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (versions[middle]!.timeMs <= timeMs) low = middle + 1;
    else high = middle;
  }
  return versions[low - 1] ?? null;
}

const bookkeeping: readonly Field[] = [
  { name: 'change', type: types.of('int', false) },
  { name: 'time_ms', type: types.of('bigint', false) },
  { name: 'order', type: types.of('bigint', false) },
];

function timeState(keyFields: readonly Field[]): KeyedState<number> {
  const valueFields: readonly Field[] = [{ name: 'time_ms', type: types.of('bigint', false) }];
  return new KeyedState<number>({
    name: 'next-time',
    keyFields,
    valueFields,
    toRows: (time) => [[time]],
    fromRow: (_, [time]) => time as number,
    clone: (time) => time,
  });
}

function timedState(
  name: string,
  fields: readonly Field[],
  keyFields: readonly Field[],
  placeOf: (timed: Timed) => number,
  ttl: StateTtl | null,
): KeyedState<TimedRows> {
  return new KeyedState<TimedRows>(
    {
      name,
      keyFields,
      valueFields: [...fields, ...bookkeeping],
      toRows: (rows) => [...rows.values()].map(({ row, change, timeMs, order }) => [...row, change, timeMs, order]),
      fromRow: (rows = new Map(), stored) => {
        const [change, timeMs, order] = stored.slice(fields.length) as [number, number, number];
        const timed = { row: stored.slice(0, fields.length), change, timeMs, order };
        return rows.set(placeOf(timed), timed);
      },
      clone: (rows) => new Map(rows),
    },
    ttl,
  );
}
