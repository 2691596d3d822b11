import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregateFunction } from '../../src/functions/registry.ts';
import { assert } from '../../src/model/errors.ts';
import type { LiteralValue } from '../../src/model/expression.ts';
import type { AggregateImplementation } from '../../src/model/function.ts';
import { type DataType, formatType, layoutOf, types } from '../../src/model/types.ts';
import { testSession } from '../support/sql-expressions.ts';

// The steps of aggregates run as the operators generate them, over one accumulator.

class Accumulators {
  readonly #implementation: AggregateImplementation;
  readonly #wide: boolean;
  readonly #argTypes: readonly DataType[];
  readonly #handlesNulls: boolean;
  readonly type: DataType;

  constructor(name: string, argTypes: readonly DataType[], wide: boolean, literals: readonly LiteralValue[] = []) {
    const definition = aggregateFunction(name);
    assert(definition !== undefined, () => `no aggregate ${name}`);
    const args = argTypes.map((type, i) => ({ type, literal: literals[i] }));
    const { args: taken, result } = definition.infer(args);
    const typed = taken.map((type, i) => ({ type, literal: literals[i] }));
    this.#implementation = definition.implement({ args: typed, result, wide, session: testSession });
    this.#wide = wide;
    this.#handlesNulls = definition.nulls === 'handled';
    this.#argTypes = taken;
    this.type = result;
  }

  create(): unknown[] {
    const big = (type: DataType): boolean => this.#wide && layoutOf(type) === 'int';
    return this.#implementation.cells.map(({ type, initial }) =>
      initial !== null && big(type) ? BigInt(initial) : initial,
    );
  }

  /** Rows with a NULL argument are skipped unless the function handles them, as the operators do. */
  add(cells: unknown[], row: readonly unknown[]): unknown[] {
    return row.includes(null) && !this.#handlesNulls ? cells : this.#step(cells, 'add', row);
  }

  retract(cells: unknown[], row: readonly unknown[]): unknown[] {
    return row.includes(null) ? cells : this.#step(cells, 'retract', row);
  }

  merge(cells: unknown[], other: readonly unknown[]): unknown[] {
    const names = other.map((_, i) => `o${i}`);
    return this.#run(cells, names, this.#implementation.merge(this.#names(), names), other);
  }

  result(cells: readonly unknown[]): unknown {
    const value = this.#function(this.#names(), `return ${this.#implementation.result(this.#names())};`)(...cells);
    return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  of(rows: readonly (readonly unknown[])[]): unknown {
    return this.result(rows.reduce<unknown[]>((cells, row) => this.add(cells, row), this.create()));
  }

  #names(): string[] {
    return this.#implementation.cells.map((_, i) => `c${i}`);
  }

  #step(cells: unknown[], step: 'add' | 'retract', row: readonly unknown[]): unknown[] {
    const names = row.map((_, i) => `a${i}`);
    const values = row.map((value, i) =>
      this.#wide && value !== null && layoutOf(this.#argTypes[i]!) === 'int' ? BigInt(value as number) : value,
    );
    return this.#run(cells, names, this.#implementation[step]!(this.#names(), names), values);
  }

  #run(cells: readonly unknown[], names: readonly string[], source: string, values: readonly unknown[]): unknown[] {
    const code = this.#function([...this.#names(), ...names], `${source} return [${this.#names().join(', ')}];`);
    return code(...cells, ...values) as unknown[];
  }

  #function(names: readonly string[], body: string): (...values: unknown[]) => unknown {
    const helpers = Object.entries(this.#implementation.helpers ?? {});
    const make = new Function(...helpers.map(([name]) => name), `return function (${names.join(', ')}) { ${body} };`);
    return make(...helpers.map(([, helper]) => helper)) as (...values: unknown[]) => unknown;
  }
}

const of = types.of;
const column = (...values: readonly unknown[]): readonly (readonly unknown[])[] => values.map((value) => [value]);

/** Values of a test of Flink's, each with what is asked for. */
function percentiles(share: unknown): readonly (readonly unknown[])[] {
  return [1, 5, 4, 2, 9, 1, 4, null].map((value) => [value, share]);
}

describe.each([
  ['narrow', false],
  ['wide', true],
] as const)('in %s code', (_, wide) => {
  it.each([
    ['COUNT(*)', 'COUNT', [], [[], []], 2, 'BIGINT NOT NULL'],
    ['COUNT(value) skips NULL', 'COUNT', [of('int')], column(1, null), 1, 'BIGINT NOT NULL'],
    ['SUM(INT) wraps', 'SUM', [of('int')], column(2147483647, 1), -2147483648, 'INT'],
    ['SUM(TINYINT) wraps', 'SUM', [of('tinyint', false)], column(127, 2), -127, 'TINYINT'],
    ['SUM(DOUBLE)', 'SUM', [of('double')], column(0.5, 0.25), 0.75, 'DOUBLE'],
    ['SUM of nothing', 'SUM', [of('int')], column(null), null, 'INT'],
    ['SUM(DECIMAL)', 'SUM', [types.decimal(10, 2)], column(125, 225), 350, 'DECIMAL(38, 2)'],
    ['AVG(INT) is cut', 'AVG', [of('int')], column(7, 0, 0), 2, 'INT'],
    ['AVG(INT) is cut towards zero', 'AVG', [of('int')], column(-7, 0), -3, 'INT'],
    ['AVG(INT) does not wrap within', 'AVG', [of('int')], column(2147483647, 2147483647), 2147483647, 'INT'],
    [
      'AVG(FLOAT)',
      'AVG',
      [of('float')],
      column(Math.fround(0.1), Math.fround(0.2)),
      Math.fround((Math.fround(0.1) + Math.fround(0.2)) / 2),
      'FLOAT',
    ],
    ['AVG(DECIMAL) HALF_UP', 'AVG', [types.decimal(10, 2)], column(100, 100, 1), 670_000, 'DECIMAL(38, 6)'],
    ['AVG of nothing', 'AVG', [of('double')], [], null, 'DOUBLE'],
    ['MIN of strings', 'MIN', [types.string()], column('b', null, 'a'), 'a', 'STRING'],
    ['MAX(BIGINT)', 'MAX', [of('bigint', false)], column(-5, -7), -5, 'BIGINT'],
    ['MAX of nothing', 'MAX', [of('int')], column(null), null, 'INT'],
    ['FIRST_VALUE', 'FIRST_VALUE', [of('int')], column(null, 3, 4), 3, 'INT'],
    ['LAST_VALUE', 'LAST_VALUE', [of('int')], column(3, 4, null), 4, 'INT'],
    ['LISTAGG', 'LISTAGG', [types.string()], column('a', null, 'b'), 'a,b', 'STRING'],
    ['VAR_POP(INT) is cut', 'VAR_POP', [of('int')], column(0x100, 0x200, 0x300), 43690, 'INT'],
    ['STDDEV_POP(SMALLINT) is cut', 'STDDEV_POP', [of('smallint')], column(16, 32, 48), 13, 'SMALLINT'],
    ['STDDEV_SAMP(BIGINT)', 'STDDEV_SAMP', [of('bigint')], column(0x1000, 0x2000, 0x3000), 4096, 'BIGINT'],
    ['VAR_SAMP(DOUBLE)', 'VAR_SAMP', [of('double')], column(1, 1.5, null, 2), 0.25, 'DOUBLE'],
    ['VARIANCE of one value', 'VARIANCE', [of('double')], column(1), null, 'DOUBLE'],
    ['STDDEV of equal values', 'STDDEV', [of('double')], column(0.27, 0.27, 0.27), 0, 'DOUBLE'],
    ['STDDEV_POP(DECIMAL)', 'STDDEV_POP', [types.decimal(10, 2)], column(0.27, 0.28, 0.29), 8165, 'DECIMAL(38, 6)'],
    ['ARRAY_AGG keeps NULL', 'ARRAY_AGG', [of('bigint')], column(3, null), [3, null], 'ARRAY<BIGINT>'],
    ['ARRAY_AGG of nothing', 'ARRAY_AGG', [of('int')], [], null, 'ARRAY<INT>'],
    [
      'COLLECT',
      'COLLECT',
      [of('bigint')],
      column(3, null, 3, 1),
      new Map([
        [3, 2],
        [1, 1],
      ]),
      'MULTISET<BIGINT NOT NULL> NOT NULL',
    ],
    ['COLLECT of nothing', 'COLLECT', [of('int')], column(null), new Map(), 'MULTISET<INT NOT NULL> NOT NULL'],
    ['PERCENTILE', 'PERCENTILE', [of('double'), of('double', false)], percentiles(0.3), 1.7999999999999998, 'DOUBLE'],
    [
      'PERCENTILE of an array',
      'PERCENTILE',
      [of('double'), types.array(of('double', false), false)],
      percentiles([0.9, 0.7, 0.3, 1]),
      [6.600000000000001, 4.199999999999999, 1.7999999999999998, 9],
      'ARRAY<DOUBLE>',
    ],
    [
      'PERCENTILE with frequencies',
      'PERCENTILE',
      [of('double'), of('double', false), of('int')],
      [
        [1, 0.5, 1],
        [5, 0.5, -3],
        [2, 0.5, 4],
        [9, 0.5, null],
        [9, 0.5, 3],
      ],
      2,
      'DOUBLE',
    ],
    ['SINGLE_VALUE', 'SINGLE_VALUE', [of('int')], column(null), null, 'INT'],
    [
      'JSON_OBJECTAGG',
      'JSON_OBJECTAGG_NULL_ON_NULL',
      [types.string(), types.string()],
      [
        ['B', null],
        ['A', '1'],
      ],
      '{"A":1,"B":null}',
      'VARCHAR(2000) NOT NULL',
    ],
    [
      'JSON_OBJECTAGG without NULL',
      'JSON_OBJECTAGG_ABSENT_ON_NULL',
      [types.string(), types.string()],
      [
        ['B', null],
        ['A', '1'],
      ],
      '{"A":1}',
      'VARCHAR(2000) NOT NULL',
    ],
    [
      'JSON_ARRAYAGG',
      'JSON_ARRAYAGG_ABSENT_ON_NULL',
      [types.string()],
      column('"A"', null, '2'),
      '["A",2]',
      'VARCHAR(2000) NOT NULL',
    ],
    [
      'JSON_ARRAYAGG with NULL',
      'JSON_ARRAYAGG_NULL_ON_NULL',
      [types.string()],
      column(null),
      '[null]',
      'VARCHAR(2000) NOT NULL',
    ],
  ] as const)('%s', (__, name, argTypes, rows, expected, type) => {
    const accumulators = new Accumulators(name, argTypes, wide);
    expect(accumulators.of(rows)).toEqual(expected);
    expect(formatType(accumulators.type)).toBe(type);
  });

  it.each(['COUNT', 'SUM', 'AVG', 'MIN', 'MAX'])(
    '%s: merging parts is adding all, and retracting undoes adding',
    (name) => {
      const accumulators = new Accumulators(name, [of('bigint')], wide);
      const values = fc.array(fc.option(fc.integer({ min: -1e9, max: 1e9 })), { maxLength: 8 });
      fc.assert(
        fc.property(values, values, (left, right) => {
          const fill = (some: readonly unknown[]): unknown[] =>
            some.reduce<unknown[]>((cells, value) => accumulators.add(cells, [value]), accumulators.create());
          const whole = accumulators.result(fill([...left, ...right]));
          expect(accumulators.result(accumulators.merge(fill(left), fill(right)))).toEqual(whole);
          if (name === 'MIN' || name === 'MAX') return;
          const back = right.reduce<unknown[]>(
            (cells, value) => accumulators.retract(cells, [value]),
            fill([...left, ...right]),
          );
          expect(accumulators.result(back)).toEqual(accumulators.result(fill(left)));
        }),
      );
    },
  );
});

describe('in wide code', () => {
  it('SUM(BIGINT) wraps at 64 bits', () => {
    const sum = new Accumulators('SUM', [of('bigint')], true);
    expect(sum.of(column(9_223_372_036_854_775_807n, 1n))).toBe(-9_223_372_036_854_775_808n);
  });

  it('SUM(DECIMAL) beyond 38 digits is NULL', () => {
    const sum = new Accumulators('SUM', [types.decimal(38, 0)], true);
    expect(sum.of(column(10n ** 38n - 1n, 1n))).toBeNull();
  });
});

it('LISTAGG takes a constant separator', () => {
  const list = new Accumulators('LISTAGG', [types.string(), types.string(false)], false, [undefined as never, ' | ']);
  expect(
    list.of([
      ['a', ' | '],
      ['b', ' | '],
    ]),
  ).toBe('a | b');
});

it.each([
  ['SUM of a string', 'SUM', [types.string()]],
  ['MAX of an array', 'MAX', [types.array(of('int'))]],
  ['STDDEV of a string', 'STDDEV_POP', [types.string()]],
  ['PERCENTILE with a string', 'PERCENTILE', [of('int'), types.string()]],
  ['LISTAGG with a separator from a column', 'LISTAGG', [types.string(), types.string()]],
] as const)('%s is refused', (_, name, argTypes) => {
  expect(() => new Accumulators(name, argTypes, false)).toThrow(expect.objectContaining({ code: 'SQL_VALIDATION' }));
});

it.each([
  ['SINGLE_VALUE of two rows', 'SINGLE_VALUE', [of('int')], column(1, 1)],
  [
    'JSON_OBJECTAGG with a key twice',
    'JSON_OBJECTAGG_NULL_ON_NULL',
    [types.string(), types.string()],
    [
      ['a', '1'],
      ['a', '1'],
    ],
  ],
  ['PERCENTILE above 1', 'PERCENTILE', [of('double'), of('double')], [[1, 1.5]]],
] as const)('%s fails', (_, name, argTypes, rows) => {
  expect(() => new Accumulators(name, argTypes, false).of(rows)).toThrow(
    expect.objectContaining({ code: 'EVALUATION' }),
  );
});
