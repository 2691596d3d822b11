import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formats } from '../../src/formats/registry.ts';
import type { Decoder, Format } from '../../src/model/format.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type Field, types } from '../../src/model/types.ts';
import { batchOfRows } from '../support/operator-harness.ts';
import { decoderContext, encoderContext, rowsOf } from '../support/records.ts';
import { TestRegistry } from '../support/schema-registry.ts';

// Whatever bytes a record has: it is rows or a fault, soon, and the record behind it is read as ever.

type Options = Readonly<Record<string, string>>;

const fields: readonly Field[] = [
  { name: 'id', type: types.of('bigint') },
  { name: 'name', type: types.string() },
  { name: 'n', type: types.of('int') },
  { name: 'd', type: types.of('double') },
  { name: 'nums', type: types.array(types.of('bigint', false)) },
  { name: 'counts', type: types.map(types.string(false), types.of('int')) },
  {
    name: 'inner',
    type: types.row([
      { name: 'x', type: types.of('int') },
      { name: 'z', type: types.string() },
    ]),
  },
];
const decimals: readonly Field[] = [
  ...fields,
  { name: 'price', type: types.decimal(20, 2) },
  { name: 'day', type: types.of('date') },
  { name: 'at', type: types.timestamp(3) },
];
const row = [-9007199254740993n, 'hé', -7, 1.5, [1n, -2n, 3n], new Map([['a', 1]]), [7, 'q']];
const wideRow = [...row, -1234567890123456789n, 19782, 1704164645678];

let registry: TestRegistry;
beforeAll(async () => {
  registry = await TestRegistry.start();
});
afterAll(() => registry.stop());

type Case = readonly [
  name: string,
  format: Format,
  options: () => Options,
  of: readonly Field[],
  row: readonly unknown[],
];

const event = join(import.meta.dirname, 'fixtures', 'event.proto');
const none = (): Options => ({});
const cases: readonly Case[] = [
  ['avro', formats.avro, none, decimals, wideRow],
  ['avro as JSON', formats.avro, () => ({ encoding: 'json' }), fields, [7n, ...row.slice(1)]],
  [
    'protobuf',
    formats.protobuf,
    () => ({ 'message-class-name': 'com.acme.events.Event', 'millrace.schema': event }),
    fields,
    row,
  ],
  ['avro-confluent', formats['avro-confluent'], () => ({ url: registry.url }), decimals, wideRow],
  ['debezium-avro-confluent', formats['debezium-avro-confluent'], () => ({ url: registry.url }), decimals, wideRow],
  ['json', formats.json, none, decimals, wideRow],
  ['csv', formats.csv, none, decimals.slice(0, 4), wideRow.slice(0, 4)],
  ['debezium-json', formats['debezium-json'], none, decimals, wideRow],
  ['canal-json', formats['canal-json'], none, decimals, wideRow],
  ['maxwell-json', formats['maxwell-json'], none, decimals, wideRow],
];

/** Everywhere the length of something, as a varint: some 10^8, some 10^10. */
function withLengths(good: Uint8Array, keep: number): Uint8Array[] {
  const places = Array.from({ length: good.length - keep + 1 }, (_, i) => keep + i);
  return [
    [0xfe, 0xff, 0xff, 0x7f],
    [0xfe, 0xff, 0xff, 0xff, 0x7f],
  ].flatMap((length) => places.map((at) => Uint8Array.from([...good.slice(0, at), ...length, ...good.slice(at)])));
}

/** A good record cut, or with bits flipped; or any bytes. The first `keep` bytes stay. */
function malformed(good: Uint8Array, keep: number): fc.Arbitrary<Uint8Array> {
  const cut = fc.nat(good.length).map((end) => good.slice(0, Math.max(end, keep)));
  const flipped = fc
    .array(fc.tuple(fc.integer({ min: keep, max: good.length - 1 }), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    })
    .map((flips) => {
      const bytes = good.slice();
      for (const [at, mask] of flips) bytes[at]! ^= mask;
      return bytes;
    });
  const random = fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.from([...good.slice(0, keep), ...bytes]));
  return fc.oneof(cut, flipped, random);
}

describe.each(cases)('%s', (name, format, options, of, values) => {
  const make = (): Decoder => format.createDecoder!({ ...decoderContext(format, of, options(), 4), metadata: [] });
  const text = (decoder: Decoder): string => {
    const { rows } = decoder;
    return rowsOf(decoder.take(), of, rows)
      .map((each) => each.map((value) => (value instanceof Map ? [...value] : value)).join('|'))
      .join('\n');
  };

  it('gives rows or a fault', async () => {
    const encoder = format.createEncoder!({ ...encoderContext(format, of, options()), subject: name });
    await encoder.open?.();
    const pool = new StringPool();
    const good = Uint8Array.from(encoder.encode(batchOfRows(of, [values], { pool, strings: 'bytes' }), 0)!);
    const decoder = make();
    if (decoder.decode(good, 0, good.length) !== null || decoder.pending) await decoder.pending;
    if (decoder.rows === 0) decoder.decode(good, 0, good.length);
    const expected = text(decoder);
    expect(expected).not.toBe('');
    // The id of a schema stays as it is: another one is asked for, and is not there.
    const keep = name.endsWith('confluent') ? 5 : 0;
    const check = (bytes: Uint8Array): void => {
      const fault = decoder.decode(bytes, 0, bytes.length);
      if (fault !== null) expect(fault.message).toMatch(/./);
      text(decoder);
      expect(decoder.decode(good, 0, good.length)).toBeNull();
      expect(text(decoder)).toBe(expected);
    };
    for (const bytes of withLengths(good, keep)) check(bytes);
    fc.assert(fc.property(malformed(good, keep), check), { numRuns: 400 });
  });
});
