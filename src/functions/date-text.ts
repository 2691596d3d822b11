/** Times written by a pattern. */
import { civilFromDays, daysFromCivil, formatYear, msPerDay } from '../model/calendar.ts';
import { EngineError } from '../model/errors.ts';
import { months, type PatternStyle, type PatternToken, parsePattern, weekdays } from './date-pattern.ts';

/** `nanos` are those within the millisecond. */
export type DateWriter = (localMs: number, nanos: number) => string;

type Fields = Readonly<{
  year: number;
  month: number;
  day: number;
  days: number;
  msOfDay: number;
  nanosOfSecond: number;
}>;

export function dateWriter(pattern: string, style: PatternStyle): DateWriter {
  const writers = parsePattern(pattern).map((token) => fieldWriter(token, style));
  return (localMs, nanos) => {
    const days = Math.floor(localMs / msPerDay);
    const msOfDay = localMs - days * msPerDay;
    const fields: Fields = {
      ...civilFromDays(days),
      days,
      msOfDay,
      nanosOfSecond: (msOfDay % 1000) * 1_000_000 + nanos,
    };
    return writers.map((write) => write(fields)).join('');
  };
}

function fieldWriter(token: PatternToken, style: PatternStyle): (fields: Fields) => string {
  if ('text' in token) return () => token.text;
  const { letter, count } = token;
  const padded = (value: number): string => String(value).padStart(count, '0');
  const hour = ({ msOfDay }: Fields): number => Math.floor(msOfDay / 3_600_000);
  switch (letter) {
    case 'y':
      return ({ year }) => yearText(year > 0 ? year : 1 - year, count, style);
    case 'u':
      return ({ year }) => yearText(year, count, style);
    case 'M':
    case 'L':
      return ({ month }) => (count <= 2 ? padded(month) : nameOf(months[month - 1]!, count));
    case 'd':
      return ({ day }) => padded(day);
    case 'D':
      return ({ days, year }) => padded(days - daysFromCivil(year, 1, 1) + 1);
    case 'E':
      return ({ days }) => nameOf(weekdays[(((days + 4) % 7) + 7) % 7]!, count);
    case 'a':
      return (fields) => (hour(fields) < 12 ? 'AM' : 'PM');
    case 'H':
      return (fields) => padded(hour(fields));
    case 'k':
      return (fields) => padded(hour(fields) || 24);
    case 'K':
      return (fields) => padded(hour(fields) % 12);
    case 'h':
      return (fields) => padded(hour(fields) % 12 || 12);
    case 'm':
      return ({ msOfDay }) => padded(Math.floor(msOfDay / 60_000) % 60);
    case 's':
      return ({ msOfDay }) => padded(Math.floor(msOfDay / 1000) % 60);
    case 'S':
      if (style === 'simple') return ({ msOfDay }) => padded(msOfDay % 1000);
      return ({ nanosOfSecond }) => String(nanosOfSecond).padStart(9, '0').slice(0, count);
    default:
      throw new EngineError('UNSUPPORTED', `a date pattern with the zone letter ${letter} can't be written, only read`);
  }
}

/** Two letters: the last two digits. Of four letters on years with more digits have a sign. */
function yearText(year: number, count: number, style: PatternStyle): string {
  if (count === 2) return String(Math.abs(year) % 100).padStart(2, '0');
  if (count === 4 && style !== 'simple') return formatYear(year);
  const digits = String(Math.abs(year)).padStart(count, '0');
  return year < 0 ? `-${digits}` : digits;
}

function nameOf(name: string, count: number): string {
  return count >= 4 ? name : name.slice(0, 3);
}
