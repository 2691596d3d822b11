import { describe, expect, it } from 'vitest';
import { failoverText, isWhole } from '../../src/commands/failover-text.ts';
import type { FailoverGroup, FailoverReport } from '../../src/mirror/failover.ts';
import { EngineError } from '../../src/model/errors.ts';

const place = { topic: 'views', partition: 0, targetTopic: 'dc1.views' } as const;
const group = (outcome: FailoverGroup['outcome'], more: Partial<FailoverGroup> = {}): FailoverGroup => ({
  ...{ ...place, group: 'readers', source: 900, before: 1_200, after: 1_200, outcome },
  ...more,
});
const report = (more: Partial<FailoverReport> = {}): FailoverReport => ({
  ...{ mirror: 'm', source: { alias: 'dc1', reachable: true }, target: { alias: 'agg' } },
  ...{
    partitions: [{ ...place, mirroredTo: 1_000, sourceEnd: 1_000, notMirrored: 0 }],
    groups: [],
    losses: [],
    faults: [],
  },
  ...more,
});

describe('the text of a failover', () => {
  it.each([
    [group('moved', { before: null, after: 7 }), '900            none → 7', true],
    [group('in-place'), '900            1,200', true],
    [
      group('moved', { source: 1_003, after: 1_300 }),
      '1,003          1,200 → 1,300  has read 3 more than was copied',
      true,
    ],
    [group('as-synced', { source: null }), 'unknown        1,200          as it was put last', true],
    [group('active-at-target'), '900            1,200          NOT MOVED: it has members at the target', false],
    [group('beyond-copy'), '900            1,200          NOT MOVED: the copy ends before that', false],
    [
      group('target-ahead'),
      '900            1,200          NOT MOVED: somebody has read on at the target; --rewind moves it back',
      false,
    ],
  ])('of a group: %o', (given, expected, whole) => {
    const text = failoverText(report({ groups: [given] }));
    expect(text).toContain(`\n  readers  views-0    ${expected}\n`);
    expect(text.split('\n').at(-1)).toBe(
      `1 positions, ${given.outcome === 'moved' ? 1 : 0} moved; ${whole ? '' : '1 not where they should be; '}nothing left behind.`,
    );
    expect(isWhole(report({ groups: [given] }))).toBe(whole);
  });

  it('names what is lost, what failed, and that the source was not asked', () => {
    const error = new EngineError('CONNECTION', 'it does not answer');
    const full = report({
      source: { alias: 'dc1', reachable: false },
      losses: [{ topic: 'views', partition: 0, from: 5, to: 9, cause: 'retention-overtook', time: 0 }],
      faults: [{ what: "group 'a'", error }],
    });
    expect(failoverText(full).split('\n')).toEqual([
      "m: consumers of dc1 go on at agg. dc1 can't be reached: groups stay where they were put last.",
      'Partitions:',
      '  views-0  copied to 1,000 of 1,000  all of it',
      'Consumer groups: none',
      'Not carried:',
      '  views-0  5 to 8: retention-overtook',
      'Not done:',
      "  group 'a'  it does not answer",
      '0 positions, 0 moved; nothing left behind.',
    ]);
    expect(isWhole(full)).toBe(false);
  });
});
