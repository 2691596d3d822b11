import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignTail } from '../../src/mirror/tail-match.ts';

/** Offsets with gaps, as control records leave them, and hashes of which some repeat. */
const logs = fc.array(fc.record({ gap: fc.integer({ min: 0, max: 2 }), hash: fc.integer({ min: 0, max: 5 }) }), {
  maxLength: 60,
});

type Entry = Readonly<{ gap: number; hash: number }>;

function sourceOf(entries: readonly Entry[], from: number) {
  let next = from;
  const offsets = entries.map(({ gap }) => {
    const offset = next + gap;
    next = offset + 1;
    return offset;
  });
  return { offsets, hashes: entries.map(({ hash }) => hash), leaderEpochs: entries.map((_, i) => i) };
}

function tailOf(hashes: readonly number[], from: number) {
  return { offsets: hashes.map((_, i) => from + i), hashes };
}

describe('the tail of a copy', () => {
  it('of any length leads to the record behind the last copied', () => {
    fc.assert(
      fc.property(logs, fc.nat(60), fc.nat(1_000), (entries, length, from) => {
        const source = sourceOf(entries, from);
        const copied = Math.min(length, entries.length);
        const match = alignTail(tailOf(source.hashes.slice(0, copied), 7), source, from, 'same');
        const offset = copied === 0 ? from : source.offsets[copied - 1]! + 1;
        expect(match).toMatchObject({ kind: 'matched', offset, leaderEpoch: copied - 1 });
        expect(match.stretches.map(({ sourceFrom, targetFrom }) => [sourceFrom, targetFrom])).toEqual(
          source.offsets.slice(0, copied).map((sourceFrom, i) => [sourceFrom, 7 + i]),
        );
      }),
    );
  });

  it('that holds another record says where', () => {
    fc.assert(
      fc.property(logs, fc.nat(), (entries, place) => {
        fc.pre(entries.length > 0);
        const source = sourceOf(entries, 0);
        const at = place % entries.length;
        const hashes = source.hashes.with(at, 99);
        const offset = at === 0 ? 0 : source.offsets[at - 1]! + 1;
        expect(alignTail(tailOf(hashes, 7), source, 0, 'same')).toMatchObject({
          kind: 'differs',
          offset,
          targetOffset: 7 + at,
        });
      }),
    );
  });

  it('of a topic whose begin is gone is found by what is left of it', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.integer({ min: 1, max: 30 }), fc.nat(30), (gone, left, after) => {
        const entries = Array.from({ length: gone + left + after }, (_, i) => ({ gap: 0, hash: 1_000 + i }));
        const whole = sourceOf(entries, 0);
        const source = sourceOf(entries.slice(gone), gone);
        const match = alignTail(tailOf(whole.hashes.slice(0, gone + left), 50), source, gone, 'begin-gone');
        expect(match).toMatchObject({ kind: 'matched', offset: gone + left });
        expect(match.stretches[0]).toEqual({ sourceFrom: gone, sourceTo: gone + 1, targetFrom: 50 + gone });
      }),
    );
  });

  it('of a compacted topic is found by what is left of it', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), fc.nat(20), (kept, after) => {
        const entries = Array.from({ length: kept.length + after }, (_, i) => ({ gap: 0, hash: 1_000 + i }));
        const whole = sourceOf(entries, 0);
        const stays = (i: number): boolean => kept[i] ?? true;
        const pick = <T>(list: readonly T[]): T[] => list.filter((_, i) => stays(i));
        const source = {
          offsets: pick(whole.offsets),
          hashes: pick(whole.hashes),
          leaderEpochs: pick(whole.leaderEpochs),
        };
        const match = alignTail(tailOf(whole.hashes.slice(0, kept.length), 0), source, 0, 'compacted');
        expect(match).toMatchObject({ kind: 'matched', offset: kept.lastIndexOf(true) + 1 });
        expect(match.stretches.every(({ sourceFrom, targetFrom }) => sourceFrom === targetFrom)).toBe(true);
      }),
    );
  });
});
