import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOf } from '../../src/model/column.ts';
import type { SqlValue } from '../../src/model/function.ts';
import { type DataType, types } from '../../src/model/types.ts';
import { RowReader } from '../../src/operators/rows/row-reader.ts';
import { BatchRows } from '../../src/state/value-column.ts';
import { createValueWriter } from '../../src/state/value-writer.ts';

const capacity = 64;
const beyond = 2n ** 60n;

const text = fc.oneof(
  fc.constantFrom('', 'a', 'key-1', 'key-2', 'Zoë', '\0', '\ufeffx', '😀'.repeat(20), 'long '.repeat(40)),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
);

const kinds: readonly [string, DataType, fc.Arbitrary<SqlValue>][] = [
  ['BOOLEAN', types.of('boolean'), fc.boolean()],
  ['INT', types.of('int'), fc.integer()],
  ['DOUBLE', types.of('double'), fc.double()],
  ['BIGINT', types.of('bigint'), fc.oneof(fc.maxSafeInteger(), fc.constantFrom(beyond, -beyond))],
  ['BIGINT that stays narrow', types.of('bigint'), fc.maxSafeInteger()],
  ['DECIMAL(38, 0)', types.decimal(38, 0), fc.oneof(fc.integer(), fc.constantFrom(10n ** 30n, beyond))],
  ['STRING', types.string(), text],
  ['BYTES', types.bytes(), fc.uint8Array({ maxLength: 9 })],
  ['ARRAY', types.array(types.of('int')), fc.array(fc.integer(), { maxLength: 3 })],
];

describe('a column of values', () => {
  it.each(kinds)('of %s has them as they were written, batch after batch', (_, type, arbitrary) => {
    const values = fc.array(fc.option(arbitrary, { freq: 4 }), { minLength: 1, maxLength: capacity });
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 4 }), (batches) => {
        const writer = createValueWriter(type, capacity);
        const reader = new RowReader([type]);
        for (const written of batches) {
          for (const [at, value] of written.entries()) writer.write(at, value);
          const batch = batchOf(written.length, [writer.column(written.length)]);
          const [read, rows] = [reader.bind(batch), new BatchRows(batch, [type])];
          expect(written.map((_, at) => read(at)[0])).toEqual(written);
          expect(written.map((_, at) => rows.value(at, 0))).toEqual(written);
          writer.clear();
        }
      }),
      { numRuns: 50 },
    );
  });

  it('has a string that comes twice in a row once in its buffer', () => {
    const writer = createValueWriter(types.string(), capacity);
    for (const [at, value] of ['abc', 'abc', null, 'abc', 'b'].entries()) writer.write(at, value);
    expect(writer.column(5)).toMatchObject({ starts: expect.objectContaining({ 0: 0, 1: 0, 3: 3, 4: 6 }) });
  });
});
