import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, translate } from '../../src/mirror/group-translation.ts';
import type { PartitionProgress } from '../../src/mirror/topic-pair.ts';
import { type OffsetRuns, withStretch } from '../../src/model/offset-runs.ts';

/** Offsets 0–9 lie at 100 and on; 10 and 11 have no copy; 12–19 lie at 111 and on, behind a marker; 20 and 21 have none. */
const progress: PartitionProgress = {
  runs: [
    { sourceFrom: 0, sourceTo: 10, targetFrom: 100 },
    { sourceFrom: 12, sourceTo: 20, targetFrom: 111 },
  ],
  offset: 22,
  targetOffset: 120,
};

describe('where a group goes on in the copy', () => {
  it.each([
    [0, 100, 'at the first record'],
    [9, 109, 'at the last of a run'],
    [10, 111, 'behind a record without a copy: at the next that has one'],
    [12, 111, 'at the first of the next run'],
    [19, 118, 'at the last record that is copied'],
    [20, 120, 'at the end, where the rest has no copy'],
    [22, 120, 'at the end of all that was mirrored'],
    [23, null, 'beyond what was mirrored: not known yet'],
  ])('source %i → %s: %s', (source, target, _where) => expect(translate(progress, source)).toBe(target));

  it.each([
    [15, null, null, { kind: 'move', to: 114 }, 'no position at the target'],
    [15, 114, null, { kind: 'in-place', to: 114 }, 'already there'],
    [15, 105, null, { kind: 'move', to: 114 }, 'forwards'],
    [23, 105, null, { kind: 'hold', reason: 'ahead-of-mirror', to: null }, 'waits for the mirror'],
    [15, 118, null, { kind: 'hold', reason: 'target-ahead', to: 114 }, 'never backwards without knowing why'],
    [15, 118, { source: 19, target: 118 }, { kind: 'move', to: 114 }, 'backwards with the source'],
    [15, 117, { source: 18, target: 110 }, { kind: 'hold', reason: 'target-ahead', to: 114 }, 'somebody read on there'],
    [
      15,
      118,
      { source: 15, target: 114 },
      { kind: 'hold', reason: 'target-ahead', to: 114 },
      'the source did not go back',
    ],
  ] as const)('source %i, target %s, before %o → %o: %s', (source, present, before, decision, _why) => {
    expect(decide(source, { progress, present, before })).toEqual(decision);
  });

  it('not before the first record that is left in the copy', () => {
    const facts = { progress, before: null, first: 116 };
    expect(decide(15, { ...facts, present: null })).toEqual({ kind: 'move', to: 116 });
    expect(decide(15, { ...facts, present: 116 })).toEqual({ kind: 'in-place', to: 116 });
  });

  it('at the very end, one that is ahead goes on behind all copies; and goes back only when told to', () => {
    expect(decide(30, { progress, present: null, before: null, final: true })).toEqual({ kind: 'move', to: 120 });
    expect(decide(15, { progress, present: 118, before: null, rewind: true })).toEqual({ kind: 'move', to: 114 });
  });

  it('reads on exactly: what a group has not read lies from there on, and nothing else', () => {
    // A log of records, some without a copy; the copies lie in another log, with gaps of its own.
    const log = fc.array(fc.record({ copied: fc.boolean(), gap: fc.nat(2) }), { maxLength: 40 });
    fc.assert(
      fc.property(log, fc.nat(40), (records, at) => {
        let runs: OffsetRuns = [];
        let targetOffset = 7;
        const copies: { source: number; target: number }[] = [];
        for (const [source, { copied, gap }] of records.entries()) {
          if (!copied) continue;
          targetOffset += gap;
          runs = withStretch(runs, { sourceFrom: source, sourceTo: source + 1, targetFrom: targetOffset });
          copies.push({ source, target: targetOffset++ });
        }
        const offset = Math.min(at, records.length);
        const to = translate({ runs, offset: records.length, targetOffset }, offset)!;
        const unread = copies.filter(({ source }) => source >= offset);
        expect(copies.filter(({ target }) => target >= to)).toEqual(unread);
      }),
    );
  });
});
