import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { avroFormat, avroValue } from '../../src/formats/avro.ts';
import { parseAvroSchema } from '../../src/formats/avro-library.ts';
import { columnReader } from '../../src/formats/avro-read.ts';
import { avroSchemaOf } from '../../src/formats/avro-schema.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type DataType, type Field, types } from '../../src/model/types.ts';
import { batchOfRows } from '../support/operator-harness.ts';
import { bytesOf, decodeRecords, decoderContext, encoderContext } from '../support/records.ts';

type Options = Readonly<Record<string, string>>;
type Row = readonly unknown[];

const modern = { 'timestamp_mapping.legacy': 'false' };
const nested = types.row([
  { name: 'x', type: types.of('int') },
  { name: 'z', type: types.string() },
]);

const fields: readonly Field[] = [
  { name: 'b', type: types.of('boolean') },
  { name: 'i', type: types.of('int') },
  { name: 'l', type: types.of('bigint') },
  { name: 'f', type: types.of('float') },
  { name: 'd', type: types.of('double') },
  { name: 's', type: types.string() },
  { name: 'y', type: types.bytes() },
  { name: 'dec', type: types.decimal(20, 2) },
  { name: 'dt', type: types.of('date') },
  { name: 'tm', type: types.time() },
  { name: 'ts', type: types.timestamp(3) },
  { name: 'arr', type: types.array(types.of('bigint')) },
  { name: 'm', type: types.map(types.string(false), types.of('int')) },
  { name: 'r', type: nested },
];

/** Made by fastavro 1.13 with the schema that Flink derives of `fields`. */
const vectors: readonly [string, Row][] = [
  [
    '0201020902feffffffffffffffff01020000003f02000000000000f4bf020668c3a9020400ff0210eeddef0b82167eeb028cb50202f8bbc60302dcec868299630206020200028180808080808020000204026102020262000002020e00',
    [
      true,
      -5,
      9223372036854775807n,
      0.5,
      -1.25,
      'hé',
      Uint8Array.of(0, 255),
      -1234567890123456789n,
      19782,
      3723004,
      1704164645678,
      [1, null, -9007199254740993n],
      new Map<string, unknown>([
        ['a', 1],
        ['b', null],
      ]),
      [7, null],
    ],
  ],
  ['0000000000000000000000000000', fields.map(() => null)],
  [
    '020002feffffff0f02010200000080029c7500883ce4377e02000200020200020102000201020002000200020271',
    [false, 2147483647, -1, -0, 1e300, '', new Uint8Array(0), 0, -1, 0, -1, [], new Map(), [null, 'q']],
  ],
];

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

function read(of: readonly Field[], record: Uint8Array, options: Options = {}): unknown {
  const { rows, faults } = decodeRecords(avroFormat.createDecoder!(decoderContext(avroFormat, of, options)), of, [
    record,
  ]);
  return faults.length > 0 ? `fault: ${faults[0]}` : rows[0];
}

function write(of: readonly Field[], row: Row, options: Options = {}): Uint8Array {
  const encoder = avroFormat.createEncoder!(encoderContext(avroFormat, of, options));
  return Uint8Array.from(encoder.encode(batchOfRows(of, [row], { pool: new StringPool(), strings: 'bytes' }), 0)!);
}

describe('records of another library', () => {
  it.each(vectors)('are read: %#', (record, row) => expect(read(fields, hex(record))).toEqual(row));
  it.each(vectors)('are written alike: %#', (record, row) =>
    expect(Buffer.from(write(fields, row)).toString('hex')).toBe(record),
  );

  it('give the columns that are wanted, by their paths', () => {
    const wanted = {
      ...decoderContext(avroFormat, fields),
      columns: [column(['r', 'x'], types.of('int')), column(['i'], types.of('int'))],
    };
    const decoder = avroFormat.createDecoder!(wanted);
    const two = [
      { name: 'x', type: types.of('int') },
      { name: 'i', type: types.of('int') },
    ];
    expect(
      decodeRecords(
        decoder,
        two,
        vectors.map(([record]) => hex(record)),
      ).rows,
    ).toEqual([
      [7, -5],
      [null, null],
      [null, 2147483647],
    ]);
  });
});

const column = (path: readonly string[], type: DataType) =>
  ({ kind: 'physical', name: path.join('.'), path, type }) as const;

describe('a record that was written with another schema', () => {
  // By fastavro, too: fields more and fewer, promoted numbers, an enum, a union of three, microseconds, another scale.
  const written = parseAvroSchema(
    JSON.parse(
      '{"type":"record","name":"User","namespace":"com.acme","fields":[{"name":"gone","type":"string"},{"name":"l","type":"int"},{"name":"d","type":"float"},{"name":"s","type":{"type":"enum","name":"E","symbols":["A","B"]}},{"name":"ts","type":["null",{"type":"long","logicalType":"timestamp-micros"}]},{"name":"u","type":["string","int","null"]},{"name":"dec","type":{"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":9,"scale":3}},{"name":"r","type":{"type":"record","name":"R","fields":[{"name":"z","type":"string"},{"name":"n","type":"int"}]}}]}',
    ),
    'test',
  );
  const wanted: readonly Field[] = [
    ...fields.filter(({ name }) => ['l', 'd', 's', 'ts', 'dec', 'r', 'b'].includes(name)),
    { name: 'u', type: types.string() },
  ];
  const readRow = (bytes: Uint8Array, columns = wanted): unknown[] => {
    const value = avroValue(written, bytes, 0, bytes.length);
    return columns.map(({ name, type }) => columnReader(written, [name], type)(value));
  };
  const record = hex('02780a0000003f0202eabcc185b8fb86060006737472fffffb2d027106');

  it('is read by the names of its fields', () => {
    const row = Object.fromEntries(readRow(record).map((value, i) => [wanted[i]!.name, value]));
    expect(row).toEqual({ b: null, l: 5, d: 0.5, s: 'B', ts: 1704164645678, dec: -124, r: [null, 'q'], u: 'str' });
  });

  it('is faulty where a branch of a union does not fit', () => {
    const other = hex('02780a0000003f02000208000003e8027106');
    expect(() => readRow(other)).toThrow("field `u`: expected what can be read as STRING, found Avro's int");
  });

  it('is faulty without a field that is NOT NULL', () => {
    const column = { name: 'zz', type: types.of('int', false) };
    expect(() => readRow(record, [column])).toThrow('field `zz`: expected a value for INT NOT NULL, found none');
  });
});

describe('the schema of a table', () => {
  it.each<[DataType, unknown, boolean?]>([
    [types.of('tinyint', false), 'int'],
    [types.string(), ['null', 'string']],
    [types.timestamp(3, false), { type: 'long', logicalType: 'timestamp-millis' }],
    [types.timestamp(3, false), { type: 'long', logicalType: 'local-timestamp-millis' }, false],
    [types.timestamp(6, false), { type: 'long', logicalType: 'local-timestamp-micros' }, false],
    [types.timestampLtz(3, false), { type: 'long', logicalType: 'timestamp-millis' }, false],
    [types.timestampLtz(6, false), { type: 'long', logicalType: 'timestamp-micros' }, false],
    [
      { kind: 'multiset', element: types.string(false), nullable: false },
      { type: 'map', values: 'int' },
    ],
    [types.array(types.of('int', false), false), { type: 'array', items: 'int' }],
  ])('has %o as %j', (type, expected, legacy = true) => {
    expect(avroSchemaOf([{ name: 'v', type }], legacy)).toMatchObject({
      name: 'record',
      namespace: 'org.apache.flink.avro.generated',
      fields: [{ name: 'v', type: expected }],
    });
  });

  it('names nested records by their field', () => {
    const schema = avroSchemaOf([{ name: 'r', type: nested }], true);
    expect(schema).toMatchObject({ fields: [{ type: ['null', { name: 'record_r' }], default: null }] });
  });

  it.each<[DataType, RegExp, boolean?]>([
    [types.timestamp(6), /expected timestamps of up to 3 digits, got TIMESTAMP\(6\)/],
    [types.timestamp(9), /expected timestamps of up to 6 digits/, false],
    [types.timestampLtz(3), /TIMESTAMP in place of TIMESTAMP_LTZ, unless 'timestamp_mapping.legacy' is 'false'/],
    [types.map(types.of('int'), types.of('int')), /expected maps with strings as keys, got MAP<INT, INT>/],
    [types.intervalMillis(), /expected types that Flink derives a schema of, got INTERVAL DAY/],
  ])('refuses %o', (type, message, legacy = true) => {
    expect(() => avroSchemaOf([{ name: 'v', type }], legacy)).toThrow(message);
  });
});

describe('what is written reads as the same', () => {
  const any: Readonly<Record<string, [DataType, fc.Arbitrary<unknown>]>> = {
    smallint: [types.of('smallint'), fc.integer({ min: -32768, max: 32767 })],
    bigint: [types.of('bigint'), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    double: [types.of('double'), fc.double()],
    string: [types.string(), fc.string({ unit: 'grapheme' })],
    decimal: [types.decimal(38, 10), fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })],
    timestamp: [types.timestamp(6), fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n })],
    instant: [types.timestampLtz(3), fc.integer()],
    date: [types.of('date'), fc.integer({ min: -1_000_000, max: 1_000_000 })],
    array: [types.array(types.decimal(10, 2)), fc.array(fc.option(fc.integer({ min: -99, max: 99 })))],
    row: [nested, fc.tuple(fc.option(fc.integer({ min: -5, max: 5 })), fc.option(fc.string()))],
  };
  const normal = (value: unknown): string =>
    JSON.stringify(value, (_, part) =>
      typeof part === 'bigint' ? Number(part).toString() : Object.is(part, -0) ? '-0' : part,
    ) ?? '';

  it.each(Object.keys(any))('%s', (name) => {
    const [type, value] = any[name]!;
    const one = [{ name: 'v', type }];
    fc.assert(
      fc.property(fc.option(value), (given) => {
        const [found] = read(one, write(one, [given], modern), modern) as Row;
        expect(typeof given === 'bigint' ? BigInt(found as number) : normal(found)).toEqual(
          typeof given === 'bigint' ? given : normal(given),
        );
      }),
      { numRuns: 40 },
    );
  });
});

describe('as JSON', () => {
  const json = { encoding: 'json' };
  const two = fields.filter(({ name }) => ['l', 's', 'y'].includes(name));

  it('is read and written with the branches of its unions', () => {
    const text = '{"l":{"long":5},"s":{"string":"a"},"y":{"bytes":"\\u0000ÿ"}}';
    expect(read(two, bytesOf(text), json)).toEqual([5, 'a', Uint8Array.of(0, 255)]);
    expect(JSON.parse(Buffer.from(write(two, [5, 'a', Uint8Array.of(0, 255)], json)).toString())).toEqual(
      JSON.parse(text),
    );
  });

  it('refuses what JSON would round', () => {
    expect(read(two, bytesOf('{"l":{"long":9007199254740993},"s":null,"y":null}'), json)).toMatch(/^fault: .*2\^53/);
    expect(() => write(two, [9007199254740993n, null, null], json)).toThrow(/beyond 2\^53/);
  });
});

describe('a record that is none', () => {
  it.each<[string, string]>([
    ['', 'found the end after 0 bytes'],
    ['02', 'found the end'],
    ['08', 'bytes that are none'],
  ])('"%s" is a fault', (record, message) => {
    expect(read(fields.slice(0, 2), hex(record))).toContain(message);
  });

  it('and a NULL for NOT NULL is not written', () => {
    const required = [{ name: 'v', type: types.of('int', false) }];
    expect(() => write(required, [null])).toThrow(/field `v`: expected a value for INT NOT NULL, got a NULL/);
  });
});
