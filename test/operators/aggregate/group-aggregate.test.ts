import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GroupAggregateSpec } from '../../../src/model/job-graph.ts';
import type { AggregateCall } from '../../../src/model/plan.ts';
import { type DataType, type Field, types } from '../../../src/model/types.ts';
import { GroupAggregateOperator } from '../../../src/operators/aggregate/group-aggregate.ts';
import { ChangeHarness } from '../../support/change-harness.ts';
import { testSession } from '../../support/sql-expressions.ts';

const int = types.of('int');
const inputFields: readonly Field[] = [
  { name: 'k', type: types.string() },
  { name: 'v', type: int },
];

function call(name: string, args: readonly number[], type: DataType, distinct = false): AggregateCall {
  return { name, args, distinct, filter: null, type };
}

const count = types.of('bigint', false);
const calls = [call('COUNT', [], count), call('SUM', [1], int), call('MAX', [1], int), call('COUNT', [1], count, true)];

function spec(more: Partial<GroupAggregateSpec> = {}): GroupAggregateSpec {
  const aggregates = more.aggregates ?? calls;
  const keys = more.keys ?? [0];
  return {
    kind: 'group_aggregate',
    keys,
    aggregates,
    fields: [...keys.map((key) => inputFields[key]!), ...aggregates.map(({ type }, i) => ({ name: `a${i}`, type }))],
    inputFields,
    inputChanges: { update: true, delete: true },
    stateTtlMs: null,
    withoutRetraction: aggregates.map(() => false),
    ...more,
  };
}

function harness(given: GroupAggregateSpec, ctx: ConstructorParameters<typeof ChangeHarness>[2] = {}): ChangeHarness {
  return new ChangeHarness(new GroupAggregateOperator(given), inputFields, ctx, given.fields);
}

describe('a group', () => {
  it('begins with +I, goes on with -U and +U, ends with -D, and begins anew', () => {
    const out = harness(spec()).feed(['+I a 1', '+I a 5', '-D a 5', '-U a 1', '+U b 2', '+I a 7']);
    expect(out).toEqual([
      '+I a 1 1 1 1',
      '-U a 1 1 1 1',
      '+U a 2 6 5 2',
      '-U a 2 6 5 2',
      '+U a 1 1 1 1',
      '-D a 1 1 1 1',
      '+I b 1 2 2 1',
      '+I a 1 7 7 1',
    ]);
  });

  it('says nothing when its result stays, and nothing of rows that it never had', () => {
    const max = spec({ aggregates: [call('MAX', [1], int)] });
    expect(harness(max).feed(['-D a 1', '+I a 5', '+I a 3', '-D a 3', '-U a 5'])).toEqual(['+I a 5', '-D a 5']);
  });

  it('of NULL is one, and NULLs are no values', () => {
    expect(harness(spec()).feed(['+I null null', '+I null 3'])).toEqual([
      '+I null 1 null null 0',
      '-U null 1 null null 0',
      '+U null 2 3 3 1',
    ]);
  });

  it('without keys is the whole input', () => {
    const whole = spec({ keys: [], aggregates: [call('COUNT', [], count)] });
    expect(harness(whole).feed(['+I a 1', '+I b 1', '-D a 1', '-D b 1'])).toEqual([
      '+I 1',
      '-U 1',
      '+U 2',
      '-U 2',
      '+U 1',
      '-D 1',
    ]);
  });

  it('does not take back what only rises', () => {
    const rising = spec({ aggregates: [call('MAX', [1], int)], withoutRetraction: [true] });
    expect(harness(rising).feed(['+I a 1', '+I a 2', '-U a 2', '+U a 3'])).toEqual([
      '+I a 1',
      '-U a 1',
      '+U a 2',
      '-U a 2',
      '+U a 3',
    ]);
  });

  it('of SELECT DISTINCT is given once where rows only come', () => {
    const distinct = spec({ aggregates: [], inputChanges: { update: false, delete: false } });
    expect(harness(distinct).feed(['+I a 1', '+I a 2', '+I b 1'])).toEqual(['+I a', '+I b']);
  });

  it('lives as long as its last change says; a result is given again though it stays', () => {
    let now = 0;
    const session = { ...testSession, now: () => now };
    const max = harness(spec({ aggregates: [call('MAX', [1], int)], stateTtlMs: 10 }), { session });
    expect(max.feed(['+I a 5', '+I a 3'])).toEqual(['+I a 5', '-U a 5', '+U a 5']);
    now = 9;
    expect(max.feed(['+I a 1'])).toEqual(['-U a 5', '+U a 5']);
    now = 19;
    expect(max.feed(['-D a 3', '+I a 2'])).toEqual(['+I a 2']);
  });
});

/** Changes of a table: rows come, go, and change. */
const changelog = fc
  .array(
    fc.tuple(
      fc.constantFrom('a', 'b', 'c', 'null'),
      fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant('null')),
      fc.nat(5),
    ),
    {
      maxLength: 40,
    },
  )
  .map((steps) => {
    const table: string[] = [];
    const changes: string[] = [];
    for (const [key, value, choice] of steps) {
      const row = `${key} ${value}`;
      const place = choice % Math.max(1, table.length);
      if (choice < 3 || table.length === 0) {
        table.push(row);
        changes.push(`+I ${row}`);
      } else if (choice === 3) changes.push(`-D ${table.splice(place, 1)[0]}`);
      else {
        changes.push(`-U ${table[place]}`, `+U ${row}`);
        table[place] = row;
      }
    }
    return { table, changes };
  });

/** The rows that changes leave; each that goes must be there. */
function folded(changes: readonly string[]): string[] {
  const rows: string[] = [];
  for (const change of changes) {
    const [kind, row] = [change.slice(0, 2), change.slice(3)];
    if (kind === '+I' || kind === '+U') rows.push(row);
    else {
      expect(rows).toContain(row);
      rows.splice(rows.indexOf(row), 1);
    }
  }
  return rows.sort();
}

function batch(table: readonly string[]): string[] {
  const groups = Map.groupBy(table, (row) => row.split(' ')[0]!);
  return [...groups]
    .map(([key, rows]) => {
      const values = rows.map((row) => row.split(' ')[1]!).filter((value) => value !== 'null');
      const numbers = values.map(Number);
      const sum = numbers.length === 0 ? null : numbers.reduce((a, b) => a + b, 0);
      const max = numbers.length === 0 ? null : Math.max(...numbers);
      return `${key} ${rows.length} ${sum} ${max} ${new Set(values).size}`;
    })
    .sort();
}

describe('the changes', () => {
  it('leave what the aggregation of the final table is', () =>
    fc.assert(
      fc.property(changelog, ({ table, changes }) => {
        expect(folded(harness(spec()).feed(changes))).toEqual(batch(table));
      }),
      { numRuns: 100 },
    ));

  it('are the same when a snapshot is restored by two subtasks', () =>
    fc.assert(
      fc.property(changelog, fc.nat(40), ({ table, changes }, cut) => {
        const before = harness(spec());
        const out = before.feed(changes.slice(0, cut));
        const snapshot = before.operator.snapshot!();
        const chunks = [...snapshot.chunks()];
        snapshot.done();
        for (const subtaskIndex of [0, 1]) {
          const after = harness(spec(), { subtaskIndex, parallelism: 2 }).restore(chunks);
          out.push(...after.feedOwned(changes.slice(cut), [0]));
        }
        expect(folded(out)).toEqual(batch(table));
      }),
      { numRuns: 60 },
    ));

  it('after a snapshot are not in it', () => {
    const before = harness(spec());
    before.feed(['+I a 1', '+I b 1']);
    const snapshot = before.operator.snapshot!();
    before.feed(['+I a 2', '-D b 1']);
    const chunks = [...snapshot.chunks()];
    snapshot.done();
    expect(harness(spec()).restore(chunks).feed(['+I a 2', '+I b 1'])).toEqual([
      '-U a 1 1 1 1',
      '+U a 2 3 2 2',
      '-U b 1 1 1 1',
      '+U b 2 2 1 1',
    ]);
  });
});
