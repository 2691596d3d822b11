import { describe, expect, it } from 'vitest';
import type { EngineError } from '../../src/model/errors.ts';
import { inputsOf, type PlanNode } from '../../src/model/plan.ts';
import { withoutRetraction } from '../../src/sql/planner/monotonicity.ts';
import { pipelinesOf } from '../support/sql-session.ts';

const table = "CREATE TABLE t (k STRING, m STRING, v INT, d DOUBLE) WITH ('connector' = 'datagen');";

async function planOf(query: string): Promise<PlanNode> {
  const [pipeline] = await pipelinesOf(`${table}\n${query}`);
  return pipeline!.input;
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...inputsOf(node).flatMap(nodesOf)];
}

describe('an aggregate over updates', () => {
  it.each([
    ['MAX of a count', 'SELECT MAX(c) FROM (SELECT k, COUNT(*) c FROM t GROUP BY k)', true],
    ['MIN of a count', 'SELECT MIN(c) FROM (SELECT k, COUNT(*) c FROM t GROUP BY k)', false],
    ['MIN of a minimum', 'SELECT MIN(c) FROM (SELECT k, MIN(v) c FROM t GROUP BY k)', true],
    ['MAX of a sum', 'SELECT MAX(c) FROM (SELECT k, SUM(v) c FROM t GROUP BY k)', false],
    ['MAX of a sum that only grows', 'SELECT MAX(c) FROM (SELECT k, SUM(v) c FROM t WHERE v >= 0 GROUP BY k)', true],
    [
      'MAX of a sum of cases',
      'SELECT MAX(c) FROM (SELECT k, SUM(CASE WHEN v > 1 THEN 1 ELSE 0 END) c FROM t GROUP BY k)',
      true,
    ],
    ['MAX of an average', 'SELECT MAX(c) FROM (SELECT k, AVG(v) c FROM t GROUP BY k)', false],
    ['MAX beside HAVING >', 'SELECT MAX(c) FROM (SELECT k, COUNT(*) c FROM t GROUP BY k HAVING COUNT(*) > 1)', true],
    ['MAX beside HAVING <', 'SELECT MAX(c) FROM (SELECT k, COUNT(*) c FROM t GROUP BY k HAVING COUNT(*) < 9)', false],
    [
      'MAX by what is updated',
      'SELECT MAX(c) FROM (SELECT k, COUNT(*) c, MAX(v) v FROM t GROUP BY k) GROUP BY v',
      false,
    ],
  ])('%s keeps what an update takes back: %s', async (_, query, kept) => {
    const top = nodesOf(await planOf(query)).find((node) => node.kind === 'group_aggregate');
    expect(withoutRetraction(top as Extract<PlanNode, { kind: 'group_aggregate' }>)).toEqual([kept]);
  });
});

describe('an aggregation of rows that are unique by its keys', () => {
  const counts = '(SELECT k, COUNT(*) AS n FROM t GROUP BY k)';

  it.each([
    [`SELECT DISTINCT k, n FROM ${counts}`, 1],
    [`SELECT k, SUM(n), MAX(n) FROM ${counts} GROUP BY k`, 1],
    [`SELECT n, MAX(k) FROM ${counts} GROUP BY n`, 2],
    [`SELECT k, COUNT(n) FROM ${counts} GROUP BY k`, 2],
    [`SELECT k, MAX(n) FILTER (WHERE n > 1) FROM ${counts} GROUP BY k`, 2],
    [`SELECT k, MAX(n) FROM ${counts} GROUP BY ROLLUP (k)`, 2],
  ])('%s: %s aggregations are left', async (query, count) => {
    const nodes = nodesOf(await planOf(query));
    expect(nodes.filter(({ kind }) => kind === 'group_aggregate')).toHaveLength(count);
  });
});

describe('grouping sets', () => {
  it.each([
    ['CUBE (k, m)', [[0, 1], [0], [1], []]],
    ['ROLLUP (k, m, v)', [[0, 1, 2], [0, 1], [0], []]],
    ['ROLLUP ((k, m), v)', [[0, 1, 2], [0, 1], []]],
    ['k, ROLLUP (m)', [[0, 1], [0]]],
    ['GROUPING SETS (k, (m, k), ())', [[0, 1], [0], []]],
    ['GROUPING SETS (ROLLUP (k), CUBE (m))', [[0], [1], [], []]],
    ['CUBE (k), GROUPING SETS ((m), ())', [[0, 1], [0], [1], []]],
  ])('of GROUP BY %s', async (groupBy, sets) => {
    const nodes = nodesOf(await planOf(`SELECT COUNT(*) FROM t GROUP BY ${groupBy}`));
    const expand = nodes.find((node) => node.kind === 'expand')!;
    const keyCount = new Set(sets.flat()).size;
    const found = expand.projections.map((set) =>
      set.slice(-1 - keyCount, -1).flatMap((each, key) => (each.kind === 'literal' ? [] : [key])),
    );
    expect(found).toEqual(sets);
  });

  it('make columns that they leave out nullable', async () => {
    const query =
      'SELECT x, y, x + 1 AS z FROM (VALUES (1, 2)) AS t (x, y) GROUP BY GROUPING SETS ((x, y), (y), (y, x + 1))';
    const plan = await planOf(query);
    expect(plan.fields.map(({ type }) => type.nullable)).toEqual([true, false, true]);
  });
});

it('an aggregate that takes nothing back is refused over rows that change', async () => {
  const query = 'SELECT APPROX_COUNT_DISTINCT(n) FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k)';
  await expect(planOf(query)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('APPROX_COUNT_DISTINCT over rows that change is not supported'),
  });
});

it.each([
  ['SELECT GROUPING(v) FROM t GROUP BY k', 'GROUPING: expected an expression that is in GROUP BY'],
  ['SELECT GROUPING() FROM t GROUP BY k', 'expected GROUPING(key, …)'],
  ['SELECT GROUP_ID(k) FROM t GROUP BY k', 'expected GROUP_ID()'],
  ['SELECT COUNT(k, m) FROM t', 'COUNT of several values is only there with DISTINCT'],
  ['SELECT k, COUNT(*) FROM t', "the column 'k' is neither grouped nor aggregated"],
  ['SELECT k FROM t GROUP BY 1', "the column 'k' is neither grouped nor aggregated"],
  ['SELECT k FROM t HAVING COUNT(*) > 1', "the column 'k' is neither grouped nor aggregated"],
  ['SELECT k FROM t UNION SELECT k, m FROM t', 'UNION: expected 1 columns as on its left, got 2'],
  ['SELECT k FROM t EXCEPT SELECT v FROM t', "EXCEPT: the column 'k' is STRING on the left and INT on the right"],
  ['SELECT LISTAGG(k, m) FROM t', 'expected LISTAGG(string [, separator])'],
  ['SELECT PERCENTILE(v, 2) FROM t', 'expected PERCENTILE('],
])('%s is refused', async (query, message) => {
  const error = await planOf(query).then(
    () => expect.unreachable(),
    (reason: EngineError) => reason,
  );
  expect(error.code).toBe('SQL_VALIDATION');
  expect(error.message).toContain(message);
});
