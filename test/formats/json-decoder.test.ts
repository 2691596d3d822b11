import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jsonFormat } from '../../src/formats/json.ts';
import { createJsonDecoder } from '../../src/formats/json-decoder.ts';
import type { ScanColumn } from '../../src/model/plan.ts';
import { type DataType, types } from '../../src/model/types.ts';
import { bytesOf, decodeRecords, decoderContext, rowsOf } from '../support/records.ts';

type Options = Readonly<Record<string, string>>;

/** One value of one column `v`, by the quick way and by the slow one, which have to agree: the value, or the fault's message. */
function read(type: DataType, json: string, options: Options = {}): unknown {
  const fields = [{ name: 'v', type }];
  const [quick, slow] = [true, false].map((scan) => {
    const decoder = createJsonDecoder(decoderContext(jsonFormat, fields, options), { scan });
    const { rows, faults } = decodeRecords(decoder, fields, [bytesOf(json)]);
    return faults.length > 0 ? `fault: ${faults[0]}` : rows.length === 0 ? 'skipped' : rows[0]![0];
  });
  expect(quick).toEqual(slow);
  return quick;
}

const int = types.of('int');
const bigint = types.of('bigint');
const double = types.of('double');
const string = types.string();
const iso = { 'timestamp-format.standard': 'ISO-8601' };
const lenient = { 'ignore-parse-errors': 'true' };

describe('a value', () => {
  const cases: readonly [DataType, string, unknown, Options?][] = [
    [int, '1', 1],
    [int, '-0', 0],
    [int, '"+12"', 12],
    [int, '" 12 "', 12],
    [int, '1.9', 1],
    [int, '-1e2', -100],
    [int, '2147483647', 2147483647],
    [types.of('tinyint'), '-128', -128],
    [types.of('smallint'), '"32767"', 32767],
    [bigint, '9007199254740991', 9007199254740991],
    [bigint, '9007199254740993', 9007199254740993n],
    [bigint, '-9223372036854775808', -9223372036854775808n],
    [bigint, '"1767225600001"', 1767225600001],
    [bigint, '1e3', 1000],
    [double, '1.5', 1.5],
    [double, '-0', -0],
    [double, '0.1', 0.1],
    [double, '1e2', 100],
    [double, '0.84442185152504813', 0.8444218515250481],
    [double, '123456789012345678', 123456789012345680],
    [double, '"2.5"', 2.5],
    [double, '" NaN "', Number.NaN],
    [double, '"-Infinity"', Number.NEGATIVE_INFINITY],
    [double, '1e999', Number.POSITIVE_INFINITY],
    [types.of('float'), '0.1', Math.fround(0.1)],
    [types.of('boolean'), 'true', true],
    [types.of('boolean'), 'false', false],
    [types.of('boolean'), '" TRUE "', true],
    [types.of('boolean'), '1', false],
    [string, '"a"', 'a'],
    [string, '""', ''],
    [string, '7', '7'],
    [string, '1e2', '1e2'],
    [string, 'true', 'true'],
    [string, '"a\\n\\u00e9\\"\\/"', 'a\né"/'],
    [string, '"\\ud83d\\ude00"', '😀'],
    [string, '"\\ud83d"', '?'],
    [string, '"größer 😀"', 'größer 😀'],
    [string, '"\t"', '\t'],
    [string, '{"x": [1, "a\\u0001", 1.50, null], "x2":1e1}', '{"x":[1,"a\\u0001",1.5,null],"x2":10.0}'],
    [types.decimal(10, 2), '1.5', 150],
    [types.decimal(10, 2), '1.005', 101],
    [types.decimal(10, 2), '"-1.5"', -150],
    [types.decimal(3, 1), '100', null],
    [types.decimal(38, 0), '12345678901234567890123456789', 12345678901234567890123456789n],
    [types.decimal(10, 2), '1.5e1', 1500],
    [types.of('date'), '"2020-02-29"', 18321],
    [types.time(), '"12:13:14.5"', 43_994_500],
    [types.timestamp(3), '"2020-12-30 12:13:14.123"', 1609330394123],
    [types.timestamp(3), '"2020-12-30 12:13:14"', 1609330394000],
    [types.timestamp(0), '"2020-12-30 12:13:14.999"', 1609330394000],
    [types.timestamp(6), '"2020-12-30 12:13:14.123456"', 1609330394123456],
    [types.timestamp(9), '"2020-12-30 12:13:14.123456789"', 1609330394123456789n],
    [types.timestamp(3), '"2021-02-30 00:00:00"', Date.UTC(2021, 1, 28)],
    [types.timestampLtz(3), '"2020-12-30 12:13:14.123Z"', 1609330394123],
    [types.timestamp(3), '"2020-12-30T12:13:14.123"', 1609330394123, iso],
    [types.timestamp(3), '"2020-12-30T12:13"', 1609330380000, iso],
    [types.timestampLtz(3), '"2020-12-30T12:13:14.123Z"', 1609330394123, iso],
    [types.bytes(), '"AQID"', Uint8Array.of(1, 2, 3)],
    [types.array(int), '[1, null, "3"]', [1, null, 3]],
    [
      types.map(string, double),
      '{"a":1,"b":null}',
      new Map([
        ['a', 1],
        ['b', null],
      ]),
    ],
    [
      types.row([
        { name: 'x', type: int },
        { name: 'y', type: string },
      ]),
      '{"y":"a","z":0}',
      [null, 'a'],
    ],
    [int, 'null', null],
    [string, 'null', null],
    [types.array(int), 'null', null],
  ];
  it.each(cases)('%o of %s', (type, json, expected, options) => {
    expect(read(type, `{"v":${json}}`, options)).toEqual(expected);
    expect(read(type, ` { "w" : [{}, "}"], "v" :\t${json} ,"x":null}\n`, options)).toEqual(expected);
  });
});

describe('a value that does not fit', () => {
  const cases: readonly [DataType, string, string][] = [
    [int, '2147483648', 'expected INT, found 2147483648'],
    [int, '"1.5"', 'expected INT, found "1.5"'],
    [int, 'true', 'expected INT, found true'],
    [int, '{}', 'expected INT, found {}'],
    [types.of('tinyint'), '1.0', 'expected TINYINT, found 1.0'],
    [bigint, '9223372036854775808', 'expected BIGINT, found 9223372036854775808'],
    [double, '"abc"', 'expected DOUBLE, found "abc"'],
    [types.decimal(5, 2), '"x"', 'expected DECIMAL(5, 2), found "x"'],
    [types.of('date'), '"2021-02-29"', 'expected DATE, found "2021-02-29"'],
    [types.timestamp(3), '"2020-12-30T12:13:14"', 'expected TIMESTAMP(3), found "2020-12-30T12:13:14"'],
    [types.timestampLtz(3), '"2020-12-30 12:13:14"', 'expected TIMESTAMP_LTZ(3), found "2020-12-30 12:13:14"'],
    [types.bytes(), '"*"', 'expected BYTES, found "*"'],
    [types.array(int), '{}', 'expected ARRAY<INT>, found {}'],
  ];
  it.each(cases)('%o of %s', (type, json, message) => {
    expect(read(type, `{"v":${json}}`)).toBe(`fault: field \`v\`: ${message}`);
    expect(read(type, `{"v":${json}}`, lenient)).toBe(null);
  });
});

describe('a record that is no JSON', () => {
  const cases: readonly [string, string][] = [
    ['not json', "expected 'null' at byte 1, found 'o'"],
    ['{"v":1', "expected ',' or '}' at byte 6, found the record's end"],
    ['{"v":1,"w":', "expected a value at byte 11, found the record's end"],
    ['{"v":1,}', "expected '\"' at byte 7, found '}'"],
    ['{"v" 1}', "expected ':' at byte 5, found '1'"],
    ['{"v":01}', "expected ',' or '}' at byte 6, found '1'"],
    ['{"v":1.}', "expected a digit at byte 7, found '}'"],
    ['{"v":1}x', "expected the end of the record at byte 7, found 'x'"],
    ['{"w":"\\x"}', "expected an escape that JSON knows at byte 7, found 'x'"],
    ['{"w":nulL}', "expected 'null' at byte 8, found 'L'"],
    ['1', 'expected an object or an array of objects, found another value'],
    ['   ', "expected a value at byte 3, found the record's end"],
  ];
  it.each(cases)('%s', (json, message) => {
    expect(read(int, json)).toBe(`fault: ${message}`);
    expect(read(int, json, lenient)).toBe('skipped');
  });

  it('is one with bytes that are not UTF-8, wanted or not', () => {
    const fields = [{ name: 'v', type: string }];
    for (const name of ['v', 'w']) {
      const decoder = createJsonDecoder(decoderContext(jsonFormat, fields));
      const record = Buffer.concat([bytesOf(`{"${name}":"a`), Uint8Array.of(0xc3, 0x28), bytesOf('"}')]);
      expect(decodeRecords(decoder, fields, [record]).faults[0]).toContain('expected UTF-8');
    }
  });

  it('is one nested more than 1000 levels deep', () => {
    const nested = (depth: number): string => `{"v":1,"w":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(read(int, nested(999))).toBe(1);
    expect(read(int, nested(1000))).toBe('fault: expected at most 1000 levels of nesting, found more');
  });
});

describe('a record', () => {
  it('that is empty is skipped', () => expect(read(int, '')).toBe('skipped'));

  it('gives NULL for a field that is missing, or is bad for it when asked', () => {
    expect(read(int, '{}')).toBe(null);
    expect(read(int, '{"w":1}', { 'fail-on-missing-field': 'true' })).toContain('expected a field `v`, found none');
    expect(read(int, '{"v":null}', { 'fail-on-missing-field': 'true' })).toBe(null);
  });

  it('is bad without a value for a NOT NULL column, and skipped where errors are ignored', () => {
    const required = types.of('int', false);
    for (const json of ['{}', '{"v":null}'])
      expect(read(required, json)).toContain('expected a value for INT NOT NULL, found none');
    expect(read(required, '{}', lenient)).toBe('skipped');
  });

  it('with a name that comes twice has the last value', () => {
    expect(read(int, '{"v":1,"v":2}')).toBe(2);
    expect(read(int, '{"v":1,"v":null}')).toBe(null);
    expect(read(int, '{"v":null,"v":3}')).toBe(3);
  });

  it('may begin with a byte order mark and have an escaped name', () => {
    expect(read(int, '\ufeff{"v":1}')).toBe(1);
    expect(read(int, '{"\\u0076":1}')).toBe(1);
  });

  it('that is an array gives a row for each object, all or none', () => {
    const fields = [{ name: 'v', type: int }];
    const decoder = createJsonDecoder(decoderContext(jsonFormat, fields, {}, 2));
    const records = ['[{"v":1},{"v":2},{}]', '[{"v":4},{"v":"x"}]', '{"v":6}'].map(bytesOf);
    expect(decodeRecords(decoder, fields, records)).toEqual({
      rows: [[1], [2], [null], [6]],
      faults: ['field `v`: expected INT, found "x"'],
    });
  });

  it('is refused both strict and lenient', () => {
    const options = { 'fail-on-missing-field': 'true', 'ignore-parse-errors': 'true' };
    expect(() => read(int, '{}', options)).toThrow(/expected at most one of/);
  });
});

it('reads what a real Flink read: its answer to these lines is in the oracle case', () => {
  const input = new URL('../oracle/cases/json_missing_and_bad/input.jsonl', import.meta.url);
  const lines = readFileSync(input, 'utf8').trimEnd().split('\n');
  const fields = [
    { name: 'k', type: string },
    { name: 'ts', type: bigint },
    { name: 'v', type: double },
  ];
  const decoder = createJsonDecoder(decoderContext(jsonFormat, fields, lenient));
  expect(decodeRecords(decoder, fields, lines.map(bytesOf))).toEqual({
    faults: [],
    rows: [
      ['a', 1767225600000, 1.5],
      ['a', 1767225600001, 2.5],
      ['7', 1767225600002, 3],
      ['a', 1767225600003, null],
      ['true', 1767225600004, 100],
      ['a', 1767225630000, 4],
    ],
  });
});

describe('columns of nested fields', () => {
  const columns: (ScanColumn & { kind: 'physical' })[] = [
    { kind: 'physical', name: 'a', type: int, path: ['p', 'a'] },
    { kind: 'physical', name: 'b', type: string, path: ['p', 'q', 'b'] },
    { kind: 'physical', name: 'c', type: double, path: ['c'] },
  ];
  const cases: readonly [string, unknown][] = [
    ['{"p":{"q":{"b":"x"},"a":1},"c":2}', [1, 'x', 2]],
    ['{"c":2,"p":{"a":1,"z":{"b":"no"},"q":{}}}', [1, null, 2]],
    ['{"p":null,"c":2}', [null, null, 2]],
    ['{"p":{},"c":2}', [null, null, 2]],
    ['{"b":"no","a":5,"p":{"q":{"b":"y"}}}', [null, 'y', null]],
    ['{"p":{"a":1},"p":{"q":{"b":"z"}}}', [null, 'z', null]],
    ['{"p":3}', 'field `p`: expected an object, found another value'],
  ];
  it.each(cases)('%s', (json, expected) => {
    for (const scan of [true, false]) {
      const decoder = createJsonDecoder({ ...decoderContext(jsonFormat, []), columns }, { scan });
      const bytes = bytesOf(json);
      const fault = decoder.decode(bytes, 0, bytes.length);
      expect(fault === null ? rowsOf(decoder.take(), columns, 1)[0] : fault.message).toEqual(expected);
    }
  });

  it('are NULL below what is no object, where errors are ignored', () => {
    for (const scan of [true, false]) {
      const decoder = createJsonDecoder({ ...decoderContext(jsonFormat, [], lenient), columns }, { scan });
      const bytes = bytesOf('{"p":3,"c":2}');
      expect(decoder.decode(bytes, 0, bytes.length)).toBe(null);
      expect(rowsOf(decoder.take(), columns, 1)).toEqual([[null, null, 2]]);
    }
  });

  it('may lie within one that is wanted as a whole', () => {
    const whole = { kind: 'physical', name: 'p', type: types.row([{ name: 'a', type: int }]), path: ['p'] } as const;
    const decoder = createJsonDecoder({ ...decoderContext(jsonFormat, []), columns: [whole, columns[0]!] });
    const bytes = bytesOf('{"p":{"a":1}}');
    decoder.decode(bytes, 0, bytes.length);
    expect(rowsOf(decoder.take(), [whole, columns[0]!], 1)).toEqual([[[1], 1]]);
  });
});

describe('a decoder', () => {
  it('widens a column in the middle of a batch and begins narrow with the next', () => {
    const fields = [{ name: 'v', type: bigint }];
    const decoder = createJsonDecoder(decoderContext(jsonFormat, fields, {}, 2));
    const records = ['{"v":1}', '{"v":null}', '{"v":9223372036854775807}', '{"v":2}'].map(bytesOf);
    expect(decodeRecords(decoder, fields, records).rows).toEqual([[1n], [null], [9223372036854775807n], [2n]]);
    expect(decodeRecords(decoder, fields, records.slice(0, 2)).rows).toEqual([[1], [null]]);
  });

  it('leaves nothing of a bad record', () => {
    const fields = [
      { name: 'a', type: int },
      { name: 'b', type: int },
    ];
    const decoder = createJsonDecoder(decoderContext(jsonFormat, fields));
    const records = ['{"a":null,"b":1', '{"b":2,"a":3}'].map(bytesOf);
    expect(decodeRecords(decoder, fields, records).rows).toEqual([[3, 2]]);
  });

  it('keeps what repeats as codes, and what is mostly distinct as bytes from the second batch on', () => {
    const fields = [
      { name: 'id', type: string },
      { name: 'kind', type: string },
    ];
    const decoder = createJsonDecoder(decoderContext(jsonFormat, fields, {}, 4096));
    for (const round of [0, 1, 2]) {
      for (let i = 0; i < 4096; i++) {
        const record = bytesOf(`{"id":"${round}-${i}","kind":"k${i % 5}"}`);
        decoder.decode(record, 0, record.length);
      }
      const columns = decoder.take();
      const encodings = columns.map((column) => (column.layout === 'string' ? column.encoding : null));
      expect(encodings).toEqual([round === 0 ? 'codes' : 'bytes', 'codes']);
      expect(rowsOf(columns, fields, 4096)[4095]).toEqual([`${round}-4095`, 'k0']);
    }
  });

  it('reads more columns than one mask holds', () => {
    const fields = Array.from({ length: 70 }, (_, i) => ({ name: `f${i}`, type: int }));
    const record = Object.fromEntries(fields.map(({ name }, i) => [name, i]).filter(([, i]) => i !== 33));
    const decoder = createJsonDecoder(decoderContext(jsonFormat, fields));
    const { rows } = decodeRecords(decoder, fields, [bytesOf(JSON.stringify(record))]);
    expect(rows[0]).toEqual(fields.map((_, i) => (i === 33 ? null : i)));
  });

  it('reads only the names it was asked for: none', () => {
    const decoder = createJsonDecoder(decoderContext(jsonFormat, []));
    const bytes = bytesOf('{"a":1}');
    expect(decoder.decode(bytes, 0, bytes.length)).toBe(null);
    expect(decoder.rows).toBe(1);
    expect(decoder.decode(bytes, 0, 6)?.message).toContain("expected ',' or '}'");
  });
});
