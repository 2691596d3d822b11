// Whether two answers are the same: as multisets of changes, or by what is left when the changes are applied.
import { timeZone } from '../../src/model/time-zone.ts';
import type { Answer, Change } from './answer.ts';

// Of doubles: the order of additions differs. Flink keeps six of a FLOAT that is constant.
const digitsOf = { DOUBLE: 9, FLOAT: 6 } as const;

/** Numbers within `value` to so many digits. */
function rounded(value: unknown, digits: number): unknown {
  if (Array.isArray(value)) return value.map((item) => rounded(item, digits));
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

// Of the last digit of these neither Java nor JavaScript promises anything.
const inexact = /\b(LN|LOG|LOG2|LOG10|EXP|POWER|A?SINH?|A?COSH?|A?TANH?|ATAN2|COT|DEGREES|RADIANS)\(/;

/** Doubles within a text. */
function roundedIn(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.replaceAll(/-?\d+\.\d{12,}/g, (digits) => Number(digits).toPrecision(digitsOf.DOUBLE));
}

/** Texts of maps. */
function sortedIn(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.replaceAll(/\{(\w+=\w*(?:, \w+=\w*)+)\}/g, (_, entries: string) => entries.split(', ').sort().join());
}

type Text = (change: Change) => string;

function textOf(types: Readonly<Record<string, string>>, sql: string): Text {
  const isInexact = inexact.test(sql);
  const cell = (name: string, value: unknown) => {
    const [kind] = /FLOAT|DOUBLE/.exec(types[name] ?? '') ?? [];
    if (kind === undefined) return canonical(sortedIn(isInexact ? roundedIn(value) : value));
    return canonical(rounded(value, digitsOf[kind as keyof typeof digitsOf]));
  };
  return ({ row }) => JSON.stringify(Object.entries(row).map(([name, value]) => [name, cell(name, value)]));
}

/** Instants as Flink's gateway writes them: the wall time of the session, with a Z. */
function onTheWall({ op, row }: Change, types: Readonly<Record<string, string>>, zone: string): Change {
  const cells = Object.entries(row).map(([name, value]) => {
    if (value === null || !types[name]?.includes('"TIMESTAMP_WITH_LOCAL_TIME_ZONE"')) return [name, value];
    const [, seconds, rest] = /^(.*T\d\d:\d\d:\d\d)(.*)$/.exec(String(value)) ?? [];
    if (seconds === undefined) return [name, value];
    return [name, new Date(timeZone(zone).toLocal(Date.parse(`${seconds}Z`))).toISOString().slice(0, 19) + rest];
  });
  return { op, row: Object.fromEntries(cells) };
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

/** `folded`: only what is left in the end counts. `zone`: that of the session. */
type Asked = Readonly<{ folded: boolean; zone: string; statements: readonly string[] }>;

export function compare(flink: Answer, millrace: Answer, { folded, zone, statements }: Asked): Verdict {
  if ('error' in flink) return 'error' in millrace ? 'both refuse' : 'only Millrace answers';
  if ('error' in millrace) return 'only Flink answers';
  const { types = {} } = flink;
  const text = textOf(types, statements.join('\n'));
  const own = millrace.rows.map((change) => onTheWall(change, types, zone));
  if (fold(flink.rows, text) !== fold(own, text)) return 'different rows';
  return folded || changes(flink.rows, text) === changes(own, text) ? 'same' : 'different changes';
}
