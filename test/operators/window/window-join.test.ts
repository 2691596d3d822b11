import { describe, expect, it } from 'vitest';
import { columnRef, type Expression } from '../../../src/model/expression.ts';
import type { WindowJoinSpec } from '../../../src/model/job-graph.ts';
import { insertOnly, type JoinType } from '../../../src/model/plan.ts';
import { type Field, types } from '../../../src/model/types.ts';
import { type Change, JoinRun } from '../../support/join-run.ts';

const sideFields: readonly Field[] = [
  { name: 'k', type: types.string() },
  { name: 'v', type: types.of('int') },
  { name: 'window_start', type: types.timestamp(3, false) },
  { name: 'window_end', type: types.timestamp(3, false) },
];
const window = { start: 2, end: 3, zoned: false };

function specOf(join: JoinType, change: Partial<WindowJoinSpec> = {}): WindowJoinSpec {
  return {
    kind: 'window_join',
    join,
    leftKeys: [0],
    rightKeys: [0],
    nullSafe: [false],
    condition: null,
    leftWindow: window,
    rightWindow: window,
    leftFields: sideFields,
    rightFields: sideFields,
    leftChanges: insertOnly,
    rightChanges: insertOnly,
    timeZone: null,
    fields: join === 'semi' || join === 'anti' ? sideFields : [...sideFields, ...sideFields],
    ...change,
  };
}

const change = (input: 0 | 1, k: string | null, v: number, start: number): Change => ({
  input,
  kind: '+I',
  row: [k, v, start, start + 10],
});
const left = (k: string | null, v: number, start = 0): Change => change(0, k, v, start);
const right = (k: string | null, v: number, start = 0): Change => change(1, k, v, start);

const rows = [
  left('a', 1),
  left('b', 2),
  left(null, 3),
  right('a', 10),
  right('a', 11),
  right('c', 12),
  right(null, 13),
];
const none = 'null null null null';

describe('a window join', () => {
  it.each([
    { join: 'inner', expected: ['a 1 0 10 a 10 0 10', 'a 1 0 10 a 11 0 10'] },
    {
      join: 'left',
      expected: ['a 1 0 10 a 10 0 10', 'a 1 0 10 a 11 0 10', `b 2 0 10 ${none}`, `null 3 0 10 ${none}`],
    },
    {
      join: 'right',
      expected: ['a 1 0 10 a 10 0 10', 'a 1 0 10 a 11 0 10', `${none} c 12 0 10`, `${none} null 13 0 10`],
    },
    {
      join: 'full',
      expected: [
        ...['a 1 0 10 a 10 0 10', 'a 1 0 10 a 11 0 10', `b 2 0 10 ${none}`, `null 3 0 10 ${none}`],
        ...[`${none} c 12 0 10`, `${none} null 13 0 10`],
      ],
    },
    { join: 'semi', expected: ['a 1 0 10'] },
    { join: 'anti', expected: ['b 2 0 10', 'null 3 0 10'] },
  ] as const)('$join: of equal windows and keys, when the window has ended', ({ join, expected }) => {
    const run = new JoinRun(specOf(join));
    expect(run.feed(...rows, left('a', 4, 10), right('a', 5, 20))).toEqual([]);
    expect(run.watermark(8)).toEqual([]);
    expect(run.watermark(9).sort()).toEqual(expected.map((text) => `+I ${text}`).sort());
  });

  it('drops what comes after the end, and keeps what is not due', () => {
    const run = new JoinRun(specOf('inner'));
    run.feed(left('a', 1), left('a', 2, 10));
    run.watermark(9);
    expect(run.feed(right('a', 3), right('a', 4, 10))).toEqual([]);
    expect(run.watermark(100)).toEqual(['+I a 2 10 20 a 4 10 20']);
  });

  it('NULL is equal to itself where the condition says so; other conditions count, too', () => {
    expect(joined(specOf('inner', { nullSafe: [true] }), left(null, 1), right(null, 2))).toHaveLength(1);
    const type = types.of('boolean');
    const condition: Expression = {
      kind: 'call',
      name: '<',
      args: [columnRef(1, types.of('int')), columnRef(5, types.of('int'))],
      type,
    };
    expect(joined(specOf('inner', { condition }), left('a', 5), left('a', 1), right('a', 3))).toEqual([
      '+I a 1 0 10 a 3 0 10',
    ]);
  });

  it('goes on from a snapshot at another parallelism', () => {
    const whole = joined(specOf('full'), ...rows, left('a', 4, 10), right('a', 5, 20));
    const first = new JoinRun(specOf('full'), { parallelism: 2 });
    first.feed(...rows.slice(0, 4));
    const chunks = first.snapshot(() => first.feed(...rows.slice(4)));
    const second = new JoinRun(specOf('full'), { parallelism: 3, chunks });
    second.feed(...rows.slice(4), left('a', 4, 10), right('a', 5, 20));
    expect(second.watermark(1000).sort()).toEqual(whole.sort());
  });
});

function joined(spec: WindowJoinSpec, ...changes: readonly Change[]): string[] {
  const run = new JoinRun(spec);
  run.feed(...changes);
  return run.watermark(1000);
}
