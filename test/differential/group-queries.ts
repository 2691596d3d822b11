// Queries that group, rank and order without windows.
import type { Feature, Writer } from './writer.ts';

const rankOrders =
  '{i DESC|d|i, d DESC|s DESC|l ASC|dc DESC, id|k, i DESC|et, id|et DESC|CHAR_LENGTH(s), id|f DESC NULLS LAST, id|b, id|ti ASC NULLS FIRST}';

const inner = '{COUNT(*)|SUM(i)|MAX(i)|MIN(i)|AVG(i)|COUNT(DISTINCT s)|SUM(dc)|MAX(s)|MIN(d)|SUM(l)|COUNT(DISTINCT i)}';

function groupOf(w: Writer, table: string): string {
  const keys = w.random.pick(['', 'k', 'k, b', 'i', 's', 'b', 'dc', 'a', 'r', 'ti']);
  const calls = w.aggregates(table === 't' ? 'one input' : 'any order');
  if (keys === '') return `SELECT ${calls} FROM ${table}${w.where()}${w.having()}`;
  return `SELECT ${keys}, ${calls} FROM ${table}${w.where()} GROUP BY ${keys}${w.having()}`;
}

function topN(w: Writer): string {
  const n = w.random.between(1, 4);
  const ranks = w.random.pick([
    `rn <= ${n}`,
    `rn < ${n + 1}`,
    `rn = ${n}`,
    `rn BETWEEN 2 AND ${n + 1}`,
    `rn > 1 AND rn <= ${n + 1}`,
  ]);
  return w.fill(
    `SELECT id, k, i, d{, rn|} FROM (SELECT *, ROW_NUMBER() OVER ({PARTITION BY k |PARTITION BY k, b |}ORDER BY ${rankOrders}) AS rn FROM t) WHERE ${ranks}`,
  );
}

function over(w: Writer): string {
  const frame = w.random.pick([
    '',
    `RANGE BETWEEN ${w.span(1, 9)} PRECEDING AND CURRENT ROW`,
    `ROWS BETWEEN ${w.random.between(1, 4)} PRECEDING AND CURRENT ROW`,
    'ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW',
    'RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW',
    `RANGE ${w.span(2)} PRECEDING`,
  ]);
  const calls = [
    'COUNT(*)',
    '{SUM|AVG|MIN|MAX}({i|d|dc|l|f|si})',
    '{MIN|MAX}({s|et|dt|b})',
    'COUNT(DISTINCT {s|i})',
    'SUM(DISTINCT i)',
    '{FIRST_VALUE|LAST_VALUE}({i|s})',
    'STDDEV_POP(d)',
    'COUNT({i|s})',
  ];
  const chosen = w.random.some(calls, w.random.between(1, 3)).map((call, n) => `${w.fill(call)} OVER w1 AS c${n}`);
  const partition = w.random.pick(['PARTITION BY k ', 'PARTITION BY k, b ', '']);
  return `SELECT id, k, ${chosen.join(', ')} FROM t${w.where()} WINDOW w1 AS (${partition}ORDER BY et ${frame})`;
}

const orderTemplates = [
  'SELECT id, i FROM t ORDER BY {i|d DESC|s|id|k DESC, i} LIMIT {1..4}',
  'SELECT id, i FROM t ORDER BY {i|d DESC}, id LIMIT {1..4} OFFSET {0..2}',
  'SELECT id, i FROM t ORDER BY {i DESC|s NULLS LAST|d DESC NULLS FIRST}, id OFFSET {0..2} ROWS FETCH {FIRST|NEXT} {1..3} ROWS ONLY',
  'SELECT id, i FROM t LIMIT {0..9}',
  'SELECT id, i FROM t LIMIT {1..4} OFFSET {0..3}',
  'SELECT id, et FROM t ORDER BY et{, id|, i DESC|}',
  'SELECT k, COUNT(*) AS n FROM t GROUP BY k ORDER BY n DESC, k LIMIT {1..2}',
  'SELECT k, SUM(i) AS n FROM t GROUP BY k ORDER BY 2, 1 LIMIT {1..2}',
  'SELECT id, i FROM w ORDER BY i{ DESC|}, id LIMIT {1..3}',
  'SELECT x.id FROM (SELECT id, i FROM t ORDER BY i, id LIMIT 3) x WHERE i > {0..3}',
  'SELECT COUNT(*) AS n, SUM(i) AS s1 FROM (SELECT i FROM t ORDER BY i DESC, id LIMIT {1..3})',
];

export const groupQueries = {
  group: { make: (w) => groupOf(w, 't') },
  group_of_changes: { make: (w) => groupOf(w, 'w') },
  group_by_expression: {
    make: (w) => {
      const key = w.expression(2);
      return `SELECT ${key} AS g, ${w.aggregates('one input')} FROM t GROUP BY ${key}`;
    },
  },
  expression_of_group: {
    make: (w) =>
      w.fill(
        `SELECT k, SUM(i) + COUNT(*) AS x, CASE WHEN MAX(d) > {1..5} THEN 'p' ELSE MIN(s) END AS y, COALESCE(SUM(dc), 0) / COUNT(*) AS z, CAST(AVG({i|dc|l}) AS STRING) || k AS q FROM t GROUP BY k`,
      ),
  },
  group_of_group: {
    make: (w) => {
      const key = w.random.pick(['MOD(i, 3)', 'b', 's']);
      return w.fill(
        `SELECT g, {COUNT(*)|MAX(n)|MIN(n)|COUNT(DISTINCT n)|COUNT(n)} AS x, {COUNT(*)|MAX(n)|MIN(n)} FILTER (WHERE g IS NOT NULL) AS y FROM (SELECT k, ${key} AS g, ${inner} AS n FROM t GROUP BY k, ${key}) GROUP BY g`,
      );
    },
  },
  // How often results swing on the way hangs on which aggregates the planner has taken away.
  nested_groups: {
    inputs: 'several',
    make: (w) =>
      w.fill(
        `SELECT b, {MAX|MIN|COUNT}(y) AS z FROM (SELECT b, k, {MAX|MIN|COUNT}(n) AS y FROM (SELECT b, k, s, ${inner} AS n FROM t GROUP BY b, k, s) GROUP BY b, k) GROUP BY b`,
      ),
  },
  grouping_sets: {
    make: (w) => {
      const id = w.fill('{GROUPING(k) AS gk, GROUPING_ID(k, b) AS gid, |GROUP_ID() AS gi, |}');
      const sets = w.fill(
        '{GROUPING SETS ((k, b), (k), ())|ROLLUP (k, b)|CUBE (k, b)|k, ROLLUP (b)|GROUPING SETS (ROLLUP (k, b), CUBE (k, b))|ROLLUP ((k, b))|k, GROUPING SETS ((b), ())}',
      );
      return `SELECT k, b, ${id}${w.aggregates('one input')} FROM t${w.where()} GROUP BY ${sets}`;
    },
  },
  distinct: {
    make: (w) => {
      const lists = ['k', 'k, b', 's, i', 'MOD(i, 2) AS x, k', 'a', 'dc, b', 'dt', 'et', `${w.expression(1)} AS x`];
      return `SELECT DISTINCT ${w.random.pick(lists)} FROM ${w.random.pick(['t', 't', 'w'])}${w.where()}`;
    },
  },
  top_n: { make: topN },
  top_n_of_group: {
    make: (w) =>
      w.fill(
        `SELECT k, s, n{, rn|} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY n {DESC|ASC}, s) AS rn FROM (SELECT k, s, ${inner} AS n FROM t GROUP BY k, s)) WHERE rn {<= 1|<= 2|<= 3|= 2}`,
      ),
  },
  top_n_of_changes: {
    make: (w) =>
      w.fill(
        'SELECT id, k, i{, rn|} FROM (SELECT *, ROW_NUMBER() OVER ({PARTITION BY k |}ORDER BY i {DESC|ASC}, id) AS rn FROM w) WHERE rn <= {1..3}',
      ),
  },
  group_of_top_n: {
    make: (w) =>
      w.fill(
        'SELECT k, COUNT(*) AS n, SUM(i) AS s1, MIN(d) AS m1 FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY i DESC, id) AS rn FROM t) WHERE rn <= {2..3} GROUP BY k',
      ),
  },
  dedup: {
    make: (w) => {
      const rank = w.fill('ROW_NUMBER() OVER (PARTITION BY {k|b|k, b|i} ORDER BY et {ASC|DESC})');
      return `SELECT id, k, i FROM (SELECT *, ${rank} AS rn FROM t${w.where()}) WHERE rn = 1`;
    },
  },
  group_of_dedup: {
    make: (w) =>
      w.fill(
        'SELECT k, COUNT(*) AS n, SUM(i) AS s1 FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {i|b|s} ORDER BY et DESC) AS rn FROM t) WHERE rn = 1 GROUP BY k',
      ),
  },
  qualify: {
    make: (w) =>
      w.fill(
        'SELECT id, k, i FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY k ORDER BY {i DESC|d, id|et DESC|et}) {<= 2|= 1|< 3}',
      ),
  },
  over: { make: over },
  over_calls: {
    make: (w) =>
      w.fill(
        "SELECT id, k, {LAG(i)|LAG(i, 1)|LAG(s, 2, 'none')|LAG(i, 2, -1)|LEAD(i)|ROW_NUMBER()|RANK()|DENSE_RANK()} OVER (PARTITION BY k ORDER BY et) AS x, i - {LAG(i)|SUM(i)|FIRST_VALUE(i)} OVER (PARTITION BY k ORDER BY et) AS y FROM t",
      ),
  },
  over_values: {
    make: (w) => {
      const calls = ['COUNT(*)', '{SUM|AVG|MIN|MAX}({i|d|l|dc})', '{MIN|MAX}({s|b|dt})', 'COUNT(DISTINCT {s|i})'];
      const chosen = w.random.some(calls, w.random.between(1, 3)).map((call, n) => `${w.fill(call)} OVER w1 AS c${n}`);
      const frame = w.fill('{|ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW|RANGE UNBOUNDED PRECEDING}');
      const window = `PARTITION BY k ORDER BY ${w.random.pick(['i', 'd', 'l', 'dt', 's', 'dc'])}`;
      if (w.random.chance(0.2)) return `SELECT id, k, ROW_NUMBER() OVER (${window}) AS x FROM t${w.where()}`;
      return `SELECT id, k, ${chosen.join(', ')} FROM ${w.random.pick(['t', 't', 'w'])}${w.where()} WINDOW w1 AS (${window} ${frame})`;
    },
  },
  group_of_over: {
    make: (w) =>
      w.fill(
        'SELECT k, MAX(x) AS m1, COUNT(*) AS n FROM (SELECT k, {SUM|COUNT|MIN}(i) OVER (PARTITION BY k ORDER BY et ROWS BETWEEN {1..2} PRECEDING AND CURRENT ROW) AS x FROM t) GROUP BY k',
      ),
  },
  order: { make: (w) => w.pick(orderTemplates) },
} satisfies Record<string, Feature>;
