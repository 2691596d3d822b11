/** Rows as texts, compared as multisets. */

import type { Output } from './suite-runner.ts';
import type { Answer } from './suite-test.ts';

/** Lines with `-` (expected, did not come) and `+` (came, not expected). */
export function diffAnswer(answer: Answer, output: Output): readonly string[] {
  const { rows, cut } = answer;
  if (cut === undefined || output.before.length === 0) return diffTexts(rows, [...output.before, ...output.after]);
  return [...diffTexts(rows.slice(0, cut), output.before), ...diffTexts(rows.slice(cut), output.after)];
}

function diffTexts(expected: readonly string[], received: readonly string[]): string[] {
  const kinds = kindsOf(expected);
  const counts = new Map<string, number>();
  const add = (line: string, count: number): void => void counts.set(line, (counts.get(line) ?? 0) + count);
  for (const line of expected) add(canonical(line), 1);
  for (const line of received) {
    if (kinds === 'all') add(canonical(line), -1);
    else if (kinds === 'signs') add(canonical(`${line[0]}${line.slice(2)}`), -1);
    else add(canonical(line.slice(3, -1)), line.startsWith('-') ? 1 : -1);
  }
  return [...counts].flatMap(([line, count]) =>
    Array.from({ length: Math.abs(count) }, () => `${count > 0 ? '-' : '+'} ${line}`),
  );
}

/** `+I[…]`; `+[…]` or `-[…]`; or no kinds: what is left is compared. */
function kindsOf([first]: readonly string[]): 'all' | 'signs' | 'none' {
  if (first === undefined || /^[+-][IUD]\[/.test(first)) return 'all';
  return /^[+-]\[/.test(first) ? 'signs' : 'none';
}

const numbers = /(?<![\w.:-])-?\d+(?:\.\d+)?(?:E-?\d+)?(?![\w.:-])/g;
const times = /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d+?)0*)?)?(?=Z?(?:[,\]})\s]|$))/g;

/**
 * Numbers by value, to nine digits; times with seconds and without zeros behind; no blanks behind commas, no signs of rows within rows; the
 * entries of a map, and what concat_distinct_agg joins, in an order of their own.
 */
export function canonical(text: string): string {
  return text
    .replace(times, (_, day, time, seconds = '00', fraction) => {
      const behind = fraction === undefined || /^0*$/.test(fraction) ? '' : `.${fraction}`;
      return `${day}T${time}:${seconds}${behind}`;
    })
    .replace(numbers, (number) => String(Number(Number(number).toPrecision(9))))
    .replace(/, /g, ',')
    .replace(/(?<!^)(?:\+I)?[[\]]/g, '')
    .replace(/\{([^{}]*)\}/g, (_, entries: string) => `{${entries.split(',').sort().join()}}`)
    .replace(/[^,]*\|[^,]*/g, (texts) => texts.split('|').sort().join('|'));
}
