import { describe, expect, it } from 'vitest';
import type { LiteralValue } from '../../src/model/expression.ts';
import { formatType } from '../../src/model/types.ts';
import { pipelinesOf } from '../support/sql-session.ts';

/** The constant that `SELECT text` gives. */
async function constant(text: string): Promise<readonly [string, LiteralValue]> {
  const [pipeline] = await pipelinesOf(`SELECT ${text}`);
  const { input } = pipeline!;
  if (input.kind !== 'values') throw new Error(input.kind);
  const expression = input.rows[0]![0]!;
  if (expression.kind !== 'literal') throw new Error(expression.kind);
  return [formatType(expression.type), expression.value];
}

const day = 86_400_000;

describe('literals', () => {
  it.each<readonly [string, string, LiteralValue]>([
    ['0', 'INT NOT NULL', 0],
    ['2147483647', 'INT NOT NULL', 2147483647],
    ['2147483648', 'BIGINT NOT NULL', 2147483648],
    ['-2147483648', 'BIGINT NOT NULL', -2147483648],
    ['9223372036854775807', 'BIGINT NOT NULL', 9223372036854775807n],
    ['9223372036854775808', 'DECIMAL(19, 0) NOT NULL', 9223372036854775808n],
    ['1.50', 'DECIMAL(3, 2) NOT NULL', 150],
    ['-.5', 'DECIMAL(1, 1) NOT NULL', -5],
    ['0.0', 'DECIMAL(1, 1) NOT NULL', 0],
    ['1e3', 'DOUBLE NOT NULL', 1000],
    ['-1.5E-3', 'DOUBLE NOT NULL', -0.0015],
    ["'it''s'", 'CHAR(4) NOT NULL', "it's"],
    ["''", 'CHAR(0) NOT NULL', ''],
    ["U&'\\00e9\\0041'", 'CHAR(2) NOT NULL', 'éA'],
    ["'\u{1f600}'", 'CHAR(1) NOT NULL', '\u{1f600}'],
    ["X'00ffA0'", 'BINARY(3) NOT NULL', new Uint8Array([0, 255, 160])],
    ['TRUE', 'BOOLEAN NOT NULL', true],
    ['UNKNOWN', 'BOOLEAN', null],
    ["DATE '1970-01-02'", 'DATE NOT NULL', 1],
    ["TIME '01:00:00.250'", 'TIME(3) NOT NULL', 3_600_250],
    ["TIMESTAMP '1970-01-02 00:00:00'", 'TIMESTAMP(0) NOT NULL', day],
    ["TIMESTAMP '1970-01-02'", 'TIMESTAMP(0) NOT NULL', day],
    ["TIMESTAMP '1969-12-31 23:59:59.999999'", 'TIMESTAMP(6) NOT NULL', -1],
    ["INTERVAL '5' SECOND", 'INTERVAL DAY TO SECOND(3) NOT NULL', 5000],
    ["INTERVAL '1.5' SECONDS", 'INTERVAL DAY TO SECOND(3) NOT NULL', 1500],
    ["INTERVAL '-2' DAY", 'INTERVAL DAY TO SECOND(3) NOT NULL', -2 * day],
    ["INTERVAL -'2' DAYS", 'INTERVAL DAY TO SECOND(3) NOT NULL', -2 * day],
    ["INTERVAL '1' WEEK", 'INTERVAL DAY TO SECOND(3) NOT NULL', 7 * day],
    ["INTERVAL '1 02:03:04.5' DAY TO SECOND", 'INTERVAL DAY TO SECOND(3) NOT NULL', day + 7_384_500],
    ["INTERVAL '90:05' MINUTE TO SECOND", 'INTERVAL DAY TO SECOND(3) NOT NULL', 5_405_000],
    ["INTERVAL '2:30' HOUR(3) TO MINUTE", 'INTERVAL DAY TO SECOND(3) NOT NULL', 9_000_000],
    ["INTERVAL '3' QUARTER", 'INTERVAL YEAR TO MONTH NOT NULL', 9],
    ["INTERVAL '-1-2' YEAR TO MONTH", 'INTERVAL YEAR TO MONTH NOT NULL', -14],
    ['CAST(5 AS BIGINT)', 'BIGINT NOT NULL', 5],
    ['CAST(5 AS DECIMAL(5, 2))', 'DECIMAL(5, 2) NOT NULL', 500],
    ['CAST(2.5 AS DOUBLE)', 'DOUBLE NOT NULL', 2.5],
    ["CAST('ab' AS STRING)", 'STRING NOT NULL', 'ab'],
    ['CAST(NULL AS INT)', 'INT', null],
    ['TRY_CAST(7 AS SMALLINT)', 'SMALLINT', 7],
  ])('%s', async (text, type, value) => {
    expect(await constant(text)).toEqual([type, value]);
  });

  it.each([
    ["CAST('ab' AS VARCHAR(1))"],
    ['CAST(70000 AS SMALLINT)'],
    ['CAST(2.55 AS DECIMAL(2, 1))'],
    ['CAST(16777217 AS FLOAT)'],
    ["CAST('ab' AS CHAR(3))"],
    ["CAST('1' AS INT)"],
  ])('%s is left to run time, where the value is not the same', async (text) => {
    await expect(constant(text)).rejects.toThrow('cast');
  });

  it.each([
    ["INTERVAL '1-13' YEAR TO MONTH"],
    ["INTERVAL '1 25:00' DAY TO MINUTE"],
    ["INTERVAL '1.5' DAY"],
    ["INTERVAL '1' SECOND TO DAY"],
    ["INTERVAL '99999999999999' WEEK"],
    ["TIME '25:00:00'"],
    ["TIMESTAMP '2020-01-01 10:30'"],
    ['123456789012345678901234567890123456789'],
  ])('%s is refused', async (text) => {
    await expect(constant(text)).rejects.toMatchObject({ code: 'SQL_VALIDATION' });
  });
});
