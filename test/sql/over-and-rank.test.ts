import { describe, expect, it } from 'vitest';
import { isEngineError } from '../../src/model/errors.ts';
import { explainPipelines } from '../../src/sql/explain.ts';
import { pipelinesOf } from '../support/sql-session.ts';

// What OVER, Top-N, deduplication, ORDER BY and LIMIT become: the operators of the plan, without what is below the scan and above the list.

const tables = `
  CREATE TABLE t (
    k STRING, v INT, w BIGINT, ts TIMESTAMP_LTZ(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
  ) WITH ('connector' = 'kafka');
  CREATE TABLE u (id INT, k STRING, v INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka');
`;

/** The operators from the top, each with what stands in its brackets. */
async function planOf(query: string): Promise<string[]> {
  const text = explainPipelines(await pipelinesOf(`${tables}${query};`));
  const lines = text.split('\n').map((line) => line.trim().replace(/^\+- /, ''));
  return lines.filter((line) => /^[A-Z]\w+\(/.test(line) && !/^(Sink|Scan|Watermark)\(/.test(line));
}

const rn = 'ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS rn';

describe('OVER', () => {
  it.each<[string, string, string[]]>([
    [
      'several functions on one window, the columns that nobody needs left out',
      'SELECT k, SUM(v) OVER o AS s, COUNT(*) OVER o AS c FROM t WINDOW o AS (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)',
      [
        'Calc(select=[k, over0 AS s, over1 AS c])',
        'OverAggregate(partitionBy=[k], orderBy=[ts ASC], frame=[ROWS 2 PRECEDING], aggregates=[SUM(v) AS over0, COUNT(*) AS over1])',
      ],
    ],
    [
      'arguments and keys that are expressions',
      "SELECT SUM(v + 1) OVER (PARTITION BY UPPER(k) ORDER BY ts RANGE INTERVAL '10' SECOND PRECEDING) FROM t WHERE v > 1",
      [
        'Calc(select=[over0 AS EXPR$0])',
        'OverAggregate(partitionBy=[arg0], orderBy=[ts ASC], frame=[RANGE 10 s PRECEDING], aggregates=[SUM(arg1) AS over0])',
        'Calc(select=[ts, UPPER(k) AS arg0, v + 1 AS arg1], where=[v > 1])',
      ],
    ],
    [
      'processing time',
      'SELECT v, LAG(v) OVER (ORDER BY pt) AS l FROM t',
      [
        'Calc(select=[v, over0 AS l])',
        'OverAggregate(partitionBy=[], orderBy=[processing time], frame=[RANGE UNBOUNDED PRECEDING], aggregates=[LAG(v) AS over0])',
        'Calc(select=[v, pt])',
        'Calc(select=[v, ts, PROCTIME() AS pt])',
      ],
    ],
    [
      'results that nobody needs are not computed',
      'SELECT k FROM (SELECT k, SUM(v) OVER (ORDER BY ts) AS s FROM t)',
      ['Calc(select=[k])'],
    ],
    [
      'an aggregation below',
      'SELECT k, SUM(v) AS s, ROW_NUMBER() OVER (ORDER BY SUM(v) DESC) AS rn FROM t GROUP BY k QUALIFY rn <= 3',
      [
        'Rank(partitionBy=[], orderBy=[s DESC], range=[1..3], rank in the row)',
        'GroupAggregate(keys=[k], aggregates=[SUM(v) AS `$1`])',
        'Calc(select=[k, v])',
      ],
    ],
  ])('%s', async (_, query, expected) => {
    const plan = await planOf(query);
    const named = plan.map((line) => line.replaceAll('`$1`', 's').replace(/agg\d/, 's'));
    expect(named).toEqual(expected.map((line) => line.replaceAll('`$1`', 's').replace(/agg\d/, 's')));
  });
});

describe('a filter on a row number', () => {
  it.each<[string, string, string]>([
    [
      '<=',
      `SELECT k, v FROM (SELECT *, ${rn} FROM t) WHERE rn <= 2`,
      'Rank(partitionBy=[k], orderBy=[v DESC], range=[1..2])',
    ],
    [
      '<',
      `SELECT k, v FROM (SELECT *, ${rn} FROM t) WHERE rn < 3`,
      'Rank(partitionBy=[k], orderBy=[v DESC], range=[1..2])',
    ],
    [
      'the other way round',
      `SELECT k FROM (SELECT *, ${rn} FROM t) WHERE 2 >= rn`,
      'Rank(partitionBy=[k], orderBy=[v DESC], range=[1..2])',
    ],
    [
      'BETWEEN',
      `SELECT k FROM (SELECT *, ${rn} FROM t) WHERE rn BETWEEN 2 AND 4`,
      'Rank(partitionBy=[k], orderBy=[v DESC], range=[2..4])',
    ],
    [
      '=',
      `SELECT rn, k FROM (SELECT *, ${rn} FROM t) WHERE rn = 3`,
      'Rank(partitionBy=[k], orderBy=[v DESC], range=[3..3])',
    ],
    [
      '<= a column',
      `SELECT k FROM (SELECT *, ${rn} FROM t) WHERE rn <= w`,
      'Rank(partitionBy=[k], orderBy=[v DESC], range=[1..w])',
    ],
    [
      'with the rank in the row',
      `SELECT k, rn + 1 FROM (SELECT *, ${rn} FROM t) WHERE rn <= 2`,
      'Rank(partitionBy=[k], orderBy=[v DESC], range=[1..2], rank in the row)',
    ],
    [
      'through projections and other filters',
      `SELECT k FROM (SELECT k, rn AS place FROM (SELECT *, ${rn} FROM t) WHERE v > 0) WHERE place <= 2 AND k <> 'a'`,
      'Rank(partitionBy=[k], orderBy=[v DESC], range=[1..2])',
    ],
    [
      'QUALIFY',
      `SELECT k FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) <= 2`,
      'Rank(partitionBy=[k], orderBy=[v DESC], range=[1..2])',
    ],
    [
      'QUALIFY by an alias',
      `SELECT k, ${rn} FROM t QUALIFY rn <= 2`,
      'Rank(partitionBy=[k], orderBy=[v DESC], range=[1..2], rank in the row)',
    ],
    [
      'below a join',
      `SELECT t.k FROM t JOIN (SELECT *, ${rn} FROM t) r ON t.k = r.k AND r.rn <= 2`,
      'Rank(partitionBy=[k], orderBy=[v DESC], range=[1..2])',
    ],
    [
      'the first by rowtime',
      'SELECT k FROM (SELECT k, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS n FROM t) WHERE n = 1',
      'Deduplicate(keys=[k], keep=[first by ts])',
    ],
    [
      'the last by processing time',
      'SELECT k FROM (SELECT k, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt DESC) AS n FROM t) WHERE n <= 1',
      'Deduplicate(keys=[k], keep=[last by processing time])',
    ],
    [
      'the first two by processing time',
      'SELECT k FROM (SELECT k, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt) AS n FROM t) WHERE n <= 2',
      'Rank(partitionBy=[k], orderBy=[], range=[1..2])',
    ],
    [
      'of a window',
      `SELECT k FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY v) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))) WHERE n <= 2`,
      'WindowRank(partitionBy=[k], orderBy=[v ASC], range=[1..2])',
    ],
    [
      'the first of a window',
      `SELECT k FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY ts) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))) WHERE n = 1`,
      'WindowDeduplicate(keys=[k], keep=[first by ts])',
    ],
    [
      'of an aggregation over windows',
      "SELECT k, SUM(v) AS s FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, k QUALIFY ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY SUM(v) DESC) <= 3",
      'WindowRank(partitionBy=[], orderBy=[agg0 DESC], range=[1..3])',
    ],
    [
      'of rows that change by time is no deduplication',
      'SELECT k FROM (SELECT k, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM (SELECT k, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY v ORDER BY ts DESC) AS m FROM t) WHERE m = 1)) WHERE n = 1',
      'Rank(partitionBy=[k], orderBy=[ts DESC], range=[1..1])',
    ],
  ])('%s', async (_, query, expected) => expect(await planOf(query)).toContain(expected));

  it('that is one row has its place as a constant', async () => {
    expect(await planOf(`SELECT rn FROM (SELECT *, ${rn} FROM t) WHERE rn = 3`)).toContain('Calc(select=[3 AS rn])');
  });
});

describe('ORDER BY and LIMIT', () => {
  it.each<[string, string]>([
    ['SELECT k FROM t ORDER BY ts', 'TemporalSort(orderBy=[ts ASC])'],
    ['SELECT k FROM t ORDER BY ts, v DESC', 'TemporalSort(orderBy=[`$order0` ASC, `$order1` DESC])'],
    ['SELECT k FROM t ORDER BY v DESC LIMIT 3', 'Rank(partitionBy=[], orderBy=[`$order0` DESC], range=[1..3])'],
    ['SELECT k AS a FROM t ORDER BY a LIMIT 3 OFFSET 2', 'Rank(partitionBy=[], orderBy=[a ASC], range=[3..5])'],
    [
      'SELECT k, v FROM t ORDER BY 2 NULLS LAST FETCH FIRST 2 ROWS ONLY',
      'Rank(partitionBy=[], orderBy=[v ASC NULLS LAST], range=[1..2])',
    ],
    ['SELECT k, v FROM t OFFSET 1 ROW FETCH NEXT 2 ROWS ONLY', 'Limit(range=[2..3])'],
    ['SELECT k FROM t ORDER BY pt LIMIT 5', 'Limit(range=[1..5])'],
    ['SELECT k FROM t LIMIT 0', 'Values(rows=[0], fields=[k])'],
    ['SELECT k FROM (SELECT k FROM t ORDER BY v)', 'Calc(select=[k])'],
    [
      'SELECT k FROM t GROUP BY k ORDER BY COUNT(*) DESC LIMIT 1',
      'Rank(partitionBy=[], orderBy=[agg0 DESC], range=[1..1])',
    ],
  ])('%s', async (query, expected) => expect(await planOf(query)).toContain(expected));
});

describe('what is refused', () => {
  it.each<[string, string, string]>([
    ['SELECT ROW_NUMBER() FROM t', 'SQL_VALIDATION', 'ROW_NUMBER: expected OVER behind it'],
    ['SELECT SUM(v) OVER (PARTITION BY k) FROM t', 'SQL_VALIDATION', 'OVER: expected ORDER BY'],
    ['SELECT SUM(v) OVER x FROM t WINDOW y AS (ORDER BY ts)', 'SQL_VALIDATION', "unknown window 'x'"],
    ['SELECT k FROM t WHERE ROW_NUMBER() OVER (ORDER BY ts) = 1', 'SQL_VALIDATION', "ROW_NUMBER OVER can't stand here"],
    ['SELECT k FROM t QUALIFY v > 1', 'SQL_VALIDATION', 'QUALIFY: expected an OVER window in the query'],
    ['SELECT ROW_NUMBER(1) OVER (ORDER BY ts) FROM t', 'SQL_VALIDATION', 'expected ROW_NUMBER(), got arguments (INT)'],
    ['SELECT LAG(v, -1) OVER (ORDER BY ts) FROM t', 'SQL_VALIDATION', 'LAG: expected an offset of 0 or more, got -1'],
    [
      "SELECT LAG(v, 1, 'x') OVER (ORDER BY ts) FROM t",
      'SQL_VALIDATION',
      'expected LAG(value [, offset [, default]]), got arguments (INT, INT, CHAR(1))',
    ],
    [
      'SELECT LAG(v) OVER (ORDER BY ts ROWS 2 PRECEDING) FROM t',
      'SQL_VALIDATION',
      'ranking functions and LAG can have no ROWS or RANGE',
    ],
    [
      'SELECT SUM(v) OVER (ORDER BY ts RANGE 2 PRECEDING) FROM t',
      'SQL_VALIDATION',
      "RANGE: expected a constant interval, as INTERVAL '5' SECOND",
    ],
    [
      'SELECT SUM(v) OVER (ORDER BY ts ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM t',
      'UNSUPPORTED',
      'an OVER frame that does not go from a row before to the current one is not supported',
    ],
    [
      'SELECT SUM(v) OVER (ORDER BY v ROWS 2 PRECEDING) FROM t',
      'UNSUPPORTED',
      'an OVER frame with a bound that is not ordered by a time attribute is not supported',
    ],
    [
      'SELECT SUM(v) OVER (ORDER BY ts), COUNT(*) OVER (PARTITION BY k ORDER BY ts) FROM t',
      'UNSUPPORTED',
      'a second OVER window in one query is not supported',
    ],
    [
      'SELECT SUM(v) OVER (ORDER BY ts DESC) FROM t',
      'UNSUPPORTED',
      'an OVER window in descending order is not supported',
    ],
    [
      'SELECT SUM(v) OVER (ORDER BY v, w) FROM t',
      'UNSUPPORTED',
      'an OVER window that is ordered by more than one column is not supported',
    ],
    ['SELECT LEAD(v) OVER (ORDER BY ts) FROM t', 'UNSUPPORTED', 'LEAD OVER is not supported'],
    [`SELECT k, ${rn} FROM t`, 'UNSUPPORTED', 'an OVER window in descending order is not supported'],
    [
      `SELECT k FROM (SELECT *, ${rn} FROM t) WHERE rn > 2`,
      'UNSUPPORTED',
      'a filter on ROW_NUMBER without an end of the ranks is not supported',
    ],
    [
      `SELECT k FROM (SELECT *, ${rn} FROM t) WHERE rn < 1`,
      'SQL_VALIDATION',
      'the end of the ranks: expected 1 or more, got 0',
    ],
    [
      `SELECT k FROM (SELECT *, ${rn.replace('ROW_NUMBER', 'RANK')} FROM t) WHERE rn <= 2`,
      'UNSUPPORTED',
      'RANK() of a Top-N is not supported',
    ],
    [
      'SELECT k FROM t ORDER BY v',
      'UNSUPPORTED',
      'ORDER BY that does not begin with a time attribute, ascending, is not supported',
    ],
    [
      'SELECT k FROM t ORDER BY ts DESC',
      'UNSUPPORTED',
      'ORDER BY that does not begin with a time attribute, ascending, is not supported',
    ],
    [
      'SELECT k, ts FROM (SELECT k, ts, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM t) WHERE n = 1 ORDER BY ts',
      'UNSUPPORTED',
      'ORDER BY without LIMIT on rows that change is not supported',
    ],
    [
      'SELECT SUM(w) OVER (ORDER BY ts) FROM (SELECT w, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM t) WHERE n = 1)',
      'UNSUPPORTED',
      'an OVER window by a time attribute on rows that change is not supported',
    ],
    ['SELECT k FROM t ORDER BY 2 LIMIT 1', 'SQL_VALIDATION', 'ORDER BY 2: expected a column number from 1 to 1'],
    ['SELECT k FROM t OFFSET 3', 'UNSUPPORTED', 'OFFSET without LIMIT is not supported'],
    ['SELECT k FROM t LIMIT v', 'SQL_VALIDATION', "unknown column 'v'"],
    ['SELECT CURRENT_WATERMARK(w) FROM t', 'SQL_VALIDATION', 'CURRENT_WATERMARK: expected a rowtime'],
  ])('%s', async (query, code, message) => {
    const error = await pipelinesOf(`${tables}${query};`).then(
      () => null,
      (reason: unknown) => reason,
    );
    if (!isEngineError(error)) throw error ?? new Error('the script was planned');
    const [first] = error.message.split('\n');
    expect([error.code, first!.replace(/^line \d+, column \d+: /, '')]).toEqual([code, message]);
    expect(first).toMatch(/^line 6, column \d+: /);
  });
});
