/** Sessions that keep their rows: how a row joins them, and how they are written. */
import { type Row, rowInteger } from '../../model/row.ts';
import { type Field, types } from '../../model/types.ts';
import type { StateTable } from '../../state/keyed-state.ts';

/** A row with the kind of its change; `order` counts the rows of its key. */
export type SessionRow = Readonly<{ order: number; change: number; row: Row }>;

/** In wall time. Rows are in the order of their coming. */
export type RowSession = { start: number; end: number; rows: SessionRow[] };

type NewRow = Readonly<{ start: number; end: number; change: number; row: Row }>;

/** Puts a row into the session that it touches, or a new one; gives the session's end. Sessions are in the order of time. */
export function withRow(sessions: RowSession[], { start, end, change, row }: NewRow): number {
  const touched = sessions.filter((each) => each.start <= end && each.end >= start);
  const rows = touched.flatMap((session) => session.rows);
  if (touched.length > 1) rows.sort((a, b) => a.order - b.order);
  const order = sessions.reduce((last, session) => Math.max(last, session.rows.at(-1)!.order), -1) + 1;
  const merged: RowSession = {
    start: Math.min(start, ...touched.map((each) => each.start)),
    end: Math.max(end, ...touched.map((each) => each.end)),
    rows: touched.length === 1 ? touched[0]!.rows : rows,
  };
  merged.rows.push({ order, change, row });
  const before = sessions.filter((each) => each.end < merged.start).length;
  sessions.splice(before, touched.length, merged);
  return merged.end;
}

/** A row of state for each row: the session's bounds, the row's place and kind, then the row. */
export function sessionRows(partition: readonly number[], fields: readonly Field[]): StateTable<RowSession[]> {
  const time = types.of('double', false);
  const number = types.of('bigint', false);
  return {
    name: 'session-rows',
    keyFields: partition.map((column) => fields[column]!),
    valueFields: [
      { name: '$start', type: time },
      { name: '$end', type: time },
      { name: '$order', type: number },
      { name: '$change', type: types.of('int', false) },
      ...fields,
    ],
    *toRows(sessions) {
      for (const { start, end, rows } of sessions) {
        for (const { order, change, row } of rows) yield [start, end, order, change, ...row];
      }
    },
    fromRow: (sessions, [start, end, order, change, ...row]) =>
      restored(sessions ?? [], start as number, end as number, {
        order: Number(rowInteger(order as number)),
        change: change as number,
        row,
      }),
    clone: (sessions) => sessions.map((session) => ({ ...session, rows: [...session.rows] })),
  };
}

function restored(sessions: RowSession[], start: number, end: number, row: SessionRow): RowSession[] {
  const known = sessions.find((session) => session.start === start);
  if (known === undefined) {
    const before = sessions.filter((session) => session.start < start).length;
    sessions.splice(before, 0, { start, end, rows: [row] });
    return sessions;
  }
  const before = known.rows.findLastIndex(({ order }) => order < row.order) + 1;
  known.rows.splice(before, 0, row);
  return sessions;
}
