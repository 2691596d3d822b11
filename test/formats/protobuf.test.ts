import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { protobufFormat } from '../../src/formats/protobuf.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type Field, types } from '../../src/model/types.ts';
import { batchOfRows } from '../support/operator-harness.ts';
import { decodeRecords, decoderContext, encoderContext } from '../support/records.ts';

type Options = Readonly<Record<string, string>>;

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);
const event = { 'message-class-name': 'com.acme.events.Event', 'millrace.schema': fixture('event.proto') };
const described = { ...event, 'millrace.schema': fixture('event.desc') };

const inner = types.row([
  { name: 'x', type: types.of('int') },
  { name: 'z', type: types.string() },
]);

const fields: readonly Field[] = [
  { name: 'id', type: types.of('bigint') },
  { name: 'name', type: types.string() },
  { name: 'n', type: types.of('int') },
  { name: 'd', type: types.of('double') },
  { name: 'kind', type: types.string() },
  { name: 'nums', type: types.array(types.of('bigint')) },
  { name: 'counts', type: types.map(types.string(), types.of('int')) },
  { name: 'inner', type: inner },
  { name: 'raw', type: types.bytes() },
  { name: 'big', type: types.of('bigint') },
  { name: 'a', type: types.string() },
  { name: 'b', type: types.of('int') },
  { name: 'flag', type: types.of('boolean') },
  { name: 'names', type: types.map(types.of('bigint'), types.string()) },
  { name: 'inners', type: types.array(inner) },
];

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

function read(records: readonly Uint8Array[], options: Options = event, of = fields): unknown[] {
  const decoder = protobufFormat.createDecoder!(decoderContext(protobufFormat, of, options));
  const { rows, faults } = decodeRecords(decoder, of, records);
  return [...rows, ...faults.map((fault) => `fault: ${fault}`)];
}

function write(row: readonly unknown[], options: Options = event, of = fields): Uint8Array {
  const encoder = protobufFormat.createEncoder!(encoderContext(protobufFormat, of, options));
  return Uint8Array.from(encoder.encode(batchOfRows(of, [row], { pool: new StringPool(), strings: 'bytes' }), 0)!);
}

/** Made by protoc's Python of event.proto. */
const full =
  '08ffffffffffffffefff01120368c3a9180021000000000000f83f2802321301feffffffffffffffff0181808080808080103a050a01611001420208074a0200ff50ffffffffffffffffff0160046801720808051204666976657a03120171';
const fullRow = [
  -9007199254740993n,
  'hé',
  0,
  1.5,
  'BUY',
  [1, -2, 9007199254740993n],
  new Map([['a', 1]]),
  [7, ''],
  Uint8Array.of(0, 255),
  -1,
  '',
  4,
  true,
  new Map([[5, 'five']]),
  [[0, 'q']],
];
const emptyRow = [0, '', 0, 0, 'UNKNOWN', null, null, null, new Uint8Array(0), 0, '', 0, false, null, null];

describe.each([
  ['a .proto file', event],
  ['a descriptor set', described],
])('with %s', (_, options) => {
  it('messages of protoc are read', () => expect(read([hex(full)], options)).toEqual([fullRow]));
  it('an empty message has the defaults of its scalars', () => expect(read([hex('')], options)).toEqual([emptyRow]));
});

describe('a message', () => {
  it('has every default when told so', () => {
    const [row] = read([hex('')], { ...event, 'read-default-values': 'true' }) as unknown[][];
    expect(row!.slice(5, 8)).toEqual([[], new Map(), [0, '']]);
  });

  it('gives a field by its path', () => {
    const wanted = { kind: 'physical', name: 'inner.x', path: ['inner', 'x'], type: types.of('int') } as const;
    const decoder = protobufFormat.createDecoder!({
      ...decoderContext(protobufFormat, fields, event),
      columns: [wanted],
    });
    expect(decodeRecords(decoder, [{ name: 'x', type: wanted.type }], [hex(full), hex('')]).rows).toEqual([
      [7],
      [null],
    ]);
  });

  it('has enums as numbers, too', () => {
    expect(read([hex('2802')], event, [{ name: 'kind', type: types.of('int') }])).toEqual([[2]]);
  });

  it('that is none is a fault, or skipped', () => {
    expect(read([hex('0a05')])).toEqual([expect.stringMatching(/^fault: expected a message Event/)]);
    expect(read([hex('0a05'), hex('1203616263')], { ...event, 'ignore-parse-errors': 'true' })).toHaveLength(1);
  });

  it('is written without what is NULL', () => {
    expect(Buffer.from(write(fields.map(() => null))).toString('hex')).toBe('');
    expect(Buffer.from(write(fields.map(({ name }) => (name === 'n' ? 3 : null)))).toString('hex')).toBe('1803');
  });

  it('has a literal for a NULL within an array', () => {
    const map = [{ name: 'names', type: types.map(types.of('bigint'), types.string()) }];
    const bytes = write([new Map([[1, null]])], { ...event, 'write-null-string-literal': 'NIL' }, map);
    expect(read([bytes], event, map)).toEqual([[new Map([[1, 'NIL']])]]);
  });

  it('reads as it was written', () => {
    const value = fc.record({
      id: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      name: fc.string({ unit: 'grapheme' }),
      kind: fc.constantFrom('UNKNOWN', 'CLICK', 'BUY'),
      nums: fc.array(fc.integer(), { minLength: 1 }),
      inner: fc.tuple(fc.integer(), fc.string()),
    });
    fc.assert(
      fc.property(value, (given) => {
        const row = fields.map(({ name }, i) => (name in given ? given[name as keyof typeof given] : emptyRow[i]));
        const [found] = read([write(row)]) as unknown[][];
        expect(found!.map(String)).toEqual(row.map(String));
      }),
      { numRuns: 40 },
    );
  });

  it('refuses a value that its enum has not', () => {
    expect(() => write(['SELL'], event, [{ name: 'kind', type: types.string() }])).toThrow(
      /expected a value of Kind \(UNKNOWN, CLICK, BUY\), got 'SELL'/,
    );
  });
});

describe('is refused', () => {
  it.each<[string, Options, Field[], RegExp]>([
    ['without a schema', { 'message-class-name': 'Event' }, [], /option 'protobuf.millrace.schema' is required/],
    ['a file that there is not', { ...event, 'millrace.schema': '/nowhere.proto' }, [], /nowhere.proto can't be read/],
    [
      'an unknown message',
      { ...event, 'message-class-name': 'Sale' },
      [],
      /expected a message of the schema \(acme.Event, acme.Event.Inner\), got 'Sale'/,
    ],
    [
      'an unknown field',
      event,
      [{ name: 'zz', type: types.string() }],
      /expected the message Event to have the field 'zz'/,
    ],
    [
      'another type',
      event,
      [{ name: 'id', type: types.of('int') }],
      /column 'id': expected a type for protobuf's int64 \(field 'id'\), got INT/,
    ],
    ['an array of a single value', event, [{ name: 'id', type: types.array(types.of('bigint')) }], /got ARRAY<BIGINT>/],
    [
      'a nested field of another type',
      event,
      [{ name: 'inner', type: types.row([{ name: 'x', type: types.string() }]) }],
      /column 'x'.*int32/,
    ],
  ])('%s', (_, options, of, message) => expect(() => read([], options, of)).toThrow(message));

  it.each(['acme.Event', 'Event', 'com.acme.Events$Event'])('but %s names the message', (name) => {
    expect(() => read([], { ...event, 'message-class-name': name })).not.toThrow();
  });
});
