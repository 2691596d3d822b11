import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OverSpec } from '../../../src/model/job-graph.ts';
import type { AggregateCall, OverFrame } from '../../../src/model/plan.ts';
import { types } from '../../../src/model/types.ts';
import type { Row } from '../../support/operator-harness.ts';
import { cutRun, insert, RowRun, type Step } from '../../support/row-run.ts';

const inputFields = [
  { name: 'k', type: types.of('int') },
  { name: 'ts', type: types.timestamp(3) },
  { name: 'v', type: types.of('int') },
  { name: 'offset', type: types.of('int', false) },
  { name: 'default', type: types.of('int') },
];

const bigint = types.of('bigint', false);
const int = types.of('int');

function call(name: string, args: readonly number[], type = int): AggregateCall {
  return { name, args, distinct: false, filter: null, type };
}

const aggregates = [call('SUM', [2]), call('COUNT', [2], bigint), call('MAX', [2])];

function specOf(frame: OverFrame, calls = aggregates, changes: Partial<OverSpec> = {}): OverSpec {
  const results = calls.map(({ name, type }) => ({ name, type }));
  return {
    kind: 'over',
    partition: [0],
    order: [{ column: 1, descending: false, nullsFirst: true }],
    time: 'rowtime',
    frame,
    aggregates: calls,
    inputFields,
    inputChanges: { update: false, delete: false },
    fields: [...inputFields, ...results],
    stateTtlMs: null,
    ...changes,
  };
}

function row(k: number, ts: number, v: number | null): Step {
  return insert(k, ts, v, 1, null);
}

/** `k ts v results…` of what came out. */
function short(lines: readonly string[]): string[] {
  return lines.map((line) => {
    const [, k, ts, v, , , ...results] = line.split(' ');
    return [k, ts, v, ...results].join(' ');
  });
}

/** Each row with SUM, COUNT, MAX of its frame, computed over the sorted rows of its key. */
function direct(rows: readonly Row[], frame: OverFrame): string[] {
  return rows.map((own, place) => {
    const isBefore = (other: Row, i: number): boolean => other[1]! < own[1]! || (other[1] === own[1] && i <= place);
    const peers = rows.filter((other) => other[0] === own[0] && (other[1] as number) <= (own[1] as number));
    const before = rows.filter((other, i) => other[0] === own[0] && isBefore(other, i));
    const sorted = [...before].sort((a, b) => (a[1] as number) - (b[1] as number));
    const { unit, preceding } = frame;
    const seen =
      unit === 'rows'
        ? sorted.slice(preceding === null ? 0 : -(preceding + 1))
        : peers.filter((other) => preceding === null || (own[1] as number) - (other[1] as number) <= preceding);
    const values = seen.flatMap((other) => (other[2] === null ? [] : [other[2] as number]));
    const sum = values.length === 0 ? null : values.reduce((a, b) => a + b);
    const max = values.length === 0 ? null : Math.max(...values);
    return [own[0], own[1], own[2], sum, values.length, max].map(String).join(' ');
  });
}

const frames: readonly OverFrame[] = [
  { unit: 'rows', preceding: null },
  { unit: 'range', preceding: null },
  { unit: 'rows', preceding: 0 },
  { unit: 'rows', preceding: 2 },
  { unit: 'range', preceding: 0 },
  { unit: 'range', preceding: 15 },
];

/** Rows at most 20 behind the highest, and the watermark 21 behind it: none is late. */
const steps = fc
  .array(
    fc.record({
      k: fc.integer({ min: 0, max: 2 }),
      rise: fc.integer({ min: 0, max: 12 }),
      back: fc.integer({ min: 0, max: 20 }),
      v: fc.option(fc.integer({ min: -9, max: 9 }), { nil: null }),
      advances: fc.boolean(),
    }),
    { maxLength: 30 },
  )
  .map((events) => {
    let highest = 100;
    return events.flatMap(({ k, rise, back, v, advances }): Step[] => {
      highest += rise;
      return [row(k, highest - back, v), ...(advances ? [highest - 21] : [])];
    });
  });

function rowsOf(all: readonly Step[]): Row[] {
  return all.flatMap((step) => (typeof step === 'number' ? [] : [step.row]));
}

describe.each(frames)('OVER by event time, %o', (frame) => {
  it('gives each row what a computation over the sorted rows gives', () => {
    const law = fc.property(steps, (all) => {
      const out = new RowRun(specOf(frame), [0]).feed([...all, Infinity]);
      expect(short(out).sort()).toEqual(direct(rowsOf(all), frame).sort());
    });
    fc.assert(law, { numRuns: 60 });
  });

  it('goes on from a snapshot at another parallelism', () => {
    const law = fc.property(steps, fc.nat(), (all, at) => {
      const out = cutRun(specOf(frame), [0], [...all, Infinity], at % (all.length + 1));
      expect(short(out).sort()).toEqual(direct(rowsOf(all), frame).sort());
    });
    fc.assert(law, { numRuns: 40 });
  });
});

describe('rows of OVER by event time', () => {
  it('go out in the order of their times, equal ones as they came', () => {
    const run = new RowRun(specOf({ unit: 'rows', preceding: null }), [0]);
    expect(short(run.feed([row(1, 30, 1), row(2, 10, 2), row(1, 10, 4), row(1, 10, 5), 20]))).toEqual([
      '2 10 2 2 1 2',
      '1 10 4 4 1 4',
      '1 10 5 9 2 5',
    ]);
  });

  it.each<[string, OverFrame, Step[], string[], number]>([
    [
      'unbounded: what is not above the watermark is late, whatever the key has seen',
      { unit: 'range', preceding: null },
      [20, row(1, 20, 1), row(1, 21, 2), 30],
      ['1 21 2 2 1 2'],
      1,
    ],
    [
      'bounded: a key takes rows below the watermark until one of its own has gone out',
      { unit: 'rows', preceding: 1 },
      [20, row(1, 15, 1), 21, row(1, 15, 2), row(1, 16, 3), 22],
      ['1 15 1 1 1 1', '1 16 3 4 2 3'],
      1,
    ],
    [
      'bounded: a key begins at time 0',
      { unit: 'rows', preceding: 1 },
      [row(1, 0, 1), row(1, 1, 2), 5],
      ['1 1 2 2 1 2'],
      1,
    ],
    [
      'RANGE: the timer that would have cleared a key counts as its last time',
      { unit: 'range', preceding: 10 },
      // 100 clears at 116, moved on by 110 to 126: at 120 the timer of 116 has been, 115 is late.
      [row(1, 100, 1), row(1, 110, 2), 120, row(1, 115, 3), row(1, 117, 4), 121],
      ['1 100 1 1 1 1', '1 110 2 3 2 2', '1 117 4 6 2 4'],
      1,
    ],
    [
      'RANGE: a key that was cleared takes rows of any time again',
      { unit: 'range', preceding: 10 },
      [row(1, 100, 1), 200, row(1, 50, 2), 201],
      ['1 100 1 1 1 1', '1 50 2 2 1 2'],
      0,
    ],
  ])('%s', (_, frame, given, expected, late) => {
    const run = new RowRun(specOf(frame), [0]);
    expect(short(run.feed(given))).toEqual(expected);
    expect(run.count('lateRecords')).toBe(late);
  });

  it('leave no state where the frame is a RANGE and its time has passed', () => {
    const run = new RowRun(specOf({ unit: 'range', preceding: 10 }), [0]);
    run.feed([row(1, 100, 1), row(2, 105, 1), 121]);
    expect(run.subtasks[0]!.operator.stateBytes!()).toBe(0);
  });

  it('leave none after a restore either', () => {
    const spec = specOf({ unit: 'range', preceding: 10 });
    const first = new RowRun(spec, [0]);
    first.feed([row(1, 100, 1), 100]);
    const second = new RowRun(spec, [0], { parallelism: 2, chunks: first.snapshot() });
    second.feed([121]);
    expect(second.subtasks.map(({ operator }) => operator.stateBytes!())).toEqual([0, 0]);
  });

  it('are forgotten after table.exec.state.ttl, but not those that wait', () => {
    let now = 0;
    const session = { timeZone: 'UTC', now: () => now, random: () => 0 };
    const spec = specOf({ unit: 'rows', preceding: 5 }, aggregates, { stateTtlMs: 1000 });
    const run = new RowRun(spec, [0], { ctx: { session } });
    run.feed([row(1, 10, 1), 10, row(1, 20, 2)]);
    now = 1000;
    expect(short(run.feed([20]))).toEqual(['1 20 2 2 1 2']);
  });
});

describe('functions that only OVER has', () => {
  const calls = [
    call('ROW_NUMBER', [], bigint),
    call('RANK', [], bigint),
    call('DENSE_RANK', [], bigint),
    call('LAG', [2]),
    call('LAG', [2, 3, 4]),
  ];
  const steps: Step[] = [
    insert(1, 10, 5, 2, -1),
    insert(1, 20, null, 2, -1),
    insert(1, 20, 7, 2, -1),
    insert(2, 20, 8, 2, -1),
    insert(1, 30, 9, 2, -1),
  ];

  it.each<[OverFrame['unit'], string[]]>([
    ['rows', ['1 10 5 1 1 1 null -1', '1 20 null 2 2 2 5 -1', '1 20 7 3 2 2 null 5', '1 30 9 4 4 3 7 null']],
    ['range', ['1 10 5 1 1 1 null -1', '1 20 null 3 2 2 null 5', '1 20 7 3 2 2 null 5', '1 30 9 4 4 3 7 null']],
  ])('by %s', (unit, expected) => {
    const spec = specOf({ unit, preceding: null }, calls);
    const all = [...steps, Infinity];
    const ofFirst = (out: readonly string[]): string[] => short(out).filter((line) => line.startsWith('1 '));
    expect(ofFirst(new RowRun(spec, [0]).feed(all))).toEqual(expected);
    expect(ofFirst(cutRun(spec, [0], [...steps.slice(0, 3), 20, ...steps.slice(4), Infinity], 4))).toEqual(expected);
  });
});
