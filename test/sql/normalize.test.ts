import { describe, expect, it } from 'vitest';
import { columnsOf } from '../../src/model/expression.ts';
import type { PlanNode } from '../../src/model/plan.ts';
import { inputsOf } from '../../src/model/plan.ts';
import { pipelinesOf } from '../support/sql-session.ts';

type Normalize = Extract<PlanNode, { kind: 'changelog_normalize' }>;

function names({ input }: Normalize, columns: Iterable<number>): string {
  return Array.from(columns, (column) => input.fields[column]!.name).join(',');
}

function where(node: Normalize): string {
  return node.condition === null ? '' : ` where ${names(node, columnsOf(node.condition))}`;
}

/** The nodes from the top down, the normalizing one with its columns and keys. */
function shape(node: PlanNode): string {
  const own =
    node.kind === 'changelog_normalize'
      ? `normalize(${names(node, node.fields.keys())} by ${names(node, node.keys)}${where(node)})`
      : node.kind;
  return [own, ...inputsOf(node).map(shape)].join(' ');
}

async function planOf(script: string): Promise<string> {
  return shape((await pipelinesOf(script)).at(-1)!.input);
}

const upsert = (more = '') => `CREATE TABLE t (id INT, v STRING, w INT${more}, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka')`;
const feed = (key = ', PRIMARY KEY (id) NOT ENFORCED') =>
  `CREATE TABLE t (id INT, v STRING${key}) WITH ('connector' = 'kafka', 'format' = 'debezium-json')`;
const duplicates = "SET 'table.exec.source.cdc-events-duplicate' = 'true'";

describe('a table of the newest rows', () => {
  it.each<[string, string, string]>([
    ['is brought into a changelog', `${upsert()}; SELECT * FROM t`, 'normalize(id,v,w by id) scan'],
    ['with the columns that are read, and its key', `${upsert()}; SELECT w FROM t`, 'calc normalize(id,w by id) scan'],
    [
      'above its watermarks',
      `${upsert(', ts TIMESTAMP(3), WATERMARK FOR ts AS ts')}; SELECT ts FROM t`,
      'calc normalize(id,ts by id) watermark scan',
    ],
    [
      'wherever it stands',
      `${upsert()}; SELECT v FROM t UNION ALL SELECT v FROM t WHERE id > 1`,
      'union calc normalize(id,v by id) scan calc normalize(id,v by id) scan',
    ],
    [
      'with its filter, if no other part of the query reads the table',
      `${upsert()}; SELECT v FROM t WHERE w > 1 AND RAND() < 0.5`,
      'calc normalize(id,v,w by id where w) scan',
    ],
    ['a change data feed is one', `${feed()}; SELECT v FROM t`, 'scan'],
    [
      'but not when it tells things twice',
      `${duplicates}; ${feed()}; SELECT v FROM t`,
      'calc normalize(id,v by id) scan',
    ],
    [
      'inserts have nothing to normalize',
      `${duplicates}; CREATE TABLE t (id INT, v STRING) WITH ('connector' = 'kafka', 'format' = 'json'); SELECT v FROM t`,
      'scan',
    ],
  ])('%s', async (_, script, expected) => expect(await planOf(script)).toBe(expected));

  it('needs a key', async () => {
    await expect(planOf(`${duplicates}; ${feed('')}; SELECT v FROM t`)).rejects.toThrow(
      /cdc-events-duplicate' needs a PRIMARY KEY/,
    );
    await expect(
      planOf("CREATE TABLE t (id INT) WITH ('connector' = 'upsert-kafka'); SELECT id FROM t"),
    ).rejects.toThrow(/'upsert-kafka' needs a PRIMARY KEY/);
  });
});
