/** Interval literals: `INTERVAL '1-2' YEAR TO MONTH` in months, `INTERVAL '1 02:03:04.5' DAY TO SECOND` in milliseconds. */
import type { Position } from '../../model/errors.ts';
import { type Literal, literal } from '../../model/expression.ts';
import { types } from '../../model/types.ts';
import type { SqlLiteral } from '../ast.ts';
import { sqlError } from '../excerpt.ts';

type IntervalLiteral = Extract<SqlLiteral, { of: 'interval' }>;
type Unit = Readonly<{ family: 'months' | 'millis'; factor: number }>;

const units: Readonly<Record<string, Unit>> = {
  YEAR: { family: 'months', factor: 12 },
  QUARTER: { family: 'months', factor: 3 },
  MONTH: { family: 'months', factor: 1 },
  WEEK: { family: 'millis', factor: 604_800_000 },
  DAY: { family: 'millis', factor: 86_400_000 },
  HOUR: { family: 'millis', factor: 3_600_000 },
  MINUTE: { family: 'millis', factor: 60_000 },
  SECOND: { family: 'millis', factor: 1_000 },
};

/** `DAYS` is `DAY`. undefined: no unit of intervals. */
function unitOf(name: string): Unit | undefined {
  return units[name] ?? units[name.replace(/S$/, '')];
}

/** Which of the two interval types a qualifier means. Throws SQL_VALIDATION for a unit that intervals don't have. */
export function intervalFamily(from: string, position: Position): 'months' | 'millis' {
  const unit = unitOf(from);
  if (unit === undefined) throw sqlError('SQL_VALIDATION', `intervals have no unit ${from}`, position);
  return unit.family;
}

export function bindInterval(node: IntervalLiteral, position: Position): Literal {
  const family = intervalFamily(node.from, position);
  const value = node.to === null ? single(node.text, unitOf(node.from)!) : range(node.text, node.from, node.to);
  if (value === null) throw wrongText(node, position);
  const signed = node.negative && value !== 0 ? -value : value;
  if (!Number.isSafeInteger(signed)) throw sqlError('SQL_VALIDATION', 'the interval is too long', position);
  return literal(signed, family === 'months' ? types.intervalMonths(false) : types.intervalMillis(false));
}

function wrongText({ text, from, to }: IntervalLiteral, position: Position): Error {
  const qualifier = to === null ? from : `${from} TO ${to}`;
  const example = examples[qualifier] ?? (to === null ? '5' : undefined);
  const hint = example === undefined ? undefined : `Such an interval is written INTERVAL '${example}' ${qualifier}.`;
  return sqlError('SQL_VALIDATION', `'${text}' is no interval of ${qualifier}`, position, hint);
}

const examples: Readonly<Record<string, string>> = {
  SECOND: '1.5',
  'YEAR TO MONTH': '1-2',
  'DAY TO HOUR': '1 02',
  'DAY TO MINUTE': '1 02:03',
  'DAY TO SECOND': '1 02:03:04.5',
  'HOUR TO MINUTE': '2:03',
  'HOUR TO SECOND': '2:03:04.5',
  'MINUTE TO SECOND': '3:04.5',
};

/** One number; seconds may have a fraction, of which milliseconds count. */
function single(text: string, { factor }: Unit): number | null {
  const match = /^\s*([+-]?)(\d{1,15})(?:\.(\d{1,9}))?\s*$/.exec(text);
  if (match === null || (match[3] !== undefined && factor !== 1_000)) return null;
  const value = Number(match[2]) * factor + Number((match[3] ?? '').padEnd(3, '0').slice(0, 3));
  return match[1] === '-' ? -value : value;
}

const order = ['DAY', 'HOUR', 'MINUTE', 'SECOND'] as const;

/** Parts from one unit to another, signs before the first. */
function range(text: string, from: string, to: string): number | null {
  const [, sign, body] = /^\s*([+-]?)(.*?)\s*$/s.exec(text)!;
  const value = from === 'YEAR' && to === 'MONTH' ? yearToMonth(body!) : dayToSecond(body!, from, to);
  return value !== null && sign === '-' ? -value : value;
}

function yearToMonth(text: string): number | null {
  const match = /^(\d{1,9})-(\d{1,2})$/.exec(text);
  return match === null || Number(match[2]) > 11 ? null : Number(match[1]) * 12 + Number(match[2]);
}

function dayToSecond(text: string, from: string, to: string): number | null {
  const first = order.indexOf(from as (typeof order)[number]);
  const last = order.indexOf(to as (typeof order)[number]);
  if (first < 0 || last <= first) return null;
  const parts = order.slice(first, last + 1);
  const pattern = parts.map((unit, i) => (i === 0 ? '' : parts[i - 1] === 'DAY' ? '\\s+' : ':') + digits(unit, i));
  const match = new RegExp(`^${pattern.join('')}$`).exec(text);
  if (match === null) return null;
  let total = 0;
  for (const [i, unit] of parts.entries()) {
    const value = Number(match[i + 1]);
    if (i > 0 && value > (unit === 'HOUR' ? 23 : 59)) return null;
    total += value * units[unit]!.factor;
  }
  return total + Number((match[parts.length + 1] ?? '').padEnd(3, '0').slice(0, 3));
}

function digits(unit: string, index: number): string {
  const whole = index === 0 ? '(\\d{1,9})' : '(\\d{1,2})';
  return unit === 'SECOND' ? `${whole}(?:\\.(\\d{1,9}))?` : whole;
}
