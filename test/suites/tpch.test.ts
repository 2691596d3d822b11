import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { inputsOf, type PlanNode } from '../../src/model/plan.ts';
import { uniqueKeysOf } from '../../src/sql/planner/changelog.ts';
import { comparable, Duck } from '../support/duck.ts';
import { type ResultRow, ScriptRunner } from '../support/script-run.ts';
import { pipelinesOf } from '../support/sql-session.ts';
import { tpchRows } from './tpch-data.ts';

// The queries of TPC-H (tpch/NOTICE.md) over streams of rows: what is left of their changes is what DuckDB answers.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const fileOf = (name: string): string => readFileSync(join(import.meta.dirname, 'tpch', `${name}.sql`), 'utf8');
const statementsOf = (text: string): string[] =>
  text
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');

/** An order without LIMIT says nothing of what is left, and a stream can't be put into it. */
function unordered(statement: string): string {
  return /\bLIMIT\b/.test(statement) ? statement : statement.replace(/\bORDER BY\b[^()]*$/, '');
}

/** In jobs of several queries, which start faster than one after the other. */
const jobs = [
  [1, 2, 3, 4, 5, 6, 7],
  [8, 9, 10, 11, 12, 13, 14],
  [15, 16, 17, 18, 19, 20, 21, 22],
];

function allNodes(node: PlanNode): PlanNode[] {
  return [node, ...inputsOf(node).flatMap(allNodes)];
}

const tables = statementsOf(fileOf('ddl'));
const nameOf = (table: string): string => /CREATE TABLE (\w+)/.exec(table)![1]!;

describe('the queries of TPC-H', () => {
  const runner = new ScriptRunner();
  let duck: Duck;

  const fileFor = (table: string): string => join(runner.scratch, `${table}.csv`);

  beforeAll(async () => {
    duck = await Duck.open();
    for (const [table, rows] of Object.entries(tpchRows())) {
      writeFileSync(fileFor(table), rows.map((row) => `${row.join(',')}\n`).join(''));
    }
    for (const table of tables) {
      await duck.run(table);
      await duck.run(`COPY ${nameOf(table)} FROM '${fileFor(nameOf(table))}' (FORMAT csv, HEADER false)`);
    }
  });

  afterAll(async () => {
    duck.close();
    await runner.close();
  });

  const schema = (): string =>
    tables
      .map(
        (table) =>
          `${table} WITH ('connector' = 'filesystem', 'path' = '${fileFor(nameOf(table))}', 'format' = 'csv', 'csv.disable-quote-character' = 'true');`,
      )
      .join('\n');

  it.each(jobs)('%i, %i, %i, %i, %i, %i, %i …', async (...numbers) => {
    const queries = numbers.map((number) => statementsOf(fileOf(`q${number}`)));
    const script = queries.flatMap((statements) => statements.map((statement) => `${unordered(statement)};`));
    const found = await runner.rowsOf([schema(), ...script].join('\n'));
    for (const [i, statements] of queries.entries()) await expectAnswer(`q${numbers[i]}`, found[i]!, statements);
  });

  it.each(jobs.flat())('%i joins by keys wherever there are some', async (number) => {
    const statements = statementsOf(fileOf(`q${number}`)).map((statement) => `${unordered(statement)};`);
    const [pipeline] = await pipelinesOf([schema(), ...statements].join('\n'));
    // NOT IN of what may be NULL has no keys: every NULL counts as a match.
    const joins = allNodes(pipeline!.input).flatMap((node) =>
      node.kind === 'join' && node.join !== 'anti' ? [node] : [],
    );
    const isOneRow = (node: PlanNode): boolean => uniqueKeysOf(node).some((key) => key.length === 0);
    const crossed = joins.filter(({ leftKeys, left, right }) => leftKeys.length === 0 && ![left, right].some(isOneRow));
    expect(crossed).toEqual([]);
  });

  async function expectAnswer(name: string, rows: readonly ResultRow[], statements: readonly string[]): Promise<void> {
    for (const statement of statements.slice(0, -1)) await duck.run(statement);
    const expected = await duck.answer(statements.at(-1)!);
    expect(expected.rows.length, `${name} finds something`).toBeGreaterThan(0);
    expect(expected.rows.flat(), `${name} finds something`).not.toEqual([null]);
    const [actual, wanted] = comparable(rows, expected);
    expect(actual, name).toEqual(wanted);
  }
});
