import { describe, expect, it } from 'vitest';
import { type PartitionCommit, partitionState } from '../../src/sinks/partition-commit.ts';

const commit = (more: Partial<PartitionCommit>): PartitionCommit => ({
  trigger: 'partition-time',
  delayMs: 60_000,
  keys: ['dt', 'hm'],
  defaultName: '__DEFAULT_PARTITION__',
  timestampPattern: '$dt $hm:00',
  ...more,
});

const noon = Date.UTC(2026, 0, 1, 12);
const first = 'dt=2026-01-01/hm=12%3A00';
const second = 'dt=2026-01-01/hm=12%3A01';

describe('partitions of files', () => {
  it.each([
    ['as soon as they get files', { trigger: 'process-time' }, [], [first, first], null, [first], []],
    ['not without a watermark', {}, [], [first], null, [], [first]],
    ['not at time and delay', {}, [], [first, second], noon + 60_000, [], [first, second]],
    ['past time and delay', {}, [], [first, second], noon + 60_001, [first], [second]],
    ['that waited, at a later checkpoint', {}, [first, second], [], noon + 120_001, [first, second], []],
    ['all at the end of the input', {}, [first], [second], Infinity, [first, second], []],
    ['of days', { keys: ['day'], timestampPattern: null }, [], ['day=2026-01-01'], noon, ['day=2026-01-01'], []],
    ['of hours', { timestampPattern: '$dt $hm' }, [], [first], noon + 60_001, [first], []],
  ] as const)('are complete %s', (_, options, waiting, written, watermark, complete, stillWaiting) => {
    expect(partitionState(commit(options), waiting, written, watermark)).toEqual({ complete, waiting: stillWaiting });
  });

  it('need a time', () => {
    expect(() => partitionState(commit({ timestampPattern: '$hm' }), [], [first], noon)).toThrow(
      /partition dt=2026-01-01\/hm=12%3A00: expected a time by the pattern '\$hm', got '12:00'/,
    );
  });
});
