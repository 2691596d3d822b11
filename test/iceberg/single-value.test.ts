import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PrimitiveType } from '../../src/iceberg/iceberg-type.ts';
import { compareValues, decodeValue, encodeValue, type SingleValue } from '../../src/iceberg/single-value.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const decimal: PrimitiveType = { kind: 'decimal', precision: 38, scale: 2 };

// Iceberg spec, Appendix D, and bytes that Java Iceberg writes.
const table: readonly (readonly [PrimitiveType, SingleValue, string])[] = [
  [{ kind: 'boolean' }, false, '00'],
  [{ kind: 'boolean' }, true, '01'],
  [{ kind: 'int' }, 34, '22000000'],
  [{ kind: 'int' }, -1, 'ffffffff'],
  [{ kind: 'long' }, 34n, '2200000000000000'],
  [{ kind: 'float' }, 1, '0000803f'],
  [{ kind: 'double' }, -1.5, '000000000000f8bf'],
  [{ kind: 'date' }, 17486, '4e440000'],
  [{ kind: 'time' }, 81068000000n, '008307e012000000'],
  [{ kind: 'timestamp' }, -1n, 'ffffffffffffffff'],
  [decimal, 1420n, '058c'],
  [decimal, -1420n, 'fa74'],
  [decimal, 0n, '00'],
  [decimal, 127n, '7f'],
  [decimal, 128n, '0080'],
  [decimal, -128n, '80'],
  [decimal, -129n, 'ff7f'],
  [{ kind: 'string' }, 'iceberg€😀', hex(new TextEncoder().encode('iceberg€😀'))],
  [{ kind: 'string' }, '\ufeffx', 'efbbbf78'],
  [{ kind: 'binary' }, Uint8Array.of(0, 1, 2, 255), '000102ff'],
];

describe('single values', () => {
  it.each(table)('%o: %s is 0x%s', (type, value, expected) => {
    expect(hex(encodeValue(type, value))).toBe(expected);
    expect(decodeValue(type, Buffer.from(expected, 'hex'))).toEqual(
      value instanceof Uint8Array ? Buffer.from(value) : value,
    );
  });

  it('read bounds from before a promotion', () => {
    expect(decodeValue({ kind: 'long' }, Buffer.from('22000000', 'hex'))).toBe(34n);
    expect(decodeValue({ kind: 'double' }, Buffer.from('0000803f', 'hex'))).toBe(1);
  });

  it('decimals: shortest bytes, both ways', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), (value) => {
        const bytes = encodeValue(decimal, value);
        expect(decodeValue(decimal, bytes)).toBe(value);
        const shorter = bytes.slice(1);
        if (bytes.length > 1) expect(decodeValue(decimal, shorter)).not.toBe(value);
      }),
    );
  });

  it('strings stand in the order of their code points', () => {
    expect(compareValues('￿', '😀')).toBeLessThan(0); // by UTF-16 units it is the other way round
    expect(compareValues('a', 'ab')).toBeLessThan(0);
    expect(compareValues(-0, 0)).toBeLessThan(0);
    expect(compareValues(5n, 5n)).toBe(0);
  });
});
