import { describe, expect, it } from 'vitest';
import { changesOf, reportOf } from '../support/changed-query.ts';

const window = (size: string, table = 'o', time = 'ts'): string =>
  `TABLE(TUMBLE(TABLE ${table}, DESCRIPTOR(${time}), INTERVAL ${size}))`;

/** [what has changed, the query before, the query after, what is not kept] */
type Case = readonly [change: string, before: string, after: string, lost: readonly string[]];

const counted = 'SELECT k, COUNT(*) AS n, SUM(v) AS s FROM o WHERE v > 1 GROUP BY k';
const joined = 'SELECT o.id, v, w FROM o JOIN p ON o.id = p.id';

const groups: readonly Case[] = [
  ['nothing', counted, counted, []],
  ['a literal in WHERE', counted, counted.replace('v > 1', 'v > 2'), []],
  ['WHERE on another column', counted, counted.replace('v > 1', "r = 'x'"), []],
  ['WHERE added', counted.replace('WHERE v > 1 ', ''), counted, []],
  ['WHERE taken away', counted, counted.replace('WHERE v > 1 ', ''), []],
  ['HAVING added', counted, `${counted} HAVING COUNT(*) > 3`, []],
  ['names of columns', counted, counted.replace('AS n', 'AS m').replace('AS s', 'AS total'), []],
  [
    'the order of columns',
    counted,
    'SELECT SUM(v) AS s, k, COUNT(*) AS n FROM o WHERE v > 1 GROUP BY k',
    ['new GroupAggregate', 'dropped GroupAggregate: aggregates, types'],
  ],
  ['a column put together otherwise above', counted, `SELECT k || '!', n * s FROM (${counted})`, []],
  [
    'a name in a sub-query',
    'SELECT a, COUNT(*) FROM (SELECT k AS a FROM o) GROUP BY a',
    'SELECT b, COUNT(*) FROM (SELECT r, k AS b FROM o) GROUP BY b',
    [],
  ],
  [
    'a sink added',
    `INSERT INTO up SELECT k, n FROM (${counted})`,
    `EXECUTE STATEMENT SET BEGIN INSERT INTO printed SELECT k, v FROM o WHERE v > 7; INSERT INTO up SELECT k, n FROM (${counted}); END`,
    [],
  ],
  [
    'another key of the same type',
    counted,
    counted.replaceAll('k', 'r'),
    ['new GroupAggregate', 'dropped GroupAggregate: keys'],
  ],
  ['a key added', counted, `${counted}, r`, ['new GroupAggregate', 'dropped GroupAggregate: keys, types']],
  [
    'a key computed otherwise',
    'SELECT v % 10, COUNT(*) FROM o GROUP BY v % 10',
    'SELECT v % 16, COUNT(*) FROM o GROUP BY v % 16',
    ['new GroupAggregate', 'dropped GroupAggregate: keys'],
  ],
  [
    'another aggregate',
    counted,
    counted.replace('SUM(v)', 'MAX(v)'),
    ['new GroupAggregate', 'dropped GroupAggregate: aggregates, changes'],
  ],
  [
    'an aggregate of another column',
    counted,
    counted.replace('SUM(v)', 'SUM(id)'),
    ['new GroupAggregate', 'dropped GroupAggregate: aggregates'],
  ],
  [
    'what is summed',
    counted,
    counted.replace('SUM(v)', 'SUM(v * 2)'),
    ['new GroupAggregate', 'dropped GroupAggregate: aggregates'],
  ],
  [
    'a FILTER',
    'SELECT k, COUNT(*) FILTER (WHERE v > 1) FROM o GROUP BY k',
    'SELECT k, COUNT(*) FILTER (WHERE v > 2) FROM o GROUP BY k',
    ['new GroupAggregate', 'dropped GroupAggregate: aggregates'],
  ],
  [
    'DISTINCT in a call',
    'SELECT COUNT(v) FROM o',
    'SELECT COUNT(DISTINCT v) FROM o',
    ['new GroupAggregate', 'dropped GroupAggregate: aggregates'],
  ],
  [
    'what is read',
    counted,
    'SELECT k, COUNT(*) AS n, SUM(w) AS s FROM p WHERE w > 1 GROUP BY k',
    ['new Source: p', 'new GroupAggregate', 'dropped Source: o: table', 'dropped GroupAggregate: keys, aggregates'],
  ],
  [
    'UNNEST before it',
    'SELECT k, COUNT(*) FROM o GROUP BY k',
    'SELECT k, COUNT(*) FROM o CROSS JOIN UNNEST(xs) AS t (x) GROUP BY k',
    ['new GroupAggregate', 'dropped GroupAggregate: input'],
  ],
  [
    'the array that is unnested',
    'SELECT x, COUNT(*) FROM o CROSS JOIN UNNEST(xs) AS t (x) GROUP BY x',
    'SELECT x, COUNT(*) FROM o CROSS JOIN UNNEST(ARRAY[v]) AS t (x) GROUP BY x',
    ['new GroupAggregate', 'dropped GroupAggregate: keys'],
  ],
  ['a stage added above', counted, `SELECT n, SUM(s) FROM (${counted}) GROUP BY n`, ['new GroupAggregate']],
  [
    'a stage below',
    `SELECT n, SUM(s) FROM (${counted}) GROUP BY n`,
    `SELECT n, SUM(s) FROM (${counted.replace('SUM(v)', 'SUM(id)')}) GROUP BY n`,
    [
      'new GroupAggregate',
      'new GroupAggregate',
      'dropped GroupAggregate: aggregates',
      'dropped GroupAggregate: aggregates',
    ],
  ],
  [
    'an aggregate that nobody reads any more',
    counted,
    `SELECT k, n FROM (${counted})`,
    ['new GroupAggregate', 'dropped GroupAggregate: aggregates, types'],
  ],
  [
    'grouping sets',
    'SELECT k, r, COUNT(*) FROM o GROUP BY CUBE (k, r)',
    'SELECT k, r, COUNT(*) FROM o GROUP BY ROLLUP (k, r)',
    ['new GroupAggregate', 'dropped GroupAggregate: keys'],
  ],
];

const windows: readonly Case[] = [
  [
    'a literal in WHERE',
    `SELECT k, COUNT(*) FROM ${window("'1' MINUTE")} WHERE v > 1 GROUP BY k, window_start, window_end`,
    `SELECT k, COUNT(*) AS c FROM ${window("'1' MINUTE")} WHERE v > 2 GROUP BY k, window_start, window_end`,
    [],
  ],
  [
    'bounds shown',
    `SELECT k, COUNT(*) FROM ${window("'1' MINUTE")} GROUP BY k, window_start, window_end`,
    `SELECT k, COUNT(*), window_end FROM ${window("'1' MINUTE")} GROUP BY k, window_start, window_end`,
    [],
  ],
  [
    'another key of the same type',
    `SELECT k, COUNT(*) FROM ${window("'1' MINUTE")} GROUP BY k, window_start, window_end`,
    `SELECT r, COUNT(*) FROM ${window("'1' MINUTE")} GROUP BY r, window_start, window_end`,
    ['new GlobalWindowAggregate', 'dropped GlobalWindowAggregate: keys'],
  ],
  [
    'another size',
    `SELECT COUNT(*) FROM ${window("'1' MINUTE")} GROUP BY window_start, window_end`,
    `SELECT COUNT(*) FROM ${window("'2' MINUTE")} GROUP BY window_start, window_end`,
    ['new GlobalWindowAggregate', 'dropped GlobalWindowAggregate: window'],
  ],
  [
    'a slide',
    `SELECT COUNT(*) FROM ${window("'1' MINUTE")} GROUP BY window_start, window_end`,
    "SELECT COUNT(*) FROM TABLE(HOP(TABLE o, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '2' MINUTE)) GROUP BY window_start, window_end",
    ['new GlobalWindowAggregate', 'dropped GlobalWindowAggregate: window'],
  ],
  [
    'the gap of sessions',
    "SELECT COUNT(*) FROM TABLE(SESSION(TABLE o PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY k, window_start, window_end",
    "SELECT COUNT(*) FROM TABLE(SESSION(TABLE o PARTITION BY k, DESCRIPTOR(ts), INTERVAL '2' MINUTE)) GROUP BY k, window_start, window_end",
    ['new WindowAggregate', 'dropped WindowAggregate: window'],
  ],
  [
    'the time that counts',
    `SELECT COUNT(*) FROM ${window("'1' MINUTE")} GROUP BY window_start, window_end`,
    `SELECT COUNT(*) FROM ${window("'1' MINUTE", 'o', 'pt')} GROUP BY window_start, window_end`,
    ['new WindowAggregate', 'dropped GlobalWindowAggregate: none near'],
  ],
  [
    'a zone',
    `SELECT COUNT(*) FROM ${window("'1' DAY", 'o', 'pt')} GROUP BY window_start, window_end`,
    `SET 'table.local-time-zone' = 'Asia/Tokyo'; SELECT COUNT(*) FROM ${window("'1' DAY", 'o', 'pt')} GROUP BY window_start, window_end`,
    ['new WindowAggregate', 'dropped WindowAggregate: window'],
  ],
  [
    'a window join: its condition',
    `SELECT a.v FROM (SELECT * FROM ${window("'1' MINUTE")}) a JOIN (SELECT * FROM ${window("'1' MINUTE", 'p')}) b ON a.id = b.id AND a.window_start = b.window_start AND a.window_end = b.window_end AND a.v > b.w`,
    `SELECT a.v FROM (SELECT * FROM ${window("'1' MINUTE")}) a JOIN (SELECT * FROM ${window("'1' MINUTE", 'p')}) b ON a.id = b.id AND a.window_start = b.window_start AND a.window_end = b.window_end AND a.v > b.w + 1`,
    [],
  ],
];

const joins: readonly Case[] = [
  ['a name', joined, joined.replace('v, w', 'v AS a, w AS b'), []],
  ['a condition of one side', `${joined} WHERE v > 1`, `${joined} WHERE v > 2`, []],
  ['a condition of both sides', `${joined} AND v > w`, `${joined} AND v > w + 1`, []],
  ['a condition of both sides added', joined, `${joined} WHERE v <> w`, []],
  [
    'a condition of an outer join',
    'SELECT o.id, v, w FROM o LEFT JOIN p ON o.id = p.id AND v > w',
    'SELECT o.id, v, w FROM o LEFT JOIN p ON o.id = p.id AND v > w + 1',
    ['new Join', 'dropped Join: condition'],
  ],
  ['the kind', joined, joined.replace('JOIN', 'LEFT JOIN'), ['new Join', 'dropped Join: join']],
  ['the keys', joined, joined.replace('o.id = p.id', 'o.k = p.k'), ['new Join', 'dropped Join: keys, left, right']],
  ['a column of the left', joined, joined.replace('v, w', 'v, d, w'), ['new Join', 'dropped Join: left']],
  [
    'which side is which',
    'SELECT a.v, b.id FROM o a JOIN o b ON a.id = b.v',
    'SELECT a.v, b.id FROM o a JOIN o b ON a.v = b.id',
    ['new Join', 'dropped Join: keys, left, right'],
  ],
  [
    'an aggregate of the other side',
    'SELECT a.k, COUNT(*) FROM o a JOIN o b ON a.id = b.id GROUP BY a.k, b.k',
    'SELECT b.k, COUNT(*) FROM o a JOIN o b ON a.id = b.id GROUP BY b.k, a.k',
    ['new GroupAggregate', 'dropped GroupAggregate: keys'],
  ],
  [
    'IN: a literal in its query',
    'SELECT v FROM o WHERE id IN (SELECT id FROM p WHERE w > 1)',
    'SELECT v FROM o WHERE id IN (SELECT id FROM p WHERE w > 2)',
    [],
  ],
  [
    'IN and NOT IN',
    'SELECT v FROM o WHERE id IN (SELECT id FROM p)',
    'SELECT v FROM o WHERE id NOT IN (SELECT id FROM p)',
    ['new Join', 'dropped Join: join, keys, condition'],
  ],
  [
    'an interval',
    "SELECT v FROM o JOIN p ON o.id = p.id AND o.ts BETWEEN p.ts AND p.ts + INTERVAL '1' HOUR",
    "SELECT v FROM o JOIN p ON o.id = p.id AND o.ts BETWEEN p.ts AND p.ts + INTERVAL '2' HOUR",
    ['new IntervalJoin', 'dropped IntervalJoin: times'],
  ],
  [
    'of an interval a condition',
    "SELECT v FROM o JOIN p ON o.id = p.id AND o.ts BETWEEN p.ts AND p.ts + INTERVAL '1' HOUR AND v > w",
    "SELECT v FROM o JOIN p ON o.id = p.id AND o.ts BETWEEN p.ts AND p.ts + INTERVAL '1' HOUR AND v > w + 1",
    [],
  ],
  [
    'of versions a condition',
    'SELECT v * rate FROM o LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ts ON o.k = rates.k AND v > rate',
    'SELECT v + rate FROM o LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ts ON o.k = rates.k AND v > rate + 1',
    [],
  ],
  [
    'of versions the key',
    'SELECT v * rate FROM o JOIN rates FOR SYSTEM_TIME AS OF o.ts ON o.k = rates.k',
    'SELECT v * rate FROM o JOIN rates FOR SYSTEM_TIME AS OF o.ts ON o.r = rates.k',
    ['new TemporalJoin', 'dropped TemporalJoin: keys, left'],
  ],
  [
    'a look-up before an aggregation',
    'SELECT name, COUNT(*) FROM o JOIN users FOR SYSTEM_TIME AS OF o.pt ON o.id = users.id GROUP BY name',
    "SELECT name, COUNT(*) FROM o JOIN users FOR SYSTEM_TIME AS OF o.pt ON o.id = users.id WHERE name <> 'x' GROUP BY name",
    [],
  ],
];

const topOne = (n: number, order = 'v DESC', columns = 'k, v'): string =>
  `SELECT ${columns} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ${order}) AS rn FROM o) WHERE rn <= ${n}`;
const match = (define: string, name = 'p', skip = 'PAST LAST ROW'): string =>
  `SELECT * FROM (SELECT k, v AS ${name}, ts FROM o) MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES LAST(B.${name}) AS x ` +
  `AFTER MATCH SKIP ${skip} PATTERN (A B+?) DEFINE A AS A.${name} > ${define}, B AS B.${name} > LAST(B.${name}, 1)) AS m`;

const ordered: readonly Case[] = [
  ['a literal below a Top-N', `${topOne(3)}`, topOne(3).replace('FROM o)', 'FROM o WHERE v > 1)'), []],
  ['the rank shown', topOne(3), topOne(3, 'v DESC', 'k AS a, v, rn'), []],
  ['how many rows', topOne(3), topOne(4), ['new Rank', 'dropped Rank: ranks']],
  ['the order of a Top-N', topOne(3), topOne(3, 'v ASC'), ['new Rank', 'dropped Rank: order']],
  ['columns of a Top-N', topOne(3), topOne(3, 'v DESC', 'k, v, d'), ['new Rank', 'dropped Rank: columns']],
  [
    'first and last',
    topOne(1, 'pt ASC'),
    topOne(1, 'pt DESC'),
    ['new Deduplicate', 'dropped Deduplicate: keep, columns'],
  ],
  ['columns of the first', topOne(1, 'pt ASC'), topOne(1, 'pt ASC', 'k, v, d'), []],
  [
    'a frame of OVER',
    'SELECT v, SUM(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) FROM o',
    'SELECT v, SUM(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 4 PRECEDING AND CURRENT ROW) FROM o',
    ['new Over', 'dropped Over: frame'],
  ],
  [
    'names of OVER',
    'SELECT v, SUM(v) OVER (PARTITION BY k ORDER BY ts) AS a FROM o',
    'SELECT v AS w, SUM(v) OVER (PARTITION BY k ORDER BY ts) AS b FROM o WHERE v > 1',
    [],
  ],
  [
    'columns beside OVER by arrival',
    'SELECT v, SUM(v) OVER (PARTITION BY k ORDER BY pt) FROM o',
    'SELECT v, d, SUM(v) OVER (PARTITION BY k ORDER BY pt) FROM o',
    [],
  ],
  [
    'columns beside OVER by time',
    'SELECT v, SUM(v) OVER (PARTITION BY k ORDER BY ts) FROM o',
    'SELECT v, d, SUM(v) OVER (PARTITION BY k ORDER BY ts) FROM o',
    ['new Over', 'dropped Over: columns'],
  ],
  ['names in a pattern', match('1'), match('1', 'q'), []],
  ['a literal in DEFINE', match('1'), match('2'), ['new Match', 'dropped Match: define']],
  ['the offset of LAST', match('1'), match('1').replace('p, 1)', 'p, 2)'), ['new Match', 'dropped Match: define']],
  ['where a match goes on', match('1'), match('1', 'p', 'TO NEXT ROW'), ['new Match', 'dropped Match: after']],
  ['MEASURES', match('1'), match('1').replace('LAST(B.p)', 'SUM(B.p)'), []],
  ['a sort', 'SELECT v FROM o ORDER BY ts', 'SELECT v AS w FROM o WHERE v > 1 ORDER BY ts', []],
  [
    'a second order',
    'SELECT v FROM o ORDER BY ts',
    'SELECT v FROM o ORDER BY ts, v',
    ['new TemporalSort', 'dropped TemporalSort: order'],
  ],
  ['a limit', 'SELECT v FROM o LIMIT 5', 'SELECT d FROM o LIMIT 5', []],
  ['how many of a limit', 'SELECT v FROM o LIMIT 5', 'SELECT v FROM o LIMIT 6', ['new Limit', 'dropped Limit: rows']],
  [
    'a side of INTERSECT ALL',
    'SELECT k FROM o INTERSECT ALL SELECT k FROM p',
    'SELECT k FROM o WHERE v > 1 INTERSECT ALL SELECT k FROM p',
    [],
  ],
  [
    'INTERSECT and EXCEPT',
    'SELECT k FROM o INTERSECT ALL SELECT k FROM p',
    'SELECT k FROM o EXCEPT ALL SELECT k FROM p',
    ['new SetOperation', 'dropped SetOperation: operator'],
  ],
];

describe.each([
  ['an aggregation', groups],
  ['windows', windows],
  ['joins', joins],
  ['orders', ordered],
])('of %s', (_, cases) => {
  it.each(cases)('%s', async (_change, before, after, lost) => {
    expect(changesOf(await reportOf(before, after))).toEqual(lost);
  });
});
