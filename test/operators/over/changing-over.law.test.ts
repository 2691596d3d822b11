import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OverSpec } from '../../../src/model/job-graph.ts';
import { types } from '../../../src/model/types.ts';
import { folded } from '../../support/join-run.ts';
import type { Row } from '../../support/operator-harness.ts';
import { cutRun, RowRun, type Step } from '../../support/row-run.ts';

const int = types.of('int');
const inputFields = ['k', 'o', 'v'].map((name) => ({ name, type: int }));

function specOf(unit: 'rows' | 'range'): OverSpec {
  const sum = { name: 'SUM', args: [2], distinct: false, filter: null, type: int };
  return {
    kind: 'over',
    partition: [0],
    order: [{ column: 1, descending: false, nullsFirst: true }],
    time: null,
    frame: { unit, preceding: null },
    aggregates: [sum],
    inputFields,
    inputChanges: { update: true, delete: true },
    fields: [...inputFields, { name: 'sum', type: int }],
    stateTtlMs: null,
  };
}

const someRow = fc.tuple(fc.nat({ max: 1 }), fc.option(fc.nat({ max: 3 }), { nil: null }), fc.nat({ max: 3 }));

/** Rows that come, and of those that are there some that go. */
const steps = fc.array(fc.tuple(someRow, fc.boolean(), fc.nat()), { maxLength: 25 }).map((events) => {
  const there: Row[] = [];
  return events.map(([row, goes, place]): Step => {
    if (!goes || there.length === 0) {
      there.push(row);
      return { kind: '+I', row };
    }
    const [gone] = there.splice(place % there.length, 1) as [Row];
    return { kind: '-D', row: gone };
  });
});

/** The rows that are left, in the order in which they came. */
function left(all: readonly Step[]): Row[] {
  const rows: Row[] = [];
  for (const step of all) {
    if (typeof step === 'number') continue;
    if (step.kind === '+I') rows.push(step.row);
    else
      rows.splice(
        rows.findIndex((row) => String(row) === String(step.row)),
        1,
      );
  }
  return rows;
}

function direct(rows: readonly Row[], unit: 'rows' | 'range'): string[] {
  const order = (row: Row): number => (row[1] as number | null) ?? -1;
  const sorted = [...rows].sort((a, b) => order(a) - order(b));
  return sorted
    .map((own, place) => {
      const seen = sorted.filter(
        (other, i) => other[0] === own[0] && (i <= place || (unit === 'range' && order(other) === order(own))),
      );
      return [...own, seen.reduce((sum, row) => sum + (row[2] as number), 0)].map(String).join(' ');
    })
    .sort();
}

describe.each(['rows', 'range'] as const)('OVER ordered by a column that is no time attribute, by %s', (unit) => {
  it('has in the end what a computation over the rows that are left has', () => {
    const law = fc.property(steps, (all) => {
      expect(folded(new RowRun(specOf(unit), [0]).feed(all))).toEqual(direct(left(all), unit));
    });
    fc.assert(law, { numRuns: 80 });
  });

  it('goes on from a snapshot at another parallelism', () => {
    const law = fc.property(steps, fc.nat(), (all, at) => {
      expect(folded(cutRun(specOf(unit), [0], all, at % (all.length + 1)))).toEqual(direct(left(all), unit));
    });
    fc.assert(law, { numRuns: 40 });
  });

  it('changes only rows whose results change', () => {
    const run = new RowRun(specOf(unit), [0]);
    run.feed([
      { kind: '+I', row: [1, 1, 5] },
      { kind: '+I', row: [1, 3, 7] },
    ]);
    expect(run.feed([{ kind: '+U', row: [1, 2, 0] }])).toEqual(['+U 1 2 0 5']);
    expect(run.feed([{ kind: '-U', row: [1, 1, 5] }])).toEqual([
      '-D 1 1 5 5',
      '-U 1 2 0 5',
      '+U 1 2 0 0',
      '-U 1 3 7 12',
      '+U 1 3 7 7',
    ]);
  });
});
