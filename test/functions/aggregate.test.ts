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
  readonly type: DataType;

  constructor(name: string, argTypes: readonly DataType[], wide: boolean, literals: readonly LiteralValue[] = []) {
    const definition = aggregateFunction(name);
    assert(definition !== undefined, () => `no aggregate ${name}`);
    const args = argTypes.map((type, i) => ({ type, literal: literals[i] }));
    const { result } = definition.infer(args);
    this.#implementation = definition.implement({ args, result, wide, session: testSession });
    this.#wide = wide;
    this.#argTypes = argTypes;
    this.type = result;
  }

  create(): unknown[] {
    const big = (type: DataType): boolean => this.#wide && layoutOf(type) === 'int';
    return this.#implementation.cells.map(({ type, initial }) =>
      initial !== null && big(type) ? BigInt(initial) : initial,
    );
  }

  /** Rows with a NULL argument are skipped, as the operators do. */
  add(cells: unknown[], row: readonly unknown[]): unknown[] {
    return row.includes(null) ? cells : this.#step(cells, 'add', row);
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
      this.#wide && layoutOf(this.#argTypes[i]!) === 'int' ? BigInt(value as number) : value,
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
  ['LISTAGG with a separator from a column', 'LISTAGG', [types.string(), types.string()]],
] as const)('%s is refused', (_, name, argTypes) => {
  expect(() => new Accumulators(name, argTypes, false)).toThrow(expect.objectContaining({ code: 'SQL_VALIDATION' }));
});
