import { describe, expect, it } from 'vitest';
import type { RowSessionAggregateSpec, SessionSpec } from '../../../src/model/job-graph.ts';
import { type Field, types } from '../../../src/model/types.ts';
import { cutRun, insert, RowRun, type Step } from '../../support/row-run.ts';
import { testSession } from '../../support/sql-expressions.ts';

const inputFields: readonly Field[] = [
  { name: 'k', type: types.string() },
  { name: 'et', type: types.timestamp(3) },
  { name: 'v', type: types.of('int') },
];

function specOf(processingTime = false): SessionSpec {
  const bounds = ['window_start', 'window_end', 'window_time'].map((name) => ({
    name,
    type: types.timestamp(3, false),
  }));
  return {
    kind: 'session',
    gapMs: 10,
    time: { column: 1, type: types.timestamp(3), timeZone: null },
    processingTime,
    partition: [0],
    inputFields,
    fields: [...inputFields, ...bounds],
  };
}

describe('an aggregation of sessions of rows that change', () => {
  const { kind: _, partition, fields: __, ...common } = specOf();
  const spec: RowSessionAggregateSpec = {
    kind: 'row_session_aggregate',
    ...common,
    keys: partition,
    aggregates: [{ name: 'MAX', args: [2], distinct: false, filter: null, type: types.of('int') }],
    properties: ['window_start', 'window_end'],
    inputChanges: { update: true, delete: true },
    fields: [inputFields[0]!, { name: 'max', type: types.of('int') }, ...specOf().fields.slice(3, 5)],
  };
  const changes: Step[] = [
    insert('a', 0, 7),
    insert('b', 0, 1),
    insert('a', 12, 5),
    { kind: '-U', row: ['a', 0, 7] },
    { kind: '+U', row: ['a', 6, 4] },
    { kind: '-D', row: ['b', 0, 1] },
  ];

  it('gives one row of each when it has ended, of the rows that are left', () => {
    const run = new RowRun(spec, [0]);
    expect(run.feed(changes)).toEqual([]);
    expect(run.feed([21])).toEqual(['+I a 5 0 22']);
  });

  it.each([0, 3, 6])('goes on from a snapshot after %i rows at another parallelism', (at) => {
    expect(cutRun(spec, [0], [...changes, 21], at)).toEqual(['+I a 5 0 22']);
  });
});

describe('SESSION on its own', () => {
  it('gives the rows of a session when it has ended, in the order of their coming', () => {
    const run = new RowRun(specOf(), [0]);
    expect(run.feed([insert('a', 0, 1), insert('b', 3, 2), insert('a', 20, 3), insert('a', 10, 4), 11])).toEqual([]);
    expect(run.feed([12])).toEqual(['+I b 3 2 3 13 12']);
    expect(run.feed([29])).toEqual(['+I a 0 1 0 30 29', '+I a 20 3 0 30 29', '+I a 10 4 0 30 29']);
  });

  it('keeps changes, drops what is late and what has no rowtime, and counts them', () => {
    const run = new RowRun(specOf(), [0]);
    const steps: Step[] = [
      insert('a', 0, 1),
      { kind: '-D', row: ['a', 0, 1] },
      insert('a', null, 7),
      50,
      insert('a', 40, 2),
    ];
    expect(run.feed(steps)).toEqual(['+I a 0 1 0 10 9', '-D a 0 1 0 10 9']);
    expect([run.count('lateRecords'), run.count('nullRowtimes')]).toEqual([1, 1]);
    expect(run.feed([insert('a', 42, 3), 1000])).toEqual(['+I a 42 3 42 52 51']);
  });

  it('goes on from a snapshot at another parallelism', () => {
    const steps = [
      insert('a', 0, 1),
      insert('b', 3, 2),
      insert('a', 20, 3),
      insert('c', 5, 9),
      insert('a', 10, 4),
      14,
      insert('b', 20, 5),
      300,
    ];
    const whole = new RowRun(specOf(), [0]).feed(steps);
    for (let at = 0; at <= steps.length; at++) {
      expect(cutRun(specOf(), [0], steps, at).sort()).toEqual([...whole].sort());
    }
  });

  it('by processing time', () => {
    let now = 100;
    const run = new RowRun(specOf(true), [0], { ctx: { session: { ...testSession, now: () => now } } });
    run.feed([insert('a', null, 1)]);
    now = 105;
    run.feed([insert('a', null, 2)]);
    run.subtasks[0]!.operator.processTime!(114);
    expect(run.take()).toEqual([]);
    run.subtasks[0]!.operator.processTime!(115);
    expect(run.take()).toEqual(['+I a null 1 100 115 114', '+I a null 2 100 115 114']);
    run.feed([insert('a', null, 3)]);
    expect(run.feed([Infinity])).toEqual([]);
  });
});
