/** Rows as texts, compared as multisets. */

import { keyPlaces } from './sink-key.ts';
import type { Output } from './suite-runner.ts';
import type { Answer, SuiteSink } from './suite-test.ts';

/** Lines with `-` (expected, did not come) and `+` (came, not expected). */
export function diffAnswer(answer: Answer | SuiteSink, output: Output): readonly string[] {
  const { rows, cut } = answer;
  const all = [...output.before, ...output.after];
  const key = 'columns' in answer ? keyPlaces(answer.columns) : [];
  if (key.length > 0 && kindsOf(rows) === 'none') return diffTexts(rows, newestOf(all, key));
  if (cut === undefined || output.before.length === 0) return diffTexts(rows, all);
  return [...diffTexts(rows.slice(0, cut), output.before), ...diffTexts(rows.slice(cut), output.after)];
}

/** The same, but of what is left when all changes are applied. */
export function diffLeft(answer: Answer | SuiteSink, output: Output): readonly string[] {
  if (kindsOf(answer.rows) !== 'all') return diffAnswer(answer, output);
  const key = 'columns' in answer ? keyPlaces(answer.columns) : [];
  const rows = leftOf(answer.rows, key).map((change) => change.slice(3, -1));
  return diffTexts(rows, leftOf([...output.before, ...output.after], key));
}

/** By the key, where there is one. Rows that were never there are left as they are. */
function leftOf(changes: readonly string[], key: readonly number[]): readonly string[] {
  if (key.length > 0) return newestOf(changes, key);
  const rows: string[] = [];
  for (const change of changes) {
    const row = canonical(change.slice(2));
    const known = change.startsWith('-') ? rows.findIndex((text) => canonical(text.slice(2)) === row) : -1;
    if (known < 0) rows.push(change);
    else rows.splice(known, 1);
  }
  return rows;
}

/** What is left in a table with a primary key, as in the tables of Flink's tests: -U and -D delete by the key alone. */
function newestOf(changes: readonly string[], key: readonly number[]): string[] {
  const newest = new Map<string, string>();
  for (const change of changes) {
    const cells = cellsOf(change.slice(3, -1));
    const id = JSON.stringify(key.map((place) => cells[place]));
    if (change.startsWith('-')) newest.delete(id);
    else newest.set(id, change);
  }
  return [...newest.values()];
}

function cellsOf(row: string): string[] {
  const cells = [''];
  let depth = 0;
  for (const text of row.split(/([[\]{}]|, )/)) {
    if (text === '[' || text === '{') depth++;
    if (text === ']' || text === '}') depth--;
    if (text === ', ' && depth === 0) cells.push('');
    else cells.push(cells.pop()! + text);
  }
  return cells;
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
function canonical(text: string): string {
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
