import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAvroFile, writeAvroFile } from '../../src/iceberg/avro-file.ts';
import { AvroReader } from '../../src/iceberg/avro-reader.ts';
import {
  arraySchema,
  avroTypeOf,
  intMapSchema,
  optionalField,
  recordSchema,
  requiredField,
} from '../../src/iceberg/avro-schema.ts';
import { AvroWriter } from '../../src/iceberg/avro-writer.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('Avro longs', () => {
  // Avro specification, "Binary Encoding".
  it.each([
    [0n, '00'],
    [-1n, '01'],
    [1n, '02'],
    [-2n, '03'],
    [-64n, '7f'],
    [64n, '8001'],
    [2n ** 63n - 1n, 'feffffffffffffffff01'],
    [-(2n ** 63n), 'ffffffffffffffffff01'],
  ])('%s', (value, expected) => {
    const writer = new AvroWriter();
    writer.long(value);
    const bytes = writer.take();
    expect(hex(bytes)).toBe(expected);
    expect(new AvroReader(bytes).long()).toBe(value);
  });

  it('numbers and bigints alike', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const [a, b] = [new AvroWriter(), new AvroWriter()];
        a.long(value);
        b.long(BigInt(value));
        const bytes = a.take();
        expect(hex(bytes)).toBe(hex(b.take()));
        expect(new AvroReader(bytes).long()).toBe(BigInt(value));
      }),
    );
  });
});

const schema = recordSchema('r', [
  requiredField(1, 'text', 'string'),
  optionalField(2, 'count', 'long'),
  requiredField(3, 'flag', 'boolean'),
  requiredField(4, 'sizes', intMapSchema(41, 42, 'long')),
  requiredField(5, 'list', arraySchema(51, 'int')),
  requiredField(6, 'amount', avroTypeOf({ kind: 'decimal', precision: 20, scale: 2 })),
  optionalField(7, 'raw', 'bytes'),
  requiredField(8, 'real', 'double'),
  requiredField(9, 'single', 'float'),
]);

const record = fc.record({
  1: fc.string({ unit: 'grapheme' }),
  2: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  3: fc.boolean(),
  4: fc.array(fc.tuple(fc.integer(), fc.bigInt({ min: 0n, max: 2n ** 40n }))).map((entries) => new Map(entries)),
  5: fc.array(fc.integer()),
  6: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
  7: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
  8: fc.double(),
  9: fc.float(),
});

describe('Avro files', () => {
  it('any records, there and back', () => {
    fc.assert(
      fc.property(fc.array(record), (records) => {
        const file = readAvroFile(writeAvroFile(schema, new Map([['key', 'valué']]), records), 'test');
        expect(file.records).toEqual(records);
        expect(file.metadata.get('key')).toBe('valué');
      }),
      { numRuns: 50 },
    );
  });

  it('have several blocks when they are long', () => {
    const one = { 1: 'x'.repeat(1000), 2: null, 3: true, 4: new Map(), 5: [], 6: 0n, 7: null, 8: 0, 9: 0 };
    const records = Array.from({ length: 200 }, (_, i) => ({ ...one, 2: BigInt(i) }));
    expect(readAvroFile(writeAvroFile(schema, new Map(), records), 'test').records).toEqual(records);
  });

  it('say so when they are cut or broken', () => {
    const bytes = writeAvroFile(schema, new Map(), []);
    expect(() => readAvroFile(bytes.subarray(1), 'm.avro')).toThrow(/m\.avro: expected an Avro file/);
    const records = [{ 1: 'a', 2: null, 3: true, 4: new Map(), 5: [], 6: 0n, 7: null, 8: 0, 9: 0 }];
    const whole = writeAvroFile(schema, new Map(), records);
    expect(() => readAvroFile(whole.subarray(0, whole.length - 3), 'm.avro')).toThrow(/can't be read/);
  });
});
