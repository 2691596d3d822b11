import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnRef, type Expression, literal } from '../../../src/model/expression.ts';
import { type DataType, type Field, isInteger, types } from '../../../src/model/types.ts';
import { CalcHarness, type Row, type StringEncoding } from '../../support/calc-harness.ts';
import { type Interpreted, interpret } from '../../support/expression-interpreter.ts';
import { call, cast } from '../../support/sql-expressions.ts';

// Random expressions over random rows: generated code says what a naive interpreter says, whatever the variant and the batching.

const inputFields: readonly Field[] = [
  { name: 'small', type: types.of('smallint') },
  { name: 'i', type: types.of('int') },
  { name: 'l', type: types.of('bigint') },
  { name: 'd', type: types.of('double') },
  { name: 's', type: types.string() },
  { name: 'u', type: types.string() },
  { name: 'b', type: types.of('boolean') },
];

const columns = inputFields.map(({ type }, i) => columnRef(i, type));
const runs = { numRuns: 300 };
const maxDepth = 4;

const {
  integer: anyInteger,
  float,
  flag,
  string,
} = fc.letrec<Record<'integer' | 'float' | 'flag' | 'string', Expression>>((tie) => ({
  integer: fc.oneof(
    { maxDepth },
    fc.constantFrom(columns[0]!, columns[1]!, columns[2]!),
    fc.integer({ min: -100, max: 100 }).map((value) => literal(value, types.of('int', false))),
    fc.constantFrom(literal(4_611_686_018_427_387_904n, types.of('bigint', false)), literal(null, types.of('int'))),
    fc
      .tuple(fc.constantFrom('+', '-', '*', '/', '%'), tie('integer'), tie('integer'))
      .map(([name, a, b]) => call(name, a, b)),
    fc
      .tuple(tie('integer'), fc.constantFrom<DataType['kind']>('tinyint', 'int', 'bigint'))
      .map(([arg, kind]) => cast(arg, types.of(kind as 'int'))),
    choice(tie('flag'), tie('integer'), types.of('bigint')),
  ),
  float: fc.oneof(
    { maxDepth },
    fc.constant(columns[3]!),
    fc.tuple(fc.constantFrom('+', '-', '*', '/'), tie('float'), tie('float')).map(([name, a, b]) => call(name, a, b)),
    tie('integer').map((arg) => cast(arg, types.of('double'))),
  ),
  string: fc.oneof(
    { maxDepth },
    fc.constantFrom(columns[4]!, columns[5]!),
    fc.constantFrom('', 'a', 'b').map((value) => literal(value, types.string(false))),
    fc.tuple(tie('string'), tie('string')).map(([a, b]) => call('||', a, b)),
    choice(tie('flag'), tie('string'), types.string()),
  ),
  flag: fc.oneof(
    { maxDepth },
    fc.constant(columns[6]!),
    fc.constant(literal(null, types.of('boolean'))),
    comparison(tie('integer')),
    comparison(tie('float')),
    comparison(tie('string')),
    tie('flag').map((arg): Expression => ({ kind: 'not', arg, type: arg.type })),
    fc.tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(tie('flag'), { minLength: 2, maxLength: 3 })).map(
      ([kind, args]): Expression => ({
        kind,
        args,
        type: types.of(
          'boolean',
          args.some(({ type }) => type.nullable),
        ),
      }),
    ),
    fc
      .tuple(
        fc.constantFrom('is_null' as const, 'is_not_null' as const),
        fc.oneof(tie('integer'), tie('string'), tie('flag')),
      )
      .map(([kind, arg]): Expression => ({ kind, arg, type: types.of('boolean', false) })),
  ),
}));

function comparison(operand: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> {
  const symbol = fc.constantFrom('=', '<>', '<', '<=', '>', '>=');
  return fc.tuple(symbol, operand, operand).map(([name, a, b]) => call(name, a, b));
}

function choice(
  when: fc.Arbitrary<Expression>,
  result: fc.Arbitrary<Expression>,
  type: DataType,
): fc.Arbitrary<Expression> {
  return fc.tuple(when, result, result).map(([condition, a, b]): Expression => {
    const [first, otherwise] = type.kind === 'bigint' ? [cast(a, type), cast(b, type)] : [a, b];
    return { kind: 'case', branches: [{ when: condition, result: first }], otherwise, type };
  });
}

const nullable = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(values, { freq: 4 });

const anyRow: fc.Arbitrary<Row> = fc.tuple(
  nullable(fc.integer({ min: -32768, max: 32767 })),
  nullable(fc.integer()),
  nullable(
    fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: -1000, max: 1000 }) },
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    ),
  ),
  nullable(fc.double({ noNaN: true })),
  nullable(fc.constantFrom('', 'a', 'b', 'ab', 'é', '\u{1f600}')),
  nullable(fc.string({ maxLength: 3 })),
  nullable(fc.boolean()),
);

/** What generated code gives, in the interpreter's form; an error as its message. */
function generated(
  expressions: readonly Expression[],
  rows: readonly Row[],
  encoding: StringEncoding,
  chunk: number,
): unknown {
  const harness = new CalcHarness(inputFields, null, expressions, encoding);
  try {
    for (let i = 0; i < rows.length; i += chunk) harness.feed(rows.slice(i, i + chunk));
  } catch (error) {
    return failure(error);
  }
  return harness.rows.map((row) => row.map((value, i) => normal(value, expressions[i]!.type)));
}

function normal(value: unknown, type: DataType): unknown {
  return isInteger(type) && value !== null ? BigInt(value as number) : value;
}

function failure(error: unknown): string {
  expect(error).toMatchObject({ code: 'EVALUATION' });
  return 'failed';
}

function interpreted(expressions: readonly Expression[], rows: readonly Row[]): unknown {
  try {
    return rows.map((row) => {
      const values = row.map((value, i) => normal(value, inputFields[i]!.type) as Interpreted);
      return expressions.map((expression) => interpret(expression, values));
    });
  } catch (error) {
    return failure(error);
  }
}

describe('generated code', () => {
  const rows = fc.array(anyRow, { minLength: 1, maxLength: 6 });
  const expression = fc.oneof(anyInteger, float, string, flag);

  it.each(['codes', 'bytes'] as const)('computes what the interpreter does, over strings as %s', (encoding) => {
    fc.assert(
      fc.property(expression, rows, (e, given) => {
        expect(generated([e], given, encoding, given.length)).toEqual(interpreted([e], given));
      }),
      runs,
    );
  });

  it('does not depend on how rows are batched', () => {
    fc.assert(
      fc.property(
        fc.array(expression, { minLength: 1, maxLength: 3 }),
        rows,
        fc.integer({ min: 1, max: 3 }),
        (es, given, chunk) => {
          expect(generated(es, given, 'codes', chunk)).toEqual(generated(es, given, 'codes', given.length));
        },
      ),
      runs,
    );
  });

  it('filters the rows for which the interpreter says true', () => {
    fc.assert(
      fc.property(flag, rows, fc.constantFrom<StringEncoding>('codes', 'bytes'), (predicate, given, encoding) => {
        const harness = new CalcHarness(inputFields, predicate, [columns[1]!, columns[4]!], encoding);
        const kept = interpreted([predicate], given);
        if (kept === 'failed') return void expect(() => harness.feed(given)).toThrow();
        const expected = given.filter((_, i) => (kept as unknown[][])[i]![0] === true);
        expect(harness.feed(given).rows).toEqual(expected.map((row) => [row[1], row[4]]));
      }),
      runs,
    );
  });
});
