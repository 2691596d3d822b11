/**
 * Patterns of dates and times, `yyyy-MM-dd HH:mm:ss`: those of Java's DateTimeFormatter (strict, `S` is a fraction) and SimpleDateFormat
 * (lenient, `S` is milliseconds), in English.
 */
import { EngineError } from '../model/errors.ts';

export type PatternStyle = 'formatter' | 'simple';

/** A field, or text to be taken as it is. */
export type PatternToken = Readonly<{ letter: string; count: number }> | Readonly<{ text: string }>;

export const months: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
export const weekdays: readonly string[] = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
];

const known = 'yuMLdDHkKhmsSaEXZ';

/** Throws EngineError UNSUPPORTED where it has a letter that is not known here. */
export function parsePattern(pattern: string): readonly PatternToken[] {
  const tokens: PatternToken[] = [];
  for (const [part] of pattern.matchAll(/'(?:[^']|'')*'?|([A-Za-z])\1*|[^A-Za-z']+/g)) {
    if (part.startsWith("'")) tokens.push({ text: quoted(part) });
    else if (!/[A-Za-z]/.test(part[0]!)) tokens.push({ text: part });
    else if (known.includes(part[0]!)) tokens.push({ letter: part[0]!, count: part.length });
    else {
      throw new EngineError(
        'UNSUPPORTED',
        `the date pattern '${pattern}' has a letter that is not supported: ${part[0]}`,
        {
          hint: `Supported are ${[...known].join(' ')}; text stands in single quotes.`,
        },
      );
    }
  }
  return tokens;
}

/** `''` is a quote, `'text'` is text. */
function quoted(part: string): string {
  return part === "''" ? "'" : part.slice(1, part.endsWith("'") ? -1 : undefined).replaceAll("''", "'");
}
