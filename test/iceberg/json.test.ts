import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, printJson, sameLong } from '../../src/iceberg/json.ts';

describe('lossless JSON', () => {
  it('keeps snapshot ids that a double would round', () => {
    const text = '{"snapshot-id":6436563668402850271,"parent":-9223372036854775808,"small":12,"ratio":1.5,"big":1e300}';
    expect(parseJson(text, 'test')).toEqual({
      'snapshot-id': 6436563668402850271n,
      parent: -9223372036854775808n,
      small: 12,
      ratio: 1.5,
      big: 1e300,
    });
    expect(printJson(parseJson(text, 'test'))).toBe(text.replace('1e300', '1e+300'));
  });

  it('any int64, there and back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const { id } = parseJson<{ id: number | bigint }>(printJson({ id: value }), 'test');
        expect(BigInt(id)).toBe(value);
        expect(typeof id).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint');
      }),
    );
  });

  it('compares ids of either kind; none is -1', () => {
    expect(sameLong(5, 5n)).toBe(true);
    expect(sameLong(null, -1)).toBe(true);
    expect(sameLong(undefined, 7)).toBe(false);
  });

  it('names the document that is none', () => {
    expect(() => parseJson('<html>', 'GET /v1/config')).toThrow('GET /v1/config: expected JSON, got "<html>"');
  });
});
