import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isUtf8 } from '../../src/formats/utf8.ts';
import { anyText } from '../support/any-text.ts';

const strict = new TextDecoder('utf-8', { fatal: true });

function accepts(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

it('UTF-8 is what the strict TextDecoder takes', () => {
  const leads = fc.constantFrom(0x7f, 0x80, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5);
  const seconds = fc.constantFrom(0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0);
  const others = fc.constantFrom(0x7f, 0x80, 0x80, 0xbf, 0xbf, 0xc0);
  const sequence = fc
    .tuple(leads, seconds, others, others)
    .chain((bytes) => fc.nat(4).map((count) => bytes.slice(0, count)));
  const text = anyText(4).map((characters) => [...Buffer.from(characters)]);
  const bytes = fc.array(fc.oneof(sequence, text), { maxLength: 2 }).map((parts) => parts.flat());
  fc.assert(
    fc.property(bytes, fc.nat(3), (content, cut) => {
      const whole = Uint8Array.from(content);
      expect(isUtf8(whole, 0, whole.length)).toBe(accepts(whole));
      const end = Math.max(0, whole.length - cut);
      expect(isUtf8(whole, 0, end)).toBe(accepts(whole.subarray(0, end)));
    }),
    { numRuns: 2000 },
  );
});
