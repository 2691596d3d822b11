// Queries over several tables, and those that ask within.
import type { Feature, Writer } from './writer.ts';

const keys = [
  'x.k = y.k',
  'x.i = y.i',
  'x.k = y.k AND x.b = y.b',
  'x.i = y.l',
  'x.s = y.s',
  'x.dc = y.i',
  'x.k IS NOT DISTINCT FROM y.k',
  'UPPER(x.k) = UPPER(y.k)',
  'x.i = y.i + 1',
];

const extras = ['', '', ' AND x.i < y.i', ' AND x.d <> y.d', ' AND x.b', ' AND y.i > 2'];

function interval(w: Writer): string {
  const [low, high] = [w.span(0, 6), w.span(0, 6)];
  return w.random.pick([
    `x.et BETWEEN y.et - ${low} AND y.et + ${high}`,
    `x.et >= y.et - ${low} AND x.et < y.et + ${high}`,
    `x.et > y.et - ${low} AND x.et <= y.et`,
    `y.et BETWEEN x.et AND x.et + ${high}`,
    `x.et - ${low} <= y.et AND y.et < x.et + ${high}`,
    'x.et = y.et',
  ]);
}

const group = (table: string, call: string): string => `(SELECT k, ${call} AS n FROM ${table} GROUP BY k)`;

const top = (table: string): string =>
  `(SELECT k, id, i FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY i DESC, id) AS rn FROM ${table}) WHERE rn <= 2)`;

const few = (table: string): string => `(SELECT id, i FROM ${table} WHERE id < 4)`;

const usingTemplates = [
  'SELECT k, t.id AS tid, u.id AS uid FROM t {JOIN|LEFT JOIN|RIGHT JOIN|FULL JOIN} u USING (k)',
  'SELECT a1, b1 FROM (SELECT k, i, id AS a1 FROM t) {NATURAL JOIN|NATURAL LEFT JOIN|NATURAL FULL JOIN} (SELECT k, i, id AS b1 FROM u)',
  'SELECT t.id AS tid, u.id AS uid FROM t, u WHERE t.k = u.k AND t.i > u.i',
  'SELECT t.id AS tid, u.n FROM t CROSS JOIN (SELECT COUNT(*) AS n FROM u) u',
  `SELECT x.id AS tid, y.id AS uid FROM ${few('t')} x {JOIN|LEFT JOIN|FULL JOIN} ${few('u')} y ON x.i {<|>=|<>} y.i`,
];

const temporalTemplates = [
  'SELECT x.id AS xid, z.id AS rid, z.i FROM t AS x {JOIN|LEFT JOIN} v FOR SYSTEM_TIME AS OF x.et AS z ON x.k = z.k{ AND z.i > 1|}',
  'WITH v1 AS (SELECT id, k, i, et FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY et DESC) AS rn FROM u) WHERE rn = 1) SELECT x.id AS xid, z.id AS rid, z.i FROM t AS x {JOIN|LEFT JOIN} v1 FOR SYSTEM_TIME AS OF x.et AS z ON x.k = z.k',
];

const tests = [
  'k IN (SELECT k FROM u WHERE i > 2)',
  'k NOT IN (SELECT k FROM u WHERE k IS NOT NULL AND i > 2)',
  'k NOT IN (SELECT k FROM u WHERE i > {5..9})',
  '(k, i) IN (SELECT k, i FROM u)',
  '{NOT |}EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND u.i {>|=} t.i)',
  '{NOT |}EXISTS (SELECT 1 FROM u WHERE u.k = t.k)',
  'EXISTS (SELECT k, COUNT(*) FROM u WHERE u.k = t.k GROUP BY k HAVING COUNT(*) > 3)',
  'i IN (SELECT MAX(i) FROM u GROUP BY k)',
  'i {>|=|<} (SELECT {AVG|MAX|MIN}(i) FROM u)',
  'i > (SELECT AVG(i) FROM u WHERE u.k = t.k)',
  'i >= {ALL|SOME} (SELECT i FROM u WHERE i IS NOT NULL)',
  'i IN (SELECT u.i FROM u WHERE u.k = t.k)',
  'k IN (SELECT k FROM u) AND i > 1',
  'i > {3..6} OR k IN (SELECT k FROM u WHERE i > {2..6})',
  'b OR {NOT |}EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND u.i > {2..6})',
  'NOT (b AND k IN (SELECT k FROM u WHERE k IS NOT NULL AND i > {2..6}))',
  'i IN (SELECT {MAX|MIN}(i) FROM u WHERE u.k = t.k GROUP BY b)',
  'i {>|<|=|<>} {ALL|SOME} (SELECT i FROM u WHERE i {> 4|IS NOT NULL AND b})',
];

const scalarTemplates = [
  'SELECT id, (SELECT {MAX|COUNT|SUM}(i) FROM u) AS m1 FROM t',
  'SELECT id, (SELECT {MAX|COUNT|SUM}(i) FROM u WHERE u.k = t.k) AS m1 FROM t',
  'SELECT id, i - (SELECT AVG(i) FROM u WHERE u.b = t.b AND u.k = t.k) AS m1 FROM t',
  'SELECT k, COUNT(*) AS n FROM t GROUP BY k HAVING COUNT(*) > (SELECT COUNT(*) / 4 FROM u)',
  'SELECT id, {NOT |}EXISTS (SELECT 1 FROM u WHERE {u.k = t.k|i > 8}) AS m1 FROM t',
  'SELECT id, i {IN|NOT IN} (SELECT i FROM u WHERE i {IS NOT NULL|> 3}) AS m1 FROM t',
  "SELECT id, CASE WHEN k IN (SELECT k FROM u WHERE b AND k IS NOT NULL) THEN 'p' ELSE s END AS m1 FROM t",
  'SELECT k, COUNT(*) AS n FROM t GROUP BY k HAVING COUNT(*) > {2..4} OR k IN (SELECT k FROM u WHERE i > 5)',
  'SELECT k, (SELECT COUNT(*) FROM u WHERE u.k = x.k) AS m1 FROM (SELECT k, SUM(i) AS s1 FROM t GROUP BY k) x',
];

const unionTemplates = [
  'SELECT k, i FROM t {UNION ALL|UNION|INTERSECT|EXCEPT|INTERSECT ALL|EXCEPT ALL} SELECT k, i FROM u',
  'SELECT i AS x FROM t {UNION ALL|UNION|INTERSECT|EXCEPT} SELECT {l|d|dc|si|f|dw} FROM u',
  'SELECT dc AS x FROM t {UNION ALL|UNION} SELECT {dw|d|l|dn|f} FROM u',
  'SELECT {s|ch} AS x, {t6|et|dt} AS y FROM t {UNION ALL|UNION} SELECT {ch|s}, {t9|t0|et|z3} FROM u',
  "SELECT 'abc' AS x, {i|CAST(NULL AS INT)} AS y FROM t {UNION ALL|UNION} SELECT 'de', {d|CAST(NULL AS BIGINT)|i} FROM u",
  '(SELECT k, i FROM t UNION SELECT k, i FROM u) EXCEPT SELECT k, i FROM t WHERE i > {0..4}',
  'SELECT x, COUNT(*) AS n FROM (SELECT k AS x FROM t UNION ALL SELECT s FROM u) GROUP BY x',
  'SELECT k, COUNT(*) AS n FROM t GROUP BY k {UNION ALL|INTERSECT|EXCEPT} SELECT k, COUNT(*) AS n FROM u GROUP BY k',
  'SELECT id, i FROM w {UNION ALL|UNION|EXCEPT} SELECT id, i FROM t',
];

const several = (make: Feature['make']): Feature => ({ inputs: 'several', make });

export const joinQueries = {
  join: several((w) => {
    const extra = w.random.chance(0.8) ? w.random.pick(extras) : ` AND ${w.condition('x.')}`;
    return `SELECT x.id AS xid, y.id AS yid, x.k, ${w.select(1, 'y.')} FROM ${w.random.pick(['t', 't', 'u'])} AS x ${w.join()} u AS y ON ${w.random.pick(keys)}${extra}${w.where('x.')}`;
  }),
  join_using: several((w) => w.pick(usingTemplates)),
  join_three: several((w) =>
    w.fill(
      `SELECT x.id AS xid, y.id AS yid, z.n FROM t x {JOIN|LEFT JOIN|FULL JOIN} u y ON x.k = y.k AND x.b = y.b {JOIN|LEFT JOIN|RIGHT JOIN} ${group('u', '{COUNT(*)|MAX(i)}')} z ON {x|y}.k = z.k`,
    ),
  ),
  join_of_groups: several((w) =>
    w.fill(
      `SELECT x.k, x.n, y.n AS m1 FROM ${group('t', '{COUNT(*)|SUM(i)}')} x ${w.join()} ${group('u', '{MAX(i)|MIN(d)}')} y ON {x.k = y.k|x.n = y.n}`,
    ),
  ),
  join_of_top_n: several(
    (w) =>
      `SELECT x.k, x.id AS xid, y.id AS yid FROM ${top('t')} x ${w.join()} ${w.random.pick([top('u'), 'u'])} y ON x.k = y.k`,
  ),
  join_of_changes: several((w) =>
    w.fill(
      `SELECT x.id AS xid, y.id AS yid, x.i FROM {w|v|t} x ${w.join()} {w|v} y ON {x.id = y.id|x.k = y.k|x.k = y.k AND x.i > y.i}`,
    ),
  ),
  group_of_join: several((w) =>
    w.fill(
      `SELECT x.k, COUNT(*) AS n, SUM(y.i) AS s1, {MAX(y.d)|MIN(y.s)|COUNT(DISTINCT y.i)|AVG(x.i)} AS m1 FROM {t|w} x ${w.join()} {u|v} y ON {x.k = y.k|x.i = y.i} GROUP BY x.k`,
    ),
  ),
  interval_join: several(
    (w) =>
      `SELECT x.id AS xid, y.id AS yid FROM t x ${w.join()} u y ON x.k = y.k AND ${interval(w)}${w.fill('{ AND x.i < y.i|}')}`,
  ),
  window_of_interval_join: several((w) => [
    `CREATE TEMPORARY VIEW x1 AS SELECT x.et AS rt, x.k, y.i FROM t x JOIN u y ON x.k = y.k AND ${interval(w)}`,
    `SELECT k, window_start, COUNT(*) AS n, SUM(i) AS s1 FROM TABLE(TUMBLE(TABLE x1, DESCRIPTOR(rt), ${w.span(5)})) GROUP BY k, window_start, window_end`,
  ]),
  temporal_join: several((w) => w.pick(temporalTemplates)),
  semi: several((w) => `SELECT id, k FROM t WHERE ${w.pick(tests)}`),
  scalar_subquery: several((w) => w.pick(scalarTemplates)),
  union: several((w) => w.pick(unionTemplates)),
} satisfies Record<string, Feature>;
