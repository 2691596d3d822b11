// Whether two answers are the same: as multisets of changes, or by what is left when the changes are applied.
import type { Answer, Change } from './answer.ts';

const digits = 9; // of doubles: the order of additions differs

/** Numbers within `value` to so many digits. */
function rounded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rounded);
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^-?[\d.]+$/.test(value));
  return isNumber ? Number(Number(value).toPrecision(digits)) : value;
}

/** Maps have no order. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, item]) => [key, canonical(item)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

type Text = (change: Change) => string;

function textOf(approximate: ReadonlySet<string>): Text {
  const cell = (name: string, value: unknown) => canonical(approximate.has(name) ? rounded(value) : value);
  return ({ row }) => JSON.stringify(Object.entries(row).map(([name, value]) => [name, cell(name, value)]));
}

function changes(rows: readonly Change[], text: Text): string {
  const lines = rows.map((change) => `${change.op} ${text(change)}`);
  return lines.sort().join('\n');
}

/** The rows that are left, with how often. */
function fold(rows: readonly Change[], text: Text): string {
  const counts = new Map<string, number>();
  for (const change of rows) {
    const row = text(change);
    counts.set(row, (counts.get(row) ?? 0) + (change.op.startsWith('+') ? 1 : -1));
  }
  const left = [...counts].filter(([, count]) => count !== 0).map(([row, count]) => `${count} × ${row}`);
  return left.sort().join('\n');
}

export const verdicts = [
  'fault of Flink',
  'same',
  'both refuse',
  'different rows',
  'different changes',
  'only Flink answers',
  'only Millrace answers',
] as const;

export type Verdict = (typeof verdicts)[number];

export function compare(flink: Answer, millrace: Answer, folded: boolean): Verdict {
  if ('error' in flink) return 'error' in millrace ? 'both refuse' : 'only Millrace answers';
  if ('error' in millrace) return 'only Flink answers';
  const text = textOf(new Set(flink.approximate));
  if (fold(flink.rows, text) !== fold(millrace.rows, text)) return 'different rows';
  return folded || changes(flink.rows, text) === changes(millrace.rows, text) ? 'same' : 'different changes';
}
