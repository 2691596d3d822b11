import { describe, expect, it } from 'vitest';
import { inputsOf, type PlanNode, type RankNode } from '../../src/model/plan.ts';
import { updateKeyOf } from '../../src/sql/planner/monotonicity.ts';
import { pipelinesOf } from '../support/sql-session.ts';

const tables = `
  CREATE TABLE t (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka');
  CREATE TABLE u (id INT, v INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka');
  CREATE VIEW counts AS SELECT k, COUNT(*) AS c, MAX(v) AS most, MIN(v) AS least, SUM(v) AS s FROM t GROUP BY k;
  CREATE VIEW latest AS SELECT k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM t) WHERE n = 1;
`;

function rankIn(node: PlanNode): RankNode {
  if (node.kind === 'rank') return node;
  const [input] = inputsOf(node);
  if (input === undefined) throw new Error('there is no rank');
  return rankIn(input);
}

/** The names of the columns by which a Top-N is updated in place; null: it keeps all rows. */
async function keyOf(query: string): Promise<string[] | null> {
  const [pipeline] = await pipelinesOf(`${tables}${query};`);
  const rank = rankIn(pipeline!.input);
  return updateKeyOf(rank)?.map((column) => rank.input.fields[column]!.name) ?? null;
}

describe('a Top-N of updates', () => {
  it.each<[string, string, string[] | null]>([
    ['a count, the highest first', 'SELECT k, c FROM counts ORDER BY c DESC LIMIT 3', ['k']],
    [
      'its key is read even if nobody asks for it',
      'SELECT c FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY c DESC) AS n FROM counts) WHERE n <= 3',
      ['k'],
    ],
    ['its key is left out', 'SELECT c FROM counts ORDER BY c DESC LIMIT 3', null],
    ['a count, the lowest first: others come up', 'SELECT k, c FROM counts ORDER BY c LIMIT 3', null],
    ['a maximum, the highest first', 'SELECT k FROM counts ORDER BY most DESC LIMIT 3', ['k']],
    ['a minimum, the lowest first', 'SELECT k FROM counts ORDER BY least LIMIT 3', ['k']],
    ['a minimum, the highest first', 'SELECT k FROM counts ORDER BY least DESC LIMIT 3', null],
    ['a sum, which may fall', 'SELECT k FROM counts ORDER BY s DESC LIMIT 3', null],
    ['several orders, all of them rising', 'SELECT k FROM counts ORDER BY c DESC, k LIMIT 3', ['k']],
    ['several orders, one of them not', 'SELECT k FROM counts ORDER BY c DESC, s LIMIT 3', null],
    [
      'a cast keeps the direction',
      'SELECT k FROM (SELECT k, CAST(c AS DOUBLE) AS d FROM counts) ORDER BY d DESC LIMIT 3',
      ['k'],
    ],
    ['an expression does not', 'SELECT k FROM (SELECT k, -c AS d FROM counts) ORDER BY d DESC LIMIT 3', null],
    ['a filter on the key', "SELECT k FROM counts WHERE k <> 'a' ORDER BY c DESC LIMIT 3", ['k']],
    ['a filter that stays true', 'SELECT k FROM counts WHERE c > 2 ORDER BY c DESC LIMIT 3', ['k']],
    ['a filter that may turn false', 'SELECT k FROM counts WHERE c < 2 ORDER BY c DESC LIMIT 3', null],
    [
      'the key is not there any more',
      'SELECT c FROM (SELECT c FROM counts UNION ALL SELECT c FROM counts) ORDER BY c DESC LIMIT 3',
      null,
    ],
    [
      'partitions that are not of the key',
      'SELECT k FROM counts QUALIFY ROW_NUMBER() OVER (PARTITION BY s ORDER BY c DESC) <= 3',
      null,
    ],
    ['the last row of each key: any value', 'SELECT k FROM latest ORDER BY v DESC LIMIT 3', null],
    ['the last row of each key, by the key', 'SELECT k FROM latest ORDER BY k LIMIT 3', ['k']],
    ['rows that are deleted', 'SELECT id FROM u ORDER BY id LIMIT 3', null],
    ['rows that do not change', 'SELECT k FROM t ORDER BY v LIMIT 3', null],
    [
      'aggregates of aggregates',
      'SELECT c, m FROM (SELECT c, MAX(k) AS m FROM counts GROUP BY c) ORDER BY m DESC LIMIT 3',
      null,
    ],
  ])('%s', async (_, query, expected) => expect(await keyOf(query)).toEqual(expected));
});
