import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeIdentity, encodeIdentity } from '../../src/audit/identity-header.ts';
import type { EventIdentity } from '../../src/model/audit.ts';

const identity: EventIdentity = {
  time: 1_764_000_000_123,
  producer: 'checkout',
  host: 'web-07',
  session: '00c0ffee12345678',
  sequence: 4_294_967_297,
};

describe('the header of an identity', () => {
  it('has these bytes', () => {
    expect(encodeIdentity(identity).toString('hex')).toBe(
      '0100c0ffee12345678000100000001019ab697e87b08636865636b6f7574067765622d3037',
    );
  });

  it('is read back', () => {
    const uint48 = fc.integer({ min: 0, max: 2 ** 48 - 1 });
    const session = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n) => n.toString(16).padStart(16, '0'));
    const name = fc.string({ unit: 'grapheme', maxLength: 20 });
    const any = fc.record({ time: uint48, producer: name, host: name, session, sequence: uint48 });
    fc.assert(
      fc.property(any, (each) => {
        expect(decodeIdentity(encodeIdentity(each))).toEqual(each);
      }),
    );
  });

  it('holds long names up to a character', () => {
    const long = decodeIdentity(encodeIdentity({ ...identity, producer: 'é'.repeat(200) }));
    expect(long?.producer).toBe('é'.repeat(127));
    expect(long?.host).toBe('web-07');
  });

  it('takes garbage as no identity, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const decoded = decodeIdentity(bytes);
        if (decoded !== null) expect(encodeIdentity(decoded)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  const whole = encodeIdentity(identity);
  it.each([
    ['null', null],
    ['nothing', new Uint8Array(0)],
    ['another version', Uint8Array.from([2, ...whole.subarray(1)])],
    ['a cut one', whole.subarray(0, -1)],
    ['bytes behind it', Uint8Array.from([...whole, 0])],
    ['a producer longer than the rest', Uint8Array.from(whole.map((byte, i) => (i === 21 ? 200 : byte)))],
    ['a name that is not UTF-8', Uint8Array.from(whole.map((byte, i) => (i === 22 ? 0xff : byte)))],
  ])('%s is no identity', (_, bytes) => {
    expect(decodeIdentity(bytes)).toBeNull();
  });

  it.each([
    ['session', { session: 'C0FFEE' }],
    ['sequence', { sequence: -1 }],
    ['time', { time: 2 ** 48 }],
  ])('a wrong %s is a bug of the caller', (name, part) => {
    expect(() => encodeIdentity({ ...identity, ...part })).toThrow(new RegExp(`${name}: expected`));
  });
});
