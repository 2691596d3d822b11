import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SqlValue } from '../../src/model/function.ts';
import { equalColumns, equalRows, keyText } from '../../src/model/row.ts';

const text = fc.oneof(
  fc.constantFrom('', 'n', '0', '\0', '\0n', '\0s', 'NaN', '1:', '😀'),
  fc.string({ maxLength: 3 }),
);
const number = fc.constantFrom(0, -0, 1, 10, 2.5, NaN, Infinity, -Infinity);
const integer = fc.constantFrom<number | bigint>(0, 1, 10, -1, 2n ** 53n, 2n ** 53n + 1n, -(10n ** 30n));
const flag = fc.boolean();
const bytes = fc.constantFrom(new Uint8Array(), Uint8Array.of(0), Uint8Array.of(1, 2), Uint8Array.of(12));
const list = fc.array(fc.option(text, { freq: 3 }), { maxLength: 2 });

const kinds: readonly [string, fc.Arbitrary<SqlValue>][] = [
  ['strings', text],
  ['doubles', number],
  ['integers', integer],
  ['booleans', flag],
  ['bytes', bytes],
  ['lists', list],
];

/** Equality as SQL groups by it. */
function isSame(a: SqlValue, b: SqlValue): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a === b || (Number.isNaN(a) && Number.isNaN(b));
  if (a === null || b === null || typeof a !== 'object') return a === b;
  const [left, right] = [a, b].map((each) => Array.from(each as Iterable<SqlValue>));
  return left!.length === right!.length && left!.every((each, i) => isSame(each, right![i]!));
}

describe('the text of a key', () => {
  it.each(kinds)('of %s, one or two, is equal where the values are', (_, values) => {
    const value = fc.option(values, { freq: 5 });
    fc.assert(
      fc.property(fc.tuple(value, value), fc.tuple(value, value), (a, b) => {
        const [first, second] = [isSame(a[0], b[0]), isSame(a[1], b[1])];
        expect(keyText(a, [0]) === keyText(b, [0])).toBe(first);
        expect(keyText(a, [0, 1]) === keyText(b, [0, 1])).toBe(first && second);
        expect([equalColumns(a, b, [1]), equalRows(a, b)]).toEqual([second, first && second]);
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, readonly SqlValue[], readonly SqlValue[]]>([
    ['strings', ['a', 'bs'], ['asb', '']],
    ['a string and NULL', ['a', null], ['an', '']],
    ['lists', [['a', 'bs'], 1], [['asb', ''], 1]],
    ['lists in lists', [[['a'], ['b']], 1], [[['a', 'b'], []], 1]],
    ['bytes', [Uint8Array.of(1, 2), 3], [Uint8Array.of(12), 3]],
  ])('tells where one value ends and the next begins: %s', (_, a, b) => {
    expect([keyText(a, [0, 1]) === keyText(b, [0, 1]), equalRows(a, b)]).toEqual([false, false]);
  });

  it('is that of the number where a bigint is one', () => {
    expect([keyText([5n], [0]), keyText([5n, 5n], [0, 1])]).toEqual([keyText([5], [0]), keyText([5, 5], [0, 1])]);
  });
});
