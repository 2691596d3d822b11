import { describe, expect, it } from 'vitest';
import { functionNames, scalarFunction } from '../../src/functions/registry.ts';
import { daysFromCivil, parseSqlTimestamp } from '../../src/model/calendar.ts';
import { type Expression, literal } from '../../src/model/expression.ts';
import { type DataType, formatType, types } from '../../src/model/types.ts';
import {
  bigint,
  bool,
  call,
  decimal,
  double,
  evaluate,
  int,
  nothing,
  testSession,
  text,
} from '../support/sql-expressions.ts';

// Expected values are those of Flink's documentation and test suites (ScalarFunctionsTest, TemporalTypesTest, DecimalITCase).

const date = (value: string): Expression => {
  const [year, month, day] = value.split('-').map(Number) as [number, number, number];
  return literal(daysFromCivil(year, month, day), types.of('date', false));
};
const ts = (value: string, precision = 3): Expression => {
  const parsed = parseSqlTimestamp(value, precision);
  return literal(parsed, types.timestamp(precision, false));
};
const ltz = (ms: number): Expression => literal(ms, types.timestampLtz(3, false));
const time = (ms: number): Expression => literal(ms, types.time(false));
const tinyint = (value: number): Expression => literal(value, types.of('tinyint', false));
const smallint = (value: number): Expression => literal(value, types.of('smallint', false));
const float = (value: number): Expression => literal(Math.fround(value), types.of('float', false));
const millis = (ms: number): Expression => literal(ms, types.intervalMillis(false));
const months = (count: number): Expression => literal(count, types.intervalMonths(false));
const ms = (value: string): unknown => parseSqlTimestamp(value, 3);
const days = (value: string): unknown => (date(value) as { value: unknown }).value;

type Case = readonly [title: string, expression: Expression, expected: unknown, type?: DataType];

const arithmetic: readonly Case[] = [
  ['INT + INT wraps', call('+', int(2147483647), int(1)), -2147483648, types.of('int', false)],
  ['TINYINT * TINYINT wraps', call('*', tinyint(100), tinyint(3)), 44, types.of('tinyint', false)],
  ['SMALLINT - SMALLINT wraps', call('-', smallint(-32768), smallint(1)), 32767, types.of('smallint', false)],
  ['INT + BIGINT is BIGINT', call('+', int(1), bigint(2)), 3, types.of('bigint', false)],
  ['7 / 2', call('/', int(7), int(2)), 3, types.of('int', false)],
  ['-7 / 2 is cut towards zero', call('/', int(-7), int(2)), -3],
  ['BIGINT -7 / 2', call('/', bigint(-7), int(2)), -3],
  ['-7 % 3 has the sign of the dividend', call('%', int(-7), int(3)), -1],
  ['MOD(44, 3) of BIGINT and INT is INT', call('MOD', bigint(44), int(3)), 2, types.of('int', false)],
  ['INT + FLOAT is FLOAT', call('+', int(1), float(0.1)), Math.fround(1.1), types.of('float', false)],
  ['DOUBLE / 0', call('/', double(1), double(0)), Number.POSITIVE_INFINITY],
  ['0 / 0 of DOUBLE', call('/', double(0), double(0)), Number.NaN],
  ['- INT_MIN is itself', call('-', int(-2147483648)), -2147483648],
  ['NULL + 1', call('+', nothing, int(1)), null],
  [
    'DECIMAL(5,2) + DECIMAL(3,1)',
    call('+', decimal(12345, 5, 2), decimal(15, 3, 1)),
    12495,
    types.decimal(6, 2, false),
  ],
  [
    'DECIMAL(5,2) * DECIMAL(3,1)',
    call('*', decimal(12345, 5, 2), decimal(15, 3, 1)),
    185175,
    types.decimal(9, 3, false),
  ],
  [
    'DECIMAL(3,1) / DECIMAL(2,1)',
    call('/', decimal(100, 3, 1), decimal(30, 2, 1)),
    3333333,
    types.decimal(9, 6, false),
  ],
  ['DECIMAL % DECIMAL', call('%', decimal(725, 3, 2), decimal(20, 2, 1)), 125, types.decimal(3, 2, false)],
  ['DECIMAL + INT', call('+', decimal(150, 3, 2), int(2)), 350, types.decimal(13, 2, false)],
  ['DECIMAL + DOUBLE is DOUBLE', call('+', decimal(150, 3, 2), double(2)), 3.5, types.of('double', false)],
  [
    'DECIMAL(38,0) + DECIMAL(38,0) that does not fit is NULL',
    call('+', decimal(10n ** 38n - 1n, 38, 0), decimal(1, 38, 0)),
    null,
  ],
  [
    'DECIMAL(38,10) * DECIMAL(38,10) keeps 6 digits',
    call('*', decimal(10n ** 10n, 38, 10), decimal(15n * 10n ** 9n, 38, 10)),
    1500000,
    types.decimal(38, 6, false),
  ],
  ['TIMESTAMP - INTERVAL', call('-', ts('2020-03-01 00:00:04'), millis(5000)), ms('2020-02-29 23:59:59')],
  [
    'TIMESTAMP + months keeps within the month',
    call('+', ts('2020-01-31 10:00:00'), months(1)),
    ms('2020-02-29 10:00:00'),
  ],
  ['DATE - months', call('-', date('2020-03-31'), months(1)), days('2020-02-29')],
  ['DATE + INTERVAL DAY', call('+', date('2020-02-28'), millis(2 * 86_400_000)), days('2020-03-01')],
  ['INTERVAL + TIMESTAMP', call('+', millis(1000), ts('2020-01-01 00:00:00')), ms('2020-01-01 00:00:01')],
  ['INTERVAL * INT', call('*', millis(1500), int(2)), 3000, types.intervalMillis(false)],
  ['TIME + INTERVAL goes round the clock', call('+', time(86_399_000), millis(2000)), 1000],
];

const comparison: readonly Case[] = [
  ['1 = 1.0', call('=', int(1), decimal(10, 2, 1)), true, types.of('boolean', false)],
  ['DECIMAL < INT', call('<', decimal(199, 3, 2), int(2)), true],
  ['DOUBLE NaN = NaN', call('=', double(Number.NaN), double(Number.NaN)), false],
  ['strings by code points', call('<', text('\uffee'), text('\u{1f600}')), true],
  ['NULL = NULL', call('=', nothing, int(1)), null],
  ['DATE against a string', call('=', date('2020-01-02'), text('2020-01-02')), true],
  ['DATE < TIMESTAMP', call('<', date('2020-01-02'), ts('2020-01-02 00:00:01')), true],
  ['TIMESTAMP(3) = TIMESTAMP(9)', call('=', ts('2020-01-02 00:00:01'), ts('2020-01-02 00:00:01', 9)), true],
  ['LIKE %', call('LIKE', text('flink'), text('fl%')), true],
  ['LIKE _', call('LIKE', text('flink'), text('_lin_')), true],
  ['LIKE takes regular expressions literally', call('LIKE', text('abc'), text('a.c')), false],
  ['LIKE with ESCAPE', call('LIKE', text('100%'), text('100x%'), text('x')), true],
  ['LIKE has no escape of its own', call('LIKE', text('a\\_b'), text('a\\_b')), true],
  ['LIKE % over line breaks', call('LIKE', text('a\nb_'), text('a%_')), true],
  ['LIKE of NULL', call('LIKE', text(null), text('a')), null],
];

const numbers: readonly Case[] = [
  ['ABS(-5)', call('ABS', int(-5)), 5, types.of('int', false)],
  ['ABS(DECIMAL)', call('ABS', decimal(-123, 3, 2)), 123, types.decimal(3, 2, false)],
  ['ROUND(125.315, 2)', call('ROUND', double(125.315), int(2)), 125.32],
  ['ROUND(-2.5)', call('ROUND', double(-2.5)), -3],
  ['ROUND(DECIMAL(6,3), 2)', call('ROUND', decimal(125315, 6, 3), int(2)), 12532, types.decimal(6, 2, false)],
  ['ROUND(DECIMAL, -2)', call('ROUND', decimal(15000, 5, 2), int(-2)), 200, types.decimal(4, 0, false)],
  ['ROUND(INT, -2)', call('ROUND', int(645), int(-2)), 600, types.of('int', false)],
  ['TRUNCATE(42.324, 2)', call('TRUNCATE', double(42.324), int(2)), 42.32],
  ['TRUNCATE(DOUBLE, -1)', call('TRUNCATE', double(-49.9), int(-1)), -40],
  ['TRUNCATE(DECIMAL)', call('TRUNCATE', decimal(42324, 5, 3)), 42],
  ['CEIL(DECIMAL(3,1))', call('CEIL', decimal(-15, 3, 1)), -1, types.decimal(3, 0, false)],
  ['FLOOR(DECIMAL(3,1))', call('FLOOR', decimal(-15, 3, 1)), -2],
  ['CEIL(DOUBLE)', call('CEILING', double(1.2)), 2],
  ['FLOOR(INT)', call('FLOOR', int(3)), 3, types.of('int', false)],
  ['POWER(2, 10)', call('POWER', int(2), int(10)), 1024, types.of('double', false)],
  ['LOG(2, 8)', call('LOG', int(2), int(8)), 3],
  ['LOG10(100)', call('LOG10', int(100)), 2],
  ['SIGN(DECIMAL)', call('SIGN', decimal(-350, 3, 2)), -100, types.decimal(3, 2, false)],
  ['PI()', call('PI'), Math.PI],
  ['HEX(100)', call('HEX', int(100)), '64'],
  ['HEX(-1)', call('HEX', int(-1)), 'FFFFFFFFFFFFFFFF'],
  ["HEX('hello,world')", call('HEX', text('hello,world')), '68656C6C6F2C776F726C64'],
  ['BIN(12)', call('BIN', int(12)), '1100'],
  ['RAND(seed) as java.util.Random', call('RAND', int(1)), 0.7308781907032909],
  ['RAND_INTEGER(seed, bound)', call('RAND_INTEGER', int(1), int(10)), 5],
  ['RAND_INTEGER(bound)', call('RAND_INTEGER', int(10)), 5],
];

const strings: readonly Case[] = [
  ['||', call('||', text('a'), text('b')), 'ab'],
  ['UPPER', call('UPPER', text('Straße')), 'STRASSE'],
  ['CHAR_LENGTH counts characters', call('CHAR_LENGTH', text('a\u{1f600}b')), 3, types.of('int', false)],
  ['SUBSTRING(s, 2, 3)', call('SUBSTRING', text('abcdef'), int(2), int(3)), 'bcd'],
  ['SUBSTRING from the end', call('SUBSTRING', text('abcdef'), int(-2)), 'ef'],
  ['SUBSTRING from 0', call('SUBSTRING', text('abc'), int(0), int(2)), 'ab'],
  ['SUBSTRING before the start', call('SUBSTRING', text('abc'), int(-5)), ''],
  ['SUBSTRING of a negative length', call('SUBSTRING', text('abc'), int(1), int(-1)), null],
  ['SUBSTRING counts characters', call('SUBSTRING', text('\u{1f600}ab'), int(2), int(1)), 'a'],
  ['POSITION', call('POSITION', text('b'), text('abc')), 2],
  ['LOCATE from', call('LOCATE', text('a'), text('abca'), int(2)), 4],
  ['INSTR nth', call('INSTR', text('Corporate Floor'), text('or'), int(3), int(2)), 14],
  ['INSTR from the end', call('INSTR', text('Corporate Floor'), text('or'), int(-3), int(2)), 2],
  ['LEFT', call('LEFT', text('abc'), int(2)), 'ab'],
  ['RIGHT', call('RIGHT', text('abc'), int(2)), 'bc'],
  ['LPAD', call('LPAD', text('hi'), int(4), text('??')), '??hi'],
  ['LPAD cuts', call('LPAD', text('hi'), int(1), text('??')), 'h'],
  ['LPAD with nothing', call('LPAD', text('hi'), int(5), text('')), null],
  ['RPAD', call('RPAD', text('hi'), int(5), text('xy')), 'hixyx'],
  ['REPEAT', call('REPEAT', text('ab'), int(2)), 'abab'],
  ['REVERSE', call('REVERSE', text('a\u{1f600}')), '\u{1f600}a'],
  ['REPLACE', call('REPLACE', text('ababab'), text('abab'), text('z')), 'zab'],
  ['REPLACE takes $ as it is', call('REPLACE', text('a'), text('a'), text('$&')), '$&'],
  ['OVERLAY', call('OVERLAY', text('xxxxxtest'), text('xxxx'), int(6)), 'xxxxxxxxx'],
  ['OVERLAY with length', call('OVERLAY', text('xxxxxtest'), text('xxxx'), int(6), int(2)), 'xxxxxxxxxst'],
  ['TRIM BOTH', call('TRIM', text('BOTH'), text('xy'), text('xaby')), 'ab'],
  ['TRIM LEADING', call('TRIM', text('LEADING'), text(' '), text('  a ')), 'a '],
  ['RTRIM', call('RTRIM', text('a  ')), 'a'],
  ['BTRIM', call('BTRIM', text('--a-'), text('-')), 'a'],
  ['CONCAT with NULL', call('CONCAT', text('a'), text(null)), null],
  ['CONCAT_WS', call('CONCAT_WS', text('~'), text('AA'), text(null), text('BB'), text(''), text('CC')), 'AA~BB~~CC'],
  ['CONCAT_WS of nothing', call('CONCAT_WS', text('~'), text(null)), ''],
  ['INITCAP', call('INITCAP', text('heLLO wORLD-x')), 'Hello World-X'],
  ['ASCII', call('ASCII', text('abc')), 97],
  ['CHR(353)', call('CHR', int(353)), 'a'],
  ['REGEXP', call('REGEXP', text('foobar'), text('o+b')), true],
  ['REGEXP of nothing', call('REGEXP', text('foobar'), text('')), false],
  ['REGEXP_EXTRACT', call('REGEXP_EXTRACT', text('foothebar'), text('foo(.*?)(bar)'), int(2)), 'bar'],
  ['REGEXP_EXTRACT without a match', call('REGEXP_EXTRACT', text('abc'), text('x')), null],
  ['REGEXP_REPLACE', call('REGEXP_REPLACE', text('foobar'), text('oo|ar'), text('')), 'fb'],
  ['REGEXP with flags', call('REGEXP', text('FOO'), text('(?i)foo')), true],
  ['SPLIT_INDEX', call('SPLIT_INDEX', text('a,b,,c'), text(','), int(2)), ''],
  ['SPLIT_INDEX beyond', call('SPLIT_INDEX', text('a,b'), text(','), int(2)), null],
  ['UUID', call('UUID'), '88888888-8888-4888-8888-888888888888', types.string(false)],
  ['STARTSWITH', call('STARTSWITH', text('abc'), text('ab')), true],
  ['TO_BASE64', call('TO_BASE64', text('hello world')), 'aGVsbG8gd29ybGQ='],
  ['FROM_BASE64', call('FROM_BASE64', text('aGVsbG8gd29ybGQ=')), 'hello world'],
];

const conditional: readonly Case[] = [
  ['COALESCE', call('COALESCE', text(null), text('default')), 'default', types.string(false)],
  ['COALESCE in the common type', call('COALESCE', int(null), decimal(15, 2, 1)), 15, types.decimal(11, 1, false)],
  ['IFNULL', call('IFNULL', int(null), int(5)), 5, types.of('int', false)],
  ['NULLIF equal', call('NULLIF', int(5), int(5)), null],
  ['NULLIF different', call('NULLIF', int(5), int(0)), 5],
  ['NULLIF with NULL', call('NULLIF', int(5), int(null)), 5],
  ['IF', call('IF', call('>', int(5), int(3)), int(5), int(3)), 5],
  ['IF of NULL', call('IF', bool(null), int(5), int(3)), 3],
  ['GREATEST', call('GREATEST', int(1), int(3), int(2)), 3],
  ['GREATEST with NULL', call('GREATEST', int(1), int(null)), null],
  ['LEAST of strings', call('LEAST', text('b'), text('a')), 'a'],
  ['IS_DIGIT', call('IS_DIGIT', text('12')), true],
  ['IS_DECIMAL', call('IS_DECIMAL', text('1.5e3')), true],
  ['IS_ALPHA', call('IS_ALPHA', text('ab1')), false],
];

const temporal: readonly Case[] = [
  ['EXTRACT YEAR', call('EXTRACT', text('YEAR'), ts('2020-03-04 05:06:07.089')), 2020, types.of('bigint', false)],
  ['QUARTER', call('QUARTER', date('1994-09-27')), 3],
  ['WEEK', call('WEEK', date('1994-09-27')), 39],
  ['WEEK of a year before', call('WEEK', date('2021-01-03')), 53],
  ['ISOYEAR', call('EXTRACT', text('ISOYEAR'), date('2021-01-03')), 2020],
  ['DAYOFYEAR', call('DAYOFYEAR', date('1994-09-27')), 270],
  ['DAYOFWEEK', call('DAYOFWEEK', date('1994-09-27')), 3],
  ['HOUR', call('HOUR', ts('1994-09-27 13:14:15')), 13],
  ['MINUTE', call('MINUTE', time(13 * 3_600_000 + 14 * 60_000)), 14],
  ['EXTRACT MILLISECOND', call('EXTRACT', text('MILLISECOND'), ts('2020-03-04 05:06:07.089')), 89],
  ['EXTRACT MICROSECOND', call('EXTRACT', text('MICROSECOND'), ts('2020-03-04 05:06:07.089123', 6)), 89123],
  ['EXTRACT EPOCH', call('EXTRACT', text('EPOCH'), ts('1970-01-02 00:00:01')), 86401],
  ['EXTRACT CENTURY', call('EXTRACT', text('CENTURY'), date('2000-12-31')), 20],
  ['EXTRACT from an interval', call('EXTRACT', text('DAY'), millis(3 * 86_400_000 + 5)), 3],
  ['FLOOR TO HOUR', call('FLOOR', ts('2020-03-04 05:06:07'), text('HOUR')), ms('2020-03-04 05:00:00')],
  ['FLOOR TO MONTH', call('FLOOR', ts('2020-03-04 05:06:07'), text('MONTH')), ms('2020-03-01 00:00:00')],
  ['FLOOR TO WEEK starts on Sunday', call('FLOOR', date('2020-03-04'), text('WEEK')), days('2020-03-01')],
  [
    'CEIL TO MINUTE',
    call('CEIL', time(12 * 3_600_000 + 44 * 60_000 + 31_000), text('MINUTE')),
    12 * 3_600_000 + 45 * 60_000,
  ],
  ['CEIL TO YEAR', call('CEIL', date('2020-03-04'), text('YEAR')), days('2021-01-01')],
  ['CEIL TO QUARTER in December', call('CEIL', date('2020-12-04'), text('QUARTER')), days('2021-01-01')],
  [
    'TIMESTAMPADD MONTH',
    call('TIMESTAMPADD', text('MONTH'), int(1), ts('2020-01-31 00:00:00')),
    ms('2020-02-29 00:00:00'),
  ],
  [
    'TIMESTAMPADD DAY to a DATE',
    call('TIMESTAMPADD', text('DAY'), int(-1), date('2020-03-01')),
    days('2020-02-29'),
    types.of('date', false),
  ],
  [
    'TIMESTAMPADD HOUR to a DATE',
    call('TIMESTAMPADD', text('HOUR'), int(1), date('2020-03-01')),
    Date.parse('2020-03-01T01:00:00Z') * 1000,
    types.timestamp(6, false),
  ],
  ['TIMESTAMPDIFF DAY', call('TIMESTAMPDIFF', text('DAY'), ts('2003-01-02 10:00:00'), ts('2003-01-03 09:00:00')), 0],
  [
    'TIMESTAMPDIFF HOUR',
    call('TIMESTAMPDIFF', text('HOUR'), ts('2003-01-03 10:00:00'), ts('2003-01-02 09:30:00')),
    -24,
    types.of('int', false),
  ],
  [
    'TIMESTAMPDIFF MONTH',
    call('TIMESTAMPDIFF', text('MONTH'), ts('2019-01-31 00:00:00'), ts('2019-02-28 00:00:00')),
    1,
  ],
  [
    'TIMESTAMPDIFF MONTH, a second short',
    call('TIMESTAMPDIFF', text('MONTH'), ts('2019-01-15 00:00:01'), ts('2019-02-15 00:00:00')),
    0,
  ],
  ['TIMESTAMPDIFF YEAR', call('TIMESTAMPDIFF', text('YEAR'), date('2020-01-01'), date('2018-01-02')), -1],
  [
    'TO_TIMESTAMP',
    call('TO_TIMESTAMP', text('2020-01-02 03:04:05.678')),
    ms('2020-01-02 03:04:05.678'),
    types.timestamp(3),
  ],
  ['TO_TIMESTAMP of nonsense', call('TO_TIMESTAMP', text('nonsense')), null],
  [
    'TO_TIMESTAMP with a pattern',
    call('TO_TIMESTAMP', text('02/01/2020 3:04 PM'), text('dd/MM/yyyy h:mm a')),
    ms('2020-01-02 15:04:00'),
  ],
  [
    'TO_TIMESTAMP with a quoted T',
    call('TO_TIMESTAMP', text('2020-01-02T03:04:05'), text("yyyy-MM-dd'T'HH:mm:ss")),
    ms('2020-01-02 03:04:05'),
  ],
  [
    'TO_TIMESTAMP without separators',
    call('TO_TIMESTAMP', text('20200102030405'), text('yyyyMMddHHmmss')),
    ms('2020-01-02 03:04:05'),
  ],
  [
    'TO_TIMESTAMP falls back to the plain form',
    call('TO_TIMESTAMP', text('1999-9-10'), text('yyyy-MM-dd')),
    ms('1999-09-10 00:00:00'),
  ],
  ['TO_TIMESTAMP_LTZ of ms', call('TO_TIMESTAMP_LTZ', bigint(1234), int(3)), 1234, types.timestampLtz(3)],
  ['TO_TIMESTAMP_LTZ of s', call('TO_TIMESTAMP_LTZ', int(2), int(0)), 2000],
  ['TO_TIMESTAMP_LTZ beyond year 9999', call('TO_TIMESTAMP_LTZ', bigint(253_402_300_800_000), int(3)), null],
  ['TO_DATE', call('TO_DATE', text('2020-01-02')), days('2020-01-02')],
  ['TO_DATE with a pattern', call('TO_DATE', text('02.01.2020'), text('dd.MM.yyyy')), days('2020-01-02')],
  [
    'DATE_FORMAT',
    call('DATE_FORMAT', ts('2020-01-02 13:04:05.678'), text("yyyy/MM/dd hh:mm:ss a 'at' EEE MMM S")),
    '2020/01/02 01:04:05 PM at Thu Jan 6',
  ],
  ['DATE_FORMAT of a string', call('DATE_FORMAT', text('2018-03-14 01:02:03'), text('yyyyMMdd')), '20180314'],
  ['FROM_UNIXTIME(44)', call('FROM_UNIXTIME', int(44)), '1970-01-01 00:00:44'],
  ['FROM_UNIXTIME with a pattern', call('FROM_UNIXTIME', int(44), text('HH-mm-ss')), '00-00-44'],
  ['UNIX_TIMESTAMP', call('UNIX_TIMESTAMP', text('1970-01-02 00:00:00')), 86400],
  [
    'UNIX_TIMESTAMP with an offset',
    call('UNIX_TIMESTAMP', text('1970-01-01 08:00:01.001 +0800'), text('yyyy-MM-dd HH:mm:ss.SSS X')),
    1,
  ],
  [
    'CONVERT_TZ',
    call('CONVERT_TZ', text('1970-01-01 00:00:00'), text('UTC'), text('America/Los_Angeles')),
    '1969-12-31 16:00:00',
  ],
  ['CURRENT_TIMESTAMP', call('CURRENT_TIMESTAMP'), 1_600_000_000_123, types.timestampLtz(3, false)],
  ['CURRENT_DATE', call('CURRENT_DATE'), days('2020-09-13')],
  ['LOCALTIME', call('LOCALTIME'), 44_800_000, types.time(false)],
];

const collections: readonly Case[] = [
  ['ARRAY[1, NULL]', call('ARRAY', int(1), nothing), [1, null]],
  ['item of an array', call('ITEM', call('ARRAY', int(7), int(8)), int(2)), 8, types.of('int')],
  ['item beyond the end', call('ITEM', call('ARRAY', int(7)), int(2)), null],
  ['item of a map', call('ITEM', call('MAP', text('a'), bigint(1)), text('a')), 1],
  ['CARDINALITY', call('CARDINALITY', call('MAP', text('a'), bigint(1))), 1],
  ['ARRAY_CONTAINS', call('ARRAY_CONTAINS', call('ARRAY', bigint(1), bigint(2)), bigint(2)), true],
];

const document = '{"a": {"b": [1, 2.50, "x"], "c d": true, "big": 12345678901234567890, "n": null}}';

const json: readonly Case[] = [
  ['an integer', call('JSON_VALUE', text(document), text('$.a.b[0]')), '1'],
  ['a decimal keeps its digits', call('JSON_VALUE', text(document), text('$.a.b[1]')), '2.50'],
  ['a string', call('JSON_VALUE', text(document), text('lax $.a.b[2]')), 'x'],
  ['a name in quotes', call('JSON_VALUE', text(document), text("$.a['c d']")), 'true'],
  ['a great integer', call('JSON_VALUE', text(document), text('$.a.big')), '12345678901234567890'],
  ['null', call('JSON_VALUE', text(document), text('$.a.n')), null],
  ['an object', call('JSON_VALUE', text(document), text('$.a')), null],
  ['nothing', call('JSON_VALUE', text(document), text('$.x.y')), null],
  ['no JSON', call('JSON_VALUE', text('{'), text('$.a')), null],
  ['exists', call('JSON_EXISTS', text(document), text('$.a.b[2]')), true],
  ['null does not exist', call('JSON_EXISTS', text(document), text('$.a.n')), false],
  ['does not exist', call('JSON_EXISTS', text(document), text('$.a.b[3]')), false],
];

describe.each([
  ['arithmetic', arithmetic],
  ['comparison', comparison],
  ['numbers', numbers],
  ['strings', strings],
  ['conditional', conditional],
  ['temporal', temporal],
  ['collections', collections],
  ['json', json],
] as const)('%s', (_, cases) => {
  it.each(cases.map((c) => [c[0], c] as const))('%s', (__, [, expression, expected, type]) => {
    const value = narrowOrWide(expression);
    expect(value).toEqual(expected);
    expect(evaluate(expression, { wide: true })).toEqual(expected);
    if (type !== undefined) expect(formatType(expression.type)).toBe(formatType(type));
  });
});

/** Narrow code may ask for wide code, by a signal that is no error. */
function narrowOrWide(expression: Expression): unknown {
  try {
    return evaluate(expression);
  } catch (signal) {
    if (typeof signal !== 'symbol') throw signal;
    return evaluate(expression, { wide: true });
  }
}

describe('in another time zone', () => {
  const session = { ...testSession, timeZone: 'Asia/Tokyo' };
  it.each([
    ['FROM_UNIXTIME', call('FROM_UNIXTIME', int(44)), '1970-01-01 09:00:44'],
    ['UNIX_TIMESTAMP', call('UNIX_TIMESTAMP', text('1970-01-01 09:00:44')), 44],
    ['DATE_FORMAT of TIMESTAMP_LTZ', call('DATE_FORMAT', ltz(0), text('HH:mm')), '09:00'],
    ['HOUR of TIMESTAMP_LTZ', call('HOUR', ltz(0)), 9],
    ['FLOOR TO DAY of TIMESTAMP_LTZ', call('FLOOR', ltz(0), text('DAY')), -9 * 3_600_000],
    ['CURRENT_DATE', call('CURRENT_DATE'), days('2020-09-13')],
  ] as const)('%s', (_, expression, expected) => {
    expect(evaluate(expression, { session })).toBe(expected);
  });
});

describe('what is refused', () => {
  it.each([
    ['a string in arithmetic', () => call('+', text('1'), int(1))],
    ['a number against a string', () => call('=', text('1'), int(1))],
    ['too many arguments', () => call('UPPER', text('a'), text('b'))],
    ['a unit that is none', () => call('EXTRACT', text('FORTNIGHT'), date('2020-01-01'))],
    ['arguments without a common type', () => call('COALESCE', int(1), text('a'))],
  ])('%s', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'SQL_VALIDATION' }));
  });

  it.each([
    ['a path with a filter', () => evaluate(call('JSON_VALUE', text('{}'), text('$.a[?(@.b)]')))],
    ['a regular expression of Java alone', () => evaluate(call('REGEXP', text('a'), text('a++')))],
    [
      'a pattern letter that is not known',
      () => evaluate(call('DATE_FORMAT', ts('2020-01-01 00:00:00'), text('yyyy w'))),
    ],
  ])('%s', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  });

  it.each([
    ['INT', call('/', int(1), int(0))],
    ['BIGINT', call('%', bigint(1), bigint(0))],
    ['DECIMAL', call('/', decimal(1, 3, 1), decimal(0, 3, 1))],
  ])('division of %s by zero', (_, expression) => {
    for (const wide of [false, true]) {
      expect(() => evaluate(expression, { wide })).toThrow(expect.objectContaining({ code: 'EVALUATION' }));
    }
  });
});

describe('the table of functions', () => {
  it('finds by any case and by alias', () => {
    expect(scalarFunction('substr')?.name).toBe('SUBSTRING');
    expect(scalarFunction('Mod')?.name).toBe('%');
  });

  it('has each name once', () => {
    const names = functionNames();
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(100);
  });
});
