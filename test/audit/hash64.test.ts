import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Hash64, hash64Text } from '../../src/audit/hash64.ts';

function hashOf(...steps: ((hash: Hash64) => void)[]): string {
  const hash = new Hash64();
  hash.begin(1);
  for (const step of steps) step(hash);
  hash.end();
  return hash64Text(hash.high, hash.low);
}

const field =
  (text: string) =>
  (hash: Hash64): void => {
    const bytes = Uint8Array.from(Buffer.from(`..${text}.`));
    hash.field(new DataView(bytes.buffer), 2, bytes.length - 1);
  };

// These are in records that are kept: a change here makes every audit record of before another scheme's.
describe('vectors', () => {
  it.each([
    ['nothing', [], '7a5480b9a35ad8bb'],
    ['a word', [(h: Hash64) => h.word(1)], 'c0a3a2bc3d21073f'],
    ['a large integer', [(h: Hash64) => h.integer(1_764_000_000_123)], 'c4c19078c7322ea2'],
    ['a negative integer', [(h: Hash64) => h.integer(-1)], '6ac041f12d617cfb'],
    ['an empty field', [field('')], 'd493a97cfc1c5ca5'],
    ['a null field', [(h: Hash64) => h.field(new DataView(new ArrayBuffer(0)), -1, -1)], '8294ee112b73c39f'],
    ['one byte', [field('a')], '0c4a1f3e782b9b66'],
    ['two bytes', [field('ab')], '2579a27481787f59'],
    ['three bytes', [field('abc')], 'c13a5dfcab236296'],
    ['a word of bytes', [field('abcd')], '3fa135fb887e4a19'],
    ['a longer field', [field('The quick brown fox jumps over the lazy dog')], 'eab34769f79c2ac3'],
    ['two fields', [field('ab'), field('c')], 'e539e17cfb0dd8b2'],
  ] as const)('%s', (_, steps, expected) => {
    expect(hashOf(...steps)).toBe(expected);
  });
});

it('takes one flipped bit to half of all bits of the hash', () => {
  let flips = 0;
  const count = 256;
  for (let bit = 0; bit < count; bit++) {
    const bytes = new Uint8Array(32);
    const view = new DataView(bytes.buffer);
    const before = hashOf((hash) => hash.field(view, 0, 32));
    bytes[bit >> 3] = 1 << (bit & 7);
    const after = hashOf((hash) => hash.field(view, 0, 32));
    flips += bitsOf(BigInt(`0x${before}`) ^ BigInt(`0x${after}`));
  }
  expect(flips / count).toBeGreaterThan(30);
  expect(flips / count).toBeLessThan(34);
});

it('has no collision among structured input of 200,000 fields', () => {
  const seen = new Set<string>();
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 100_000; i++) {
    view.setInt32(4, i);
    view.setInt32(8, 0);
    seen.add(hashOf((hash) => hash.field(view, 0, 12)));
    view.setInt32(4, 0);
    view.setInt32(8, -1 - i);
    seen.add(hashOf((hash) => hash.field(view, 0, 12)));
  }
  expect(seen.size).toBe(200_000);
});

it('tells fields apart by where they end', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 9 }),
      fc.string({ maxLength: 9 }),
      fc.string({ minLength: 1, maxLength: 3 }),
      (a, b, c) => {
        expect(hashOf(field(a + c), field(b))).not.toBe(hashOf(field(a), field(c + b)));
      },
    ),
  );
});

function bitsOf(value: bigint): number {
  return [...value.toString(2)].filter((digit) => digit === '1').length;
}
