import { describe, expect, it } from 'vitest';
import type { DeduplicateSpec } from '../../../src/model/job-graph.ts';
import { types } from '../../../src/model/types.ts';
import { cutRun, insert, RowRun, type Step } from '../../support/row-run.ts';

const fields = [
  { name: 'k', type: types.string() },
  { name: 'ts', type: types.timestampLtz(3) },
  { name: 'v', type: types.of('int') },
];

function specOf(keep: 'first' | 'last', time: number | null, stateTtlMs: number | null = null): DeduplicateSpec {
  const changes = { update: false, delete: false };
  const spec = { kind: 'deduplicate', keys: [0], window: null, inputFields: fields, fields, timeZone: null } as const;
  return { ...spec, keep, time, inputChanges: changes, stateTtlMs };
}

describe('the first row by event time', () => {
  const spec = specOf('first', 1);

  it.each<[string, Step[], string[], number]>([
    ['goes out when the watermark has reached it', [insert('a', 10, 1), 9, insert('a', 9, 2), 10], ['+I a 9 2'], 0],
    ['of equal times is the one that came first', [insert('a', 10, 1), insert('a', 10, 2), 20], ['+I a 10 1'], 0],
    ['is final: later ones are nothing', [insert('a', 10, 1), 10, insert('a', 30, 2), 40], ['+I a 10 1'], 0],
    ['may have the time of the watermark', [10, insert('a', 10, 1), 11], ['+I a 10 1'], 0],
    ['is late below the watermark', [10, insert('a', 9, 1), 20], [], 1],
    [
      'rows go out in the order of their times',
      [insert('b', 12, 1), insert('a', 11, 2), 20],
      ['+I a 11 2', '+I b 12 1'],
      0,
    ],
    ['NULL is a key', [insert(null, 1, 1), insert(null, 2, 2), 5], ['+I null 1 1'], 0],
  ])('%s', (_, steps, expected, late) => {
    const run = new RowRun(spec, [0]);
    expect(run.feed(steps)).toEqual(expected);
    expect(run.count('lateRecords')).toBe(late);
  });

  it('waits for its own time, also where a row of the key has waited for an earlier one', () => {
    let now = 0;
    const session = { timeZone: 'UTC', now: () => now, random: () => 0 };
    const run = new RowRun(specOf('first', 1, 1000), [0], { ctx: { session } });
    expect(run.feed([insert('a', 10, 1), insert('a', 9, 2), 9])).toEqual(['+I a 9 2']);
    now = 1000; // the key is forgotten
    expect(run.feed([insert('a', 12, 3), 10])).toEqual([]);
    expect(run.feed([12])).toEqual(['+I a 12 3']);
  });

  it('goes on from a snapshot at another parallelism', () => {
    const steps = [
      insert('a', 10, 1),
      insert('b', 20, 2),
      15,
      insert('a', 16, 3),
      insert('b', 18, 4),
      insert('c', 30, 5),
      50,
    ];
    for (let at = 0; at <= steps.length; at++) {
      expect(cutRun(spec, [0], steps, at)).toEqual(['+I a 10 1', '+I b 18 4', '+I c 30 5']);
    }
  });
});

describe('the last row', () => {
  const steps = [insert('a', 10, 1), insert('b', 5, 2), insert('a', 9, 3), insert('a', 10, 4), insert('a', 11, 4)];

  it.each<[string, DeduplicateSpec, string[]]>([
    [
      'by event time is replaced by one that is not older',
      specOf('last', 1),
      ['+I a 10 1', '+I b 5 2', '-U a 10 1', '+U a 10 4', '-U a 10 4', '+U a 11 4'],
    ],
    [
      'by processing time is replaced by any',
      specOf('last', null),
      ['+I a 10 1', '+I b 5 2', '-U a 10 1', '+U a 9 3', '-U a 9 3', '+U a 10 4', '-U a 10 4', '+U a 11 4'],
    ],
    ['the first by processing time stays', specOf('first', null), ['+I a 10 1', '+I b 5 2']],
  ])('%s', (_, spec, expected) => {
    expect(new RowRun(spec, [0]).feed(steps)).toEqual(expected);
    for (let at = 0; at <= steps.length; at++) expect(cutRun(spec, [0], steps, at)).toEqual(expected);
  });

  it('by processing time is not replaced by its equal, unless a TTL keeps others alive by it', () => {
    const twice = [insert('a', 1, 1), insert('a', 1, 1)];
    expect(new RowRun(specOf('last', null), [0]).feed(twice)).toEqual(['+I a 1 1']);
    expect(new RowRun(specOf('last', null, 1000), [0]).feed(twice)).toEqual(['+I a 1 1', '-U a 1 1', '+U a 1 1']);
    expect(new RowRun(specOf('last', 1), [0]).feed(twice)).toEqual(['+I a 1 1', '-U a 1 1', '+U a 1 1']);
  });

  it('is forgotten after table.exec.state.ttl', () => {
    let now = 0;
    const session = { timeZone: 'UTC', now: () => now, random: () => 0 };
    const run = new RowRun(specOf('last', null, 1000), [0], { ctx: { session } });
    run.feed([insert('a', 1, 1)]);
    now = 1000;
    expect(run.feed([insert('a', 2, 2)])).toEqual(['+I a 2 2']);
  });
});
