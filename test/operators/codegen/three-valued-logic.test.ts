import { describe, expect, it } from 'vitest';
import { columnRef, type Expression } from '../../../src/model/expression.ts';
import { types } from '../../../src/model/types.ts';
import { evaluateRow } from '../../support/sql-expressions.ts';

const values = [true, false, null] as const;
const [a, b] = [0, 1].map((i) => columnRef(i, types.of('boolean'))) as [Expression, Expression];

// ISO 9075-2, 6.39: the truth tables of AND, OR and NOT, rows and columns in the order of `values`.
const tables = {
  and: [
    [true, false, null],
    [false, false, false],
    [null, false, null],
  ],
  or: [
    [true, true, true],
    [true, false, null],
    [true, null, null],
  ],
} as const;

describe.each(['and', 'or'] as const)('%s', (kind) => {
  const expression: Expression = { kind, args: [a, b], type: types.of('boolean') };
  const cells = values.flatMap((x, i) => values.map((y, j) => [x, y, tables[kind][i]![j]!] as const));
  it.each(cells)(`%s ${kind} %s is %s`, (x, y, expected) => {
    expect(evaluateRow(expression, [x, y])).toBe(expected);
  });
});

it.each([
  [true, false],
  [false, true],
  [null, null],
])('not %s is %s', (x, expected) => {
  expect(evaluateRow({ kind: 'not', arg: a, type: types.of('boolean') }, [x])).toBe(expected);
});

it.each([
  [true, 'yes'],
  [false, 'no'],
  [null, 'no'],
])('CASE takes a condition of %s for %s', (x, expected) => {
  const text = (value: string): Expression => ({ kind: 'literal', value, type: types.string(false) });
  const branches = [{ when: a, result: text('yes') }];
  const expression: Expression = { kind: 'case', branches, otherwise: text('no'), type: types.string(false) };
  expect(evaluateRow(expression, [x])).toBe(expected);
});
