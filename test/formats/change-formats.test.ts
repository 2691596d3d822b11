import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formats } from '../../src/formats/registry.ts';
import { type ColumnBatch, rowKinds } from '../../src/model/column.ts';
import type { Format } from '../../src/model/format.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { types } from '../../src/model/types.ts';
import { batchOfRows } from '../support/operator-harness.ts';
import { bytesOf, decodeRecords, decoderContext, encoderContext } from '../support/records.ts';

type Options = Readonly<Record<string, string>>;

const fields = [
  { name: 'id', type: types.of('bigint') },
  { name: 'name', type: types.string() },
  { name: 'price', type: types.decimal(10, 2) },
];

/** Rows with their kinds: `+I 1,a,150`; what is wrong as `fault: …`. */
function read(
  format: Format,
  records: readonly string[],
  options: Options = {},
  metadata: readonly string[] = [],
): string[] {
  const wanted = metadata.map((key) => ({ key, type: format.metadata!.get(key)! }));
  const decoder = format.createDecoder!({ ...decoderContext(format, fields, options, 2), metadata: wanted });
  const all = [...fields, ...wanted.map(({ key, type }) => ({ name: key, type }))];
  const { rows, faults } = decodeRecords(decoder, all, records.map(bytesOf));
  const text = rows.map((row, i) => {
    const values = row.map((value) => (value instanceof Map ? JSON.stringify([...value]) : String(value)));
    return `${rowKinds[decoder.ops?.[i] ?? 0]} ${values.join(',')}`;
  });
  return [...text, ...faults.map((fault) => `fault: ${fault}`)];
}

const { 'debezium-json': debezium, 'canal-json': canal, 'maxwell-json': maxwell } = formats;

const a = '{"id":1,"name":"a","price":1.5}';
const b = '{"id":1,"name":"b","price":1.5}';

describe.each<[string, Format, [string, string, string[], Options?][]]>([
  [
    'debezium-json',
    debezium,
    [
      ['c', `{"before":null,"after":${a},"op":"c"}`, ['+I 1,a,150']],
      ['r', `{"after":${a},"op":"r"}`, ['+I 1,a,150']],
      ['u', `{"before":${a},"after":${b},"op":"u"}`, ['-U 1,a,150', '+U 1,b,150']],
      ['d', `{"before":${a},"after":null,"op":"d"}`, ['-D 1,a,150']],
      ['a payload', `{"schema":{},"payload":{"after":${a},"op":"c"}}`, ['+I 1,a,150'], { 'schema-include': 'true' }],
      ['fields that are missing', '{"after":{"id":7},"op":"c"}', ['+I 7,null,null']],
      [
        'an update without before',
        `{"before":null,"after":${b},"op":"u"}`,
        [
          expect.stringMatching(
            /^fault: Debezium record: the "before" field of UPDATE message is null.*REPLICA IDENTITY/,
          ) as never,
        ],
      ],
      ['a delete without before', '{"op":"d"}', [expect.stringMatching(/"before" field of DELETE/) as never]],
      [
        'an unknown op',
        `{"after":${a},"op":"x"}`,
        ['fault: Debezium record: unknown "op": expected one of "c", "r", "u", "d", found "x"'],
      ],
      ['no op', `{"after":${a}}`, [expect.stringMatching(/found none$/) as never]],
      ['no object', '[1]', ['fault: Debezium record: expected the record to be an object, found [1]']],
      ['half a record', '{"after":{"id":1', [expect.stringMatching(/^fault: .*end/) as never]],
      ['a tombstone', '', []],
      ['what is ignored', '{"op":"x"}', [], { 'ignore-parse-errors': 'true' }],
      [
        'a field that is ignored',
        '{"after":{"id":"x","name":"a"},"op":"c"}',
        ['+I null,a,null'],
        { 'ignore-parse-errors': 'true' },
      ],
      [
        'a bad field',
        '{"after":{"id":"x"},"op":"c"}',
        [expect.stringMatching(/field `id`: expected BIGINT, found "x"/) as never],
      ],
    ],
  ],
  [
    'canal-json',
    canal,
    [
      ['INSERT', `{"data":[${a},${b}],"type":"INSERT"}`, ['+I 1,a,150', '+I 1,b,150']],
      [
        'UPDATE, whose old rows have what changed',
        `{"data":[${b},{"id":2,"name":null,"price":3}],"old":[{"name":"a"},{"name":"z"}],"type":"UPDATE"}`,
        ['-U 1,a,150', '+U 1,b,150', '-U 2,z,300', '+U 2,null,300'],
      ],
      [
        'a field that was null',
        `{"data":[${b}],"old":[{"name":null}],"type":"UPDATE"}`,
        ['-U 1,null,150', '+U 1,b,150'],
      ],
      ['DELETE', `{"data":[${a}],"old":null,"type":"DELETE"}`, ['-D 1,a,150']],
      ['CREATE', '{"data":null,"type":"CREATE"}', []],
      ['an unknown type', '{"type":"ALTER"}', [expect.stringMatching(/unknown "type".*found "ALTER"/) as never]],
      ['no data', '{"type":"INSERT"}', [expect.stringMatching(/"data" to be an array/) as never]],
      ['another database', `{"database":"x","data":[${a}],"type":"INSERT"}`, [], { 'database.include': 'shop' }],
      [
        'the database',
        `{"database":"shop1","data":[${a}],"type":"INSERT"}`,
        ['+I 1,a,150'],
        { 'database.include': 'shop.*' },
      ],
      ['another table', `{"table":"my_t","data":[${a}],"type":"INSERT"}`, [], { 'table.include': 't' }],
    ],
  ],
  [
    'maxwell-json',
    maxwell,
    [
      ['insert', `{"data":${a},"type":"insert"}`, ['+I 1,a,150']],
      ['update', `{"data":${b},"old":{"name":"a"},"type":"update"}`, ['-U 1,a,150', '+U 1,b,150']],
      ['delete', `{"data":${a},"type":"delete"}`, ['-D 1,a,150']],
      [
        'an unknown type',
        `{"data":${a},"type":"bootstrap-insert"}`,
        [expect.stringMatching(/found "bootstrap-insert"/) as never],
      ],
    ],
  ],
])('%s reads', (_, format, cases) => {
  it.each(cases)('%s', (_, record, expected, options) => expect(read(format, [record], options)).toEqual(expected));
});

describe('metadata', () => {
  const source = '{"ts_ms":5,"db":"shop","schema":"public","table":"t","version":"1.9"}';

  it.each<[Format, string, string[], string, Options?]>([
    [
      debezium,
      `{"after":${a},"op":"c","ts_ms":9007199254740993,"source":${source}}`,
      ['ingestion-timestamp', 'source.timestamp', 'source.database', 'source.schema', 'source.table', 'schema'],
      '9007199254740993,5,shop,public,t,null',
    ],
    [
      debezium,
      `{"schema":{"type":"struct"},"payload":{"after":${a},"op":"c","source":{"db":"shop"}}}`,
      ['schema', 'source.properties', 'source.timestamp'],
      '{"type":"struct"},[["db","shop"]],null',
      { 'schema-include': 'true' },
    ],
    [
      canal,
      `{"data":[${a}],"type":"INSERT","database":"d","table":"t","ts":1,"es":2,"sqlType":{"id":4},"pkNames":["id"]}`,
      ['database', 'table', 'sql-type', 'pk-names', 'ingestion-timestamp', 'event-timestamp'],
      'd,t,[["id",4]],id,1,2',
    ],
    [
      maxwell,
      `{"data":${a},"type":"insert","database":"d","table":"t","ts":3,"primary_key_columns":["id"]}`,
      ['database', 'table', 'primary-key-columns', 'ingestion-timestamp'],
      'd,t,id,3',
    ],
  ])('of $name is read', (format, record, keys, expected, options) => {
    expect(read(format, [record], options, keys)).toEqual([`+I 1,a,150,${expected}`]);
  });
});

function batchWith(row: readonly unknown[], change: number): ColumnBatch {
  return { ...batchOfRows(fields, [row], { pool: new StringPool() }), ops: Uint8Array.of(change) };
}

function write(format: Format, row: readonly unknown[], change: number, options: Options = {}): string {
  const encoder = format.createEncoder!(encoderContext(format, fields, options));
  return Buffer.from(encoder.encode(batchWith(row, change), 0)!).toString();
}

describe('a change is written as Flink writes it', () => {
  it.each<[Format, string, string, Options?]>([
    [debezium, `{"before":null,"after":${a},"op":"c"}`, `{"before":${a},"after":null,"op":"d"}`],
    [debezium, `{"after":${a},"op":"c"}`, `{"before":${a},"op":"d"}`, { 'encode.ignore-null-fields': 'true' }],
    [canal, `{"data":[${a}],"type":"INSERT"}`, `{"data":[${a}],"type":"DELETE"}`],
    [maxwell, `{"data":${a},"type":"insert"}`, `{"data":${a},"type":"delete"}`],
  ])('%#', (format, added, removed, options) => {
    const written = [0, 1, 2, 3].map((change) => write(format, [1, 'a', 150], change, options));
    expect(written).toEqual([added, removed, added, removed].map((text) => text.replace('1.5', '1.50')));
  });

  it.each([debezium, canal, maxwell])('and read back: $name', (format) => {
    const value = fc.tuple(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.string(),
      fc.integer({ min: -999, max: 999 }),
    );
    fc.assert(
      fc.property(value, fc.constantFrom(0, 3), (row, change) => {
        const decoder = format.createDecoder!(decoderContext(format, fields));
        const { rows } = decodeRecords(decoder, fields, [bytesOf(write(format, row, change))]);
        expect(rows.map((values) => values.map(String))).toEqual([row.map(String)]);
        expect(decoder.ops?.[0] ?? 0).toBe(change);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses to write a schema', () => {
    expect(() => write(debezium, [1, 'a', 1], 0, { 'schema-include': 'true' })).toThrow(/schema-include/);
  });
});
