import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Expression } from '../../../src/model/expression.ts';
import type { JoinSpec } from '../../../src/model/job-graph.ts';
import type { JoinType } from '../../../src/model/plan.ts';
import { types } from '../../../src/model/types.ts';
import { type Change, fieldsNamed, folded, JoinRun } from '../../support/join-run.ts';
import type { Row } from '../../support/operator-harness.ts';

// Whatever changes come, in whatever order of the two sides: the rows that are left are those of a join of the rows that are left of each side.

const leftFields = fieldsNamed(['k', 'a'], types.of('int'));
const rightFields = fieldsNamed(['l', 'b'], types.of('int'));
const joins: readonly JoinType[] = ['inner', 'left', 'right', 'full', 'semi', 'anti'];

/** `a < b`. */
const condition: Expression = {
  kind: 'call',
  name: '<',
  args: [
    { kind: 'column', index: 1, type: types.of('int') },
    { kind: 'column', index: 3, type: types.of('int') },
  ],
  type: types.of('boolean'),
};

/** `stays`: rows only come. */
type Case = Readonly<{ join: JoinType; nullSafe: boolean; hasCondition: boolean; stays: boolean }>;

function specOf({ join, nullSafe, hasCondition, stays }: Case): JoinSpec {
  const changes = { update: !stays, delete: !stays };
  return {
    kind: 'join',
    join,
    leftKeys: [0],
    rightKeys: [0],
    nullSafe: [nullSafe],
    condition: hasCondition ? condition : null,
    fields: join === 'semi' || join === 'anti' ? leftFields : [...leftFields, ...rightFields],
    leftFields,
    rightFields,
    leftChanges: changes,
    rightChanges: changes,
    leftTtlMs: null,
    rightTtlMs: null,
    leftUnique: null,
    rightUnique: null,
  };
}

function batchJoin({ join, nullSafe, hasCondition }: Case, left: readonly Row[], right: readonly Row[]): string[] {
  const matches = (a: Row, b: Row): boolean =>
    a[0] === b[0] &&
    (nullSafe || a[0] !== null) &&
    (!hasCondition || (a[1] !== null && b[1] !== null && (a[1] as number) < (b[1] as number)));
  const hasLeft = (b: Row): boolean => left.some((a) => matches(a, b));
  const hasRight = (a: Row): boolean => right.some((b) => matches(a, b));
  const pairs = left.flatMap((a) => right.filter((b) => matches(a, b)).map((b) => [...a, ...b]));
  const onlyLeft = left.filter((a) => !hasRight(a)).map((a) => [...a, null, null]);
  const onlyRight = right.filter((b) => !hasLeft(b)).map((b) => [null, null, ...b]);
  const rows: Record<JoinType, readonly Row[]> = {
    inner: pairs,
    left: [...pairs, ...onlyLeft],
    right: [...pairs, ...onlyRight],
    full: [...pairs, ...onlyLeft, ...onlyRight],
    semi: left.filter(hasRight),
    anti: left.filter((a) => !hasRight(a)),
  };
  return rows[join].map((row) => row.map(String).join(' ')).sort();
}

const someValue = fc.option(fc.integer({ min: 0, max: 2 }), { nil: null });

type Changes = Readonly<{ list: Change[]; there: [Row[], Row[]] }>;

/** Rows come; now and then one that is there goes or becomes another. Of some keys there are many. */
const changes: fc.Arbitrary<Changes> = fc
  .array(
    fc.record({
      input: fc.constantFrom(0 as const, 1 as const),
      row: fc.tuple(someValue, fc.oneof(someValue, fc.integer({ min: 0, max: 30 }))),
      what: fc.constantFrom('come', 'come', 'go', 'change'),
      which: fc.nat(),
    }),
    { maxLength: 80 },
  )
  .map((steps) => {
    const there: [Row[], Row[]] = [[], []];
    const list: Change[] = [];
    for (const { input, row, what, which } of steps) {
      const rows = there[input];
      const gone = what === 'come' || rows.length === 0 ? null : rows.splice(which % rows.length, 1)[0]!;
      if (gone !== null) list.push({ input, kind: what === 'go' ? '-D' : '-U', row: gone });
      if (gone !== null && what === 'go') continue;
      list.push({ input, kind: gone === null ? '+I' : '+U', row });
      rows.push(row);
    }
    return { list, there };
  });

const cases = fc.record({
  join: fc.constantFrom(...joins),
  nullSafe: fc.boolean(),
  hasCondition: fc.boolean(),
  stays: fc.boolean(),
});

/** The changes that a case may see. */
function seenBy({ stays }: Case, { list, there }: Changes): Changes {
  if (!stays) return { list, there };
  const come = list.filter(({ kind }) => kind === '+I');
  const of = (side: 0 | 1): Row[] => come.flatMap(({ input, row }) => (input === side ? [row] : []));
  return { list: come, there: [of(0), of(1)] };
}

describe('a regular join', () => {
  it('leaves the rows of a join of what is left of its sides', () => {
    fc.assert(
      fc.property(cases, changes, (of, all) => {
        const { list, there } = seenBy(of, all);
        expect(folded(new JoinRun(specOf(of)).feed(...list))).toEqual(batchJoin(of, ...there));
      }),
      { numRuns: 300 },
    );
  });

  it('goes on from a snapshot at another parallelism', () => {
    fc.assert(
      fc.property(cases, changes, fc.nat(), fc.integer({ min: 1, max: 3 }), (of, all, cut, parallelism) => {
        const { list, there } = seenBy(of, all);
        const at = list.length === 0 ? 0 : cut % list.length;
        const first = new JoinRun(specOf(of), { parallelism: 2 });
        const before = first.feed(...list.slice(0, at));
        const chunks = first.snapshot(() => void first.feed(...list.slice(at)));
        const second = new JoinRun(specOf(of), { parallelism, chunks });
        expect(folded([...before, ...second.feed(...list.slice(at))])).toEqual(batchJoin(of, ...there));
      }),
      { numRuns: 100 },
    );
  });
});
