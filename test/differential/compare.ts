// Whether two answers are the same: as multisets of changes, or by what is left when the changes are applied.
import type { Answer, Change } from './flink.ts';

const digits = 9; // of doubles: the order of additions differs

function canonical(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(digits));
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, item]) => [key, canonical(item)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function rowText({ row }: Change): string {
  return JSON.stringify(Object.entries(row).map(([name, value]) => [name, canonical(value)]));
}

function changes(rows: readonly Change[]): string[] {
  return rows.map((change) => `${change.op} ${rowText(change)}`).sort();
}

/** The rows that are left, with how often. */
function fold(rows: readonly Change[]): string[] {
  const counts = new Map<string, number>();
  for (const change of rows) {
    const text = rowText(change);
    counts.set(text, (counts.get(text) ?? 0) + (change.op.startsWith('+') ? 1 : -1));
  }
  return [...counts]
    .filter(([, count]) => count !== 0)
    .map(([text, count]) => `${count} × ${text}`)
    .sort();
}

export type Verdict =
  | 'fault of Flink'
  | 'same'
  | 'both refuse'
  | 'only Flink answers'
  | 'only Millrace answers'
  | 'different rows'
  | 'different changes';

export function compare(flink: Answer, millrace: Answer, folded: boolean): Verdict {
  if ('error' in flink) return 'error' in millrace ? 'both refuse' : 'only Millrace answers';
  if ('error' in millrace) return 'only Flink answers';
  if (fold(flink.rows).join('\n') !== fold(millrace.rows).join('\n')) return 'different rows';
  if (folded) return 'same';
  return changes(flink.rows).join('\n') === changes(millrace.rows).join('\n') ? 'same' : 'different changes';
}
