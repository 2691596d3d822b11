/** Numbers and durations in words and digits, in English and Vietnamese. */
import type { Token } from './text.ts';

export type Quantity = Readonly<{ value: number; length: number }>;

const words =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
    ' ',
  );
const vietnameseWords = 'không một hai ba bốn năm sáu bảy tám chín mười'.split(' ');
const numberWords = new Map<string, number>([
  ...words.map((word, value) => [word, value] as const),
  ...vietnameseWords.slice(1).map((word, value) => [word, value + 1] as const),
  ['thirty', 30],
  ['sixty', 60],
  ['hundred', 100],
  ['thousand', 1000],
]);
const factors = new Map<string, number>([
  ['k', 1_000],
  ['thousand', 1_000],
  ['nghìn', 1_000],
  ['nghin', 1_000],
  ['ngàn', 1_000],
  ['ngan', 1_000],
  ['million', 1_000_000],
  ['mio', 1_000_000],
  ['triệu', 1_000_000],
  ['trieu', 1_000_000],
]);

/** Any number that can be said; undefined: none begins here. */
export function numberAt(tokens: readonly Token[], index: number): Quantity | undefined {
  const token = tokens[index];
  if (token === undefined) return undefined;
  const value = token.kind === 'number' ? valueOfDigits(token.text) : numberWords.get(token.text);
  if (value === undefined) return undefined;
  const next = tokens[index + 1];
  const factor = next === undefined ? undefined : factors.get(next.text);
  return factor === undefined ? { value, length: 1 } : { value: value * factor, length: 2 };
}

/** `1,000` and `1.000` are a thousand, `1.5` is one and a half. */
function valueOfDigits(digits: string): number {
  return Number(/^\d+(?:[.,]\d{3})+$/.test(digits) ? digits.replace(/[.,]/g, '') : digits);
}

const units = new Map<string, string>(
  Object.entries({
    ms: 'ms|millisecond|milliseconds|millis|mili giây',
    s: 's|sec|secs|second|seconds|giây|giay',
    min: 'm|min|mins|minute|minutes|phút|phut',
    h: 'h|hr|hrs|hour|hours|giờ|gio|tiếng|tieng',
    d: 'd|day|days|ngày|ngay',
  }).flatMap(([unit, names]) => names.split('|').map((name) => [name, unit] as const)),
);

export type DurationFound = Readonly<{ text: string; length: number }>;

/** A duration as parameters take it (`5min`, `30s`, `1h`): whole numbers, or halves of the next smaller unit. */
export function durationAt(tokens: readonly Token[], index: number): DurationFound | undefined {
  const article = ['a', 'an'].includes(tokens[index]?.text ?? '') ? { value: 1, length: 1 } : undefined;
  const amount = numberAt(tokens, index) ?? article;
  const unit = amount === undefined ? undefined : units.get(tokens[index + amount.length]?.text ?? '');
  if (amount === undefined || unit === undefined) return undefined;
  const length = amount.length + 1;
  if (Number.isSafeInteger(amount.value)) return { text: `${amount.value}${unit}`, length };
  const smaller = { min: [60, 's'], h: [60, 'min'], d: [24, 'h'], s: [1000, 'ms'], ms: [1, 'ms'] } as const;
  const [factor, name] = smaller[unit as keyof typeof smaller];
  const value = amount.value * factor;
  return Number.isSafeInteger(value) ? { text: `${value}${name}`, length } : undefined;
}
