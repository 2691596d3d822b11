import { describe, expect, it } from 'vitest';
import type { LimitSpec, TemporalSortSpec } from '../../../src/model/job-graph.ts';
import { types } from '../../../src/model/types.ts';
import { insert, type OneInputSpec, RowRun, type Step } from '../../support/row-run.ts';

const fields = [
  { name: 'ts', type: types.timestamp(3) },
  { name: 'v', type: types.of('int') },
];
const inserts = { update: false, delete: false };

const sort: TemporalSortSpec = {
  kind: 'temporal_sort',
  time: 0,
  order: [{ column: 1, descending: true, nullsFirst: false }],
  inputFields: fields,
  inputChanges: inserts,
  fields,
};

function limitOf(from: number, to: number, inputChanges = inserts): LimitSpec {
  return { kind: 'limit', from, to, inputFields: fields, inputChanges, fields };
}

/** One subtask, as these always have: cut by a snapshot. */
function cut(spec: OneInputSpec, steps: readonly Step[], at: number): string[] {
  const first = new RowRun(spec, []);
  const before = first.feed(steps.slice(0, at));
  const second = new RowRun(spec, [], { chunks: first.snapshot(steps.slice(at)) });
  return [...before, ...second.feed(steps.slice(at))];
}

describe('ORDER BY a rowtime', () => {
  const steps = [
    insert(30, 1),
    insert(10, 2),
    insert(10, 5),
    insert(20, 3),
    10,
    insert(20, 9),
    insert(10, 7),
    insert(11, 1),
    Infinity,
  ];

  it('gives rows out in their order when the watermark has reached them, drops what comes too late', () => {
    const expected = ['+I 10 5', '+I 10 2', '+I 11 1', '+I 20 9', '+I 20 3', '+I 30 1'];
    const run = new RowRun(sort, []);
    expect(run.feed(steps)).toEqual(expected);
    expect(run.count('lateRecords')).toBe(1);
    for (let at = 0; at <= steps.length; at++) expect(cut(sort, steps, at)).toEqual(expected);
  });

  it('takes rows below the watermark as long as none above them has gone out', () => {
    expect(new RowRun(sort, []).feed([50, insert(40, 1), insert(30, 2), 51])).toEqual(['+I 30 2', '+I 40 1']);
  });
});

describe('LIMIT', () => {
  const steps = [insert(1, 1), insert(2, 2), insert(3, 3), insert(4, 4)];

  it.each<[number, number, string[]]>([
    [1, 2, ['+I 1 1', '+I 2 2']],
    [3, 9, ['+I 3 3', '+I 4 4']],
    [2, 2, ['+I 2 2']],
  ])('from %s to %s: the rows that come first', (from, to, expected) => {
    expect(new RowRun(limitOf(from, to), []).feed(steps)).toEqual(expected);
    for (let at = 0; at <= steps.length; at++) expect(cut(limitOf(from, to), steps, at)).toEqual(expected);
  });

  it('of rows that change lets the next one in when one goes', () => {
    const run = new RowRun(limitOf(1, 2, { update: true, delete: true }), []);
    run.feed(steps);
    expect(run.feed([{ kind: '-D', row: [1, 1] }])).toEqual(['-D 1 1', '+I 3 3']);
  });
});
