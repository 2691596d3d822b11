import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StringPool } from '../../src/model/string-pool.ts';

const encoder = new TextEncoder();

describe('a string pool', () => {
  it('gives equal bytes equal codes, and the bytes back', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 6 }), { maxLength: 200 }), (texts) => {
        const pool = new StringPool();
        const codes = new Map<string, number>();
        for (const text of texts) {
          const source = encoder.encode(`<${text}>`);
          const code = pool.intern(source, 1, source.length - 1);
          expect(codes.get(text) ?? code).toBe(code);
          codes.set(text, code);
        }
        expect(pool.size).toBe(codes.size);
        for (const [text, code] of codes) {
          expect(pool.string(code)).toBe(text);
          expect([...pool.bytes(code)]).toEqual([...encoder.encode(text)]);
          expect(pool.internString(text)).toBe(code);
        }
      }),
    );
  });

  it('grows past its first arrays, says when it is full, and begins anew', () => {
    const pool = new StringPool({ maxCodes: 20_000 });
    for (let i = 0; i < 19_999; i++) pool.internString(`value ${i}`);
    expect([pool.isFull(), pool.string(12_345)]).toEqual([false, 'value 12345']);
    pool.internString('the last');
    expect([pool.isFull(), pool.internString('value 7')]).toEqual([true, 7]);
    pool.clear();
    expect([pool.size, pool.generation, pool.internString('new')]).toEqual([0, 1, 0]);
    expect(pool.string(0)).toBe('new');
  });
});
