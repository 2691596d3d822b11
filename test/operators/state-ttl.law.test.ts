import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { types } from '../../src/model/types.ts';
import { insert, type OneInputSpec, RowRun } from '../support/row-run.ts';

// State that expires while a row is worked on: the clock goes on with every look at it. What an update takes back is what was said last.

const int = types.of('int');
const inputFields = [
  { name: 'k', type: int },
  { name: 'v', type: int },
];
const stateTtlMs = 5;

const group: OneInputSpec = {
  kind: 'group_aggregate',
  keys: [0],
  aggregates: [{ name: 'SUM', args: [1], distinct: false, filter: null, type: int }],
  inputFields,
  fields: [inputFields[0]!, { name: 'sum', type: int }],
  inputChanges: { update: false, delete: false },
  stateTtlMs,
  withoutRetraction: [false],
};
const normalize: OneInputSpec = {
  kind: 'changelog_normalize',
  keys: [0],
  condition: null,
  inputFields,
  fields: inputFields,
  inputChanges: { update: true, delete: true },
  stateTtlMs,
};

describe.each([['a group', group] as const, ['a normalized changelog', normalize] as const])('%s', (_, spec) => {
  it('takes back what it said, or begins anew', () => {
    const steps = fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 9 }), fc.nat(4)), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (rows) => {
        let now = 0;
        const run = new RowRun(spec, [0], { ctx: { session: { timeZone: 'UTC', now: () => now++, random: () => 0 } } });
        const said = new Map<number, string>();
        for (const [k, v, pauseMs] of rows) {
          now += pauseMs;
          for (const line of run.feed([insert(k, v)])) {
            const row = line.slice(3);
            if (line.startsWith('-U')) expect(row).toBe(said.get(k));
            else said.set(k, row);
          }
        }
      }),
    );
  });

  it('has nothing in a snapshot that expired while no row came', () => {
    let now = 0;
    const ctx = { session: { timeZone: 'UTC', now: () => now, random: () => 0 } };
    const before = new RowRun(spec, [0], { ctx });
    before.feed([insert(1, 1)]);
    now = stateTtlMs;
    const after = new RowRun(spec, [0], { ctx, chunks: before.snapshot() });
    expect(after.feed([insert(1, 2)])).toEqual(['+I 1 2']);
  });
});
