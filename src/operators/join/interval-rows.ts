/** The rows of one side of an interval join that may still find partners, by key and time. */
import type { Row } from '../../model/row.ts';
import { type Field, types } from '../../model/types.ts';
import { KeyedState } from '../../state/keyed-state.ts';
import { Timers } from '../rows/timers.ts';
import type { JoinKeys } from './join-keys.ts';

/** `joined`: whether it ever had a partner. */
export type IntervalRow = { readonly row: Row; joined: boolean };

/** By time, ms. `cleanUpMs`: when the key is looked through for what is too old; null: no timer is set. */
export type IntervalRows = { readonly times: Map<number, IntervalRow[]>; cleanUpMs: number | null };

export class IntervalSide {
  readonly state: KeyedState<IntervalRows>;
  readonly timers = new Timers();
  readonly #keys: JoinKeys;

  constructor(name: string, fields: readonly Field[], keys: JoinKeys) {
    this.#keys = keys;
    this.state = new KeyedState<IntervalRows>({
      name,
      keyFields: keys.fields,
      valueFields: [...fields, ...bookkeeping],
      toRows: intervalRowsToRows,
      fromRow: (value, stored) => takeRow(value, stored, fields.length),
      clone: ({ times, cleanUpMs }) => ({
        times: new Map([...times].map(([time, rows]) => [time, rows.map((each) => ({ ...each }))])),
        cleanUpMs,
      }),
    });
  }

  textOf(row: Row): string | null {
    return this.#keys.textOf(row);
  }

  /** The key's rows, to be changed; undefined: it has none. */
  changeable(key: string): IntervalRows | undefined {
    return this.state.change(key);
  }

  /** Keeps a row; where the key has no timer, one is set at `cleanUpMs`. */
  add(key: string, timeMs: number, entry: IntervalRow, cleanUpMs: number): void {
    const rows = this.state.update(key, this.#keys.rowOf(entry.row), () => ({ times: new Map(), cleanUpMs: null }));
    const sameTime = rows.times.get(timeMs);
    if (sameTime === undefined) rows.times.set(timeMs, [entry]);
    else sameTime.push(entry);
    if (rows.cleanUpMs === null) this.setTimer(key, rows, cleanUpMs);
  }

  setTimer(key: string, rows: IntervalRows, timeMs: number): void {
    rows.cleanUpMs = timeMs;
    this.timers.add(timeMs, key);
  }

  /** After a restore. */
  resetTimers(): void {
    for (const [key, , { cleanUpMs }] of this.state.entries()) if (cleanUpMs !== null) this.timers.add(cleanUpMs, key);
  }
}

const bookkeeping: readonly Field[] = [
  { name: 'time_ms', type: types.of('bigint', false) },
  { name: 'joined', type: types.of('boolean', false) },
  { name: 'clean_up_ms', type: types.of('bigint') },
];

function* intervalRowsToRows({ times, cleanUpMs }: IntervalRows): Generator<Row> {
  for (const [time, rows] of times) for (const { row, joined } of rows) yield [...row, time, joined, cleanUpMs];
}

function takeRow(value: IntervalRows | undefined, stored: Row, width: number): IntervalRows {
  const [time, joined, cleanUpMs] = stored.slice(width) as [number, boolean, number | null];
  const rows = value ?? { times: new Map<number, IntervalRow[]>(), cleanUpMs };
  const entry = { row: stored.slice(0, width), joined };
  const sameTime = rows.times.get(time);
  if (sameTime === undefined) rows.times.set(time, [entry]);
  else sameTime.push(entry);
  return rows;
}
