import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/model/row.ts';
import type { LookupSettings } from '../../src/sources/lookup-options.ts';
import { PartialLookupCache } from '../../src/sources/partial-lookup-cache.ts';

function cacheOf(settings: Partial<LookupSettings>) {
  let now = 0;
  const asked: unknown[] = [];
  const reader = {
    lookup: async (keys: readonly Row[]) => {
      asked.push(...keys.map(([key]) => key));
      return keys.map(([key]) => (key === 0 ? [] : [[key!, `v${String(key)}`]]));
    },
    close: async () => {},
  };
  const none = {
    cache: 'PARTIAL' as const,
    maxRows: null,
    expireAfterWriteMs: null,
    expireAfterAccessMs: null,
    cacheMissingKey: true,
    reloadIntervalMs: null,
    maxRetries: 0,
  };
  const cache = new PartialLookupCache(reader, { ...none, ...settings }, () => now);
  const ask = async (at: number, ...keys: number[]): Promise<unknown[]> => {
    now = at;
    const found = await cache.lookup(keys.map((key) => [key]));
    expect(found.map((rows) => rows.length)).toEqual(keys.map((key) => (key === 0 ? 0 : 1)));
    return asked.splice(0);
  };
  return ask;
}

describe('a partial cache', () => {
  it('asks for what it does not have', async () => {
    const ask = cacheOf({ maxRows: 10 });
    expect(await ask(0, 1, 2)).toEqual([1, 2]);
    expect(await ask(1, 3, 1, 2)).toEqual([3]);
  });

  it('lets the longest unasked go', async () => {
    const ask = cacheOf({ maxRows: 2 });
    await ask(0, 1, 2);
    await ask(1, 1);
    await ask(2, 3);
    expect(await ask(3, 1, 2)).toEqual([2]);
  });

  it('believes a key for so long after it was written', async () => {
    const ask = cacheOf({ expireAfterWriteMs: 10 });
    await ask(0, 1);
    expect(await ask(9, 1)).toEqual([]);
    expect(await ask(10, 1)).toEqual([1]);
  });

  it('keeps a key for so long after it was asked for', async () => {
    const ask = cacheOf({ expireAfterAccessMs: 10 });
    await ask(0, 1);
    expect(await ask(9, 1)).toEqual([]);
    expect(await ask(18, 1)).toEqual([]);
    expect(await ask(28, 1)).toEqual([1]);
  });

  it('keeps that there is no row, unless it is told not to', async () => {
    const keeping = cacheOf({ maxRows: 2 });
    await keeping(0, 0);
    expect(await keeping(1, 0)).toEqual([]);
    const asking = cacheOf({ maxRows: 2, cacheMissingKey: false });
    await asking(0, 0);
    expect(await asking(1, 0)).toEqual([0]);
  });
});
