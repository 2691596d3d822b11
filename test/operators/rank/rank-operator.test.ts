import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RankSpec } from '../../../src/model/job-graph.ts';
import { types } from '../../../src/model/types.ts';
import { folded } from '../../support/join-run.ts';
import type { Row } from '../../support/operator-harness.ts';
import { cutRun, insert, RowRun, type Step } from '../../support/row-run.ts';

const int = types.of('int');
const inputFields = ['k', 'id', 'v'].map((name) => ({ name, type: int }));
const rank = { name: 'rank', type: types.of('bigint', false) };

function specOf(changes: Partial<RankSpec>): RankSpec {
  const spec: RankSpec = {
    kind: 'rank',
    partition: [0],
    order: [{ column: 2, descending: true, nullsFirst: false }],
    from: 1,
    to: 2,
    outputRank: false,
    window: null,
    inputFields,
    inputChanges: { update: false, delete: false },
    fields: inputFields,
    unique: null,
    falls: false,
    timeZone: null,
    stateTtlMs: null,
    ...changes,
  };
  return { ...spec, fields: spec.outputRank ? [...inputFields, rank] : inputFields };
}

const updates = { update: true, delete: false };
const all = { update: true, delete: true };

function change(kind: '+I' | '-U' | '+U' | '-D', ...row: Row): Step {
  return { kind, row };
}

describe('the changes of a Top-N', () => {
  it.each<[string, Partial<RankSpec>, Step[], string[]]>([
    [
      'of inserts, without the rank: who leaves, then who comes',
      {},
      [insert(1, 1, 10), insert(1, 2, 20), insert(1, 3, 15), insert(1, 4, 15), insert(1, 5, 5)],
      ['+I 1 1 10', '+I 1 2 20', '-D 1 1 10', '+I 1 3 15'],
    ],
    [
      'of inserts, with the rank: each row below moves',
      { outputRank: true },
      [insert(1, 1, 10), insert(1, 2, 20), insert(1, 3, 30)],
      [
        '+I 1 1 10 1',
        '-U 1 1 10 1',
        '+U 1 2 20 1',
        '+I 1 1 10 2',
        '-U 1 2 20 1',
        '+U 1 3 30 1',
        '-U 1 1 10 2',
        '+U 1 2 20 2',
      ],
    ],
    [
      'of inserts, the first alone: updates',
      { to: 1 },
      [insert(1, 1, 10), insert(1, 2, 10), insert(1, 3, 11)],
      ['+I 1 1 10', '-U 1 1 10', '+U 1 3 11'],
    ],
    [
      'of updates, the first alone: also where the row keeps its place',
      { inputChanges: updates, unique: [0, 1], to: 1, order: [{ column: 0, descending: true, nullsFirst: false }] },
      [insert(1, 1, 10), change('-U', 1, 1, 10), change('+U', 1, 1, 11), insert(1, 2, 99), change('+U', 1, 1, 11)],
      ['+I 1 1 10', '-U 1 1 10', '+U 1 1 11'],
    ],
    [
      'of inserts, from the second on',
      { from: 2, to: 3 },
      [insert(1, 1, 10), insert(1, 2, 20), insert(1, 3, 30), insert(1, 4, 25)],
      ['+I 1 1 10', '-U 1 1 10', '+U 1 2 20', '+I 1 1 10', '-U 1 2 20', '+U 1 4 25', '-U 1 1 10', '+U 1 2 20'],
    ],
    [
      'of any changes, without the rank: the next one comes up',
      { inputChanges: all },
      [insert(1, 1, 10), insert(1, 2, 20), insert(1, 3, 15), change('-D', 1, 2, 20), change('-D', 1, 9, 9)],
      ['+I 1 1 10', '+I 1 2 20', '-D 1 1 10', '+I 1 3 15', '-D 1 2 20', '+I 1 1 10'],
    ],
    [
      'of any changes, with the rank: rows below move up, the last one goes',
      { inputChanges: all, outputRank: true, to: 3 },
      [insert(1, 1, 10), insert(1, 2, 20), change('-U', 1, 2, 20), change('+U', 1, 2, 5)],
      [
        '+I 1 1 10 1',
        '-U 1 1 10 1',
        '+U 1 2 20 1',
        '+I 1 1 10 2',
        '-U 1 2 20 1',
        '+U 1 1 10 1',
        '-D 1 1 10 2',
        '+I 1 2 5 2',
      ],
    ],
    [
      'of updates that make places better, without the rank: an update in place',
      { inputChanges: updates, unique: [0, 1] },
      [
        insert(1, 1, 10),
        insert(1, 2, 20),
        insert(1, 3, 5),
        change('-U', 1, 1, 10),
        change('+U', 1, 1, 30),
        change('+U', 1, 3, 25),
      ],
      ['+I 1 1 10', '+I 1 2 20', '-U 1 1 10', '+U 1 1 30', '-D 1 2 20', '+I 1 3 25'],
    ],
    [
      'of updates that make places better, with the rank: the old row goes first',
      { inputChanges: updates, unique: [0, 1], outputRank: true, to: 3 },
      [insert(1, 1, 10), insert(1, 2, 9), insert(1, 3, 8), change('+U', 1, 3, 20), change('+U', 1, 3, 20)],
      [
        '+I 1 1 10 1',
        '+I 1 2 9 2',
        '+I 1 3 8 3',
        ...['-U 1 1 10 1', '-U 1 3 8 3', '+U 1 3 20 1', '-U 1 2 9 2', '+U 1 1 10 2', '+U 1 2 9 3'],
        ...['-U 1 3 20 1', '+U 1 3 20 1'],
      ],
    ],
    [
      'of updates against what was promised: still the right rows',
      { inputChanges: updates, unique: [0, 1], outputRank: true, to: 3 },
      [insert(1, 1, 10), insert(1, 2, 9), change('+U', 1, 1, 5)],
      ['+I 1 1 10 1', '+I 1 2 9 2', '-U 1 1 10 1', '-U 1 2 9 2', '+U 1 2 9 1', '+U 1 1 5 2'],
    ],
    [
      'without an order: as they come, the next one when one goes',
      { order: [], inputChanges: all },
      [insert(1, 1, 1), insert(1, 2, 2), insert(1, 3, 3), change('-D', 1, 1, 1)],
      ['+I 1 1 1', '+I 1 2 2', '-D 1 1 1', '+I 1 3 3'],
    ],
  ])('%s', (_, changes, steps, expected) => expect(new RowRun(specOf(changes), [0]).feed(steps)).toEqual(expected));
});

const values = fc.tuple(fc.nat({ max: 1 }), fc.option(fc.nat({ max: 4 }), { nil: null }), fc.boolean(), fc.nat());

/** Ids tell rows apart; rows that are there may go. */
function stepsOf(events: readonly (readonly [number, number | null, boolean, number])[], retracts: boolean): Step[] {
  const there: Row[] = [];
  return events.map(([k, v, goes, place], id) => {
    if (!retracts || !goes || there.length === 0) {
      there.push([k, id, v]);
      return insert(k, id, v);
    }
    return change('-D', ...(there.splice(place % there.length, 1)[0] as Row));
  });
}

function direct(steps: readonly Step[], { from, to, outputRank }: RankSpec): string[] {
  const rows: Row[] = [];
  for (const step of steps) {
    if (typeof step === 'number') continue;
    if (step.kind === '+I') rows.push(step.row);
    else
      rows.splice(
        rows.findIndex((row) => String(row) === String(step.row)),
        1,
      );
  }
  const value = (row: Row): number => (row[2] as number | null) ?? -1; // NULL last in descending order
  return [0, 1]
    .flatMap((k) => {
      const sorted = rows.filter((row) => row[0] === k).sort((a, b) => value(b) - value(a));
      return sorted
        .slice(from - 1, to)
        .map((row, i) => [...row, ...(outputRank ? [from + i] : [])].map(String).join(' '));
    })
    .sort();
}

const ranges = [
  { from: 1, to: 1 },
  { from: 1, to: 3 },
  { from: 2, to: 3 },
  { from: 2, to: 2 },
];
const cases = ranges.flatMap((range) => [true, false].map((outputRank) => ({ ...range, outputRank })));

describe.each(cases)('a Top-N %o', (range) => {
  it.each([false, true])('has in the end the first rows of all (rows go: %s), cut anywhere', (retracts) => {
    const spec = specOf({ ...range, inputChanges: retracts ? all : { update: false, delete: false } });
    const law = fc.property(fc.array(values, { maxLength: 25 }), fc.nat(), (events, at) => {
      const steps = stepsOf(events, retracts);
      const expected = direct(steps, spec);
      expect(folded(new RowRun(spec, [0]).feed(steps))).toEqual(expected);
      expect(folded(cutRun(spec, [0], steps, at % (steps.length + 1)))).toEqual(expected);
    });
    fc.assert(law, { numRuns: 40 });
  });

  it('of updates in any direction has in the end the first rows of all, cut anywhere', () => {
    const spec = specOf({ ...range, inputChanges: updates, unique: [0, 1], falls: true });
    const some = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 9 })), { maxLength: 25 });
    const law = fc.property(some, fc.nat(), (events, at) => {
      const values = new Map<number, number>();
      const steps = events.map(([id, value]): Step => {
        const kind = values.has(id) ? '+U' : '+I';
        values.set(id, value * 10 + id);
        return change(kind, 0, id, value * 10 + id);
      });
      const last = [...values].map(([id, value]) => insert(0, id, value));
      expect(folded(new RowRun(spec, [0]).feed(steps))).toEqual(direct(last, spec));
      expect(folded(cutRun(spec, [0], steps, at % (steps.length + 1)))).toEqual(direct(last, spec));
    });
    fc.assert(law, { numRuns: 40 });
  });

  it('of updates that only rise has in the end the first rows of all, cut anywhere', () => {
    const spec = specOf({ ...range, inputChanges: updates, unique: [0, 1] });
    const some = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 3 })), { maxLength: 25 });
    const law = fc.property(some, fc.nat(), (events, at) => {
      const totals = new Map<number, number>();
      const steps = events.map(([id, rise]): Step => {
        const before = totals.get(id);
        totals.set(id, (before ?? 0) + rise * 10 + 1); // a tie is broken by arrival, which differs
        return change(before === undefined ? '+I' : '+U', 0, id, totals.get(id)! * 10 + id);
      });
      const last = [...totals].map(([id, total]) => insert(0, id, total * 10 + id));
      expect(folded(new RowRun(spec, [0]).feed(steps))).toEqual(direct(last, spec));
      expect(folded(cutRun(spec, [0], steps, at % (steps.length + 1)))).toEqual(direct(last, spec));
    });
    fc.assert(law, { numRuns: 40 });
  });
});

describe('a Top-N whose end is a column', () => {
  const variable = { endColumn: 1, outputRank: false };
  const steps = [
    insert(1, 1, 10),
    insert(1, 9, 20),
    insert(2, 2, 1),
    insert(2, 9, 2),
    insert(2, 9, 3),
    insert(3, null, 1),
  ];
  const expected = ['+I 1 1 10', '-D 1 1 10', '+I 1 9 20', '+I 2 2 1', '+I 2 9 2', '-D 2 2 1', '+I 2 9 3'];

  it('takes it of the first row of each partition, cut anywhere', () => {
    expect(new RowRun(specOf(variable), [0]).feed(steps)).toEqual(expected);
    for (let at = 0; at <= steps.length; at++) expect(cutRun(specOf(variable), [0], steps, at)).toEqual(expected);
  });
});

describe('state of a Top-N', () => {
  it('is forgotten after table.exec.state.ttl', () => {
    let now = 0;
    const session = { timeZone: 'UTC', now: () => now, random: () => 0 };
    const run = new RowRun(specOf({ stateTtlMs: 1000 }), [0], { ctx: { session } });
    run.feed([insert(1, 1, 10), insert(1, 2, 20)]);
    now = 1000;
    expect(run.feed([insert(1, 3, 1)])).toEqual(['+I 1 3 1']);
  });
});
