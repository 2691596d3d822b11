/** Orders of rows: ORDER BY. */
import { compareBytes, compareText } from '../../functions/text-order.ts';
import type { SqlValue } from '../../model/function.ts';
import type { SortColumn } from '../../model/plan.ts';
import type { Row } from '../../model/row.ts';

export type CompareRows = (a: Row, b: Row) => number;

export function rowOrder(order: readonly SortColumn[]): CompareRows {
  return (a, b) => {
    for (const { column, descending, nullsFirst } of order) {
      const [left, right] = [a[column]!, b[column]!];
      if (left === null || right === null) {
        if (left === right) continue;
        return (left === null) === nullsFirst ? -1 : 1;
      }
      const compared = compareValues(left, right);
      if (compared !== 0) return descending ? -compared : compared;
    }
    return 0;
  };
}

/** Two values of one type, neither NULL. NaN is above all numbers. */
function compareValues(a: SqlValue, b: SqlValue): number {
  if (typeof a === 'string') return compareText(a, b as string);
  if (a instanceof Uint8Array) return compareBytes(a, b as Uint8Array);
  if (a! < b!) return -1;
  if (a! > b!) return 1;
  return Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : Number.isNaN(b) ? -1 : 0;
}

/** The place of the first row in `sorted` that is above `row`: where it goes in, behind its equals. */
export function upperBound(sorted: readonly Row[], row: Row, compare: CompareRows): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(sorted[middle]!, row) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
