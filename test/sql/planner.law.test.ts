import fc from 'fast-check';
import { expect, it } from 'vitest';
import { and, call, not, type Row, runPlan, sorted, type Value } from '../support/plan-interpreter.ts';
import { pipelinesOf } from '../support/sql-session.ts';

// Whatever is merged, pruned and pushed down: the plan's rows are those that the query means. Queries are made together with their meaning.

const table = `CREATE TABLE t (a INT, b INT, n ROW<x INT, m ROW<y INT, z INT>>, ms BIGINT NOT NULL, ts AS TO_TIMESTAMP_LTZ(ms, 3),
  WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka');`;

const small = fc.option(fc.integer({ min: -3, max: 3 }), { nil: null });
const nested = fc.option(fc.tuple(small, fc.option(fc.tuple(small, small), { nil: null })), { nil: null });
const records = fc.array(fc.tuple(small, small, nested, fc.integer({ min: 0, max: 30_000 })), { maxLength: 12 });

/** A number of a query with what it means for a row of the query's input, given by the names of its columns. */
type Meaning<T> = Readonly<{ text: string; of: (row: Readonly<Record<string, Value>>) => T }>;

/** A query with columns of one number each and the time `ts`; whether `n` is among them, too. */
type Query = Readonly<{
  text: string;
  numbers: readonly string[];
  hasRow: boolean;
  rows: readonly Readonly<Record<string, Value>>[];
}>;

/** Makes a query of a list of decisions. */
class Maker {
  readonly #decisions: readonly number[];
  readonly #base: Query;
  #next = 0;

  constructor(decisions: readonly number[], rows: readonly Row[]) {
    this.#decisions = decisions;
    const named = rows.map(([a, b, n, ms]) => ({ a: a!, b: b!, n: n!, ms: ms!, ts: ms! }));
    this.#base = { text: 'SELECT * FROM t', numbers: ['a', 'b', 'ms'], hasRow: true, rows: named };
  }

  query(depth: number): Query {
    if (depth === 0) return this.#base;
    const kind = this.#choose(5);
    if (kind === 0) return this.#union(depth);
    return kind === 1 ? this.#aggregate(depth) : this.#select(depth);
  }

  #choose(count: number): number {
    return this.#decisions[this.#next++ % this.#decisions.length]! % count;
  }

  #number(query: Query, depth: number): Meaning<Value> {
    const kind = this.#choose(depth === 0 ? 3 : 6);
    if (kind === 0 && query.hasRow) {
      const field = this.#choose(2) === 0;
      const read = (n: Value): Value => (n as Row | null)?.[0] ?? null;
      const readDeep = (n: Value): Value => ((n as Row | null)?.[1] as Row | null)?.[1] ?? null;
      return field ? { text: 's.n.x', of: (row) => read(row.n!) } : { text: 'n.m.z', of: (row) => readDeep(row.n!) };
    }
    if (kind === 1) return { text: '2', of: () => 2 };
    if (kind <= 2) {
      const name = query.numbers[this.#choose(query.numbers.length)]!;
      return { text: name, of: (row) => row[name]! };
    }
    const [left, right] = [this.#number(query, depth - 1), this.#number(query, depth - 1)];
    if (kind === 5) {
      const when = this.#condition(query, 0);
      const text = `CASE WHEN ${when.text} THEN ${left.text} ELSE ${right.text} END`;
      return { text, of: (row) => (when.of(row) === true ? left.of(row) : right.of(row)) };
    }
    const sign = kind === 3 ? '+' : '*';
    return { text: `(${left.text} ${sign} ${right.text})`, of: (row) => call(sign, [left.of(row), right.of(row)]) };
  }

  #condition(query: Query, depth: number): Meaning<Value> {
    const kind = this.#choose(depth === 0 ? 2 : 5);
    if (kind === 0) {
      const number = this.#number(query, 0);
      return { text: `${number.text} IS NOT NULL`, of: (row) => number.of(row) !== null };
    }
    if (kind <= 2) {
      const [left, right] = [this.#number(query, 1), this.#number(query, 0)];
      return { text: `(${left.text} < ${right.text})`, of: (row) => call('<', [left.of(row), right.of(row)]) };
    }
    const [left, right] = [this.#condition(query, depth - 1), this.#condition(query, depth - 1)];
    if (kind === 3) return { text: `(${left.text} AND ${right.text})`, of: (row) => and(left.of(row), right.of(row)) };
    return { text: `(NOT (${left.text}))`, of: (row) => not(left.of(row)) };
  }

  #select(depth: number): Query {
    const input = this.query(depth - 1);
    const items = Array.from({ length: 1 + this.#choose(3) }, () => this.#number(input, 2));
    const where = this.#choose(2) === 0 ? this.#condition(input, 2) : null;
    const hasRow = input.hasRow && this.#choose(2) === 0;
    const names = items.map((_, i) => `c${i}`);
    const list = [...items.map(({ text }, i) => `${text} AS c${i}`), ...(hasRow ? ['n'] : []), 'ts'];
    const text = `SELECT ${list.join(', ')} FROM (${input.text}) AS s${where === null ? '' : ` WHERE ${where.text}`}`;
    const rows = input.rows
      .filter((row) => where === null || where.of(row) === true)
      .map((row) => ({
        ...Object.fromEntries(items.map((item, i) => [names[i]!, item.of(row)])),
        ...(hasRow ? { n: row.n! } : {}),
        ts: row.ts!,
      }));
    return { text, numbers: names, hasRow, rows };
  }

  #union(depth: number): Query {
    const sides = [this.query(depth - 1), this.query(depth - 1)].map((query) => {
      const name = query.numbers[this.#choose(query.numbers.length)]!;
      const text = `SELECT ${name} AS u, ts FROM (${query.text}) AS s`;
      return { text, rows: query.rows.map((row) => ({ u: row[name]!, ts: row.ts! })) };
    });
    const text = sides.map((side) => side.text).join(' UNION ALL ');
    return { text, numbers: ['u'], hasRow: false, rows: sides.flatMap(({ rows }) => rows) };
  }

  /** Its aggregates go nowhere but to the end: what they are is what goes in. */
  #aggregate(depth: number): Query {
    const input = this.query(depth - 1);
    const key = this.#number(input, 1);
    const keep = this.#condition(input, 1);
    const inner = `SELECT ${key.text} AS k, ts FROM (${input.text}) AS s WHERE ${keep.text}`;
    const text = `SELECT k AS g, window_time AS ts FROM TABLE(TUMBLE((${inner}), DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time, k`;
    const groups = input.rows
      .filter((row) => keep.of(row) === true)
      .map((row) => ({ g: key.of(row), ts: Math.floor((row.ts as number) / 10_000) * 10_000 + 9_999 }));
    const distinct = new Map(groups.map((group) => [JSON.stringify(group), group]));
    return { text, numbers: ['g'], hasRow: false, rows: [...distinct.values()] };
  }
}

it('plans give the rows that their queries mean', { timeout: 30_000 }, async () => {
  const decisions = fc.array(fc.nat({ max: 59 }), { minLength: 30, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(decisions, fc.integer({ min: 1, max: 4 }), records, async (choices, depth, rows) => {
      const query = new Maker(choices, rows).query(depth);
      const columns = [...query.numbers, ...(query.hasRow ? ['n'] : []), 'ts'];
      const [pipeline] = await pipelinesOf(`${table} SELECT ${columns.join(', ')} FROM (${query.text}) AS s`);
      const expected = query.rows.map((row) => columns.map((column) => row[column]!));
      expect(pipeline!.input.fields.map(({ name }) => name)).toEqual(columns);
      expect(sorted(runPlan(pipeline!.input, rows)), query.text).toEqual(sorted(expected));
    }),
    { numRuns: 300 },
  );
});

it('aggregates get what the query feeds them', async () => {
  const script = `${table} SELECT window_end, SUM(n.x + a) FILTER (WHERE b < 1) AS s, a FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))
    WHERE n.m.y IS NOT NULL GROUP BY window_start, window_end, a`;
  const [pipeline] = await pipelinesOf(script);
  const rows: Row[] = [
    [1, 0, [5, [1, 2]], 0],
    [1, 1, [6, [1, 2]], 1],
    [1, 0, [7, [1, 2]], 9_999],
    [1, 0, [8, [null, 2]], 2],
    [2, 0, [9, [1, 2]], 10_000],
  ];
  expect(sorted(runPlan(pipeline!.input, rows))).toEqual(
    sorted([
      [10_000, [[6], [8]], 1],
      [20_000, [[11]], 2],
    ]),
  );
});
