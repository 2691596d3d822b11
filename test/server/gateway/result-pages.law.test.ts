import fc from 'fast-check';
import { expect, it } from 'vitest';
import { plainRow } from '../../../src/server/gateway/gateway-row.ts';
import { ResultPages } from '../../../src/server/gateway/result-pages.ts';

const rowsOf = (count: number, from: number) => Array.from({ length: count }, (_, i) => plainRow([from + i]));

it('pages give every row once, in order, however they are made and taken, and the last page as often as it is asked for', () => {
  const step = fc.oneof(
    fc.integer({ min: 0, max: 2_500 }),
    fc.constant('fetch' as const),
    fc.constant('again' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const pages = new ResultPages();
      const seen: unknown[] = [];
      let [made, token] = [0, 0];
      const take = (): boolean => {
        const { rows, last } = pages.fetch(token++);
        seen.push(...rows.flatMap(({ fields }) => fields));
        return last;
      };
      for (const one of steps) {
        if (one === 'fetch') take();
        else if (one === 'again' && token > 0) expect(pages.fetch(token - 1)).toEqual(pages.fetch(token - 1));
        else if (typeof one === 'number') {
          void pages.push(rowsOf(one, made));
          made += one;
        }
      }
      pages.end();
      while (!take());
      expect(seen).toEqual(Array.from({ length: made }, (_, i) => i));
      expect(() => pages.fetch(token)).toThrow(/token: expected/);
    }),
    { numRuns: 50 },
  );
});

it('whoever makes rows waits while too many are there, and a failure comes after the rows before it', async () => {
  const pages = new ResultPages();
  let pushed = false;
  const push = pages.push(rowsOf(6_500, 0)).then(() => {
    pushed = true;
  });
  await new Promise(setImmediate);
  expect(pushed).toBe(false);
  pages.fetch(0);
  await new Promise(setImmediate);
  expect(pushed).toBe(false);
  pages.fetch(1);
  await push;
  pages.fail(new Error('the job failed'));
  for (let token = 2; token < 7; token++) expect(pages.fetch(token).rows.length).toBeGreaterThan(0);
  expect(() => pages.fetch(7)).toThrow('the job failed');
});
