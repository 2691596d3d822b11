/** Dates, times and timestamps in the texts of formats: strict ones for reading, and a quick way for those that are plain. */
import { daysFromCivil, daysInMonth, joinTimestamp, msPerDay } from '../model/calendar.ts';

const dateForm = /^(\d{4})-(\d\d)-(\d\d)$/;
const timeForm = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{0,9}))?$/;

/** ISO_LOCAL_DATE of the years 0000 to 9999, strict: the day is one of the month. Days since 1970, or null. */
export function parseIsoDate(text: string): number | null {
  const match = dateForm.exec(text);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  return daysFromCivil(year, month, day);
}

/** `HH:mm:ss[.fraction]` (TimeFormats.SQL_TIME_FORMAT), the fraction cut to milliseconds; 24:00:00 is midnight. null where it is no time. */
export function parseIsoTime(text: string): number | null {
  const match = timeForm.exec(text);
  if (match === null) return null;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const ms = Number((match[4] ?? '').padEnd(3, '0').slice(0, 3));
  if (hour === 24 && minute === 0 && second === 0 && /^0*$/.test(match[4] ?? '')) return 0;
  if (hour > 23 || minute > 59 || second > 59) return null;
  return (hour * 3600 + minute * 60 + second) * 1000 + ms;
}

/** `HH:mm:ss` with the milliseconds behind a point, without zeros at the end; no point where there are none. */
export function formatIsoTime(ms: number): string {
  const clock = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1000) % 60].map((part) => String(part | 0).padStart(2, '0'));
  const rest = ms % 1000;
  return clock.join(':') + (rest === 0 ? '' : `.${String(rest).padStart(3, '0').replace(/0+$/, '')}`);
}

const zero = 48;
const dash = 45;
const colon = 58;
const point = 46;
const plainLength = 19;

/**
 * A timestamp of bytes, `yyyy-MM-dd?HH:mm:ss[.fraction]` with `?` the separator's byte and `suffix` bytes left out at the end, where it
 * is as plain as nearly all are; NaN where a closer look is needed. In the unit of the precision.
 */
export function plainTimestamp(
  bytes: Uint8Array,
  start: number,
  end: number,
  separator: number,
  precision: number,
): number {
  if (end - start < plainLength) return Number.NaN;
  if (bytes[start + 4] !== dash || bytes[start + 7] !== dash || bytes[start + 10] !== separator) return Number.NaN;
  if (bytes[start + 13] !== colon || bytes[start + 16] !== colon) return Number.NaN;
  const year = twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const day = twoDigits(bytes, start + 8);
  const hour = twoDigits(bytes, start + 11);
  const minute = twoDigits(bytes, start + 14);
  const second = twoDigits(bytes, start + 17);
  if (!isDay(year, month, day) || hour > 23 || minute > 59 || second > 59) return Number.NaN;
  const ms = daysFromCivil(year, month, day) * msPerDay + (hour * 3600 + minute * 60 + second) * 1000;
  const nanos = fractionNanos(bytes, start + plainLength, end);
  if (nanos < 0) return Number.NaN;
  const millis = (nanos / 1e6) | 0;
  const value = joinTimestamp(ms + millis, nanos - millis * 1e6, precision);
  return typeof value === 'number' ? value : Number.NaN;
}

/** More than any field may be: integers throughout, as a NaN would make them all doubles. */
const notDigits = 1 << 16;

/** `notDigits` where one of the two is none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - zero;
  const ones = bytes[at + 1]! - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : notDigits;
}

const surelyInMonth = 28;

function isDay(year: number, month: number, day: number): boolean {
  if (year < 1 || year >= notDigits || month < 1 || month > 12 || day < 1) return false;
  return day <= surelyInMonth || day <= daysInMonth(year, month);
}

const maxFractionDigits = 9;
const fractionUnits: readonly number[] = Array.from({ length: maxFractionDigits + 1 }, (_, i) => 10 ** (9 - i));

/** −1 where it is no fraction. */
function fractionNanos(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return 0;
  const digits = end - start - 1;
  if (bytes[start] !== point || digits > maxFractionDigits) return -1;
  let fraction = 0;
  for (let i = start + 1; i < end; i++) {
    const digit = bytes[i]! - zero;
    if (!(digit >= 0 && digit <= 9)) return -1;
    fraction = fraction * 10 + digit;
  }
  return fraction * fractionUnits[digits]!;
}
