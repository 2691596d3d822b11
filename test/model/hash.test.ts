import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combine, hashBigint, hashBytes, hashDouble, hashInt32, hashInteger, hashNull } from '../../src/model/hash.ts';

// Part of the checkpoint format: a key's group must not change, so these may not either.

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the hash of values', () => {
  it.each([
    ['', -1421968373],
    ['a', 444641715],
    ['device-0001', 422602415],
    ['größe 🙂', -101023841],
  ])('of the text %j', (text, hash) => {
    expect(hashBytes(bytesOf(text), 0, bytesOf(text).length)).toBe(hash);
  });

  it.each([
    [0, 0],
    [1, 1364076727],
    [-1, -2114883783],
    [2147483647, -104067416],
  ])('of the INT %s', (value, hash) => expect(hashInt32(value)).toBe(hash));

  it.each([
    [-1, -1314919812],
    [4294967296, 301794027],
    [-4294967297, 801707359],
    [9007199254740991, 754617918],
  ])('of the BIGINT %s', (value, hash) => expect(hashInteger(value)).toBe(hash));

  it.each([
    ['9223372036854775807', 167747872],
    ['-9223372036854775808', 1832674720],
  ])('of the BIGINT %s', (value, hash) => expect(hashBigint(BigInt(value))).toBe(hash));

  it.each([
    [1.5, -182423092],
    [-1e300, -904950811],
    [Number.NaN, 1463394195],
  ])('of the DOUBLE %s', (value, hash) => expect(hashDouble(value)).toBe(hash));

  it('of a key of several columns', () => {
    expect(combine(combine(0, 7), hashNull)).toBe(1853189445);
  });

  it('is one, whatever form a number is in', () => {
    expect(hashDouble(-0)).toBe(hashDouble(0));
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(hashInteger(value)).toBe(hashBigint(BigInt(value)));
      }),
    );
  });
});
