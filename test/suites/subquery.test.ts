import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { comparable, Duck } from '../support/duck.ts';
import { ScriptRunner } from '../support/script-run.ts';

// Sub-queries wherever they may stand: what is left of the changes is what DuckDB answers.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const views = {
  t: `SELECT * FROM (VALUES (1, 10, 'a'), (2, 20, 'b'), (2, 25, 'a'), (3, CAST(NULL AS INTEGER), 'c'), (CAST(NULL AS INTEGER), 40, 'b')) AS x (k, v, s)`,
  u: `SELECT * FROM (VALUES (1, 5, 'x'), (1, 15, 'y'), (2, 20, 'x'), (4, 60, 'y'), (CAST(NULL AS INTEGER), 7, 'z')) AS x (k, w, r)`,
  labels: `SELECT * FROM (VALUES (1, 'first'), (2, 'second'), (3, CAST(NULL AS STRING))) AS x (id, label)`,
};

const queries = [
  // HAVING, and the list of an aggregation
  'SELECT k, SUM(v) FROM t GROUP BY k HAVING SUM(v) > (SELECT AVG(w) FROM u)',
  'SELECT k, SUM(v) FROM t GROUP BY k HAVING SUM(v) > (SELECT MAX(w) FROM u WHERE u.k = t.k)',
  'SELECT k, SUM(v) FROM t GROUP BY k HAVING k IN (SELECT k FROM u)',
  'SELECT k, SUM(v) FROM t GROUP BY k HAVING NOT EXISTS (SELECT 1 FROM u WHERE u.k = t.k)',
  'SELECT k, SUM(v) FROM t GROUP BY k HAVING SUM(v) IN (SELECT w FROM u WHERE u.k = t.k)',
  'SELECT t.k, COUNT(*), (SELECT MAX(w) FROM u WHERE u.k = t.k) FROM t GROUP BY t.k',
  'SELECT COUNT(*) + (SELECT COUNT(*) FROM u), (SELECT MAX(w) FROM u) FROM t',
  "SELECT s, SUM(v) FROM t GROUP BY s HAVING COUNT(*) = (SELECT COUNT(*) FROM u WHERE u.r = 'x') AND SUM(v) > 1",
  'SELECT k, COUNT(*) FROM t GROUP BY k HAVING COUNT(*) >= (SELECT COUNT(*) FROM u WHERE u.k = t.k)',
  // within sub-queries
  'SELECT k, v FROM t WHERE k IN (SELECT k FROM u WHERE w > (SELECT MIN(v) FROM t))',
  'SELECT k, v FROM t WHERE k IN (SELECT u.k FROM u WHERE u.w >= (SELECT MAX(x.w) FROM u AS x WHERE x.k = u.k))',
  'SELECT k, v FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND u.w < (SELECT AVG(v) FROM t))',
  'SELECT k, v FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND u.w <> t.v)',
  'SELECT k, v FROM t WHERE v > (SELECT AVG(w) FROM u WHERE u.k IN (SELECT k FROM t))',
  'SELECT k, v FROM t WHERE k NOT IN (SELECT k FROM u WHERE k IS NOT NULL) AND v > (SELECT MIN(w) FROM u)',
  'SELECT k FROM t WHERE k IN (SELECT k FROM u GROUP BY k HAVING COUNT(*) > (SELECT MIN(id) FROM labels))',
  // groups of the rows that belong to the outer row
  'SELECT k, v FROM t WHERE EXISTS (SELECT k, COUNT(*) FROM u WHERE u.k = t.k GROUP BY k HAVING COUNT(*) > 1)',
  'SELECT k, v FROM t WHERE NOT EXISTS (SELECT r FROM u WHERE u.k = t.k GROUP BY r HAVING SUM(w) > 10)',
  'SELECT k, v FROM t WHERE v IN (SELECT MAX(w) FROM u WHERE u.k = t.k AND w > 5 GROUP BY r)',
  'SELECT k, v FROM t WHERE v NOT IN (SELECT MAX(w) FROM u WHERE u.k = t.k GROUP BY r)',
  // one row that there may be
  'SELECT k, v, (SELECT label FROM labels WHERE id = t.k) FROM t',
  "SELECT k, v FROM t WHERE (SELECT label FROM labels WHERE id = t.k) = 'second'",
  'SELECT k, (SELECT label FROM labels WHERE id = 2), (SELECT label FROM labels WHERE id = 9) FROM t',
  "SELECT k, (SELECT DISTINCT r FROM u WHERE u.k = t.k AND r <> 'y') FROM t",
  'SELECT k, (SELECT w FROM u ORDER BY w DESC LIMIT 1) FROM t',
  "SELECT k, COALESCE((SELECT UPPER(label) FROM labels WHERE id = t.k), 'none') FROM t",
  // beside OR, and in lists
  'SELECT k, v FROM t WHERE v > 30 OR k IN (SELECT k FROM u)',
  'SELECT k, v FROM t WHERE v = 25 OR EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND u.w > 10)',
  'SELECT k, v FROM t WHERE NOT (v = 25 OR k IN (SELECT k FROM u WHERE k IS NOT NULL))',
  'SELECT k, v FROM t WHERE NOT (v = 25 OR k IN (SELECT k FROM u))',
  'SELECT k, k IN (SELECT k FROM u), k NOT IN (SELECT k FROM u WHERE k IS NOT NULL), v IN (SELECT w FROM u WHERE w > 100) FROM t',
  "SELECT k, CASE WHEN EXISTS (SELECT 1 FROM u WHERE u.k = t.k) THEN s ELSE 'none' END FROM t",
  'SELECT k, NOT EXISTS (SELECT w FROM u WHERE w > 100), EXISTS (SELECT k FROM u GROUP BY k HAVING COUNT(*) > 1) FROM t',
  'SELECT k, COUNT(*) FROM t GROUP BY k HAVING COUNT(*) > 1 OR k IN (SELECT k FROM u)',
  "SELECT s, COUNT(*) FILTER (WHERE k = 2) FROM t WHERE k IN (SELECT k FROM u) OR s = 'c' GROUP BY s",
  // beside a quantifier
  "SELECT k, v FROM t WHERE v > SOME (SELECT w FROM u WHERE r = 'x')",
  'SELECT k, v FROM t WHERE v <= ALL (SELECT w FROM u WHERE w > 15)',
  'SELECT k, v FROM t WHERE v > ALL (SELECT w FROM u WHERE w > 100)',
  'SELECT k, v FROM t WHERE v > ALL (SELECT k FROM u)',
  'SELECT k, v FROM t WHERE v < ALL (SELECT w FROM u WHERE u.k = t.k)',
  'SELECT k, v FROM t WHERE v = SOME (SELECT w FROM u) OR v <> ALL (SELECT w FROM u)',
  'SELECT k, v FROM t WHERE v <> SOME (SELECT w FROM u) AND k = ALL (SELECT k FROM u WHERE k = 2)',
  'SELECT k, v >= ALL (SELECT MAX(w) FROM u GROUP BY k), v < SOME (SELECT k FROM u) FROM t',
  'SELECT k, v FROM t WHERE NOT v > SOME (SELECT w FROM u WHERE w > 100) AND NOT v <= ALL (SELECT w FROM u)',
  'SELECT k, v <> SOME (SELECT k FROM u), v < ALL (SELECT k FROM u), v = ALL (SELECT w FROM u WHERE w > 100) FROM t',
  // conditions that every branch of an OR has
  "SELECT t.v, u.w FROM t, u WHERE (t.k = u.k AND t.v > 15) OR (t.k = u.k AND u.w > 10) OR (u.k = t.k AND t.k = u.k AND u.r = 'x')",
  'SELECT t.v, u.w FROM t LEFT JOIN u ON (t.k = u.k AND u.w > 10) OR (t.k = u.k AND t.v < 15)',
  'SELECT v FROM t WHERE (k = 2 AND v > 20) OR (k = 2 AND v < 0) OR k = 2',
  // tables of FROM that only later ones tie
  'SELECT t.v, labels.label, u.w FROM t, labels, u WHERE t.k = u.k AND u.w > labels.id AND labels.id = u.k',
  'SELECT x.v, y.v, u.w FROM t AS x, t AS y, u WHERE x.k = u.k AND y.v = u.w',
];

describe('queries with sub-queries', () => {
  const runner = new ScriptRunner();
  let duck: Duck;

  beforeAll(async () => {
    duck = await Duck.open();
    for (const [name, query] of Object.entries(views)) await duck.run(`CREATE VIEW ${name} AS ${query}`);
  });

  afterAll(async () => {
    duck.close();
    await runner.close();
  });

  const schema = Object.entries(views).map(([name, query]) => `CREATE VIEW ${name} AS ${query};`);

  it('have the rows of DuckDB', async () => {
    const found = await runner.rowsOf([...schema, ...queries.map((query) => `${query};`)].join('\n'));
    for (const [i, query] of queries.entries()) {
      const [actual, expected] = comparable(found[i] ?? [], await duck.answer(query));
      expect(actual, query).toEqual(expected);
    }
  });

  it.each([
    'SELECT (SELECT w FROM u) FROM t',
    'SELECT k, (SELECT w FROM u WHERE u.k = t.k) FROM t',
    'SELECT k FROM t WHERE v = (SELECT w FROM u WHERE w > 10)',
  ])('%s fails: there are several rows', async (query) => {
    await expect(runner.rowsOf([...schema, `${query};`].join('\n'))).rejects.toThrow('expected one row, got more');
  });
});
