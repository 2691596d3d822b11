import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PrimitiveType } from '../../src/iceberg/iceberg-type.ts';
import { murmur3 } from '../../src/iceberg/murmur3.ts';
import type { SingleValue } from '../../src/iceberg/single-value.ts';
import { applyTransform, formatTransform, hashValue, parseTransform, resultType } from '../../src/iceberg/transform.ts';
import { daysFromCivil, parseSqlTimestamp } from '../../src/model/calendar.ts';

const micros = (text: string): bigint => BigInt(parseSqlTimestamp(text, 6)!);

// Iceberg spec, Appendix B.
const hashes: readonly (readonly [PrimitiveType, SingleValue, number])[] = [
  [{ kind: 'int' }, 34, 2017239379],
  [{ kind: 'long' }, 34n, 2017239379],
  [{ kind: 'decimal', precision: 9, scale: 2 }, 1420n, -500754589],
  [{ kind: 'date' }, daysFromCivil(2017, 11, 16), -653330422],
  [{ kind: 'time' }, 81068000000n, -662762989],
  [{ kind: 'timestamp' }, micros('2017-11-16 22:31:08'), -2047944441],
  [{ kind: 'timestamp' }, micros('2017-11-16 22:31:08.000001'), -1207196810],
  [{ kind: 'timestamptz' }, micros('2017-11-16 22:31:08'), -2047944441],
  [{ kind: 'string' }, 'iceberg', 1210000089],
  [{ kind: 'fixed', length: 4 }, Uint8Array.of(0, 1, 2, 3), -188683207],
  [{ kind: 'binary' }, Uint8Array.of(0, 1, 2, 3), -188683207],
];

describe('bucket hashes of the spec', () => {
  it.each(hashes)('%o: %s', (type, value, hash) => {
    expect(hashValue(type, value)).toBe(hash);
  });

  it('uuid f79c3e09-677c-4bbd-a479-3f349cb785e7', () => {
    expect(hashValue({ kind: 'uuid' }, Buffer.from('f79c3e09677c4bbda4793f349cb785e7', 'hex'))).toBe(1488055340);
  });

  it('MurmurHash3 over every length of tail', () => {
    // Vectors of the reference implementation (smhasher), seed 0.
    expect(murmur3(new Uint8Array())).toBe(0);
    expect(murmur3(new TextEncoder().encode('a')) >>> 0).toBe(0x3c2569b2);
    expect(murmur3(new TextEncoder().encode('ab')) >>> 0).toBe(0x9bbfd75f);
    expect(murmur3(new TextEncoder().encode('abc')) >>> 0).toBe(0xb3dd93fa);
    expect(murmur3(new TextEncoder().encode('Hello, world!')) >>> 0).toBe(0xc0363e43);
  });
});

const cases: readonly (readonly [string, PrimitiveType, SingleValue | null, SingleValue | null])[] = [
  ['truncate[10]', { kind: 'int' }, 1, 0],
  ['truncate[10]', { kind: 'int' }, -1, -10],
  ['truncate[10]', { kind: 'long' }, 1n, 0n],
  ['truncate[10]', { kind: 'long' }, -1n, -10n],
  ['truncate[10]', { kind: 'int' }, -2147483648, 2147483646],
  ['truncate[100]', { kind: 'long' }, -(2n ** 63n), 2n ** 63n - 92n],
  ['truncate[50]', { kind: 'decimal', precision: 9, scale: 2 }, 1065n, 1050n],
  ['truncate[3]', { kind: 'string' }, 'iceberg', 'ice'],
  ['truncate[2]', { kind: 'string' }, '😀😀😀', '😀😀'],
  ['truncate[5]', { kind: 'string' }, 'abc', 'abc'],
  ['truncate[2]', { kind: 'binary' }, Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2)],
  ['year', { kind: 'date' }, daysFromCivil(2017, 11, 16), 47],
  ['year', { kind: 'date' }, daysFromCivil(1969, 12, 31), -1],
  ['month', { kind: 'timestamp' }, micros('2017-11-16 22:31:08'), 574],
  ['month', { kind: 'date' }, daysFromCivil(1969, 12, 1), -1],
  ['day', { kind: 'timestamptz' }, micros('2017-11-16 22:31:08'), 17486],
  ['day', { kind: 'timestamp' }, -1n, -1],
  ['hour', { kind: 'timestamp' }, micros('2017-11-16 22:31:08'), 419686],
  ['hour', { kind: 'timestamp' }, -1n, -1],
  ['identity', { kind: 'string' }, 'x', 'x'],
  ['void', { kind: 'string' }, 'x', null],
  ['bucket[16]', { kind: 'string' }, null, null],
  ['bucket[100]', { kind: 'string' }, 'iceberg', 89],
  ['bucket[16]', { kind: 'decimal', precision: 9, scale: 2 }, 1420n, (-500754589 & 0x7fffffff) % 16],
];

describe('transforms', () => {
  it.each(cases)('%s of %o: %s is %s', (text, type, value, expected) => {
    expect(applyTransform(parseTransform(text), type, value)).toEqual(expected);
    expect(formatTransform(parseTransform(text))).toBe(text);
  });

  it('never rise above what they truncate, and keep its order', () => {
    const transform = parseTransform('truncate[7]');
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
        fc.bigInt({ min: 0n, max: 1000n }),
        (value, more) => {
          const low = applyTransform(transform, { kind: 'long' }, value) as bigint;
          const high = applyTransform(transform, { kind: 'long' }, value + more) as bigint;
          expect(value - low >= 0n && value - low < 7n && low <= high).toBe(true);
        },
      ),
    );
  });

  it.each(['bucket[0]', 'truncate', 'zorder', 'bucket[-1]'])('%s is refused', (text) => {
    expect(() => parseTransform(text)).toThrow(/Millrace does not know it/);
  });

  it('refuse types that they do not take', () => {
    expect(() => resultType(parseTransform('hour'), { kind: 'date' }, 'x')).toThrow(
      /expected a column of type timestamp/,
    );
    expect(() => resultType(parseTransform('bucket[4]'), { kind: 'double' }, 'x')).toThrow(/bucket\[4\] of double/);
    expect(resultType(parseTransform('day'), { kind: 'timestamp' }, 'x')).toEqual({ kind: 'date' });
  });
});
