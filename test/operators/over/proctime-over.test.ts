import { describe, expect, it } from 'vitest';
import type { OverSpec } from '../../../src/model/job-graph.ts';
import type { OverFrame } from '../../../src/model/plan.ts';
import { types } from '../../../src/model/types.ts';
import { insert, RowRun } from '../../support/row-run.ts';

const int = types.of('int');
const inputFields = [
  { name: 'k', type: int },
  { name: 'v', type: int },
  { name: 'pt', type: types.timestampLtz(3, false) },
];

function specOf(frame: OverFrame): OverSpec {
  return {
    kind: 'over',
    partition: [0],
    order: [{ column: 2, descending: false, nullsFirst: true }],
    time: 'proctime',
    frame,
    aggregates: [{ name: 'SUM', args: [1], distinct: false, filter: null, type: int }],
    inputFields,
    inputChanges: { update: false, delete: false },
    fields: [...inputFields, { name: 'sum', type: int }],
    stateTtlMs: null,
  };
}

function sums(lines: readonly string[]): string[] {
  return lines.map((line) => line.split(' ').at(-1)!);
}

describe('OVER by processing time', () => {
  it.each<[OverFrame, string[]]>([
    [{ unit: 'rows', preceding: null }, ['1', '3', '10', '6']],
    [{ unit: 'range', preceding: null }, ['1', '3', '10', '6']],
    [{ unit: 'rows', preceding: 1 }, ['1', '3', '10', '5']],
  ])('gives each row out at once, %o', (frame, expected) => {
    const run = new RowRun(specOf(frame), [0]);
    expect(sums(run.feed([insert(1, 1, 0), insert(1, 2, 0), insert(2, 10, 0), insert(1, 3, 0)]))).toEqual(expected);
  });

  it.each(['RANK', 'DENSE_RANK'])("no row is another one's equal by arrival: %s", (name) => {
    const call = { name, args: [], distinct: false, filter: null, type: types.of('bigint', false) };
    const run = new RowRun({ ...specOf({ unit: 'range', preceding: null }), aggregates: [call] }, [0]);
    expect(sums(run.feed([insert(1, 1, 0), insert(1, 2, 0), insert(2, 10, 0)]))).toEqual(['1', '2', '1']);
  });

  it('goes on from a snapshot at another parallelism', () => {
    const spec = specOf({ unit: 'rows', preceding: 1 });
    const first = new RowRun(spec, [0], { parallelism: 2 });
    first.feed([insert(1, 1, 0), insert(1, 2, 0), insert(2, 10, 0)]);
    const second = new RowRun(spec, [0], { parallelism: 4, chunks: first.snapshot([insert(1, 100, 0)]) });
    expect(sums(second.feed([insert(1, 3, 0), insert(2, 5, 0), insert(2, 1, 0)]))).toEqual(['5', '15', '6']);
  });

  describe('with a bounded RANGE', () => {
    let now = 0;
    const session = { timeZone: 'UTC', now: () => now, random: () => 0 };
    const spec = specOf({ unit: 'range', preceding: 10 });
    const tick = (run: RowRun, ms: number): string[] => {
      now = ms;
      for (const { operator } of run.subtasks) operator.processTime!(ms);
      return sums(run.take());
    };

    it('gives the rows of a millisecond out together when it has passed', () => {
      const run = new RowRun(spec, [0], { ctx: { session } });
      now = 100;
      expect(run.feed([insert(1, 1, 0), insert(1, 2, 0)])).toEqual([]);
      expect(tick(run, 100)).toEqual([]);
      expect(tick(run, 101)).toEqual(['3', '3']);
      now = 110;
      run.feed([insert(1, 4, 0)]);
      expect(tick(run, 111)).toEqual(['7']);
      now = 112;
      run.feed([insert(1, 5, 0)]);
      expect(tick(run, 113)).toEqual(['9']);
      tick(run, 1000);
      expect(run.subtasks[0]!.operator.stateBytes!()).toBe(0);
    });

    it('goes on from a snapshot at another parallelism', () => {
      now = 100;
      const first = new RowRun(spec, [0], { parallelism: 2, ctx: { session } });
      first.feed([insert(1, 1, 0), insert(2, 2, 0)]);
      const chunks = first.snapshot([insert(1, 100, 0)]);
      const second = new RowRun(spec, [0], { parallelism: 3, chunks, ctx: { session } });
      now = 105;
      second.feed([insert(1, 4, 0), -5]);
      expect(tick(second, 200).sort()).toEqual(['1', '2', '5']);
    });
  });
});
