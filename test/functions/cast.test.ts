import { describe, expect, it } from 'vitest';
import { castKind } from '../../src/functions/cast.ts';
import { commonType } from '../../src/functions/common-type.ts';
import { parseSqlTimestamp } from '../../src/model/calendar.ts';
import { type Expression, type LiteralValue, literal } from '../../src/model/expression.ts';
import { type DataType, formatType, types } from '../../src/model/types.ts';
import {
  bigint,
  bool,
  call,
  cast,
  decimal,
  double,
  evaluate,
  int,
  testSession,
  text,
} from '../support/sql-expressions.ts';

// Expected values are those of Flink's CastFunctionITCase and CastRulesTest.

const char = (length: number): DataType => ({ kind: 'char', length, nullable: true });
const varchar = (length: number): DataType => ({ kind: 'varchar', length, nullable: true });
const of = types.of;
const ms = (value: string): unknown => parseSqlTimestamp(value, 3);
const value = (v: LiteralValue, type: DataType): Expression => literal(v, { ...type, nullable: false });

const cases: readonly (readonly [title: string, expression: Expression, expected: unknown])[] = [
  ['INT to TINYINT wraps', cast(int(1234), of('tinyint')), -46],
  ['BIGINT to INT wraps', cast(bigint(5_000_000_000), of('int')), 705_032_704],
  ['BIGINT beyond 2^53 to INT', cast(bigint(9_223_372_036_854_775_807n), of('int')), -1],
  ['DOUBLE to INT is cut and saturates', cast(double(-3e10), of('int')), -2147483648],
  ['DOUBLE to TINYINT goes over INT', cast(double(300.9), of('tinyint')), 44],
  ['NaN to BIGINT', cast(double(Number.NaN), of('bigint')), 0],
  ['DOUBLE to BIGINT saturates', cast(double(1e30), of('bigint')), 9_223_372_036_854_775_807n],
  ['INT to DECIMAL(5,2)', cast(int(123), types.decimal(5, 2)), 12300],
  ['INT that does not fit DECIMAL is NULL', cast(int(1234), types.decimal(5, 2)), null],
  ['DOUBLE to DECIMAL by its text', cast(double(1.005), types.decimal(5, 2)), 101],
  ['DECIMAL to DECIMAL HALF_UP', cast(decimal(-12345, 5, 3), types.decimal(4, 2)), -1235],
  ['DECIMAL to INT is cut', cast(decimal(-1999, 4, 3), of('int')), -1],
  ['DECIMAL to DOUBLE', cast(decimal(12345, 5, 2), of('double')), 123.45],
  ['DECIMAL(38) to DOUBLE', cast(decimal(10n ** 30n + 1n, 38, 10), of('double')), 1e20],
  ['BOOLEAN to INT', cast(bool(true), of('int')), 1],
  ['INT to BOOLEAN', cast(int(0), of('boolean')), false],
  ["' 123 ' to INT", cast(text(' 123 '), of('int')), 123],
  ["'-12.9' to INT is cut", cast(text('-12.9'), of('int')), -12],
  ["'9223372036854775807' to BIGINT", cast(text('9223372036854775807'), of('bigint')), 9_223_372_036_854_775_807n],
  ["'1.5e3' to DOUBLE", cast(text('1.5e3'), of('double')), 1500],
  ["'Infinity' to DOUBLE", cast(text('Infinity'), of('double')), Number.POSITIVE_INFINITY],
  ["'12.345' to DECIMAL(4,2)", cast(text('12.345'), types.decimal(4, 2)), 1235],
  ["'tRuE' to BOOLEAN", cast(text('tRuE'), of('boolean')), true],
  ["'n' to BOOLEAN", cast(text('n'), of('boolean')), false],
  ['BOOLEAN to STRING', cast(bool(true), types.string()), 'TRUE'],
  ['DOUBLE to STRING as Java', cast(double(10), types.string()), '10.0'],
  ['great DOUBLE to STRING', cast(double(1e10), types.string()), '1.0E10'],
  ['small DOUBLE to STRING', cast(double(-0.000123), types.string()), '-1.23E-4'],
  ['FLOAT to STRING', cast(value(Math.fround(0.1), of('float')), types.string()), '0.1'],
  ['great FLOAT to STRING', cast(value(Math.fround(16777216), of('float')), types.string()), '1.6777216E7'],
  ['DECIMAL to STRING', cast(decimal(-5, 3, 2), types.string()), '-0.05'],
  ['STRING to CHAR is filled', cast(text('ab'), char(4)), 'ab  '],
  ['STRING to VARCHAR is cut', cast(text('a\u{1f600}bc'), varchar(2)), 'a\u{1f600}'],
  ['INT to CHAR', cast(int(7), char(3)), '7  '],
  ['DATE to STRING', cast(value(0, of('date')), types.string()), '1970-01-01'],
  ['TIME to STRING', cast(value(45_296_000, types.time()), types.string()), '12:34:56'],
  [
    'TIMESTAMP(3) to STRING',
    cast(value(1_600_000_000_123, types.timestamp(3)), types.string()),
    '2020-09-13 12:26:40.123',
  ],
  ['TIMESTAMP(0) to STRING', cast(value(1_600_000_000_000, types.timestamp(0)), types.string()), '2020-09-13 12:26:40'],
  ['INTERVAL DAY to STRING', cast(value(93_784_005, types.intervalMillis()), types.string()), '+1 02:03:04.005'],
  ['INTERVAL MONTH to STRING', cast(value(-14, types.intervalMonths()), types.string()), '-1-02'],
  ["'2020-1-2' to DATE", cast(text('2020-1-2'), of('date')), 18263],
  ["'12:34:56' to TIME", cast(text('12:34:56'), types.time()), 45_296_000],
  [
    "'2020-01-02 03:04:05.1' to TIMESTAMP(3)",
    cast(text('2020-01-02 03:04:05.1'), types.timestamp(3)),
    ms('2020-01-02 03:04:05.1'),
  ],
  ['TIMESTAMP to DATE before 1970', cast(value(-1, types.timestamp(3)), of('date')), -1],
  ['TIMESTAMP to TIME', cast(value(86_400_123, types.timestamp(3)), types.time()), 0],
  ['DATE to TIMESTAMP', cast(value(1, of('date')), types.timestamp(3)), 86_400_000],
  ['TIMESTAMP(3) to TIMESTAMP(6)', cast(value(5, types.timestamp(3)), types.timestamp(6)), 5000],
  ['TIMESTAMP(6) to TIMESTAMP(3) is cut down', cast(value(-1, types.timestamp(6)), types.timestamp(3)), -1],
  ['TIMESTAMP(3) to TIMESTAMP(1)', cast(value(1789, types.timestamp(3)), types.timestamp(1)), 1700],
  ['ARRAY<INT> to ARRAY<STRING>', cast(call('ARRAY', int(1), int(null)), types.array(types.string())), ['1', null]],
  ['ARRAY to STRING', cast(call('ARRAY', int(1), int(null)), types.string()), '[1, NULL]'],
  ['MAP to STRING', cast(call('MAP', text('a'), double(1)), types.string()), '{a=1.0}'],
  ['ROW to STRING', cast(call('ROW', int(1), text('a')), types.string()), '(1, a)'],
  ['NULL stays NULL', cast(int(null), types.string()), null],
];

describe('CAST', () => {
  it.each(cases)('%s', (_, expression, expected) => {
    expect(evaluate(expression, { wide: true })).toEqual(expected);
    expect(narrow(expression)).toEqual(expected);
  });

  it.each([
    ["'abc' to INT", text('abc'), of('int')],
    ["'' to INT", text(''), of('int')],
    ["'300' to TINYINT", text('300'), of('tinyint')],
    ["'9223372036854775808' to BIGINT", text('9223372036854775808'), of('bigint')],
    ["'x' to DOUBLE", text('x'), of('double')],
    ["'12345' to DECIMAL(4,0)", text('12345'), types.decimal(4, 0)],
    ["' true' to BOOLEAN", text(' true'), of('boolean')],
    ["'2020-13-01' to DATE", text('2020-13-01'), of('date')],
    ["'25:00:00' to TIME", text('25:00:00'), types.time()],
    ["'yesterday' to TIMESTAMP", text('yesterday'), types.timestamp(3)],
    ['NaN to DECIMAL', double(Number.NaN), types.decimal(4, 0)],
  ] as const)('%s fails, and TRY_CAST gives NULL', (_, arg, to) => {
    expect(() => evaluate(cast(arg, to))).toThrow(expect.objectContaining({ code: 'EVALUATION' }));
    expect(evaluate(cast(arg, to, 'null'))).toBeNull();
  });

  it('takes TIMESTAMP for local time of the session', () => {
    const session = { ...testSession, timeZone: 'Europe/Paris' };
    const at = (v: number, from: DataType, to: DataType) => evaluate(cast(value(v, from), to), { session });
    expect(at(7_200_000, types.timestamp(3), types.timestampLtz(3))).toBe(3_600_000);
    expect(at(0, types.timestampLtz(3), types.timestamp(3))).toBe(3_600_000);
    expect(at(-3_600_000, types.timestampLtz(3), of('date'))).toBe(0);
    expect(at(0, types.timestampLtz(3), types.string())).toBe('1970-01-01 01:00:00.000');
  });

  it('refuses what Flink refuses, with its advice', () => {
    expect(() => cast(bigint(1), types.timestamp(3))).toThrow(
      expect.objectContaining({ code: 'SQL_VALIDATION', hint: expect.stringContaining('TO_TIMESTAMP') }),
    );
  });
});

function narrow(expression: Expression): unknown {
  try {
    return evaluate(expression);
  } catch (signal) {
    if (typeof signal !== 'symbol') throw signal;
    return evaluate(expression, { wide: true });
  }
}

describe('castKind', () => {
  it.each([
    [of('int'), of('bigint'), 'implicit'],
    [of('bigint'), of('int'), 'explicit'],
    [of('int'), types.decimal(10, 2), 'implicit'],
    [of('double'), of('float'), 'explicit'],
    [types.string(), of('int'), 'explicit'],
    [of('int'), types.string(), 'explicit'],
    [varchar(3), types.string(), 'implicit'],
    [of('null'), types.array(of('int')), 'implicit'],
    [types.timestamp(3), types.timestampLtz(3), 'implicit'],
    [of('date'), types.timestamp(3), 'explicit'],
    [of('boolean'), of('date'), 'none'],
    [types.array(of('int')), types.array(of('bigint')), 'implicit'],
    [types.array(of('bigint')), types.array(of('int')), 'explicit'],
    [types.row([{ name: 'a', type: of('int') }]), types.row([]), 'none'],
  ] as const)('%s to %s is %s', (from, to, expected) => {
    expect(castKind(from, to)).toBe(expected);
  });
});

describe('commonType', () => {
  it.each([
    ['INT, BIGINT', [of('int'), of('bigint')], 'BIGINT'],
    ['INT, DECIMAL(5, 2)', [of('int'), types.decimal(5, 2)], 'DECIMAL(12, 2)'],
    ['FLOAT, INT', [of('float'), of('int')], 'FLOAT'],
    ['FLOAT, DECIMAL', [of('float'), types.decimal(5, 2)], 'DOUBLE'],
    ['DECIMAL(38, 0), DECIMAL(38, 38)', [types.decimal(38, 0), types.decimal(38, 38)], 'DECIMAL(38, 0)'],
    ['CHAR(2), CHAR(3)', [char(2), char(3)], 'VARCHAR(3)'],
    ['CHAR(2), STRING', [char(2), types.string()], 'STRING'],
    ['NULL, INT NOT NULL', [of('null'), of('int', false)], 'INT'],
    ['INT NOT NULL twice', [of('int', false), of('int', false)], 'INT NOT NULL'],
    ['DATE, TIMESTAMP(3)', [of('date'), types.timestamp(3)], 'TIMESTAMP(3)'],
    ['TIMESTAMP(6), TIMESTAMP_LTZ(3)', [types.timestamp(6), types.timestampLtz(3)], 'TIMESTAMP_LTZ(6)'],
    ['ARRAY<INT>, ARRAY<DOUBLE>', [types.array(of('int')), types.array(of('double'))], 'ARRAY<DOUBLE>'],
    ['NULL alone', [of('null')], 'NULL'],
  ] as const)('of %s', (_, given, expected) => {
    expect(formatType(commonType(given)!)).toBe(expected);
    expect(formatType(commonType([...given].reverse())!)).toBe(expected);
  });

  it.each([
    ['INT and STRING', [of('int'), types.string()]],
    ['BOOLEAN and INT', [of('boolean'), of('int')]],
    ['nothing', []],
  ] as const)('of %s there is none', (_, given) => {
    expect(commonType(given)).toBeNull();
  });
});
