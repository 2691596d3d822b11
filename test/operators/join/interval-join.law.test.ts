import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IntervalJoinSpec } from '../../../src/model/job-graph.ts';
import { insertOnly, type JoinType } from '../../../src/model/plan.ts';
import { type Field, types } from '../../../src/model/types.ts';
import { type Change, JoinRun, textOf } from '../../support/join-run.ts';
import type { Row } from '../../support/operator-harness.ts';

// Rows that are on time: whatever the order of the sides and the watermarks between them, the result is that of a batch.

const leftFields: readonly Field[] = [
  { name: 'k', type: types.of('int') },
  { name: 't', type: types.timestamp(3) },
];
const rightFields: readonly Field[] = [
  { name: 'l', type: types.of('int') },
  { name: 'u', type: types.timestamp(3) },
];

type Case = Readonly<{ join: Exclude<JoinType, 'semi' | 'anti'>; lowerMs: number; upperMs: number }>;

function specOf({ join, lowerMs, upperMs }: Case): IntervalJoinSpec {
  return {
    kind: 'interval_join',
    join,
    leftKeys: [0],
    rightKeys: [0],
    nullSafe: [false],
    condition: null,
    leftTime: 1,
    rightTime: 1,
    lowerMs,
    upperMs,
    fields: [...leftFields, ...rightFields],
    leftFields,
    rightFields,
    leftChanges: insertOnly,
    rightChanges: insertOnly,
  };
}

function batchJoin({ join, lowerMs, upperMs }: Case, left: readonly Row[], right: readonly Row[]): string[] {
  const matches = (a: Row, b: Row): boolean => {
    const distance = (a[1] as number) - (b[1] as number);
    return a[0] !== null && a[0] === b[0] && distance >= lowerMs && distance <= upperMs;
  };
  const pairs = left.flatMap((a) => right.filter((b) => matches(a, b)).map((b) => [...a, ...b]));
  const onlyLeft = left.filter((a) => !right.some((b) => matches(a, b))).map((a) => [...a, null, null]);
  const onlyRight = right.filter((b) => !left.some((a) => matches(a, b))).map((b) => [null, null, ...b]);
  const rows = [
    ...pairs,
    ...(join === 'left' || join === 'full' ? onlyLeft : []),
    ...(join === 'right' || join === 'full' ? onlyRight : []),
  ];
  return rows.map((row) => textOf('+I', row)).sort();
}

const boundMs = 10; // of disorder

/** Rows of both sides no later than the bound, and the greatest time so far as the watermark's base. */
const streams = fc.array(
  fc.record({
    input: fc.constantFrom(0 as const, 1 as const),
    key: fc.option(fc.integer({ min: 0, max: 2 }), { nil: null }),
    step: fc.integer({ min: 0, max: 6 }),
    back: fc.integer({ min: 0, max: boundMs - 1 }),
    watermark: fc.boolean(),
  }),
  { maxLength: 40 },
);

const cases = fc
  .record({
    join: fc.constantFrom('inner' as const, 'left' as const, 'right' as const, 'full' as const),
    from: fc.integer({ min: -12, max: 12 }),
    length: fc.integer({ min: -2, max: 20 }),
  })
  .map(({ join, from, length }): Case => ({ join, lowerMs: from, upperMs: from + length }));

type Step = Change | Readonly<{ watermark: number }>;

function stepsOf(
  stream: readonly { input: 0 | 1; key: number | null; step: number; back: number; watermark: boolean }[],
) {
  let greatest = 1_000;
  const steps: Step[] = [];
  for (const { input, key, step, back, watermark } of stream) {
    greatest += step;
    steps.push({ input, kind: '+I', row: [key, greatest - back] });
    if (watermark) steps.push({ watermark: greatest - boundMs });
  }
  return [...steps, { watermark: Infinity }];
}

function play(run: JoinRun, steps: readonly Step[]): string[] {
  return steps.flatMap((step) => ('watermark' in step ? run.watermark(step.watermark) : run.feed(step)));
}

function rowsOf(steps: readonly Step[], side: 0 | 1): Row[] {
  return steps.flatMap((step) => ('watermark' in step || step.input !== side ? [] : [step.row]));
}

describe('an interval join', () => {
  it('is that of a batch, also cut by a snapshot and restored at another parallelism', () => {
    fc.assert(
      fc.property(cases, streams, fc.nat(), fc.integer({ min: 1, max: 3 }), (of, stream, cut, parallelism) => {
        const steps = stepsOf(stream);
        const expected = batchJoin(of, rowsOf(steps, 0), rowsOf(steps, 1));
        expect(play(new JoinRun(specOf(of)), steps).sort()).toEqual(expected);
        const at = cut % steps.length;
        const first = new JoinRun(specOf(of), { parallelism: 2 });
        const before = play(first, steps.slice(0, at));
        const second = new JoinRun(specOf(of), { parallelism, chunks: first.snapshot() });
        expect([...before, ...play(second, steps.slice(at))].sort()).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});
