import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { and, not, type Row, runPlan, sorted, type Value } from '../support/plan-interpreter.ts';
import { pipelinesOf } from '../support/sql-session.ts';

// Queries over joins mean what they say, wherever the planner moves their conditions.

const tables = ['p', 'q', 'r'] as const;
const schema = tables.map((table) => `CREATE TABLE ${table} (a INT, b INT) WITH ('connector' = 'kafka');`).join('\n');

/** A condition as text, and its meaning over the row of all tables so far. */
type Condition = Readonly<{ text: string; holds: (row: Row) => Value }>;

const operand = (width: number): fc.Arbitrary<Condition> =>
  fc
    .oneof({ weight: 4, arbitrary: fc.nat(width * 2 - 1) }, { weight: 1, arbitrary: fc.integer({ min: -3, max: -1 }) })
    .map((choice) =>
      choice < 0
        ? { text: String(-choice), holds: () => -choice }
        : { text: `${tables[choice >> 1]}.${choice % 2 === 0 ? 'a' : 'b'}`, holds: (row) => row[choice]! },
    );

const comparisons: Readonly<Record<string, (a: Value, b: Value) => Value>> = {
  '=': (a, b) => (a === null || b === null ? null : a === b),
  '<': (a, b) => (a === null || b === null ? null : (a as number) < (b as number)),
  '<>': (a, b) => (a === null || b === null ? null : a !== b),
  'IS NOT DISTINCT FROM': (a, b) => a === b,
};

const simple = (width: number): fc.Arbitrary<Condition> =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .tuple(operand(width), fc.constantFrom(...Object.keys(comparisons)), operand(width))
        .map(([left, symbol, right]) => ({
          text: `${left.text} ${symbol} ${right.text}`,
          holds: (row: Row) => comparisons[symbol]!(left.holds(row), right.holds(row)),
        })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(operand(width), fc.boolean()).map(([{ text, holds }, negated]) => ({
        text: `${text} IS ${negated ? 'NOT ' : ''}NULL`,
        holds: (row: Row) => (holds(row) === null) !== negated,
      })),
    },
  );

const condition = (width: number): fc.Arbitrary<Condition> =>
  fc
    .array(fc.tuple(simple(width), fc.option(simple(width), { nil: null }), fc.boolean()), {
      minLength: 1,
      maxLength: 3,
    })
    .map((parts) => {
      const bound = parts.map(([one, other, negated]): Condition => {
        const either: Condition =
          other === null
            ? one
            : {
                text: `(${one.text} OR ${other.text})`,
                holds: (row) => not(and(not(one.holds(row)), not(other.holds(row)))),
              };
        return negated ? { text: `NOT (${either.text})`, holds: (row) => not(either.holds(row)) } : either;
      });
      return {
        text: bound.map(({ text }) => text).join(' AND '),
        holds: (row: Row) => bound.map(({ holds }) => holds(row)).reduce(and),
      };
    });

type Join = Readonly<{ kind: 'JOIN' | 'LEFT JOIN' | 'RIGHT JOIN' | 'FULL JOIN'; on: Condition }>;

const joinOf = (width: number): fc.Arbitrary<Join> =>
  fc.record({
    kind: fc.constantFrom('JOIN' as const, 'LEFT JOIN' as const, 'RIGHT JOIN' as const, 'FULL JOIN' as const),
    on: condition(width),
  });

const padding = [null, null];

function joined(left: readonly Row[], right: readonly Row[], { kind, on }: Join, width: number): Row[] {
  const matches = (a: Row, b: Row): boolean => on.holds([...a, ...b]) === true;
  const keepsLeft = kind === 'LEFT JOIN' || kind === 'FULL JOIN';
  const keepsRight = kind === 'RIGHT JOIN' || kind === 'FULL JOIN';
  return [
    ...left.flatMap((a) => right.filter((b) => matches(a, b)).map((b) => [...a, ...b])),
    ...(keepsLeft ? left.filter((a) => !right.some((b) => matches(a, b))).map((a) => [...a, ...padding]) : []),
    ...(keepsRight
      ? right
          .filter((b) => !left.some((a) => matches(a, b)))
          .map((b) => [...Array.from({ length: width }, () => null), ...b])
      : []),
  ];
}

const value = fc.option(fc.integer({ min: 0, max: 3 }), { nil: null });
const rows = fc.array(fc.tuple(value, value), { maxLength: 5 });
const records = fc.record({ p: rows, q: rows, r: rows });

describe('joins of tables', () => {
  it('have the rows that their conditions say', async () => {
    const query = fc.record({
      first: joinOf(2),
      second: joinOf(3),
      where: condition(3),
      columns: fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(query, records, async ({ first, second, where, columns }, data) => {
        const list = columns.map((c, i) => `${tables[c >> 1]}.${c % 2 === 0 ? 'a' : 'b'} AS c${i}`).join(', ');
        const script = `${schema}
          SELECT ${list} FROM p ${first.kind} q ON ${first.on.text} ${second.kind} r ON ${second.on.text} WHERE ${where.text}`;
        const [pipeline] = await pipelinesOf(script);
        const pairs = joined(data.p, data.q, first, 2);
        const expected = joined(pairs, data.r, second, 4)
          .filter((row) => where.holds(row) === true)
          .map((row) => columns.map((column) => row[column]!));
        expect(sorted(runPlan(pipeline!.input, new Map(Object.entries(data))))).toEqual(sorted(expected));
      }),
      { numRuns: 150 },
    );
  });

  it('in whatever order FROM names them', async () => {
    const query = fc.record({
      places: fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      conditions: fc.tuple(simple(3), simple(3)),
    });
    await fc.assert(
      fc.asyncProperty(query, records, async ({ places, conditions }, data) => {
        const from = places.map((place) => tables[place]).join(', ');
        const script = `${schema}
          SELECT p.a, p.b, q.a, q.b, r.a, r.b FROM ${from} WHERE ${conditions.map(({ text }) => text).join(' AND ')}`;
        const [pipeline] = await pipelinesOf(script);
        const all = data.p.flatMap((p) => data.q.flatMap((q) => data.r.map((r) => [...p, ...q, ...r])));
        const expected = all.filter((row) => conditions.every(({ holds }) => holds(row) === true));
        expect(sorted(runPlan(pipeline!.input, new Map(Object.entries(data))))).toEqual(sorted(expected));
      }),
      { numRuns: 150 },
    );
  });

  it('and sub-queries of conditions too', async () => {
    const query = fc.record({
      form: fc.constantFrom('IN', 'NOT IN', 'EXISTS', 'NOT EXISTS'),
      inner: condition(2),
      outer: condition(1),
    });
    await fc.assert(
      fc.asyncProperty(query, records, async ({ form, inner, outer }, data) => {
        const test = form.endsWith('IN') ? `p.a ${form} (SELECT q.b` : `${form} (SELECT 1`;
        const script = `${schema}
          SELECT a, b FROM p WHERE ${test} FROM q WHERE ${inner.text}) AND ${outer.text}`;
        const [pipeline] = await pipelinesOf(script);
        const holds = (row: Row): Value => {
          const found = data.q.filter((other) => inner.holds([...row, ...other]) === true);
          const isIn = found.map((other) => comparisons['=']!(row[0]!, other[1]!));
          switch (form) {
            case 'IN':
              return isIn.includes(true);
            case 'NOT IN':
              return !isIn.includes(true) && !isIn.includes(null);
            case 'EXISTS':
              return found.length > 0;
            default:
              return found.length === 0;
          }
        };
        const expected = data.p.filter((row) => holds(row) === true && outer.holds(row) === true);
        expect(sorted(runPlan(pipeline!.input, new Map(Object.entries(data))))).toEqual(sorted(expected));
      }),
      { numRuns: 150 },
    );
  });
});
