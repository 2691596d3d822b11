import { describe, expect, it } from 'vitest';
import { addToSketch, estimateOf, mergeSketches } from '../../src/functions/hyper-log-log.ts';
import { addToDigest, mergeDigests, percentileOf } from '../../src/functions/t-digest.ts';

const sketchOf = (values: Iterable<number | string>): Uint8Array | null => {
  let sketch: Uint8Array | null = null;
  for (const value of values) sketch = addToSketch(sketch, value);
  return sketch;
};

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const texts = (from: number, to: number): string[] => numbers(from, to).map((i) => `device-${i}`);

describe('a sketch of distinct values', () => {
  it('is exact of few values, however often they come', () => {
    expect(estimateOf(sketchOf([...texts(0, 60), ...texts(0, 60)]))).toBe(60);
    expect(estimateOf(null)).toBe(0);
  });

  it.each([100, 10_000, 300_000])('of %s values is right to 3 %', (count) => {
    for (const values of [numbers(0, count), texts(0, count)]) {
      expect(Math.abs(estimateOf(sketchOf(values)) / count - 1)).toBeLessThan(0.03);
    }
  });

  it.each([
    [10, 20],
    [10, 5_000],
    [5_000, 10],
    [5_000, 7_000],
  ])('of %s and of %s values are merged to that of both', (left, right) => {
    const other = sketchOf(texts(left - 5, left + right));
    const before = other!.slice();
    const merged = mergeSketches(sketchOf(texts(0, left)), other);
    expect(merged).toEqual(sketchOf(texts(0, left + right)));
    expect(other).toEqual(before);
  });

  it('of nothing takes the other as its own', () => {
    const other = sketchOf(['a'])!;
    const merged = mergeSketches(null, other)!;
    expect(merged).toEqual(other);
    expect(merged).not.toBe(other);
  });
});

/** 0 … count − 1, in an order of their own. */
const shuffled = (count: number): number[] => numbers(0, count).map((i) => (i * 7919) % count);

describe('a digest of numbers', () => {
  it('is exact of few', () => {
    const digest: number[] = [];
    for (const value of [5, 1, 4, 2, 9, 1, 4]) addToDigest(digest, value);
    expect([0, 0.3, 0.5, 1].map((share) => percentileOf(digest, share))).toEqual([1, 1.7999999999999998, 4, 9]);
    expect(percentileOf(null, 0.5)).toBeNull();
  });

  it('has ranks right to 0.5 %, at the ends to 0.05 %, and stays small', () => {
    const count = 100_003;
    const digest: number[] = [];
    for (const value of shuffled(count)) addToDigest(digest, value);
    for (const share of [0.25, 0.5, 0.9]) {
      expect(Math.abs(percentileOf(digest, share)! / count - share)).toBeLessThan(0.005);
    }
    expect(Math.abs(percentileOf(digest, 0.999)! / count - 0.999)).toBeLessThan(0.0005);
    expect(digest.length).toBeLessThan(2_100);
  });

  it('of parts is that of all', () => {
    const parts = shuffled(30_011).reduce<number[][]>(
      (all, value, i) => {
        addToDigest(all[i % 3]!, value);
        return all;
      },
      [[], [], []],
    );
    const merged = parts.reduce<number[] | null>((all, part) => mergeDigests(all, part), null);
    expect(Math.abs(percentileOf(merged, 0.5)! / 30_011 - 0.5)).toBeLessThan(0.005);
  });
});
