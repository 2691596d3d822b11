/** JSON texts as Jackson reads and writes them for Flink's functions: numbers keep their digits, keys are written in order. */

/** A number that keeps its text. */
export class JsonNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

type Reviver = (key: string, value: unknown, context: Readonly<{ source?: string }>) => unknown;

const keepNumbers: Reviver = (_, value, { source }) => (typeof value === 'number' ? new JsonNumber(source!) : value);

/** The first value of a text, numbers as `JsonNumber`; what follows it does not count. undefined where there is none. */
export function parseJson(text: string): unknown {
  const whole = tryParse(text);
  if (whole !== undefined) return whole;
  const end = endOfFirstValue(text);
  return end === null ? undefined : tryParse(text.slice(0, end));
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text, keepNumbers as (key: string, value: unknown) => unknown);
  } catch {
    return undefined;
  }
}

const scalarForm = /^\s*(?:(?:-?\d[\d.eE+-]*|true|false|null)(?=\s)|"(?:[^"\\]|\\.)*")/;

/** null where no value ends before the text does. */
function endOfFirstValue(text: string): number | null {
  const scalar = scalarForm.exec(text);
  if (scalar !== null) return scalar[0].length;
  let depth = 0;
  const tokens = /"(?:[^"\\]|\\.)*"|[[{]|[\]}]/g;
  for (const match of text.matchAll(tokens)) {
    if ('[{'.includes(match[0])) depth++;
    else if (']}'.includes(match[0]) && --depth === 0) return match.index + 1;
  }
  return null;
}

/** Neither object nor array. */
export function isJsonScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null || value instanceof JsonNumber;
}

/** A value as compact JSON, keys in the order of their UTF-16 units. */
export function jsonText(value: unknown): string {
  if (value instanceof JsonNumber) return bigDecimalText(value.source);
  if (typeof value === 'string') return quoteJson(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${quoteJson(key)}:${jsonText(part)}`).join(',')}}`;
}

/** A string as a JSON string. Like Jackson, with capital letters in escapes. */
export function quoteJson(text: string): string {
  return JSON.stringify(text).replace(/\\u00[01][0-9a-f]/g, (found) => `\\u${found.slice(2).toUpperCase()}`);
}

/** A scalar as Java's toString. */
export function scalarText(value: unknown): string {
  return value instanceof JsonNumber ? bigDecimalText(value.source) : String(value);
}

const leastPlainExponent = -6;

/** The text of a JSON number as BigInteger or BigDecimal print it: `2.50`, `1E+3`, `1E-7`. */
export function bigDecimalText(source: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source)!;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '');
  const scale = fraction.length - Number(exponent);
  const isZero = digits === '0';
  const shownSign = isZero ? '' : sign;
  const leading = digits.length - 1 - scale;
  if (scale === 0) return shownSign + digits;
  if (scale > 0 && leading >= leastPlainExponent) {
    const padded = digits.padStart(scale + 1, '0');
    return `${shownSign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  }
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return leading === 0 ? shownSign + mantissa : `${shownSign}${mantissa}E${leading > 0 ? '+' : ''}${leading}`;
}
