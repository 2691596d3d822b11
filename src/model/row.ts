/**
 * Rows as values, for operators that keep rows (joins, ranks, frames, patterns). Columns stay the form in which rows travel.
 */
import type { SqlValue } from './function.ts';

/**
 * The values of a row's fields as `valueAt` (column.ts) gives them, but an integer is a number wherever that is exact (within ±(2^53 − 1)) and
 * a bigint elsewhere, so that equal values are equal. Never changed once it is made: it may be kept, shared and compared by reference.
 */
export type Row = readonly SqlValue[];

/** An integer in the one form that `Row` has for it. */
export function rowInteger(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/**
 * Values as text that is equal exactly where the values are, for rows whose columns have the same types: the key of a `Map`. NULL is a value
 * of its own; −0 equals 0 and NaN itself. Of a single string or number nothing is made that is not there already.
 */
export function keyText(row: Row, columns: readonly number[]): string {
  if (columns.length === 1) return singleText(row[columns[0]!]!);
  let text = '';
  for (let i = 0; i < columns.length; i++) {
    const part = valueText(row[columns[i]!]!);
    text += `${part.length}:${part}`;
  }
  return text;
}

/** What no other text begins with: of NULL, and of strings that begin with it themselves. */
const mark = '\0';

function singleText(value: SqlValue): string {
  if (typeof value === 'string') return value.charCodeAt(0) === 0 ? `${mark}s${value}` : value;
  if (typeof value === 'number' || typeof value === 'bigint') return `${value}`;
  return value === null || value === undefined ? `${mark}n` : valueText(value);
}

/** All values of a row as `keyText`. */
export function rowText(row: Row): string {
  let text = '';
  for (const value of row) {
    const part = valueText(value);
    text += `${part.length}:${part}`;
  }
  return text;
}

/** Two rows of one type, by value. */
export function equalRows(a: Row, b: Row): boolean {
  if (a === b) return true;
  for (let i = 0; i < a.length; i++) if (!equalValues(a[i]!, b[i]!)) return false;
  return true;
}

/** Whether two rows of one type have the same values in some columns. */
export function equalColumns(a: Row, b: Row, columns: readonly number[]): boolean {
  for (const column of columns) if (!equalValues(a[column]!, b[column]!)) return false;
  return true;
}

/** Two values of one type: NaN is itself. */
export function equalValues(a: SqlValue, b: SqlValue): boolean {
  if (a === b) return true;
  return (typeof a === 'object' || Number.isNaN(a)) && valueText(a) === valueText(b);
}

function valueText(value: SqlValue): string {
  if (value === null || value === undefined) return 'n';
  switch (typeof value) {
    case 'string':
      return `s${value}`;
    case 'number':
      return `i${value === 0 ? 0 : value}`;
    case 'bigint':
      return `i${value}`;
    case 'boolean':
      return value ? 't' : 'f';
    default:
      return objectText(value);
  }
}

function objectText(value: object): string {
  if (value instanceof Uint8Array) return `b${Array.from(value).join()}`;
  if (Array.isArray(value)) return `[${rowText(value)}]`;
  const entries = [...(value as Map<SqlValue, SqlValue>)].map(([key, item]) => rowText([key, item]));
  return `{${entries.sort().join()}}`;
}
