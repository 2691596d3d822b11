/** Times read by a pattern. */
import { daysFromCivil, daysInMonth, msPerDay } from '../model/calendar.ts';
import { EngineError } from '../model/errors.ts';
import { months, type PatternStyle, type PatternToken, parsePattern, weekdays } from './date-pattern.ts';

/** `localMs` is UTC where the text named its offset itself. `nanos` are those within the millisecond. */
type ReadTime = Readonly<{ localMs: number; nanos: number; hasOffset: boolean }>;

/** null where the text is not of the pattern. */
export type DateReader = (text: string) => ReadTime | null;

/** `thisYear`: two digits of a year mean one from 80 years ago on, in the style `simple`. */
function dateReader(pattern: string, style: PatternStyle, thisYear: number): DateReader {
  const tokens = parsePattern(pattern);
  const letters = tokens.flatMap((token) => ('text' in token ? [] : [token]));
  const source = tokens.map((token, i) => fieldSource(token, isNumeric(tokens[i + 1]), style)).join('');
  const regex = new RegExp(`^${source}${style === 'simple' ? '' : '$'}`, 'u');
  return (text) => {
    const match = regex.exec(text);
    if (match === null) return null;
    const fields = new Map<string, string>();
    for (const [i, { letter }] of letters.entries()) fields.set(letter, match[i + 1]!);
    const twoDigits = letters.some(({ letter, count }) => 'yu'.includes(letter) && count === 2);
    return resolve(fields, style, twoDigits ? thisYear : null);
  };
}

function isNumeric(token: PatternToken | undefined): boolean {
  return token !== undefined && 'letter' in token && /[yudDHkKhmsS]/.test(token.letter);
}

/** A number takes as many digits as there are letters where another follows at once or the style is strict about it. */
function fieldSource(token: PatternToken, beforeNumber: boolean, style: PatternStyle): string {
  if ('text' in token) return token.text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const { letter, count } = token;
  switch (letter) {
    case 'M':
    case 'L':
      return count >= 3 ? names(months, count, style) : digits(count, beforeNumber, style, 2);
    case 'E':
      return names(weekdays, count, style);
    case 'a':
      return '(AM|PM|am|pm)';
    case 'X':
    case 'Z':
      return '(Z|[+-]\\d{2}(?::?\\d{2})?)';
    case 'y':
    case 'u':
      return digits(count, beforeNumber, style, 9);
    case 'S':
      return style === 'simple' ? digits(count, beforeNumber, style, 9) : `(\\d{${count}})`;
    default:
      return digits(count, beforeNumber, style, 3);
  }
}

function digits(count: number, beforeNumber: boolean, style: PatternStyle, most: number): string {
  if (beforeNumber) return `(\\d{${count}})`;
  if (style === 'simple') return `(\\s*\\d+)`;
  return count === 1 ? `(\\d{1,${most}})` : `(\\d{${count}})`;
}

function names(all: readonly string[], count: number, style: PatternStyle): string {
  const short = all.map((name) => name.slice(0, 3));
  if (style === 'simple') return `((?i:${[...all, ...short].join('|')}))`;
  return `(${(count >= 4 ? all : short).join('|')})`;
}

function resolve(fields: ReadonlyMap<string, string>, style: PatternStyle, thisYear: number | null): ReadTime | null {
  const number = (letters: string, missing: number): number => {
    for (const letter of letters) if (fields.has(letter)) return Number(fields.get(letter));
    return missing;
  };
  const year = fullYear(number('yu', 1970), style, thisYear);
  const month = monthOf(fields.get('M') ?? fields.get('L') ?? '1');
  const day = number('d', 1);
  const hour = hourOf(fields, number);
  const [minute, second] = [number('m', 0), number('s', 0)];
  const fraction = fields.get('S') ?? '0';
  const nanos = style === 'simple' ? Number(fraction) * 1_000_000 : Number(fraction.slice(0, 9).padEnd(9, '0'));
  if (
    style === 'formatter' &&
    !inRange([month, 1, 12], [day, 1, 31], [hour, 0, 23], [minute, 0, 59], [second, 0, 59])
  ) {
    return null;
  }
  const days = fields.has('D') ? daysFromCivil(year, 1, 1) + number('D', 1) - 1 : dateDays(year, month, day, style);
  const wholeMs = Math.floor(nanos / 1_000_000);
  const localMs = days * msPerDay + hour * 3_600_000 + minute * 60_000 + second * 1000 + wholeMs;
  const offset = offsetMs(fields.get('X') ?? fields.get('Z'));
  return { localMs: localMs - (offset ?? 0), nanos: nanos % 1_000_000, hasOffset: offset !== null };
}

function inRange(...ranges: readonly (readonly [number, number, number])[]): boolean {
  return ranges.every(([value, least, greatest]) => value >= least && value <= greatest);
}

/** Strict: a day beyond the month's end is its last (Java's SMART style). Lenient: it runs into the next month, and a month into a year. */
function dateDays(year: number, month: number, day: number, style: PatternStyle): number {
  if (style === 'formatter') return daysFromCivil(year, month, Math.min(day, daysInMonth(year, month)));
  const index = year * 12 + month - 1;
  return daysFromCivil(Math.floor(index / 12), (((index % 12) + 12) % 12) + 1, 1) + day - 1;
}

const yearsBack = 80; // SimpleDateFormat's default century

function fullYear(year: number, style: PatternStyle, thisYear: number | null): number {
  if (thisYear === null || year > 99) return year;
  if (style === 'formatter') return 2000 + year;
  const start = thisYear - yearsBack;
  const candidate = Math.floor(start / 100) * 100 + year;
  return candidate < start ? candidate + 100 : candidate;
}

function monthOf(text: string): number {
  const name = text.slice(0, 3).toLowerCase();
  return /\d/.test(text) ? Number(text) : months.findIndex((month) => month.toLowerCase().startsWith(name)) + 1;
}

function hourOf(fields: ReadonlyMap<string, string>, number: (letters: string, missing: number) => number): number {
  if (fields.has('H')) return number('H', 0);
  if (fields.has('k')) return number('k', 0) % 24;
  const half = fields.get('a')?.toUpperCase() === 'PM' ? 12 : 0;
  return fields.has('h') || fields.has('K') ? (number('hK', 0) % 12) + half : half;
}

function offsetMs(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (text === 'Z') return 0;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(text)!;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

/** A reader whose pattern may differ from row to row, though it hardly ever does. */
export function readerCache(style: PatternStyle, thisYear: number): (pattern: string) => DateReader {
  let known: string | null = null;
  let reader: DateReader = () => null;
  return (pattern) => {
    if (pattern !== known) {
      reader = dateReader(pattern, style, thisYear);
      known = pattern;
    }
    return reader;
  };
}

export function thisYearOf(now: number): number {
  const year = new Date(now).getUTCFullYear();
  if (Number.isInteger(year)) return year;
  throw new EngineError('INTERNAL', `a clock outside the calendar: ${now}`);
}
