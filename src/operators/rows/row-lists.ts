/** State of operators that keep rows in an order of their own. */
import type { Row } from '../../model/row.ts';
import { type Field, types } from '../../model/types.ts';
import { KeyedState, type StateTtl } from '../../state/keyed-state.ts';

type ListState = Readonly<{
  name: string;
  keyFields: readonly Field[];
  rowFields: readonly Field[];
  ttl: StateTtl | null;
}>;

const placeField: Field = { name: 'place', type: types.of('int', false) };

/** A list of rows for each key; snapshots keep its order. */
export function rowLists({ name, keyFields, rowFields, ttl }: ListState): KeyedState<Row[]> {
  return new KeyedState<Row[]>(
    {
      name,
      keyFields,
      valueFields: [...rowFields, placeField],
      toRows: (list) => list.map((row, place) => [...row, place]),
      fromRow: (list = [], row) => {
        list[row.at(-1) as number] = row.slice(0, -1); // dense again once all of a key's rows are back
        return list;
      },
      clone: (list) => [...list],
    },
    ttl,
  );
}

/** Rows for each key that wait for their time, by ms; those of one time as they came. */
export class WaitingRows {
  readonly state: KeyedState<Map<number, Row[]>>;
  readonly #keys: readonly number[];
  #size = 0;

  /** `keys`: the columns of the key among those of the rows. */
  constructor(
    { name, keys, rowFields }: Pick<ListState, 'name' | 'rowFields'> & Readonly<{ keys: readonly number[] }>,
    timeOf: (row: Row) => number,
  ) {
    this.#keys = keys;
    this.state = new KeyedState<Map<number, Row[]>>({
      name,
      keyFields: keys.map((column) => rowFields[column]!),
      valueFields: [...rowFields, placeField],
      toRows: function* (byTime) {
        for (const rows of byTime.values()) for (const [place, row] of rows.entries()) yield [...row, place];
      },
      fromRow: (byTime = new Map(), valueRow) => {
        const row = valueRow.slice(0, -1);
        rowsAt(byTime, timeOf(row))[valueRow.at(-1) as number] = row;
        this.#size++;
        return byTime;
      },
      clone: (byTime) => new Map(Array.from(byTime, ([time, rows]) => [time, [...rows]])),
    });
  }

  /** How many rows wait. */
  get size(): number {
    return this.#size;
  }

  add(key: string, time: number, row: Row): void {
    this.#size++;
    const keyRow = this.#keys.map((column) => row[column]!);
    rowsAt(
      this.state.update(key, keyRow, () => new Map()),
      time,
    ).push(row);
  }

  /** Takes a key's rows of one time out. */
  take(key: string, time: number): readonly Row[] {
    const byTime = this.state.change(key);
    const rows = byTime?.get(time);
    if (byTime === undefined || rows === undefined) return [];
    byTime.delete(time);
    this.#size -= rows.length;
    if (byTime.size === 0) this.state.delete(key);
    return rows;
  }

  *times(): Generator<readonly [key: string, time: number]> {
    for (const [key, , byTime] of this.state.entries()) for (const time of byTime.keys()) yield [key, time];
  }
}

function rowsAt(byTime: Map<number, Row[]>, time: number): Row[] {
  let rows = byTime.get(time);
  if (rows === undefined) {
    rows = [];
    byTime.set(time, rows);
  }
  return rows;
}
