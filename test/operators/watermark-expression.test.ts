import { describe, expect, it } from 'vitest';
import { batchOf, minWatermark } from '../../src/model/column.ts';
import { columnRef, type Expression, literal } from '../../src/model/expression.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type DataType, types } from '../../src/model/types.ts';
import { WatermarkExpression } from '../../src/operators/watermark-expression.ts';
import { columnOf } from '../support/calc-harness.ts';
import { call, testSession } from '../support/sql-expressions.ts';

const fiveSeconds = literal(5000, types.intervalMillis(false));

function evaluate(type: DataType, values: readonly unknown[], make: (column: Expression) => Expression) {
  const pool = new StringPool();
  const fields = [{ name: 'ts', type }];
  const watermark = new WatermarkExpression(make(columnRef(0, type)), fields, testSession, pool);
  const result = watermark.evaluate(batchOf(values.length, [columnOf(type, values, pool)]));
  return { max: result.max, values: [...result.values.subarray(0, values.length)] };
}

const delayed = (column: Expression): Expression => call('-', column, fiveSeconds);

describe('a watermark expression', () => {
  it('gives each row its watermark, and the greatest', () => {
    expect(evaluate(types.timestamp(3), [10_000, 30_000, 20_000], delayed)).toEqual({
      max: 25_000,
      values: [5_000, 25_000, 15_000],
    });
  });

  it('gives NaN for NULL, which does not count', () => {
    expect(evaluate(types.timestampLtz(3), [null, 7_000], delayed)).toEqual({
      max: 2_000,
      values: [Number.NaN, 2_000],
    });
    expect(evaluate(types.timestamp(3), [null], delayed).max).toBe(minWatermark);
  });

  it('rounds finer timestamps down to milliseconds', () => {
    const column = (c: Expression): Expression => c;
    expect(evaluate(types.timestamp(6), [1_999, -1, 2_000], column).values).toEqual([1, -1, 2]);
    expect(evaluate(types.timestamp(9), [1_600_000_000_000_999_999n, -1n], column).values).toEqual([
      1_600_000_000_000, -1,
    ]);
  });
});
