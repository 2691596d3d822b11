/**
 * Dates and times as integers, and their texts: the proleptic Gregorian calendar without Date objects.
 *
 * DATE is days since 1970-01-01, TIME milliseconds of the day, TIMESTAMP(p) units since 1970-01-01 00:00:00 as `unitsPerMillisecond`
 * (types.ts) says. The text forms are those of Flink's DateTimeUtils and, for formats, of TimeFormats.
 */
import { unitsPerMillisecond } from './types.ts';

export const msPerDay = 86_400_000;
const msPerHour = 3_600_000;
const msPerMinute = 60_000;
const nanosPerMs = 1_000_000;

export type CivilDate = Readonly<{ year: number; month: number; day: number }>;

/** Days since 1970-01-01 of a date of any year (0 is 1 BC). H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
export function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The inverse of `daysFromCivil`. */
export function civilFromDays(days: number): CivilDate {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
  const shiftedMonth = ((5 * dayOfYear + 2) / 153) | 0;
  const day = dayOfYear - (((153 * shiftedMonth + 2) / 5) | 0) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const monthLengths: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : monthLengths[month - 1]!;
}

const twoDigits: readonly string[] = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));

/** `2020-01-31`; beyond the years 0 to 9999 with a sign, as in ISO 8601. */
export function formatDate(days: number): string {
  const { year, month, day } = civilFromDays(days);
  return `${formatYear(year)}-${twoDigits[month]}-${twoDigits[day]}`;
}

/** At least four digits. */
export function formatYear(year: number): string {
  if (year < 0) return `-${String(-year).padStart(4, '0')}`;
  if (year > 9_999) return `+${year}`;
  return twoDigits[(year / 100) | 0]! + twoDigits[year % 100]!;
}

/**
 * DateTimeUtils.parseDate: `2020-1-31`, `2020-1`, `2020`, each part may have blanks around it, what follows a blank after the first
 * character is dropped. null where that is no date of the years 0 to 9999.
 */
export function parseDate(text: string): number | null {
  const blank = text.indexOf(' ');
  const parts = splitAtMost(blank > 0 ? text.slice(0, blank) : text, '-', 3);
  const year = parseDigits(parts[0]!);
  const month = parts[1] === undefined ? 1 : parseDigits(parts[1]);
  const day = parts[2] === undefined ? 1 : parseDigits(parts[2]);
  if (year > 9999 || month < 1 || month > 12 || day < 1 || year < 0 || day > daysInMonth(year, month)) return null;
  return daysFromCivil(year, month, day);
}

function splitAtMost(text: string, separator: string, count: number): string[] {
  const parts: string[] = [];
  let start = 0;
  while (parts.length < count - 1) {
    const end = text.indexOf(separator, start);
    if (end < 0) break;
    parts.push(text.slice(start, end));
    start = end + 1;
  }
  parts.push(text.slice(start));
  return parts;
}

const maxDigits = 10; // more are beyond any field here

/** Digits with blanks around them; −1 where it is anything else. */
function parseDigits(text: string): number {
  const digits = text.trim();
  return digits.length <= maxDigits && /^[0-9]+$/.test(digits) ? Number(digits) : -1;
}

/**
 * `12:34:56`, for a precision above 0 with a fraction of at least one digit and no zeros at its end (DateTimeUtils.formatTimestampMillis).
 * Times outside the day are taken modulo a day where negative.
 */
export function formatTime(ms: number, precision: number): string {
  const time = ms < 0 ? ((ms % msPerDay) + msPerDay) % msPerDay : ms;
  const clock = formatClock(time);
  if (precision <= 0) return clock;
  const digits = String(time % 1000)
    .padStart(3, '0')
    .slice(0, Math.min(precision, 3));
  return `${clock}.${digits[0]}${digits.slice(1).replace(/0+$/, '')}`;
}

function formatClock(msOfDay: number): string {
  const hour = (msOfDay / msPerHour) | 0;
  const minute = ((msOfDay / msPerMinute) | 0) % 60;
  const second = ((msOfDay / 1000) | 0) % 60;
  return `${twoDigits[hour % 100]}:${twoDigits[minute]}:${twoDigits[second]}`;
}

/**
 * DateTimeUtils.parseTime: `hh[:mm[:ss[.fraction]]][±hh[:mm]]`, the fraction rounded to ms; an offset is *added* and may lead out of the
 * day, as in Flink. null where it is no time.
 */
export function parseTime(text: string): number | null {
  const minus = text.indexOf('-');
  const sign = minus < 0 ? 1 : -1;
  const offsetStart = minus < 0 ? text.indexOf('+') : minus;
  const offset = offsetStart < 0 ? [0, 0] : splitAtMost(text.slice(offsetStart + 1), ':', 2).map(parseDigits);
  const [clock, fraction] = splitFraction(offsetStart < 0 ? text : text.slice(0, offsetStart));
  const [hour, minute = 0, second = 0] = splitAtMost(clock, ':', 3).map(parseDigits) as [number, number?, number?];
  if (offset.some((part) => part < 0) || hour < 0 || hour > 23) return null;
  if (minute < 0 || minute > 59 || second < 0 || second > 59) return null;
  const ms = fraction === null ? 0 : parseMilliFraction(fraction.trim());
  return (hour + sign * offset[0]!) * msPerHour + (minute + sign * (offset[1] ?? 0)) * msPerMinute + second * 1000 + ms;
}

/** A fraction is only looked for behind the second colon. */
function splitFraction(text: string): readonly [string, string | null] {
  const firstColon = text.indexOf(':');
  const secondColon = firstColon < 0 ? -1 : text.indexOf(':', firstColon + 1);
  const dot = secondColon < 0 ? -1 : text.indexOf('.', secondColon);
  return dot < 0 ? [text, null] : [text.slice(0, dot), text.slice(dot + 1)];
}

/** Digits after the point as ms, rounded by the fourth; what is no digit counts as 0 (DateTimeUtils.parseFraction). */
function parseMilliFraction(text: string): number {
  let result = 0;
  for (let i = 0, multiplier = 100; i < text.length && i < 3; i++, multiplier /= 10) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) result += digit * multiplier;
  }
  return text.length > 3 && text[3]! >= '5' ? result + 1 : result;
}

/** A timestamp's whole milliseconds (floored) and the nanoseconds within. */
export type TimestampParts = Readonly<{ ms: number; nanos: number }>;

export function splitTimestamp(value: number | bigint, precision: number): TimestampParts {
  const units = unitsPerMillisecond(precision);
  if (units === 1) return { ms: Number(value), nanos: 0 };
  const rest = typeof value === 'bigint' ? Number(value % BigInt(units)) : value % units;
  const sub = rest < 0 ? rest + units : rest + 0; // −0 becomes 0
  const ms = typeof value === 'bigint' ? Number((value - BigInt(sub)) / BigInt(units)) : (value - sub) / units;
  return { ms, nanos: sub * (nanosPerMs / units) };
}

/** A TIMESTAMP(p) value of milliseconds and nanoseconds within, cut to p digits; a bigint where it is beyond ±(2^53 − 1). */
export function joinTimestamp(ms: number, nanos: number, precision: number): number | bigint {
  if (precision < 3) return ms - (((ms % 1000) + 1000) % 10 ** (3 - precision));
  const units = unitsPerMillisecond(precision);
  if (units === 1) return ms;
  const kept = nanos - (nanos % 10 ** (9 - precision));
  const sub = kept / (nanosPerMs / units);
  const value = ms * units + sub;
  return Number.isSafeInteger(value) ? value : BigInt(ms) * BigInt(units) + BigInt(sub);
}

export type TimestampFormat = Readonly<{
  separator: ' ' | 'T';
  /** `full`: as many digits as the precision. `trim`: no zeros at the end, no point without a digit. */
  fraction: 'full' | 'trim';
  suffix?: 'Z' | '' | undefined;
}>;

const sqlTimestamp: TimestampFormat = { separator: ' ', fraction: 'full' };

/** `2020-01-31 12:34:56.789`, of a value in the units of its precision. */
export function formatTimestamp(
  value: number | bigint,
  precision: number,
  options: TimestampFormat = sqlTimestamp,
): string {
  const { ms, nanos } = splitTimestamp(value, precision);
  const days = Math.floor(ms / msPerDay);
  const msOfDay = ms - days * msPerDay;
  const text = formatDate(days) + options.separator + formatClock(msOfDay);
  return (
    text + formatFraction((msOfDay % 1000) * nanosPerMs + nanos, precision, options.fraction) + (options.suffix ?? '')
  );
}

function formatFraction(nanosOfSecond: number, precision: number, fraction: 'full' | 'trim'): string {
  if (precision === 0 || (fraction === 'trim' && nanosOfSecond === 0)) return '';
  const digits = String(nanosOfSecond).padStart(9, '0').slice(0, precision);
  if (fraction === 'full') return `.${digits}`;
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === '' ? '' : `.${trimmed}`;
}

const strictForms: Readonly<Record<' ' | 'T', RegExp>> = {
  ' ': /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{0,9}))?$/,
  T: /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{0,9}))?)?$/,
};

/**
 * The timestamps of formats (TimeFormats' SQL form with ' ', its ISO-8601 form with 'T'), for the years 0000 to 9999: digits beyond the
 * precision are cut off, a day beyond the month's end is its last, 24:00:00 is the next day (Java's SMART resolving). null where it is
 * not of the form. A number where it is a safe integer.
 */
export function parseTimestamp(
  text: string,
  precision: number,
  options: Readonly<{ separator: ' ' | 'T'; suffix?: 'Z' | '' | undefined }>,
): number | bigint | null {
  const suffix = options.suffix ?? '';
  if (!text.endsWith(suffix)) return null;
  const match = strictForms[options.separator].exec(text.slice(0, text.length - suffix.length));
  if (match === null) return null;
  const [year, month, day, hour, minute, second = 0] = match.slice(1, 7).map((part) => Number(part ?? 0));
  return timestampOfFields([year!, month!, day!, hour!, minute!, second], match[7] ?? '', precision);
}

const lenientForm =
  /^(\d{4})-(?:(?:(\d\d)(\d*)|(\d))-(?:(\d\d)(\d*)|(\d))?|-)(?: (?:(\d\d)(\d*)|(\d))?:(?:(\d\d)(\d*)|(\d))?:(?:(\d\d)(\d*)|(\d))?(?:\.(\d{0,9}))?)?$/;
const leastFields: readonly number[] = [1, 1, 1, 0, 0, 0];

/**
 * The timestamps of CAST and TO_TIMESTAMP without a format (DateTimeUtils.parseTimestampData): `2020-1-31` or `2020-1-31 1:2:3.456`, one
 * or two digits a field, the year from 0001. As in Java's optional `[MM][M]`, a field may be missing (its least value counts) or be
 * followed by its second reading (`055`) when both agree.
 */
export function parseSqlTimestamp(text: string, precision: number): number | bigint | null {
  const match = lenientForm.exec(text);
  if (match === null) return null;
  const fields = [Number(match[1])];
  for (let group = 2; group <= 14; group += 3) {
    const [two, again, one] = [match[group], match[group + 1], match[group + 2]];
    if (again !== undefined && again !== '' && Number(again) !== Number(two)) return null;
    fields.push(Number(two ?? one ?? leastFields[fields.length]));
  }
  if (fields[0] === 0) return null;
  return timestampOfFields(fields, match[17] ?? '', precision);
}

/** Fields year to second, checked and resolved as Java's SMART style does, with the digits of a fraction. */
function timestampOfFields(fields: readonly number[], fraction: string, precision: number): number | bigint | null {
  const [year, month, day, hour, minute, second] = fields as [number, number, number, number, number, number];
  if (month < 1 || month > 12 || day < 1 || day > 31 || minute > 59 || second > 59) return null;
  const nanosOfSecond = Number(fraction.padEnd(9, '0'));
  const endOfDay = hour === 24 && minute === 0 && second === 0 && nanosOfSecond === 0;
  if (hour > 23 && !endOfDay) return null;
  const days = daysFromCivil(year, month, Math.min(day, daysInMonth(year, month)));
  const millis = (nanosOfSecond / nanosPerMs) | 0;
  const ms = days * msPerDay + hour * msPerHour + minute * msPerMinute + second * 1000 + millis;
  return joinTimestamp(ms, nanosOfSecond - millis * nanosPerMs, precision);
}
