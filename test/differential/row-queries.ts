// Queries whose rows stand alone, and patterns of rows.
import type { Feature, Writer } from './writer.ts';

const defines: Readonly<Record<string, readonly string[]>> = {
  A: ['A.i > {-2..3}', 'A.b', 'A.s IS NOT NULL'],
  B: [
    'B.i < {0..7}',
    'B.i <> A.i',
    'B.i > LAST(B.i, 1)',
    'SUM(B.i) < {5..20}',
    'COUNT(B.id) <= {1..3}',
    'AVG(B.i) < 5',
    'MAX(B.d) < 9',
    'B.i >= FIRST(B.i)',
    'B.i + A.i > {0..4}',
  ],
  C: ['C.i {>= 3|< 2|> LAST(B.i)|> A.i|> AVG(B.i)}', 'C.k IS NOT NULL', 'C.i > FIRST(A.i) + COUNT(B.i)'],
};

const measures = [
  'A.id AS aid',
  'FIRST(A.id) AS fa',
  '{COUNT|SUM|MIN|MAX|AVG}(B.i) AS x',
  'LAST(B.id) AS lb',
  'FIRST(B.id) AS fb',
  'LAST(B.i, 1) AS l1',
  'FIRST(B.i, 1) AS f1',
  'C.id AS cid',
  'LAST(C.et) AS ce',
  'MATCH_ROWTIME() AS mr',
  'A.i + LAST(B.i) * 2 AS y',
  "CASE WHEN LAST(B.i) > 2 THEN 'p' ELSE A.s END AS z",
  'LAST(A.d) AS la',
];

const patterns = [
  ...['A B', 'A B+ C', 'A B* C', 'A B? C', 'A B{1,2} C', 'A B+? C', 'A B*? C', 'A B{2} C', 'A B{0,2} C', 'A B{2,}? C'],
  ...['A B{,2} C', 'A B{1,2}?', 'A+ B', 'A+ B+ C', 'A A B', 'A B?? C', 'A B C', 'B+ A', 'B A{2,3} C', 'A+? B'],
];

function match(w: Writer): string {
  const { random } = w;
  const pattern = random.pick(patterns);
  const used = Object.keys(defines).filter((name) => pattern.includes(name));
  const fits = (text: string): boolean => [...text.matchAll(/\b([ABC])\./g)].every(([, name]) => used.includes(name!));
  const defined = used.filter((name) => name === 'B' || random.chance(0.85));
  const define = defined.map((name) => `${name} AS ${w.pick(defines[name]!.filter(fits))}`).join(', ');
  const chosen = random.some(measures.filter(fits), random.between(1, 4)).map((text) => w.fill(text));
  const partition = random.pick(['PARTITION BY k ', 'PARTITION BY k, b ', '']);
  const skip = random.pick(['PAST LAST ROW', 'TO NEXT ROW', 'TO LAST B', 'TO FIRST B', 'TO B']);
  const within = random.chance(0.3) ? ` WITHIN ${w.span(3, 20)}` : '';
  return `SELECT * FROM t MATCH_RECOGNIZE (${partition}ORDER BY et MEASURES ${chosen.join(', ')} ONE ROW PER MATCH AFTER MATCH SKIP ${skip} PATTERN (${pattern})${within} DEFINE ${define}) AS m1`;
}

const valuesTemplates = [
  "SELECT * FROM (VALUES (1, 'a', 1.5), (2, 'bcd', 10.25), ({CAST(NULL AS INT)|3}, 'x', {2|-1.125|2E0})) AS x (p, q, o)",
  "VALUES (1, DATE '2026-01-01'), ({2|5000000000|2.5}, DATE '2024-02-29')",
  "SELECT p, COUNT(*) AS n FROM (VALUES ('a', 1), ('b', 2), ('a', CAST(NULL AS INT))) AS x (p, q) GROUP BY p",
  'SELECT 1 AS p, {1 + 1|CAST(NULL AS STRING)|1.0 / 3} AS q',
];

const viewTemplates = [
  'SELECT * FROM x1',
  'SELECT k, COUNT(x) AS n, SUM(i) AS s1 FROM x1 GROUP BY k',
  'WITH x2 AS (SELECT k, i, x FROM x1 WHERE i > 0), x3 AS (SELECT k, MAX(i) AS m1 FROM x2 GROUP BY k) SELECT * FROM x3',
];

const unnestTemplates = [
  'SELECT id, e FROM t CROSS JOIN UNNEST({a|sa|ARRAY[i, id]}) AS x (e)',
  'SELECT id, e FROM t LEFT JOIN UNNEST({a|sa}) AS x (e) ON TRUE',
  'SELECT id, e, o FROM t CROSS JOIN UNNEST({a|sa}) WITH ORDINALITY AS x (e, o)',
  'SELECT id, e, o FROM t LEFT JOIN UNNEST({a|sa}) WITH ORDINALITY AS x (e, o) ON TRUE',
  'SELECT id, p, q FROM t CROSS JOIN UNNEST(m) AS x (p, q)',
  'SELECT id, p, q FROM t CROSS JOIN UNNEST(ARRAY[r, r]) AS x (p, q)',
  'SELECT e, COUNT(*) AS n FROM t CROSS JOIN UNNEST(a) AS x (e) GROUP BY e',
  'SELECT id, e FROM t, UNNEST(a) AS x (e) WHERE e > {0..3}',
];

export const rowQueries = {
  expressions: {
    make: (w) =>
      `SELECT id, ${w.select(w.random.between(2, 6))} FROM ${w.random.pick(['t', 't', 't', 'w'])}${w.where()}`,
  },
  values: { make: (w) => w.pick(valuesTemplates) },
  views: {
    make: (w) => [
      `CREATE TEMPORARY VIEW x1 AS SELECT id, k, ${w.expression(2)} AS x, i FROM t${w.where()}`,
      w.pick(viewTemplates),
    ],
  },
  nested: {
    make: (w) => `SELECT id, ${w.expression(1, 'x.')} AS q FROM (SELECT * FROM t${w.where()}) AS x${w.where('x.')}`,
  },
  unnest: { make: (w) => w.pick(unnestTemplates) },
  changes: {
    make: (w) => {
      const queries = [
        'SELECT k, i FROM v WHERE i > {0..3}',
        'SELECT * FROM (SELECT id, k, i FROM w) WHERE MOD(i, 2) = 1',
      ];
      return w.random.chance(0.5) ? w.pick(queries) : `SELECT id, ${w.select(1)} FROM w${w.where()}`;
    },
  },
  match: { make: match },
} satisfies Record<string, Feature>;
