/** Expected rows against those that came: what is missing and what is too much. */
import type { ExpectedRow, TestRow } from './job-test.ts';

export type ReceivedChange = Readonly<{ op: string; row: TestRow }>;

/** Lines with `-` (expected, did not come) and `+` (came, not expected); empty: all is as expected. */
export type RowDiff = readonly string[];

/** Doubles are equal to so many digits: the order of additions may differ. */
const digits = 9;

/**
 * As multisets, by the columns that the expected rows name. Where an expected row has an op the changes themselves are compared, else what is
 * left when they are applied.
 */
export function diffRows(expected: readonly ExpectedRow[], received: readonly ReceivedChange[]): RowDiff {
  const columns = [...new Set(expected.flatMap(({ row }) => Object.keys(row)))];
  const withOps = expected.some(({ op }) => op !== null);
  const wanted = expected.map(({ op, row }) => lineOf(withOps ? (op ?? '+I') : null, row, columns));
  const found = received.map(({ op, row }) => lineOf(withOps ? op : null, row, columns.length > 0 ? columns : null));
  const counts = new Map<string, number>();
  for (const line of wanted) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const [i, line] of found.entries()) {
    const takesBack = !withOps && received[i]!.op.startsWith('-');
    counts.set(line, (counts.get(line) ?? 0) + (takesBack ? 1 : -1));
  }
  return [...counts].flatMap(([line, count]) => {
    const sign = count > 0 ? '-' : '+';
    return Array.from({ length: Math.abs(count) }, () => `${sign} ${line}`);
  });
}

function lineOf(op: string | null, row: TestRow, columns: readonly string[] | null): string {
  const names = columns ?? Object.keys(row);
  const fields = names.map((name) => `${name}: ${JSON.stringify(canonical(row[name] ?? null))}`);
  return `${op === null ? '' : `${op} `}{ ${fields.join(', ')} }`;
}

/** Numbers and their texts alike: a BIGINT or DECIMAL may be written either way. Timestamps with a blank or a T. */
function canonical(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(digits));
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') return value.replace(/^(\d{4}-\d\d-\d\d) (?=\d\d:\d\d)/, '$1T');
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, canonical(item)]));
}
