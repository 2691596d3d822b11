import { describe, expect, it } from 'vitest';
import { MatchRuns } from '../../src/audit/compare/match-runs.ts';
import type { Probed } from '../../src/audit/compare/probe.ts';
import type { Sighting } from '../../src/audit/compare/record-cursor.ts';
import { type Unpaired, verdictOf } from '../../src/audit/compare/verdict.ts';
import type { MirrorLoss } from '../../src/model/audit.ts';

// Ten records on both sides are partners but for some; the two runs of partners leave a place between them: source offsets 4 and 5.

function record(offset: number, more: Partial<Sighting> = {}): Sighting {
  const place = { partition: 0, offset, index: offset, holes: 0, timestamp: offset };
  const content = { contentHigh: offset, contentLow: 7, share: offset };
  return { ...place, ...content, identity: null, key: Buffer.from(`k${offset}`), tombstone: false, ...more };
}

/** Partners 0–3 and 6–9. `holes`: offsets of the target between them at which there is nothing. */
function unpaired(more: Partial<Unpaired>, holes: { source?: number; target?: number } = {}): Unpaired {
  const runs = new MatchRuns();
  const mark = (offset: number, count = 0) => ({ index: offset, offset, holes: count });
  runs.addBatch(mark(0), mark(3), mark(0), mark(3));
  const [ours, theirs] = [holes.source ?? 0, holes.target ?? 0];
  runs.addBatch(mark(6, ours), mark(9, ours), mark(7, theirs), mark(10, theirs));
  const side = (count: number) => ({ deleted: 0, from: 0, to: 10, holes: count });
  return { kept: runs.runs, missing: [], extra: [], source: side(ours), target: side(theirs), ...more };
}

const noProbe: Probed = { hasCopy: () => false, lastOfKey: () => null };
const lastAt = (offset: number): Probed => ({ ...noProbe, lastOfKey: () => ({ offset, timestamp: offset }) });

function judged(given: Unpaired, inTarget = noProbe, inSource = noProbe): string[] {
  const { findings, explanations } = verdictOf(given, { inSource, inTarget });
  return [
    ...findings.map(({ kind, record: { offset } }) => `${kind} ${offset}`),
    ...explanations.map(({ cause, from, to }) => `${cause} ${from}-${to}`),
  ];
}

describe('compaction', () => {
  const missing = [record(4), record(5)];

  it.each<[string, number, Probed, string[]]>([
    [
      'explains what has a later record of its key, with holes enough',
      2,
      lastAt(8),
      ['compaction 4-5', 'compaction 5-6'],
    ],
    ['explains nothing with too few holes', 1, lastAt(8), ['missing 4', 'missing 5']],
    ['explains nothing without a later record', 2, lastAt(3), ['missing 4', 'missing 5']],
    ['explains nothing without any record', 2, noProbe, ['missing 4', 'missing 5']],
    ['explains nothing without holes', 0, lastAt(8), ['missing 4', 'missing 5']],
  ])('%s', (_, target, inTarget, expected) => {
    expect(judged(unpaired({ missing }, { target }), inTarget)).toEqual(expected);
  });

  it.each<[string, Probed, string[]]>([
    ['with no record of its key left', noProbe, ['compaction 4-5']],
    ['with a later record of its key', lastAt(8), ['compaction 4-5']],
    ['but not with an older one, which it was to delete', lastAt(2), ['missing 4']],
  ])('takes a tombstone %s', (_, inTarget, expected) => {
    const tombstone = record(4, { tombstone: true });
    expect(judged(unpaired({ missing: [tombstone] }, { target: 3 }), inTarget)).toEqual(expected);
  });

  it('has nothing to do with records without a key', () => {
    const keyless = record(4, { key: null, tombstone: true });
    expect(judged(unpaired({ missing: [keyless] }, { target: 3 }), lastAt(8))).toEqual(['missing 4']);
  });

  it('of the source explains what is extra, but not a second copy', () => {
    const given = unpaired({ extra: [record(5)] }, { source: 1 });
    expect(judged(given, noProbe, lastAt(8))).toEqual(['compaction 4-6']);
    expect(judged(given, noProbe, { ...lastAt(8), hasCopy: () => true })).toEqual(['extra 5']);
    const more = unpaired({ extra: [record(5), record(6)] }, { source: 1 });
    expect(judged(more, noProbe, lastAt(8))).toEqual(['extra 5', 'extra 6']);
  });
});

describe('retention', () => {
  const side = (deleted: number) => ({ deleted, from: 0, to: 10, holes: 0 });
  const front = { kept: [], missing: [record(0), record(1)] };

  it.each<[number, string[]]>([
    [2, ['retention 0-1', 'retention 1-2']],
    [1, ['missing 0', 'missing 1']],
    [0, ['missing 0', 'missing 1']],
  ])('of %s offsets at the target', (deleted, expected) => {
    expect(judged(unpaired({ ...front, target: side(deleted) }))).toEqual(expected);
  });

  it('does not explain what lies behind the first partners', () => {
    expect(judged(unpaired({ missing: [record(4)], target: side(9) }))).toEqual(['missing 4']);
    expect(judged(unpaired({ extra: [record(4)], source: side(9) }))).toEqual(['extra 4']);
  });

  it('does not explain a copy of a record that is there', () => {
    const given = unpaired({ kept: [], extra: [record(0)], source: side(9) });
    expect(judged(given)).toEqual(['retention 0-9']);
    expect(judged(given, noProbe, { ...noProbe, hasCopy: () => true })).toEqual(['extra 0']);
  });

  it('goes by times where records lie in other partitions', () => {
    const given = { kept: [], missing: [record(3), record(8)], target: side(5), oldest: { source: 0, target: 4 } };
    expect(judged(unpaired(given))).toEqual(['missing 8', 'retention 3-4']);
  });
});

describe('a changed record', () => {
  const identity = { time: 1, producer: 'p', host: 'h', session: '00c0ffee12345678', sequence: 5 };

  it.each<[string, Sighting, Sighting, string[]]>([
    ['of the same name, wherever', record(0, { identity }), record(9, { identity }), ['changed 0']],
    ['of the same key and time', record(4), record(5, { key: record(4).key, timestamp: 4 }), ['changed 4']],
    ['of the same key', record(4), record(5, { key: record(4).key }), ['changed 4']],
    ['of the same time', record(4), record(5, { timestamp: 4 }), ['changed 4']],
    ['of nothing the same', record(4), record(5), ['missing 4', 'extra 5']],
    ['at another place', record(4), record(11, { key: record(4).key, timestamp: 4 }), ['missing 4', 'extra 11']],
    [
      'of another name',
      record(4, { identity }),
      record(5, { identity: { ...identity, sequence: 6 } }),
      ['missing 4', 'extra 5'],
    ],
  ])('%s', (_, missing, extra, expected) => {
    expect(judged(unpaired({ missing: [missing], extra: [extra] }))).toEqual(expected);
  });

  it('is not told by key or time alone where as many do not lack as are too many, or holes may explain them', () => {
    const extra = [record(5, { timestamp: 4 })];
    expect(judged(unpaired({ missing: [record(4), record(5)], extra }))).toEqual(['missing 4', 'missing 5', 'extra 5']);
    for (const holes of [{ target: 1 }, { source: 1 }]) {
      expect(judged(unpaired({ missing: [record(4)], extra }, holes))).toEqual(['missing 4', 'extra 5']);
    }
  });
});

describe('what a mirror has written down as lost', () => {
  const loss = (cause: MirrorLoss['cause'], from: number, to: number): MirrorLoss => {
    return { topic: 't', partition: 0, from, to, cause, time: 7 };
  };
  const copies = (count: number, index = 4): Sighting[] =>
    Array.from({ length: count }, (_, i) => record(40 + i, { index: index + i }));
  /** Partners 0–3 and, at the target, behind the copies of three lost ones. */
  const cut = (extra: Sighting[], losses: readonly MirrorLoss[]): string[] => {
    const runs = new MatchRuns();
    const mark = (offset: number, index: number) => ({ index, offset, holes: 0 });
    runs.addBatch(mark(0, 0), mark(3, 3), mark(0, 0), mark(3, 3));
    runs.addBatch(mark(4, 4), mark(6, 6), mark(20, 20), mark(22, 22));
    return judged(unpaired({ kept: runs.runs, extra, losses }));
  };

  it.each<[string, Sighting[], readonly MirrorLoss[], string[]]>([
    ['retention overtook', [], [loss('retention-overtook', 4, 9)], ['retention-overtook 4-9']],
    [
      'retention overtook, extra ones',
      copies(1),
      [loss('retention-overtook', 4, 9)],
      ['extra 40', 'retention-overtook 4-9'],
    ],
    ['a truncation', copies(3), [loss('truncation', 4, 7)], Array(3).fill('truncation 4-7')],
    ['a truncation, none of it left', [], [loss('truncation', 4, 7)], ['truncation 4-7']],
    [
      'a truncation, one too many',
      copies(4),
      [loss('truncation', 4, 7)],
      ['extra 40', 'extra 41', 'extra 42', 'extra 43', 'truncation 4-7'],
    ],
    ['a truncation elsewhere', copies(1), [loss('truncation', 2, 3)], ['extra 40', 'truncation 2-3']],
    [
      'two truncations',
      copies(3),
      [loss('truncation', 4, 6), loss('truncation', 4, 5)],
      ['truncation 4-6', 'truncation 4-6', 'truncation 4-5'],
    ],
    ['an earlier topic, elsewhere', copies(2), [loss('topic-recreated', 2, 2)], ['extra 40', 'extra 41']],
  ])('%s', (_, extra, losses, expected) => {
    expect(cut(extra, losses)).toEqual(expected);
  });

  it('an earlier topic: its copies are before all others', () => {
    const runs = new MatchRuns();
    runs.addBatch(
      { index: 0, offset: 0, holes: 0 },
      { index: 3, offset: 3, holes: 0 },
      { index: 2, offset: 2, holes: 0 },
      { index: 5, offset: 5, holes: 0 },
    );
    const extra = copies(2, 0);
    const told = (from: number): string[] =>
      judged(unpaired({ kept: runs.runs, extra, losses: [loss('topic-recreated', from, 5)] }));
    expect(told(2)).toEqual(['topic-recreated 0-2', 'topic-recreated 0-2', 'topic-recreated 2-5']);
    expect(told(1)).toEqual(['extra 40', 'extra 41', 'topic-recreated 1-5']);
  });

  it('explains no copy of a record that the source has', () => {
    const twice: Probed = { ...noProbe, hasCopy: () => true };
    const given = unpaired({ extra: copies(1), losses: [loss('truncation', 4, 7)] });
    expect(judged(given, noProbe, twice)).toEqual(['extra 40', 'truncation 4-7']);
  });
});
