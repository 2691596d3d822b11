import { describe, expect, it } from 'vitest';
import { rawFormat } from '../../src/formats/raw.ts';
import { batchOf } from '../../src/model/column.ts';
import { type DataType, types } from '../../src/model/types.ts';
import { bytesOf, decodeRecords, decoderContext, encoderContext } from '../support/records.ts';

const little = { endianness: 'little-endian' };

describe('the raw format', () => {
  const cases: readonly [DataType, readonly number[], unknown, Readonly<Record<string, string>>?][] = [
    [types.string(), [...bytesOf('ä{')], 'ä{'],
    [types.string(), [], ''],
    [types.bytes(), [0, 255], Uint8Array.of(0, 255)],
    [types.of('boolean'), [1], true],
    [types.of('tinyint'), [0xff], -1],
    [types.of('smallint'), [1, 2], 258],
    [types.of('int'), [0, 0, 1, 0], 256],
    [types.of('int'), [0, 1, 0, 0], 256, little],
    [types.of('bigint'), [0x7f, 255, 255, 255, 255, 255, 255, 255], 9223372036854775807n],
    [types.of('float'), [0x3f, 0x80, 0, 0], 1],
    [types.of('double'), [0x3f, 0xf8, 0, 0, 0, 0, 0, 0], 1.5],
  ];
  it.each(cases)('%o of %s, there and back', (type, bytes, value, options) => {
    const fields = [{ name: 'v', type }];
    const decoder = rawFormat.createDecoder!(decoderContext(rawFormat, fields, options));
    expect(decodeRecords(decoder, fields, [Uint8Array.from(bytes)])).toEqual({ rows: [[value]], faults: [] });
    decoder.decode(Uint8Array.from(bytes), 0, bytes.length);
    const encoder = rawFormat.createEncoder!(encoderContext(rawFormat, fields, options));
    expect([...encoder.encode(batchOf(1, decoder.take()), 0)!]).toEqual(bytes);
  });

  it('says which length it expected', () => {
    const fields = [{ name: 'v', type: types.of('int') }];
    const decoder = rawFormat.createDecoder!(decoderContext(rawFormat, fields));
    expect(decodeRecords(decoder, fields, [bytesOf('abc')]).faults).toEqual(['expected 4 bytes for INT, found 3']);
  });

  it('is for one column', () => {
    const fields = ['a', 'b'].map((name) => ({ name, type: types.string() }));
    expect(() => rawFormat.createDecoder!(decoderContext(rawFormat, fields))).toThrow(/one physical column, got 2/);
  });

  it('writes NULL as a tombstone', () => {
    const encoder = rawFormat.createEncoder!(encoderContext(rawFormat, [{ name: 'v', type: types.of('int') }]));
    const column = { layout: 'i32', values: Int32Array.of(0), nulls: Uint8Array.of(1) } as const;
    expect(encoder.encode(batchOf(1, [column]), 0)).toBe(null);
  });
});
