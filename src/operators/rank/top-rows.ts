/**
 * The ways to keep the first rows of a partition, as Flink's Top-N functions emit their changes. `rows` is the partition's list in its order;
 * equal rows stand as they came.
 */
import { op } from '../../model/column.ts';
import { equalRows, keyText, type Row } from '../../model/row.ts';
import { type CompareRows, upperBound } from '../rows/row-order.ts';
import type { Ranks } from './ranks.ts';

/** Applies one change to the list and emits what follows from it. */
export type TopRows = (rows: Row[], change: number, row: Row, ranks: Ranks) => void;

/**
 * The first row alone (FastTop1Function): an update, not a delete and an insert. Of inserts only, or (`unique`) of updates as of `updatedRows`,
 * of which the first row's own also counts where its place stays: Flink drops it.
 */
export function topRow(compare: CompareRows, unique: readonly number[] | null): TopRows {
  return (rows, change, row, ranks) => {
    if (change === op.updateBefore) return;
    const [first] = rows;
    if (first === undefined) ranks.insert(row, 1);
    else if (compare(row, first) < 0 || isUpdateOf(first, row, unique)) ranks.replace(first, row, 1);
    else return;
    rows[0] = row;
  };
}

function isUpdateOf(before: Row, row: Row, unique: readonly number[] | null): boolean {
  return unique !== null && keyText(before, unique) === keyText(row, unique) && !equalRows(before, row);
}

/** Of inserts only (AppendOnlyTopNFunction): the list ends with the range. */
export function appendedRows(compare: CompareRows): TopRows {
  return (rows, _change, row, ranks) => {
    const at = upperBound(rows, row, compare);
    if (at >= ranks.to) return;
    rows.splice(at, 0, row);
    emitNew(rows, at, ranks);
    rows.length = Math.min(rows.length, ranks.to);
  };
}

/** A new row at `at` has moved the others down by one rank. */
function emitShift(rows: readonly Row[], at: number, ranks: Ranks): void {
  const last = Math.min(rows.length - 1, ranks.to);
  for (let i = at; i < last; i++) ranks.replace(rows[i + 1]!, rows[i]!, i + 1);
  if (last < ranks.to) ranks.insert(rows[last]!, last + 1);
}

/** Of any changes (RetractableTopNFunction): every row is kept, any may come up. */
export function retractedRows(compare: CompareRows): TopRows {
  return (rows, change, row, ranks) => {
    if (change === op.insert || change === op.updateAfter) addRow(rows, row, compare, ranks);
    else removeRow(rows, row, compare, ranks);
  };
}

function addRow(rows: Row[], row: Row, compare: CompareRows, ranks: Ranks): void {
  const at = upperBound(rows, row, compare);
  rows.splice(at, 0, row);
  if (at < ranks.to) emitNew(rows, at, ranks);
}

/** The row at `at` is new: those below have moved down. */
function emitNew(rows: readonly Row[], at: number, ranks: Ranks): void {
  if (ranks.matter) emitShift(rows, at, ranks);
  else {
    if (rows.length > ranks.to) ranks.delete(rows[ranks.to]!, ranks.to);
    ranks.insert(rows[at]!, at + 1);
  }
}

function removeRow(rows: Row[], row: Row, compare: CompareRows, ranks: Ranks): void {
  const at = placeOf(rows, row, compare);
  if (at < 0) return; // gone by table.exec.state.ttl
  const [gone] = rows.splice(at, 1) as [Row];
  if (at < ranks.to) emitGone(rows, gone, at, ranks);
}

/** The row at `at` is there no more: those below have moved up. */
function emitGone(rows: readonly Row[], gone: Row, at: number, ranks: Ranks): void {
  if (!ranks.matter) {
    ranks.delete(gone, at + 1);
    if (rows.length >= ranks.to) ranks.insert(rows[ranks.to - 1]!, ranks.to);
    return;
  }
  let before = gone;
  for (let i = at; i < Math.min(rows.length, ranks.to); i++) {
    ranks.replace(before, rows[i]!, i + 1);
    before = rows[i]!;
  }
  if (rows.length < ranks.to) ranks.delete(before, rows.length + 1);
}

/** The first row that is equal, column by column. */
function placeOf(rows: readonly Row[], row: Row, compare: CompareRows): number {
  let at = upperBound(rows, row, compare);
  let found = -1;
  while (at > 0 && compare(rows[at - 1]!, row) === 0) {
    at--;
    if (equalRows(rows[at]!, row)) found = at;
  }
  return found;
}

/**
 * Of updates by a key that never make a row's place worse (UpdatableTopNFunction): the list ends with the range, unless places may get worse
 * after all. What was before an update is not looked at: it is in the list, or was not seen.
 */
export function updatedRows(compare: CompareRows, unique: readonly number[], falls: boolean): TopRows {
  const append = falls ? retractedRows(compare) : appendedRows(compare);
  return (rows, change, row, ranks) => {
    if (change === op.updateBefore) return;
    const key = keyText(row, unique);
    const from = rows.findIndex((other) => keyText(other, unique) === key);
    if (from < 0) return append(rows, op.insert, row, ranks);
    const [old] = rows.splice(from, 1) as [Row];
    const at = compare(row, old) === 0 ? from : upperBound(rows, row, compare);
    if (falls && (from >= ranks.to || at >= ranks.to)) {
      if (from < ranks.to) emitGone(rows, old, from, ranks);
      rows.splice(at, 0, row);
      if (at < ranks.to) emitNew(rows, at, ranks);
      return;
    }
    rows.splice(at, 0, row);
    if (!ranks.matter) ranks.replace(old, row, from + 1);
    else if (at <= from) emitRise(rows, { at, from, old }, ranks);
    else emitFall(rows, { at, from, old }, ranks);
  };
}

type Move = Readonly<{ at: number; from: number; old: Row }>;

function emitRise(rows: readonly Row[], { at, from, old }: Move, ranks: Ranks): void {
  for (let i = at; i < from; i++) {
    ranks.before(rows[i + 1]!, i + 1);
    if (i === at) ranks.before(old, from + 1); // the key's old row first
    ranks.after(rows[i]!, i + 1);
  }
  if (at === from) ranks.before(old, from + 1);
  ranks.after(rows[from]!, from + 1);
}

/** Where an input by its own TTL has forgotten what it gave. */
function emitFall(rows: readonly Row[], { at, from, old }: Move, ranks: Ranks): void {
  ranks.before(old, from + 1);
  for (let i = from; i < at; i++) {
    ranks.before(rows[i]!, i + 2);
    ranks.after(rows[i]!, i + 1);
  }
  ranks.after(rows[at]!, at + 1);
}
