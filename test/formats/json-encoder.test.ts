import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnWriter } from '../../src/formats/column-writers.ts';
import { jsonFormat } from '../../src/formats/json.ts';
import { batchOf, type Column } from '../../src/model/column.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type DataType, types } from '../../src/model/types.ts';
import { anyText } from '../support/any-text.ts';
import { bytesOf, decodeRecords, decoderContext, encoderContext } from '../support/records.ts';

type Options = Readonly<Record<string, string>>;

function columnOf(type: DataType, values: readonly unknown[]): Column {
  const writer = columnWriter(type, values.length, new StringPool());
  for (const [row, value] of values.entries()) writer.set(row, value);
  return writer.column(values.length);
}

function write(type: DataType, value: unknown, options: Options = {}): string {
  const encoder = jsonFormat.createEncoder!(encoderContext(jsonFormat, [{ name: 'v', type }], options));
  return Buffer.from(encoder.encode(batchOf(1, [columnOf(type, [value])]), 0)!).toString();
}

const iso = { 'timestamp-format.standard': 'ISO-8601' };
const plain = { 'encode.decimal-as-plain-number': 'true' };
const map = types.map(types.string(), types.of('int'));
const row = types.row([
  { name: 'x', type: types.of('int') },
  { name: 'y"', type: types.string() },
]);

describe('a value as JSON', () => {
  const cases: readonly [DataType, unknown, string, Options?][] = [
    [types.of('boolean'), true, 'true'],
    [types.of('int'), -5, '-5'],
    [types.of('bigint'), 9223372036854775807n, '9223372036854775807'],
    [types.of('double'), 1, '1.0'],
    [types.of('double'), 1e7, '1.0E7'],
    [types.of('double'), 123456.789, '123456.789'],
    [types.of('double'), 0.001, '0.001'],
    [types.of('double'), 0.00012, '1.2E-4'],
    [types.of('double'), -0, '-0.0'],
    [types.of('double'), 1.5e300, '1.5E300'],
    [types.of('double'), Number.NaN, '"NaN"'],
    [types.of('float'), Math.fround(0.1), '0.1'],
    [types.of('float'), Math.fround(5.4999995), '5.4999995'],
    [types.of('float'), Math.fround(16777216), '1.6777216E7'],
    [types.decimal(10, 2), 150, '1.50'],
    [types.decimal(10, 9), 27, '2.7E-8'],
    [types.decimal(10, 9), 27, '0.000000027', plain],
    [types.decimal(38, 0), 12345678901234567890123456789n, '12345678901234567890123456789'],
    [types.string(), 'a"\\\n\u0001é😀/', '"a\\"\\\\\\n\\u0001é😀/"'],
    [types.string(), '\ufeffa\n', '"\ufeffa\\n"'],
    [types.bytes(), Uint8Array.of(1, 2, 3), '"AQID"'],
    [types.of('date'), 18321, '"2020-02-29"'],
    [types.time(), 43_994_500, '"12:13:14.5"'],
    [types.timestamp(3), 1609330394123, '"2020-12-30 12:13:14.123"'],
    [types.timestamp(3), 1609330394000, '"2020-12-30 12:13:14"'],
    [types.timestamp(9), 1609330394123456700n, '"2020-12-30 12:13:14.1234567"'],
    [types.timestampLtz(3), 1609330394120, '"2020-12-30 12:13:14.12Z"'],
    [types.timestamp(3), 1609330394123, '"2020-12-30T12:13:14.123"', iso],
    [types.timestampLtz(3), 1609330394000, '"2020-12-30T12:13:14Z"', iso],
    [types.array(types.of('double')), [1, null], '[1.0,null]'],
    [
      map,
      new Map([
        ['a', 1],
        ['b', null],
      ]),
      '{"a":1,"b":null}',
    ],
    [
      map,
      new Map([
        [null, 1],
        ['b', 2],
      ]),
      '{"b":2}',
      { 'map-null-key.mode': 'DROP' },
    ],
    [map, new Map([[null, 1]]), '{"none":1}', { 'map-null-key.mode': 'LITERAL', 'map-null-key.literal': 'none' }],
    [row, [1, null], '{"x":1,"y\\"":null}'],
    [row, [1, null], '{"x":1}', { 'encode.ignore-null-fields': 'true' }],
    [types.string(), null, 'null'],
  ];
  it.each(cases)('%o: %s', (type, value, text, options) => {
    expect(write(type, value, options)).toBe(`{"v":${text}}`);
  });

  it('is left out when it is NULL, if asked', () => {
    const fields = ['a', 'b', 'c'].map((name) => ({ name, type: types.of('int') }));
    const options = { 'encode.ignore-null-fields': 'true' };
    const encoder = jsonFormat.createEncoder!(encoderContext(jsonFormat, fields, options));
    const columns = [null, 2, 3].map((value) => columnOf(types.of('int'), [value]));
    expect(Buffer.from(encoder.encode(batchOf(1, columns), 0)!).toString()).toBe('{"b":2,"c":3}');
  });

  it('fails for a MAP with a NULL key, and for keys that are no text', () => {
    expect(() => write(map, new Map([[null, 1]]))).toThrow(/keys of a MAP not to be NULL/);
    expect(() => write(types.map(types.of('int'), types.of('int')), new Map())).toThrow(/expected a character string/);
  });
});

it('what is written reads as the same', () => {
  const fields = [
    { name: 's', type: types.string() },
    { name: 'd', type: types.of('double') },
    { name: 'f', type: types.of('float') },
    { name: 'l', type: types.of('bigint') },
    { name: 'm', type: types.decimal(38, 10) },
    { name: 't', type: types.timestamp(6) },
  ];
  const values = fc.tuple(
    anyText(),
    fc.double(),
    fc.float(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }),
    fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }).map((ms) => BigInt(ms) * 1000n + 7n),
  );
  fc.assert(
    fc.property(fc.array(values, { minLength: 1, maxLength: 3 }), (rows) => {
      const columns = fields.map(({ type }, i) =>
        columnOf(
          type,
          rows.map((each) => each[i]),
        ),
      );
      const encoder = jsonFormat.createEncoder!(encoderContext(jsonFormat, fields));
      const batch = batchOf(rows.length, columns);
      const records = rows.map((_, i) => bytesOf(Buffer.from(encoder.encode(batch, i)!).toString()));
      const decoder = jsonFormat.createDecoder!(decoderContext(jsonFormat, fields));
      const { rows: read, faults } = decodeRecords(decoder, fields, records);
      expect(faults).toEqual([]);
      const asText = (value: unknown): string => (Object.is(value, -0) ? '-0' : String(value));
      expect(read.map((each) => each.map(asText))).toEqual(rows.map((each) => each.map(asText)));
    }),
    { numRuns: 300 },
  );
});
