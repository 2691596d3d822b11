import { describe, expect, it } from 'vitest';
import type { TemporalJoinSpec } from '../../../src/model/job-graph.ts';
import { insertOnly } from '../../../src/model/plan.ts';
import { type Field, types } from '../../../src/model/types.ts';
import { type Change, JoinRun } from '../../support/join-run.ts';

const leftFields: readonly Field[] = [
  { name: 'k', type: types.of('int') },
  { name: 't', type: types.timestamp(3) },
];
const rightFields: readonly Field[] = [
  { name: 'l', type: types.of('int') },
  { name: 'u', type: types.timestamp(3) },
  { name: 'v', type: types.of('int') },
];

function specOf(join: 'inner' | 'left'): TemporalJoinSpec {
  return {
    kind: 'temporal_join',
    join,
    leftKeys: [0],
    rightKeys: [0],
    nullSafe: [false],
    condition: null,
    leftTime: 1,
    rightTime: 1,
    fields: [...leftFields, ...rightFields],
    leftFields,
    rightFields,
    leftChanges: insertOnly,
    rightChanges: { update: true, delete: true },
    stateTtlMs: null,
  };
}

const left = (kind: Change['kind'], ...row: number[]): Change => ({ input: 0, kind, row });
const right = (kind: Change['kind'], ...row: number[]): Change => ({ input: 1, kind, row });

describe('a temporal join', () => {
  it('gives each row the version of its time, when the watermark has passed it', () => {
    const run = new JoinRun(specOf('left'));
    run.feed(right('+I', 1, 10, 100), left('+I', 1, 15), left('+I', 1, 25), left('+I', 1, 5));
    expect(run.watermark(15)).toEqual(['+I 1 15 1 10 100', '+I 1 5 null null null']);
    run.feed(right('-U', 1, 10, 100), right('+U', 1, 20, 200));
    expect(run.watermark(30)).toEqual(['+I 1 25 1 20 200']);
  });

  it('ends a version by a delete; an inner join leaves such rows out', () => {
    const changes = [right('+I', 1, 10, 100), right('-D', 1, 20, 100), left('+I', 1, 15), left('+I', 1, 25)];
    const rows = (join: 'inner' | 'left'): string[] => {
      const run = new JoinRun(specOf(join));
      run.feed(...changes);
      return run.watermark(Infinity);
    };
    expect(rows('left')).toEqual(['+I 1 15 1 10 100', '+I 1 25 null null null']);
    expect(rows('inner')).toEqual(['+I 1 15 1 10 100']);
  });

  it('forgets versions that no row on time can ask for', () => {
    const run = new JoinRun(specOf('left'));
    run.feed(right('+I', 1, 10, 100), right('+U', 1, 20, 200));
    run.watermark(30);
    run.feed(left('+I', 1, 15), left('+I', 1, 35));
    expect(run.watermark(40)).toEqual(['+I 1 15 null null null', '+I 1 35 1 20 200']);
  });

  it('forgets a key as a whole, when neither side has had a row of it for the TTL', () => {
    let now = 0;
    const run = new JoinRun({ ...specOf('left'), stateTtlMs: 100 }, { now: () => now });
    run.feed(right('+I', 1, 10, 100), left('+I', 1, 15));
    now = 90;
    run.feed(left('+I', 1, 25));
    now = 120;
    expect(run.watermark(30)).toEqual(['+I 1 15 1 10 100', '+I 1 25 1 10 100']);
    run.feed(left('+I', 1, 35));
    now = 180;
    expect(run.watermark(40)).toEqual(['+I 1 35 1 10 100']);
    now = 300;
    run.feed(left('+I', 1, 45));
    expect(run.watermark(50)).toEqual(['+I 1 45 null null null']);
  });

  it('keeps the kind of change of the left row', () => {
    const run = new JoinRun(specOf('inner'));
    run.feed(right('+I', 1, 10, 100), left('+I', 1, 15), left('-D', 1, 15));
    expect(run.watermark(20)).toEqual(['+I 1 15 1 10 100', '-D 1 15 1 10 100']);
  });

  it('goes on from a snapshot at another parallelism', () => {
    const first = new JoinRun(specOf('left'), { parallelism: 2 });
    const keys = [1, 2, 3, 4, 5];
    first.feed(...keys.flatMap((k) => [right('+I', k, 10, k), left('+I', k, 15), left('+I', k, 25)]));
    expect(first.watermark(20)).toHaveLength(5);
    const second = new JoinRun(specOf('left'), { parallelism: 3, chunks: first.snapshot() });
    second.feed(...keys.map((k) => right('+U', k, 22, k * 10)));
    expect(second.watermark(30).sort()).toEqual(keys.map((k) => `+I ${k} 25 ${k} 22 ${k * 10}`));
  });
});
