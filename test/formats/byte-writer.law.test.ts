import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../src/formats/byte-writer.ts';
import { TimestampWriter } from '../../src/formats/timestamp-writer.ts';
import { formatTimestamp } from '../../src/model/calendar.ts';
import { unitsPerMillisecond } from '../../src/model/types.ts';
import { anyText } from '../support/any-text.ts';

function written(write: (out: ByteWriter) => void): string {
  const out = new ByteWriter();
  write(out);
  return Buffer.from(out.view()).toString();
}

describe('a byte writer', () => {
  it('writes integers as String does', () => {
    const edges = fc.constantFrom(0, 9, 10, 99, 2147483647, 2147483648, 4294967296, 1e15, Number.MAX_SAFE_INTEGER);
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer(), edges), (value) => {
        expect(written((out) => out.integer(value))).toBe(String(value));
        expect(written((out) => out.integer(0 - value))).toBe(String(0 - value));
      }),
    );
  });

  it('writes texts and bytes one behind the other, however long', () => {
    fc.assert(
      fc.property(fc.array(anyText(400), { maxLength: 8 }), (texts) => {
        const result = written((out) => {
          for (const [i, text] of texts.entries()) {
            if (i % 2 === 0) out.text(text);
            else out.bytes(Buffer.from(text));
          }
        });
        expect(result).toBe(texts.join(''));
      }),
      { numRuns: 50 },
    );
  });
});

it('a timestamp writer writes what formatTimestamp gives', () => {
  const precision = fc.constantFrom(0, 1, 3, 5, 6, 7, 9);
  const ms = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 });
  const trailing = fc.constantFrom(0, 0, 100, 120, 123_456);
  fc.assert(
    fc.property(precision, ms, trailing, fc.boolean(), (digits, time, nanos, zulu) => {
      const units = unitsPerMillisecond(digits);
      const exact = BigInt(time) * BigInt(units) + BigInt(Math.floor((nanos * units) / 1_000_000));
      const value = Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
      const suffix = zulu ? 'Z' : '';
      const writer = new TimestampWriter(digits, 'T', suffix);
      const expected = formatTimestamp(value, digits, { separator: 'T', fraction: 'trim', suffix });
      expect(written((out) => writer.write(out, value))).toBe(expected);
      expect(written((out) => writer.write(out, value))).toBe(expected);
    }),
    { numRuns: 500 },
  );
});
