import { describe, expect, it } from 'vitest';
import { MatchSubtasks, matchSpec } from '../../support/match-harness.ts';
import type { Row } from '../../support/operator-harness.ts';

// Rows in, matches out. Expected rows marked so are those of Flink's own tests (MatchRecognizeITCase).

const ticker = `CREATE TABLE ticker (id INT, name STRING, price INT, rate DOUBLE, tax INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
  WITH ('connector' = 'kafka');`;

/** Columns as the table has them; what is not given is NULL, the time counts on. */
type Tick = Partial<
  Readonly<{ id: number; name: string; price: number | null; rate: number; tax: number; ts: number }>
>;

function rowsOf(ticks: readonly Tick[]): Row[] {
  return ticks.map(({ id, name, price, rate, tax, ts }, i) => [
    id ?? i + 1,
    name ?? null,
    price ?? null,
    rate ?? null,
    tax ?? null,
    ts ?? i + 1,
  ]);
}

const inOrder = ['id', 'name', 'price', 'rate', 'tax', 'ts'];

async function subtasks(clauses: string, parallelism = 1): Promise<MatchSubtasks> {
  return new MatchSubtasks(
    await matchSpec(`${ticker} SELECT * FROM ticker MATCH_RECOGNIZE (${clauses});`),
    parallelism,
  );
}

async function matches(clauses: string, ticks: readonly Tick[]): Promise<Row[]> {
  const operator = await subtasks(clauses);
  const columns = operator.spec.inputFields.map(({ name }) => inOrder.indexOf(name));
  operator.rows(rowsOf(ticks).map((row) => columns.map((column) => row[column])));
  operator.watermark(Infinity);
  return operator.takeRows();
}

const named = (text: string): Tick[] => [...text].map((name) => ({ name }));
const priced = (...prices: readonly number[]): Tick[] => prices.map((price) => ({ price }));

describe('the rows of Flink', () => {
  it('LAST and FIRST with offsets over one variable', async () => {
    const ticks = priced(19, 17, 13, 20, 20, 26, 20, 25).map((tick, i) => ({ ...tick, tax: i + 1 }));
    const rows = await matches(
      `ORDER BY ts MEASURES FIRST(DOWN.id) AS a, LAST(DOWN.id) AS b, UP.id AS c, FIRST(DOWN.price + DOWN.tax + 1) AS d, UP.price + UP.tax AS e
       ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (DOWN{2,} UP)
       DEFINE DOWN AS price < LAST(DOWN.price, 1) OR LAST(DOWN.price, 1) IS NULL, UP AS price < FIRST(DOWN.price)`,
      ticks,
    );
    expect(rows).toEqual([[6, 7, 8, 33, 33]]);
  });

  it('FIRST and LAST over all variables, to their ends', async () => {
    const firsts = Array.from({ length: 8 }, (_, i) => `FIRST(id, ${i}) AS f${i}`).join(', ');
    const lasts = Array.from({ length: 8 }, (_, i) => `LAST(id, ${i}) AS l${i}`).join(', ');
    const rows = await matches(
      `ORDER BY ts MEASURES ${firsts}, ${lasts} AFTER MATCH SKIP PAST LAST ROW PATTERN (\`DOWN"\`{2,} UP)
       DEFINE \`DOWN"\` AS price < LAST(price, 1) OR LAST(price, 1) IS NULL,
         UP AS price = FIRST(price) AND price > FIRST(price, 3) AND price = LAST(price, 7)`,
      priced(20, 19, 18, 17, 16, 15, 14, 20),
    );
    expect(rows).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 8, 7, 6, 5, 4, 3, 2, 1]]);
  });

  it('an offset beyond the rows is NULL', async () => {
    const rows = await matches(
      `ORDER BY ts MEASURES FIRST(DOWN.price) AS a, LAST(DOWN.price) AS b, FIRST(DOWN.price, 5) AS c
       AFTER MATCH SKIP PAST LAST ROW PATTERN (DOWN{2,} UP)
       DEFINE DOWN AS price < LAST(DOWN.price, 1) OR LAST(DOWN.price, 1) IS NULL, UP AS price > LAST(DOWN.price)`,
      priced(19, 17, 13, 20),
    );
    expect(rows).toEqual([[19, 13, null]]);
  });

  it('aggregates in DEFINE and MEASURES', async () => {
    const data: readonly (readonly [string, number, number])[] = [
      ['a', 1, 0.8],
      ['z', 2, 0.8],
      ['b', 1, 0.8],
      ['c', 1, 0.8],
      ['d', 4, 0.1],
      ['a', 2, 1.5],
      ['b', 2, 0.8],
      ['c', 1, 0.8],
      ['h', 4, 0.8],
      ['h', 4, 0.8],
      ['h', 2, 0.8],
      ['h', 2, 0.8],
    ];
    const rows = await matches(
      `ORDER BY ts MEASURES FIRST(id) AS s, SUM(A.price) AS a, COUNT(D.price) AS n, SUM(D.price) AS d, AVG(B.price) AS b,
         SUM(B.price * B.rate) AS e, LAST(id) AS l
       AFTER MATCH SKIP PAST LAST ROW PATTERN (A+ B+ C D? E)
       DEFINE A AS SUM(A.price) < 6,
         B AS SUM(B.price * B.rate) < SUM(A.price) AND SUM(B.price * B.rate) > 0.2 AND SUM(B.price) >= 1 AND AVG(B.price) >= 1`,
      data.map(([name, price, rate]) => ({ name, price, rate })),
    );
    expect(
      rows.map((row) => row.map((value) => (typeof value === 'number' ? Number(value.toPrecision(9)) : value))),
    ).toEqual([
      [1, 5, 0, null, 3, 3.4, 8],
      [9, 4, 0, null, 4, 3.2, 12],
    ]);
  });

  it('aggregates skip NULL, COUNT(*) does not', async () => {
    const prices = [10, 10, null, null, 3, 3, 3, 3, 2];
    const names = ['a', 'z', 'b', 'c', 'd', 'c', 'c', 'c', 'c'];
    const rows = await matches(
      `ORDER BY ts MEASURES SUM(A.price) AS a, COUNT(A.id) AS b, COUNT(A.price) AS c, COUNT(*) AS d, COUNT(price) AS e, LAST(id) AS f
       AFTER MATCH SKIP PAST LAST ROW PATTERN (A+ C) DEFINE A AS SUM(A.price) < 30, C AS C.name = 'c'`,
      names.map((name, i) => ({ name, price: prices[i]! })),
    );
    expect(rows).toEqual([[29, 7, 5, 8, 6, 8]]);
  });

  it('the further ORDER BY decides between rows of one time', async () => {
    const data: readonly (readonly [number, number, string, number])[] = [
      [12, 1, 'a', 2],
      [11, 2, 'b', 1],
      [10, 3, 'c', 3],
      [8, 4, 'a', 4],
      [9, 5, 'b', 4],
      [7, 6, 'c', 5],
      [6, 8, 'a', 6],
      [6, 7, 'b', 6],
      [4, 9, 'c', 8],
      [3, 10, 'a', 9],
      [2, 11, 'b', 10],
      [1, 12, 'c', 11],
    ];
    const rows = await matches(
      `ORDER BY ts, tax DESC, price ASC MEASURES A.id AS a, B.id AS b, C.id AS c PATTERN (A B C)
       DEFINE A AS name = 'a', B AS name = 'b', C AS name = 'c'`,
      data.map(([tax, price, name, ts]) => ({ tax, price, name, ts })),
    );
    expect(rows).toEqual([[10, 11, 12]]);
  });
});

const abc = "DEFINE A AS A.name = 'a', B AS B.name = 'b', C AS C.name = 'c'";
const ab = "DEFINE A AS A.name = 'a', B AS B.name = 'b'";
const ends = 'MEASURES FIRST(id) AS f, LAST(id) AS l';

describe('quantifiers', () => {
  it.each<readonly [pattern: string, input: string, expected: readonly (readonly [number, number])[]]>([
    ['A B C', 'aabcc', [[2, 4]]],
    [
      'A B* C',
      'acabcabbbc',
      [
        [1, 2],
        [3, 5],
        [6, 10],
      ],
    ],
    [
      'A B+ C',
      'acabcabbbc',
      [
        [3, 5],
        [6, 10],
      ],
    ],
    [
      'A B? C',
      'acabcabbbc',
      [
        [1, 2],
        [3, 5],
      ],
    ],
    ['A B{2} C', 'acabcabbc', [[6, 9]]],
    [
      'A B{2,} C',
      'abcabbcabbbc',
      [
        [4, 7],
        [8, 12],
      ],
    ],
    [
      'A B{,2} C',
      'acabcabbcabbbc',
      [
        [1, 2],
        [3, 5],
        [6, 9],
      ],
    ],
    [
      'A B{2,3} C',
      'abcabbcabbbcabbbbc',
      [
        [4, 7],
        [8, 12],
      ],
    ],
    ['A B+?', 'abbb', [[1, 2]]],
    ['A B{2,}?', 'abbb', [[1, 3]]],
    ['A B*?', 'abbb', [[1, 1]]],
    ['A (B C)', 'abc', [[1, 3]]],
  ])('%s over %s', async (pattern, input, expected) => {
    const rows = await matches(
      `ORDER BY ts ${ends} AFTER MATCH SKIP PAST LAST ROW PATTERN (${pattern}) ${pattern.includes('C') ? abc : ab}`,
      named(input),
    );
    expect(rows).toEqual(expected);
  });

  it('a greedy loop gives no row back: what it has eaten is missing behind it', async () => {
    const greedy = `ORDER BY ts ${ends} PATTERN (A X* C) DEFINE A AS A.name = 'a', X AS X.name <> 'a', C AS C.name = 'c'`;
    expect(await matches(greedy, named('abbca'))).toEqual([]);
    const reluctant = greedy.replace('X*', 'X*?');
    expect(await matches(reluctant, named('abbca'))).toEqual([[1, 4]]);
  });

  it('a condition of NULL takes no row', async () => {
    const clauses = `ORDER BY ts ${ends} PATTERN (A B) DEFINE A AS A.price > 1, B AS B.price > A.price`;
    expect(await matches(clauses, [{ price: 2 }, { price: null }, { price: 3 }, { price: 4 }])).toEqual([[3, 4]]);
  });

  it('a variable without a condition takes any row', async () => {
    expect(
      await matches(`ORDER BY ts ${ends} AFTER MATCH SKIP PAST LAST ROW PATTERN (A X B) ${ab}`, named('azbab')),
    ).toEqual([[1, 3]]);
  });
});

describe('AFTER MATCH SKIP', () => {
  const clauses = (skip: string): string =>
    `ORDER BY ts ${ends} ${skip} PATTERN (A{2} B{2} C) DEFINE A AS name IN ('a', 'b'), B AS name = 'b', C AS name IN ('b', 'c')`;

  it.each<readonly [skip: string, expected: readonly (readonly [number, number])[]]>([
    ['AFTER MATCH SKIP PAST LAST ROW', [[1, 5]]],
    [
      'AFTER MATCH SKIP TO NEXT ROW',
      [
        [1, 5],
        [2, 6],
        [3, 7],
        [4, 8],
      ],
    ],
    [
      '',
      [
        [1, 5],
        [2, 6],
        [3, 7],
        [4, 8],
      ],
    ],
    [
      'AFTER MATCH SKIP TO FIRST B',
      [
        [1, 5],
        [3, 7],
      ],
    ],
    [
      'AFTER MATCH SKIP TO LAST B',
      [
        [1, 5],
        [4, 8],
      ],
    ],
    [
      'AFTER MATCH SKIP TO B',
      [
        [1, 5],
        [4, 8],
      ],
    ],
    [
      'AFTER MATCH SKIP TO LAST A',
      [
        [1, 5],
        [2, 6],
        [3, 7],
        [4, 8],
      ],
    ],
  ])('%s', async (skip, expected) => {
    expect(await matches(clauses(skip), named('aabbbbbc'))).toEqual(expected);
  });

  it('fails where it would find the same match again, or no such row', async () => {
    await expect(matches(clauses('AFTER MATCH SKIP TO FIRST A'), named('aabbb'))).rejects.toThrow(/A is the first row/);
    const optional = `ORDER BY ts ${ends} AFTER MATCH SKIP TO B PATTERN (A B? C) ${abc}`;
    await expect(matches(optional, named('ac'))).rejects.toThrow(/no row of the match is a B/);
  });
});

describe('time', () => {
  const within =
    "ORDER BY ts MEASURES A.id AS a, C.id AS c, MATCH_ROWTIME() AS t AFTER MATCH SKIP PAST LAST ROW PATTERN (A B* C) WITHIN INTERVAL '0.003' SECOND";

  it('WITHIN: a match is shorter than the interval', async () => {
    expect(await matches(`${within} ${abc}`, named('abcabbc'))).toEqual([[1, 3, 3]]);
  });

  it('a match waits while one that began earlier may still come, and is given out when that is too old', async () => {
    const clauses = `ORDER BY ts MEASURES FIRST(id) AS f, LAST(id) AS l, MATCH_ROWTIME() AS t AFTER MATCH SKIP TO NEXT ROW
      PATTERN (A X*? C) WITHIN INTERVAL '0.010' SECOND DEFINE A AS name = 'a', X AS name <> 'e', C AS C.price = LAST(A.price)`;
    const rows = await matches(clauses, [
      { name: 'a', price: 1, ts: 1 },
      { name: 'a', price: 2, ts: 2 },
      { name: 'c', price: 2, ts: 3 },
      { name: 'c', price: 3, ts: 30 },
    ]);
    expect(rows).toEqual([[2, 3, 30]]);
  });

  it('rows wait for the watermark, late ones are dropped and counted', async () => {
    const operator = await subtasks(`ORDER BY ts MEASURES A.id AS a, B.id AS b PATTERN (A B) ${ab}`);
    const columns = operator.spec.inputFields.map(({ name }) => inOrder.indexOf(name));
    const feed = (...ticks: Tick[]): void => operator.rows(rowsOf(ticks).map((row) => columns.map((c) => row[c])));
    feed({ id: 2, name: 'b', ts: 20 }, { id: 1, name: 'a', ts: 10 });
    expect(operator.takeRows()).toEqual([]);
    operator.watermark(20);
    expect(operator.takeRows()).toEqual([[1, 2]]);
    feed({ id: 3, name: 'a', ts: 20 }, { id: 4, name: 'a', ts: 21 }, { id: 5, name: 'b', ts: 22 });
    operator.watermark(Infinity);
    expect(operator.takeRows()).toEqual([[4, 5]]);
    expect(operator.lateRecords).toBe(1);
  });

  it('in processing time rows are matched as they come', async () => {
    const script = `CREATE TABLE t (id INT, name STRING, pt AS PROCTIME()) WITH ('connector' = 'kafka');
      SELECT * FROM t MATCH_RECOGNIZE (ORDER BY pt MEASURES A.id AS a, B.id AS b PATTERN (A B) DEFINE A AS name = 'a', B AS name = 'b');`;
    const operator = new MatchSubtasks(await matchSpec(script));
    const places = { id: 0, name: 1, pt: 2 } as Record<string, number>;
    const rows = [
      [1, 'a', 5],
      [2, 'b', 5],
      [3, 'b', 6],
    ];
    operator.rows(rows.map((row) => operator.spec.inputFields.map(({ name }) => row[places[name]!])));
    expect(operator.takeRows()).toEqual([[1, 2]]);
  });
});
