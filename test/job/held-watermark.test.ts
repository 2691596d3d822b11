import { expect, it } from 'vitest';
import { heldWatermarks } from '../../src/job/held-watermark.ts';
import type { SplitTime } from '../../src/model/job-status.ts';
import { jobStatus, subtask } from '../server/job-status-fixture.ts';

const split = (splitId: string, watermark: number | null, more: Partial<SplitTime> = {}): SplitTime => ({
  splitId,
  watermark,
  idle: false,
  ended: false,
  quietMs: 10,
  ...more,
});

/** The fixture's job with these splits in its source's two subtasks. */
function held(first: readonly SplitTime[], second: readonly SplitTime[], watermark: number | null) {
  const [source, window] = jobStatus().vertices;
  const vertices = [
    { ...source!, subtasks: [subtask(0, { splitTimes: first }), subtask(1, { splitTimes: second })] },
    { ...window!, subtasks: [subtask(0, { watermark }), subtask(1, { watermark: 70_000 })] },
  ];
  const [answer, ...others] = heldWatermarks(jobStatus({ vertices }));
  expect(others).toEqual([]);
  return { watermark: answer!.watermark, holders: answer!.holders.map(({ splitId, behindMs }) => [splitId, behindMs]) };
}

it.each([
  ['the slowest split', [split('a', 60_000)], [split('b', 20_000)], 20_000, [['b', 40_000]]],
  [
    'every split without a row',
    [split('a', 60_000)],
    [split('b', null), split('c', null)],
    null,
    [
      ['b', null],
      ['c', null],
    ],
  ],
  [
    'nobody, when an idle split is behind',
    [split('a', 60_000)],
    [split('b', 20_000, { idle: true })],
    60_000,
    [['a', 0]].slice(1),
  ],
  ['nobody, when an ended split is behind', [split('a', 60_000)], [split('b', 20_000, { ended: true })], 60_000, []],
  ['nobody among equals', [split('a', 60_000)], [split('b', 60_000)], 60_000, []],
] as const)('%s holds the watermark', (_, first, second, watermark, holders) => {
  expect(held(first, second, watermark)).toEqual({ watermark, holders });
});
