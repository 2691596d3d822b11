import { describe, expect, it } from 'vitest';
import type { EngineError } from '../../src/model/errors.ts';
import { runScript } from '../support/sql-session.ts';

// What Flink refuses in MATCH_RECOGNIZE is refused here, with its place.

const tables = `CREATE TABLE t (k STRING, price INT, tax INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka');`;

type Clauses = Readonly<{
  order?: string;
  measures?: string;
  rest?: string;
  pattern?: string;
  define?: string;
}>;

function script({ order, measures, rest, pattern, define }: Clauses): string {
  return `${tables} SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY ${order ?? 'ts'} MEASURES ${measures ?? 'A.k AS x'}
    ${rest ?? ''} PATTERN (${pattern ?? 'A B'}) DEFINE ${define ?? 'A AS TRUE'});`;
}

async function failure(text: string): Promise<readonly [code: string, at: string, message: string]> {
  try {
    await runScript(text);
  } catch (error) {
    const { code, position, message } = error as EngineError;
    return [
      code,
      text.slice(position!.start, position!.end),
      message.split('\n')[0]!.replace(/^line \d+, column \d+: /, ''),
    ];
  }
  throw new Error('the script ran');
}

type Case = readonly [clauses: Clauses, code: string, at: string, message: string];

const unsupported: readonly Case[] = [
  [{ rest: 'ALL ROWS PER MATCH' }, 'UNSUPPORTED', 'ALL ROWS PER MATCH', 'ALL ROWS PER MATCH is not supported'],
  [{ pattern: 'A B+' }, 'UNSUPPORTED', 'B+', 'a greedy quantifier at the end of PATTERN is not supported'],
  [{ pattern: 'A B{2,}' }, 'UNSUPPORTED', 'B{2,}', 'a greedy quantifier at the end of PATTERN is not supported'],
  [{ pattern: 'A*?' }, 'UNSUPPORTED', 'A*?', 'a pattern that matches no rows at all is not supported'],
  [{ pattern: 'A?? B' }, 'UNSUPPORTED', 'A??', 'the reluctant quantifier ?? is not supported'],
  [{ pattern: '(A B)+ C' }, 'UNSUPPORTED', '(A B)', 'a quantifier of a group in PATTERN is not supported'],
  [{ pattern: '(A | B) C' }, 'UNSUPPORTED', 'A | B', "an alternation '|' in PATTERN is not supported"],
  [{ pattern: 'PERMUTE(A, B) C' }, 'UNSUPPORTED', 'PERMUTE(A, B)', 'PERMUTE in PATTERN is not supported'],
  [{ pattern: 'A {- B -} C' }, 'UNSUPPORTED', '{- B -}', "an exclusion '{- -}' in PATTERN is not supported"],
  [{ pattern: '^ A B' }, 'UNSUPPORTED', '^', "the anchor '^' in PATTERN is not supported"],
  [{ pattern: 'A B A' }, 'UNSUPPORTED', 'A', "a second 'A' in PATTERN is not supported"],
  [{ define: 'A AS PREV(A.price) = 1' }, 'UNSUPPORTED', 'PREV(A.price)', 'PREV, a physical offset, is not supported'],
  [
    { measures: 'NEXT(A.price, 2) AS x' },
    'UNSUPPORTED',
    'NEXT(A.price, 2)',
    'NEXT, a physical offset, is not supported',
  ],
  [{ measures: 'CLASSIFIER() AS x' }, 'UNSUPPORTED', 'CLASSIFIER()', 'CLASSIFIER() is not supported'],
  [
    { measures: 'COUNT(DISTINCT A.price) AS x' },
    'UNSUPPORTED',
    'COUNT(DISTINCT A.price)',
    'COUNT(DISTINCT) in MATCH_RECOGNIZE is not supported',
  ],
];

const invalid: readonly Case[] = [
  [{ order: 'price' }, 'SQL_VALIDATION', 'price', "ORDER BY: 'price' is no time attribute"],
  [{ order: 'pt DESC' }, 'SQL_VALIDATION', 'pt', 'ORDER BY: expected the time attribute ascending'],
  [{ define: 'D AS TRUE' }, 'SQL_VALIDATION', 'D', "PATTERN has no variable 'D'"],
  [{ define: 'A AS TRUE, A AS FALSE' }, 'SQL_VALIDATION', 'A', "'A' is defined twice"],
  [{ define: 'A AS A.price' }, 'SQL_VALIDATION', 'A.price', 'DEFINE: expected a condition, got a value of INT'],
  [{ rest: 'AFTER MATCH SKIP TO D' }, 'SQL_VALIDATION', 'D', "PATTERN has no variable 'D'"],
  [{ pattern: 'A{3,2} B' }, 'SQL_VALIDATION', 'A{3,2}', 'expected at least one row, and not fewer than 3, got {3,2}'],
  [{ measures: 'A.k AS k' }, 'SQL_VALIDATION', 'k', "MATCH_RECOGNIZE: two columns are called 'k'"],
  [{ measures: 'A.cost AS x' }, 'SQL_VALIDATION', 'cost', "unknown column 'cost'"],
  [
    { measures: 'SUM(A.price + B.tax) AS x' },
    'SQL_VALIDATION',
    'SUM(A.price + B.tax)',
    'SUM: an aggregate has to be over one pattern variable',
  ],
  [
    { measures: 'LAST(A.price + B.tax) AS x' },
    'SQL_VALIDATION',
    'LAST(A.price + B.tax)',
    'LAST: its columns are of more than one pattern variable',
  ],
  [{ measures: 'LAST(1) AS x' }, 'SQL_VALIDATION', 'LAST(1)', 'LAST: expected a column of a pattern variable'],
  [{ measures: 'SUM(LAST(A.price)) AS x' }, 'SQL_VALIDATION', 'LAST(A.price)', "LAST can't stand in SUM"],
  [{ measures: 'LAST(SUM(A.price)) AS x' }, 'SQL_VALIDATION', 'SUM(A.price)', "SUM can't stand in LAST"],
  [{ measures: 'LAST(FIRST(A.price)) AS x' }, 'SQL_VALIDATION', 'FIRST(A.price)', "FIRST can't stand in LAST"],
  [
    { order: 'pt', measures: 'MATCH_ROWTIME() AS x' },
    'SQL_VALIDATION',
    'MATCH_ROWTIME()',
    'MATCH_ROWTIME: expected ORDER BY a rowtime, got a processing time',
  ],
  [{ measures: 'MATCH_ROWTIME(price) AS x' }, 'SQL_VALIDATION', 'price', 'MATCH_ROWTIME: expected a rowtime attribute'],
];

describe('MATCH_RECOGNIZE', () => {
  it.each([...unsupported, ...invalid])('%o: %s at %s', async (clauses, code, at, message) => {
    expect(await failure(script(clauses))).toEqual([code, at, message]);
  });

  it('SUBSET and WITHIN months are refused', async () => {
    const subset = `${tables} SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts PATTERN (A B) SUBSET U = (A, B) DEFINE A AS TRUE);`;
    expect(await failure(subset)).toEqual(['UNSUPPORTED', 'SUBSET U = (A, B)', 'SUBSET is not supported']);
    const months = `${tables} SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts PATTERN (A B) WITHIN INTERVAL '1' MONTH DEFINE A AS TRUE);`;
    expect((await failure(months)).slice(1)).toEqual([
      "INTERVAL '1' MONTH",
      'WITHIN: expected an interval of days to seconds',
    ]);
  });

  it.each([
    "PARTITION BY k ORDER BY ts, price DESC MEASURES FIRST(A.price, 1) AS a, LAST(price) AS b ONE ROW PER MATCH AFTER MATCH SKIP TO FIRST B PATTERN (A+ B) WITHIN INTERVAL '10 00:00:00.004' DAY TO SECOND DEFINE A AS PREV(A.price, 0) > 1",
    'ORDER BY pt MEASURES MATCH_PROCTIME() AS p AFTER MATCH SKIP TO LAST B PATTERN (A{,3} (B)) DEFINE A AS price > 1, B AS B.price > AVG(A.price)',
    'ORDER BY ts MEASURES MATCH_ROWTIME(ts) AS r PATTERN (FIRST LAST{2}) DEFINE LAST AS LAST.price > FIRST.price',
  ])('takes %s', async (clauses) => {
    const results = await runScript(`${tables} SELECT * FROM t MATCH_RECOGNIZE (${clauses}) AS m;`);
    expect(results.at(-1)!.kind).toBe('pipelines');
  });
});
