import { describe, expect, it } from 'vitest';
import type { RowWindowAggregateSpec } from '../../../src/model/job-graph.ts';
import type { AggregateCall, EmitStrategy, WindowDefinition } from '../../../src/model/plan.ts';
import { type Field, types } from '../../../src/model/types.ts';
import { cutRun, insert, RowRun, type Step } from '../../support/row-run.ts';
import { testSession } from '../../support/sql-expressions.ts';

const inputFields: readonly Field[] = [
  { name: 'k', type: types.string() },
  { name: 'et', type: types.timestamp(3) },
  { name: 'v', type: types.of('int') },
];
const call = (name: string, args: number[]): AggregateCall => ({
  name,
  args,
  distinct: false,
  filter: null,
  type: types.of(name === 'COUNT' ? 'bigint' : 'int'),
});
const aggregates = [call('COUNT', []), call('SUM', [2]), call('MAX', [2])];
const tumble: WindowDefinition = { kind: 'tumble', sizeMs: 10, offsetMs: 0 };

function specOf(change: Partial<RowWindowAggregateSpec> = {}): RowWindowAggregateSpec {
  return {
    kind: 'row_window_aggregate',
    window: tumble,
    attached: false,
    time: { column: 1, type: types.timestamp(3), timeZone: null },
    processingTime: false,
    emit: null,
    keys: [0],
    aggregates,
    properties: ['window_end'],
    inputFields,
    inputChanges: { update: true, delete: true },
    fields: [
      inputFields[0]!,
      ...aggregates.map(({ name, type }) => ({ name, type })),
      { name: 'window_end', type: types.timestamp(3, false) },
    ],
    ...change,
  };
}

const emit = (earlyFireMs: number | null, lateFireMs: number | null, allowedLatenessMs = 0): EmitStrategy => ({
  earlyFireMs,
  lateFireMs,
  allowedLatenessMs,
});

const changes: readonly Step[] = [
  insert('a', 1, 5),
  insert('a', 2, 9),
  { kind: '-U', row: ['a', 2, 9] },
  { kind: '+U', row: ['a', 3, 4] },
  insert('b', 4, 1),
  { kind: '-D', row: ['b', 4, 1] },
  insert('a', 12, 7),
];

describe('windows of rows that change', () => {
  it('count what is left of them; a window without any gives no row', () => {
    const run = new RowRun(specOf(), [0]);
    expect(run.feed([...changes, 8])).toEqual([]);
    expect(run.feed([9])).toEqual(['+I a 2 9 5 10']);
    expect(run.feed([insert('a', 9, 1)])).toEqual([]);
    expect(run.count('lateRecords')).toBe(1);
    expect(run.feed([100])).toEqual(['+I a 1 7 7 20']);
  });

  it('are in each window of an uneven HOP', () => {
    const window: WindowDefinition = { kind: 'hop', sizeMs: 10, slideMs: 4, offsetMs: 0 };
    const run = new RowRun(specOf({ window }), [0]);
    expect(run.feed([insert('a', 9, 1), 1000])).toEqual(['+I a 1 1 1 10', '+I a 1 1 1 14', '+I a 1 1 1 18']);
  });

  it('go on from a snapshot at another parallelism', () => {
    const steps = [...changes, 9, insert('b', 15, 3), insert('a', 18, 4), 300];
    for (const spec of [specOf(), specOf({ emit: emit(0, 0, 20), inputChanges: { update: false, delete: false } })]) {
      const inserts = steps.filter((step) => typeof step === 'number' || step.kind === '+I');
      const own = spec.emit === null ? steps : inserts;
      const whole = new RowRun(spec, [0]).feed(own);
      for (let at = 0; at <= own.length; at++) expect(cutRun(spec, [0], own, at).sort()).toEqual([...whole].sort());
    }
  });
});

describe('early and late results', () => {
  const inserts = { inputChanges: { update: false, delete: false } };

  it('late, with every row, update the window until the lateness is over', () => {
    const run = new RowRun(specOf({ ...inserts, emit: emit(null, 0, 20) }), [0]);
    expect(run.feed([insert('a', 1, 5), 9])).toEqual(['+I a 1 5 5 10']);
    expect(run.feed([insert('a', 2, 1)])).toEqual(['-U a 1 5 5 10', '+U a 2 6 5 10']);
    expect(run.feed([insert('b', 3, 1)])).toEqual(['+I b 1 1 1 10']);
    expect(run.feed([28, insert('a', 4, 1)])).toEqual(['-U a 2 6 5 10', '+U a 3 7 5 10']);
    expect(run.feed([29, insert('a', 4, 1)])).toEqual([]);
    expect(run.count('lateRecords')).toBe(1);
  });

  it('early, with every row; at the end nothing that is known already', () => {
    const run = new RowRun(specOf({ ...inserts, emit: emit(0, null) }), [0]);
    expect(run.feed([insert('a', 1, 5)])).toEqual(['+I a 1 5 5 10']);
    expect(run.feed([insert('a', 2, 1)])).toEqual(['-U a 1 5 5 10', '+U a 2 6 5 10']);
    expect(run.feed([9])).toEqual([]);
  });

  it('early, every so often from the first row on', () => {
    let now = 1000;
    const session = { ...testSession, now: () => now };
    const run = new RowRun(specOf({ ...inserts, emit: emit(50, null) }), [0], { ctx: { session } });
    const pass = (ms: number): string[] => {
      now = ms;
      run.subtasks[0]!.operator.processTime!(ms);
      return run.take();
    };
    expect(run.feed([insert('a', 1, 5)])).toEqual([]);
    expect(pass(1049)).toEqual([]);
    expect(pass(1050)).toEqual(['+I a 1 5 5 10']);
    run.feed([insert('a', 2, 1)]);
    expect(pass(1099)).toEqual([]);
    expect(pass(1100)).toEqual(['-U a 1 5 5 10', '+U a 2 6 5 10']);
    run.feed([insert('a', 3, 1)]);
    expect(run.feed([9])).toEqual(['-U a 2 6 5 10', '+U a 3 7 5 10']);
    expect(pass(5000)).toEqual([]);
  });

  it('late, some time after the row', () => {
    let now = 1000;
    const session = { ...testSession, now: () => now };
    const run = new RowRun(specOf({ ...inserts, emit: emit(null, 50, 1000) }), [0], { ctx: { session } });
    expect(run.feed([insert('a', 1, 5), 9])).toEqual(['+I a 1 5 5 10']);
    expect(run.feed([insert('a', 2, 1), insert('a', 3, 1)])).toEqual([]);
    now = 1050;
    run.subtasks[0]!.operator.processTime!(now);
    expect(run.take()).toEqual(['-U a 1 5 5 10', '+U a 3 7 5 10']);
  });
});
