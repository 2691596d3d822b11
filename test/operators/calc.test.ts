import { describe, expect, it } from 'vitest';
import { op } from '../../src/model/column.ts';
import { columnRef, type Expression, literal } from '../../src/model/expression.ts';
import { type Field, types } from '../../src/model/types.ts';
import { CalcHarness, type Row } from '../support/calc-harness.ts';
import { call, cast, int, testSession, text } from '../support/sql-expressions.ts';

const inputFields: readonly Field[] = [
  { name: 'id', type: types.of('int') },
  { name: 'amount', type: types.of('bigint') },
  { name: 'city', type: types.string() },
  { name: 'price', type: types.decimal(10, 2) },
];
const [id, amount, city, price] = inputFields.map(({ type }, i) => columnRef(i, type)) as [
  Expression,
  Expression,
  Expression,
  Expression,
];

class Harness extends CalcHarness {
  constructor(predicate: Expression | null, projections: readonly Expression[], bytes = false) {
    super(inputFields, predicate, projections, bytes ? 'bytes' : 'codes');
  }
}

const sample: readonly Row[] = [
  [1, 100, 'Paris', 1050],
  [2, null, 'Rome', 200],
  [null, 300, null, null],
  [4, -400, 'Paris', 999],
];

describe.each([
  ['codes', false],
  ['bytes', true],
] as const)('a calc over strings as %s', (_, bytes) => {
  it('filters and projects', () => {
    const predicate = call('=', city, text('Paris'));
    const doubled = call('*', amount, int(2));
    const harness = new Harness(predicate, [id, doubled, call('||', city, text('!'))], bytes).feed(sample);
    expect(harness.rows).toEqual([
      [1, 200, 'Paris!'],
      [4, -800, 'Paris!'],
    ]);
  });

  it('takes a predicate that is NULL for one that is false', () => {
    const harness = new Harness(call('>', amount, int(0)), [id], bytes).feed(sample);
    expect(harness.rows).toEqual([[1], [null]]);
  });

  it('carries NULLs through projections', () => {
    const harness = new Harness(null, [call('+', price, price), city, call('=', city, text('Rome'))], bytes);
    expect(harness.feed(sample).rows).toEqual([
      [2100, 'Paris', false],
      [400, 'Rome', true],
      [null, null, null],
      [1998, 'Paris', false],
    ]);
  });

  it('chooses between strings', () => {
    const size: Expression = {
      kind: 'case',
      branches: [{ when: call('>', amount, int(50)), result: text('much') }],
      otherwise: city,
      type: types.string(),
    };
    expect(new Harness(null, [size], bytes).feed(sample).rows).toEqual([['much'], ['Rome'], ['much'], ['Paris']]);
  });

  it('gives the same rows however they are batched', () => {
    const make = () =>
      new Harness(call('<>', city, text('Rome')), [call('-', amount, int(1)), cast(price, types.string())], bytes);
    const whole = make().feed(sample);
    const split = make();
    for (const row of sample) split.feed([row]);
    expect(split.rows).toEqual(whole.rows);
    expect(whole.rows).toHaveLength(2);
  });
});

describe('a calc', () => {
  it('shares the arrays of plain columns when all rows pass', () => {
    const harness = new Harness(call('>', id, int(0)), [amount, city]);
    const batch = harness.batch([[1, 2, 'a', 3]]);
    harness.feed([], batch);
    expect(harness.batches[0]!.columns[0]).toBe(batch.columns[1]);
    expect(harness.batches[0]!.columns[1]).toBe(batch.columns[2]);
  });

  it('shares a column whose cast changes the type alone', () => {
    const harness = new Harness(null, [cast(cast(city, { kind: 'varchar', length: 9, nullable: true }), city.type)]);
    const bytes = new Harness(null, [cast(literal('x', { kind: 'char', length: 1, nullable: false }), city.type)]);
    expect(harness.feed([[1, 1, 'Ouagadougou', 1]]).rows).toEqual([['Ouagadoug']]);
    expect(bytes.feed(sample).rows).toEqual([['x'], ['x'], ['x'], ['x']]);
    const short: Field = { name: 'short', type: { kind: 'varchar', length: 9, nullable: true } };
    const widened = new CalcHarness([short], null, [cast(columnRef(0, short.type), types.string())]);
    const batch = widened.batch([['a']]);
    expect(widened.feed([], batch).batches[0]!.columns[0]).toBe(batch.columns[0]);
  });

  it('emits nothing when no row passes', () => {
    expect(new Harness(call('>', id, int(9)), [id]).feed(sample).batches).toHaveLength(0);
  });

  it('runs the batch again with bigints when an integer leaves the safe range', () => {
    const harness = new Harness(call('>', call('*', amount, int(2)), int(0)), [call('*', amount, int(2)), id]);
    harness.feed([
      [1, 5, 'a', 1],
      [2, Number.MAX_SAFE_INTEGER, 'a', 1],
      [3, null, 'a', 1],
    ]);
    expect(harness.rows).toEqual([
      [10n, 1],
      [18014398509481982n, 2],
    ]);
    harness.feed([[4, 6, 'a', 1]]);
    expect(harness.rows.at(-1)).toEqual([12, 4]);
  });

  it('reads wide columns, and gives narrow ones where it can', () => {
    const harness = new Harness(null, [call('/', amount, int(10_000)), call('+', amount, int(1))]);
    harness.feed([[1, 9_223_372_036_854_775_807n, 'a', 1]]);
    expect(harness.rows).toEqual([[922_337_203_685_477, -9_223_372_036_854_775_808n]]);
  });

  it('hands on ops and watermarks of the rows that pass', () => {
    const ops = Uint8Array.of(op.insert, op.updateBefore, op.updateAfter, op.delete);
    const watermarks = Float64Array.of(1, 2, 3, 4);
    const harness = new Harness(call('>', amount, int(0)), [id]).feed(sample, { ops, watermarks }).watermark(7);
    expect([...harness.batches[0]!.ops!]).toEqual([op.insert, op.updateAfter]);
    expect([...harness.batches[0]!.watermarks!]).toEqual([1, 3]);
    expect(harness.watermarks).toEqual([7]);
  });

  it('says which expression failed, and where it stands', () => {
    const position = { line: 3, column: 8, start: 40, end: 55 };
    const ratio = { ...call('/', amount, call('-', id, int(4))), position };
    const harness = new Harness(call('>', int(1), ratio), [id]);
    expect(() => harness.feed(sample)).toThrow(
      expect.objectContaining({
        code: 'EVALUATION',
        message: 'amount / CAST(id - 4 AS BIGINT): division by zero',
        position,
      }),
    );
  });

  it('names the column of a failure that is remembered by string', () => {
    const harness = new Harness(null, [cast(city, types.of('int'))]);
    expect(() => harness.feed(sample)).toThrow("CAST(city AS INT): 'Paris' can't be cast to INT");
    expect(() => harness.feed(sample)).toThrow("CAST(city AS INT): 'Paris' can't be cast to INT");
  });

  it('tries only the conversion of TRY_CAST', () => {
    const harness = new Harness(null, [cast(city, types.of('int'), 'null')]);
    expect(harness.feed(sample).rows).toEqual([[null], [null], [null], [null]]);
    const inner = cast(call('/', int(1), call('-', id, int(1))), types.string(), 'null');
    expect(() => new Harness(null, [inner]).feed(sample)).toThrow('division by zero');
  });

  it('does not evaluate what SQL does not', () => {
    const guarded: Expression = {
      kind: 'and',
      args: [call('<>', id, int(1)), call('>', call('/', int(8), call('-', id, int(1))), int(3))],
      type: types.of('boolean'),
    };
    expect(new Harness(guarded, [id]).feed(sample).rows).toEqual([[2]]);
  });

  it('evaluates only the value that IF chooses', () => {
    const divisor = call('-', id, int(1));
    const guarded = call('IF', call('<>', divisor, int(0)), call('/', int(6), divisor), int(-1));
    expect(new Harness(null, [guarded]).feed(sample).rows).toEqual([[-1], [6], [-1], [2]]);
  });

  it('keeps no code of a pool that was emptied', () => {
    const harness = new Harness(call('<>', city, text('Rome')), [call('||', city, text('?')), literal('x', city.type)]);
    harness.feed(sample);
    harness.pool.clear();
    harness.pool.internString('Oslo');
    harness.feed([
      [1, 1, 'Rome', 1],
      [2, 2, 'Lima', 1],
    ]);
    expect(harness.rows.at(-1)).toEqual(['Lima?', 'x']);
    expect(harness.rows).toHaveLength(3);
  });
});

it('asks the clock once for all calls of a row', () => {
  let now = 0;
  const session = { ...testSession, now: () => now++ };
  const same = call('=', call('CURRENT_TIMESTAMP'), call('NOW'));
  expect(new CalcHarness(inputFields, same, [id], 'codes', session).feed(sample).rows).toHaveLength(sample.length);
});

describe('CURRENT_WATERMARK', () => {
  const time = columnRef(0, types.timestamp(3));
  const fields: readonly Field[] = [{ name: 'ts', type: types.timestamp(3) }];
  const watermark: Expression = { kind: 'call', name: 'CURRENT_WATERMARK', args: [time], type: types.timestamp(3) };

  it('is what is in force before each row, NULL before the first', () => {
    const late = call('<=', time, watermark);
    const harness = new CalcHarness(fields, null, [time, watermark, late]);
    harness.feed([[5], [7], [6]], { watermarks: Float64Array.of(-Infinity, 5, 6) });
    harness.watermark(6).feed([[6], [8]]);
    expect(harness.rows).toEqual([
      [5, null, null],
      [7, 5, false],
      [6, 6, true],
      [6, 6, true],
      [8, 6, false],
    ]);
  });

  it('filters', () => {
    const harness = new CalcHarness(fields, call('>', time, watermark), [time]);
    expect(harness.watermark(6).feed([[6], [8]]).rows).toEqual([[8]]);
  });
});
