// Random queries over the tables `t` and `u` (data.ts), by feature.
import { Expressions } from './expressions.ts';
import type { Random } from './random.ts';

/** Where a real Flink is wrong and is not imitated: docs/flink-differences.md. */
const faultsOfFlink: readonly RegExp[] = [
  // Top-1 of an ascending order is taken for a stream of inserts: what is replaced is never taken back.
  /ORDER BY \w+(?: ASC)?\) AS rn .* WHERE rn <= 1$/,
];

export function isFaultOfFlink({ sql }: GeneratedQuery): boolean {
  return faultsOfFlink.some((fault) => fault.test(sql));
}

export type GeneratedQuery = Readonly<{
  feature: Feature;
  sql: string;
  /** Several inputs come in any order: only what is left in the end can be compared, and no row may be late. */
  folded: boolean;
}>;

const select = (random: Random, count: number, qualifier = ''): string =>
  Array.from({ length: count }, (_, i) => `${new Expressions(random, qualifier).any().text} AS c${i}`).join(', ');

const condition = (random: Random, qualifier = ''): string => new Expressions(random, qualifier).of('boolean', 2);

const where = (random: Random): string => (random.chance(0.5) ? ` WHERE ${condition(random)}` : '');

const seconds = (n: number): string => `INTERVAL '${n}' SECOND`;

function aggregate(random: Random, inWindow = false): string {
  const call = random.pick([
    () => 'COUNT(*)',
    () => `COUNT(${random.pick(['i', 's', 'd', 'dc'])})`,
    () => `SUM(${random.pick(['i', 'l', 'd', 'dc'])})`,
    () => `AVG(${random.pick(['i', 'l', 'd', 'dc'])})`,
    () => `MIN(${random.pick(['i', 'l', 'd', 'dc', 's'])})`,
    () => `MAX(${random.pick(['i', 'l', 'd', 'dc', 's'])})`,
    () => `COUNT(DISTINCT ${random.pick(['i', 's', 'k'])})`,
    () => `SUM(DISTINCT ${random.pick(['i', 'dc'])})`,
    () => `${random.pick(['STDDEV_POP', 'STDDEV_SAMP', 'VAR_POP', 'VAR_SAMP'])}(${random.pick(['i', 'd'])})`,
    // Flink has neither in a window function: its two halves can't be merged.
    () => (inWindow ? 'COUNT(s)' : `${random.pick(['FIRST_VALUE', 'LAST_VALUE'])}(${random.pick(['i', 's'])})`),
    () => (inWindow ? 'COUNT(b)' : 'LISTAGG(s)'),
  ])();
  return random.chance(0.25) ? `${call} FILTER (WHERE ${condition(random)})` : call;
}

const aggregates = (random: Random, inWindow = false): string =>
  Array.from({ length: random.between(1, 4) }, (_, i) => `${aggregate(random, inWindow)} AS a${i}`).join(', ');

function windowFunction(random: Random, table = 't'): string {
  const size = random.pick([2, 5, 10, 30]);
  const offset = random.chance(0.3) ? `, ${seconds(random.between(1, size - 1))}` : '';
  switch (random.pick(['tumble', 'hop', 'cumulate'])) {
    case 'tumble':
      return `TUMBLE(TABLE ${table}, DESCRIPTOR(et), ${seconds(size)}${offset})`;
    case 'hop':
      return `HOP(TABLE ${table}, DESCRIPTOR(et), ${seconds(size)}, ${seconds(size * random.between(1, 3))})`;
    default:
      return `CUMULATE(TABLE ${table}, DESCRIPTOR(et), ${seconds(size)}, ${seconds(size * random.between(2, 4))})`;
  }
}

const having = (random: Random): string => (random.chance(0.2) ? ` HAVING COUNT(*) > ${random.between(0, 2)}` : '');

function joinOf(random: Random): string {
  return random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
}

const makers = {
  expressions: (random) => `SELECT id, ${select(random, random.between(1, 5))} FROM t${where(random)}`,
  window: (random) => {
    const keys = random.pick(['', 'k, ', 'k, b, ']);
    return `SELECT ${keys}window_start, window_end, ${aggregates(random, true)} FROM TABLE(${windowFunction(random)})${where(random)} GROUP BY ${keys}window_start, window_end${having(random)}`;
  },
  session: (random) => {
    const gap = seconds(random.pick([1, 2, 4]));
    if (random.chance(0.3)) {
      return `SELECT window_start, window_end, ${aggregates(random, true)} FROM TABLE(SESSION(TABLE t, DESCRIPTOR(et), ${gap})) GROUP BY window_start, window_end`;
    }
    return `SELECT k, window_start, window_end, ${aggregates(random, true)} FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(et), ${gap})) GROUP BY k, window_start, window_end`;
  },
  window_sets: (random) => {
    const sets = random.pick(['GROUPING SETS ((k), (b), ())', 'ROLLUP (k, b)', 'CUBE (k, b)']);
    return `SELECT k, b, window_start, window_end, ${aggregates(random, true)} FROM TABLE(${windowFunction(random)}) GROUP BY window_start, window_end, ${sets}`;
  },
  cascade: (random) => {
    const size = random.pick([2, 5]);
    const lower = `SELECT k, window_start, window_end, window_time AS rt, COUNT(*) AS c, MAX(i) AS m FROM TABLE(${windowFunction(random)}) GROUP BY k, window_start, window_end, window_time`;
    if (random.chance(0.4)) {
      return `SELECT window_start, window_end, SUM(c) AS s, MAX(m) AS x, COUNT(*) AS n FROM (${lower}) GROUP BY window_start, window_end`;
    }
    const upper = random.pick([
      `TUMBLE(TABLE lower, DESCRIPTOR(rt), ${seconds(size * random.between(1, 4))})`,
      `HOP(TABLE lower, DESCRIPTOR(rt), ${seconds(size)}, ${seconds(size * 2)})`,
    ]);
    return `WITH lower AS (SELECT k, rt, c, m FROM (${lower})) SELECT window_start, window_end, SUM(c) AS s, MAX(m) AS x, COUNT(*) AS n FROM TABLE(${upper}) GROUP BY window_start, window_end`;
  },
  group: (random) => {
    const keys = random.pick(['', 'k', 'k, b', 'i', 's']);
    if (keys === '') return `SELECT ${aggregates(random)} FROM t${where(random)}`;
    return `SELECT ${keys}, ${aggregates(random)} FROM t${where(random)} GROUP BY ${keys}${having(random)}`;
  },
  group_of_group: (random) => {
    const outer = random.pick(['SUM(c)', 'COUNT(*)', 'MAX(c)', 'MIN(c)', 'AVG(c)', 'COUNT(DISTINCT c)']);
    const group = random.pick(['MOD(i, 3)', 'b', 's']);
    const inner = random.pick(['COUNT(*)', 'SUM(i)', 'MAX(i)', 'MIN(i)', 'AVG(i)', 'COUNT(DISTINCT s)']);
    return `SELECT g, ${outer} AS x FROM (SELECT k, ${group} AS g, ${inner} AS c FROM t GROUP BY k, ${group}) GROUP BY g`;
  },
  grouping_sets: (random) =>
    `SELECT k, b, ${random.chance(0.5) ? 'GROUPING(k) AS gk, GROUPING_ID(k, b) AS gid, ' : ''}COUNT(*) AS n, SUM(i) AS s FROM t GROUP BY ${random.pick(['GROUPING SETS ((k, b), (k), ())', 'ROLLUP (k, b)', 'CUBE (k, b)'])}`,
  distinct: (random) =>
    `SELECT DISTINCT ${random.pick(['k', 'k, b', 's, i', 'MOD(i, 2) AS x, k'])} FROM t${where(random)}`,
  top_n: (random) => {
    const n = random.between(1, 3);
    const order = random.pick(['i DESC', 'd', 'i, d DESC', 's DESC', 'l ASC', 'dc DESC, id']);
    const rank = random.chance(0.5) ? ', rn' : '';
    return `SELECT id, k, i, d${rank} FROM (SELECT *, ROW_NUMBER() OVER (${random.chance(0.7) ? 'PARTITION BY k ' : ''}ORDER BY ${order}) AS rn FROM t) WHERE rn <= ${n}`;
  },
  top_n_of_group: (random) =>
    `SELECT k, s, c${random.chance(0.5) ? ', rn' : ''} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY c ${random.pick(['DESC', 'ASC'])}, s) AS rn FROM (SELECT k, s, ${random.pick(['COUNT(*)', 'SUM(i)', 'MAX(i)', 'MIN(i)'])} AS c FROM t GROUP BY k, s)) WHERE rn <= ${random.between(1, 2)}`,
  dedup: (random) =>
    `SELECT id, k, i FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY ${random.pick(['k', 'b', 'k, b'])} ORDER BY et ${random.pick(['ASC', 'DESC'])}) AS rn FROM t) WHERE rn = 1`,
  window_top_n: (random) =>
    `SELECT window_start, window_end, k, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY v ${random.pick(['DESC', 'ASC'])}, k) AS rn FROM (SELECT window_start, window_end, k, ${random.pick(['SUM(i)', 'COUNT(*)', 'MAX(d)'])} AS v FROM TABLE(${windowFunction(random)}) GROUP BY window_start, window_end, k)) WHERE rn <= ${random.between(1, 3)}`,
  over: (random) => {
    const frame = random.pick([
      '',
      `RANGE BETWEEN ${seconds(random.between(1, 9))} PRECEDING AND CURRENT ROW`,
      `ROWS BETWEEN ${random.between(1, 4)} PRECEDING AND CURRENT ROW`,
      'ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW',
      'RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW',
    ]);
    const calls = [
      'COUNT(*)',
      'SUM(i)',
      'AVG(d)',
      'MIN(i)',
      'MAX(dc)',
      'COUNT(DISTINCT s)',
      'SUM(l)',
      'FIRST_VALUE(i)',
      'LAST_VALUE(i)',
    ];
    const chosen = random.some(calls, random.between(1, 3)).map((call, i) => `${call} OVER w AS c${i}`);
    return `SELECT id, k, ${chosen.join(', ')} FROM t WINDOW w AS (${random.chance(0.8) ? 'PARTITION BY k ' : ''}ORDER BY et ${frame})`;
  },
  union: (random) =>
    `SELECT k, i FROM t ${random.pick(['UNION ALL', 'UNION', 'INTERSECT', 'EXCEPT', 'INTERSECT ALL', 'EXCEPT ALL'])} SELECT k, i FROM u`,
  join: (random) => {
    const extra = random.pick(['', '', ' AND x.i < y.i', ' AND x.d <> y.d', ` AND ${condition(random, 'x.')}`]);
    const on = random.pick(['x.k = y.k', 'x.i = y.i', 'x.k = y.k AND x.b = y.b', 'x.i = y.l', 'x.s = y.s']);
    return `SELECT x.id AS xid, y.id AS yid, x.k, ${select(random, 1, 'y.')} FROM t AS x ${joinOf(random)} u AS y ON ${on}${extra}`;
  },
  join_of_groups: (random) =>
    `SELECT x.k, x.c, y.m FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k) x ${joinOf(random)} (SELECT k, MAX(i) AS m FROM u GROUP BY k) y ON x.k = y.k`,
  semi: (random) =>
    `SELECT id, k FROM t WHERE ${random.pick([
      'k IN (SELECT k FROM u WHERE i > 2)',
      'k NOT IN (SELECT k FROM u WHERE k IS NOT NULL AND i > 2)',
      'EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND u.i > t.i)',
      'NOT EXISTS (SELECT 1 FROM u WHERE u.k = t.k)',
      'i IN (SELECT MAX(i) FROM u GROUP BY k)',
      'i > (SELECT AVG(i) FROM u)',
    ])}`,
  interval_join: (random) =>
    `SELECT x.id AS xid, y.id AS yid FROM t x ${random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'])} u y ON x.k = y.k AND x.et BETWEEN y.et - ${seconds(random.between(0, 6))} AND y.et + ${seconds(random.between(0, 6))}`,
  window_join: (random) => {
    const size = random.pick([2, 5, 10]);
    const side = (table: string): string =>
      `(SELECT * FROM TABLE(TUMBLE(TABLE ${table}, DESCRIPTOR(et), ${seconds(size)})))`;
    return `SELECT x.id AS xid, y.id AS yid, COALESCE(x.window_start, y.window_start) AS ws FROM ${side('t')} x ${joinOf(random)} ${side('u')} y ON x.k = y.k AND x.window_start = y.window_start AND x.window_end = y.window_end`;
  },
  three_joins: (random) =>
    `SELECT x.id AS xid, y.id AS yid, z.n FROM t x ${random.pick(['JOIN', 'LEFT JOIN'])} u y ON x.k = y.k AND x.b = y.b ${random.pick(['JOIN', 'LEFT JOIN'])} (SELECT k, COUNT(*) AS n FROM u GROUP BY k) z ON ${random.pick(['x.k', 'y.k'])} = z.k`,
  temporal_join: (random) =>
    `WITH v AS (SELECT id, k, i, et FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY et DESC) AS rn FROM u) WHERE rn = 1) SELECT x.id AS xid, r.id AS rid, r.i FROM t AS x ${random.pick(['JOIN', 'LEFT JOIN'])} v FOR SYSTEM_TIME AS OF x.et AS r ON x.k = r.k`,
  window_semi: (random) => {
    const side = (table: string): string =>
      `(SELECT * FROM TABLE(TUMBLE(TABLE ${table}, DESCRIPTOR(et), ${seconds(5)})))`;
    return `SELECT id, k, window_start FROM ${side('t')} a WHERE ${random.pick(['EXISTS', 'NOT EXISTS'])} (SELECT * FROM ${side('u')} b WHERE a.k = b.k AND a.window_start = b.window_start AND a.window_end = b.window_end)`;
  },
  limit: (random) =>
    random.pick([
      `SELECT id, i FROM t ORDER BY ${random.pick(['i', 'd DESC', 's, id'])} LIMIT ${random.between(1, 4)}`,
      `SELECT id, i FROM t LIMIT ${random.between(1, 9)}`,
      'SELECT id, et FROM t ORDER BY et',
      `SELECT k, COUNT(*) AS n FROM t GROUP BY k ORDER BY n DESC LIMIT ${random.between(1, 2)}`,
    ]),
  union_windows: (random) =>
    `SELECT k, window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(et), ${seconds(random.pick([2, 5]))})) GROUP BY k, window_start, window_end UNION ALL SELECT k, window_start, SUM(i) FROM TABLE(${windowFunction(random, 'u')}) GROUP BY k, window_start, window_end`,
  named_arguments: (random) =>
    `SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(DATA => TABLE t, TIMECOL => DESCRIPTOR(et), SIZE => ${seconds(random.between(1, 9))})) GROUP BY window_start, window_end`,
  legacy_window: (random) => {
    const [name, args] = random.pick([
      ['TUMBLE', seconds(random.between(1, 9))],
      ['HOP', `${seconds(2)}, ${seconds(6)}`],
      ['SESSION', seconds(random.between(1, 4))],
    ]);
    return `SELECT k, ${name}_START(et, ${args}) AS ws, ${name}_END(et, ${args}) AS we, ${aggregates(random, true)} FROM t GROUP BY k, ${name}(et, ${args})`;
  },
  unnest: (random) =>
    `SELECT id, e FROM t ${random.pick(['CROSS JOIN', 'LEFT JOIN'])} UNNEST(a) AS x (e)`.replace(
      /^(.*LEFT JOIN.*)$/,
      '$1 ON TRUE',
    ),
  match: (random) => {
    const skip = random.pick(['PAST LAST ROW', 'TO NEXT ROW', 'TO LAST B', 'TO FIRST B']);
    const pattern = random.pick(['A B', 'A B+ C', 'A B* C', 'A B? C', 'A B{1,2} C', 'A B+? C', 'A B*? C']);
    const hasC = pattern.includes('C');
    const within = random.chance(0.3) ? ` WITHIN ${seconds(random.between(3, 20))}` : '';
    const aggregated = random.pick(['COUNT(B.id)', 'SUM(B.i)', 'MAX(B.d)', 'LAST(B.id)', 'FIRST(B.i)']);
    return `SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY et MEASURES A.id AS aid, ${aggregated} AS x${hasC ? ', C.id AS cid' : ''} ONE ROW PER MATCH AFTER MATCH SKIP ${skip} PATTERN (${pattern})${within} DEFINE A AS A.i > ${random.between(-2, 3)}, B AS B.i < ${random.between(0, 7)}${hasC ? `, C AS C.i ${random.pick(['>= 3', '< 2', '> LAST(B.i)', '> A.i'])}` : ''}) AS m`;
  },
} satisfies Record<string, (random: Random) => string>;

export type Feature = keyof typeof makers;

export const features = Object.keys(makers) as readonly Feature[];

const twoInputs: ReadonlySet<Feature> = new Set([
  'union',
  'three_joins',
  'temporal_join',
  'window_semi',
  'union_windows',
  'join',
  'join_of_groups',
  'semi',
  'interval_join',
  'window_join',
]);

export function makeQuery(random: Random, feature: Feature): GeneratedQuery {
  return { feature, sql: makers[feature](random), folded: twoInputs.has(feature) };
}
