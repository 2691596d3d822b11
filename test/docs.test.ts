import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referencePages } from '../scripts/reference-pages.ts';
import { world } from '../src/cli.ts';
import { plainScript } from '../src/job/job-file.ts';
import { lintJob } from '../src/job/lint.ts';
import type { EngineError } from '../src/model/errors.ts';

const root = resolve(import.meta.dirname, '..');
const docs = join(root, 'docs');

describe('reference pages', async () => {
  it.each([...(await referencePages())])('%s says what the declarations say', (name, text) => {
    const path = join(docs, 'reference', name);
    const written = existsSync(path) ? readFileSync(path, 'utf8') : '';
    expect(written === text, `docs/reference/${name} is out of date: run "node scripts/docs.ts" with Node 24`).toBe(
      true,
    );
  });
});

/** Connector → a statement that uses the table of its example. */
const uses: Readonly<Record<string, string>> = {
  kafka: 'SELECT * FROM events',
  filesystem: 'SELECT * FROM events',
  'upsert-kafka': 'SELECT * FROM balances',
  iceberg:
    'CREATE DATABASE lake.db; CREATE TABLE lake.db.t (id BIGINT); INSERT INTO lake.db.t SELECT CAST(1 AS BIGINT)',
  datagen: 'SELECT * FROM orders',
  jdbc: "CREATE TABLE o (id INT, pt AS PROCTIME()) WITH ('connector' = 'datagen'); SELECT name FROM o JOIN customers FOR SYSTEM_TIME AS OF o.pt ON o.id = customers.id",
  print: "INSERT INTO output SELECT 'u1', CAST(1.5 AS DECIMAL(10, 2))",
  blackhole: "INSERT INTO nowhere SELECT 'u1', CAST(1.5 AS DECIMAL(10, 2))",
  simulator: 'SELECT * FROM readings',
  iterable: 'SELECT * FROM t',
  nexmark: 'SELECT * FROM datagen',
};

const { connectors, clock, ...others } = world();

async function faultsOf(script: string): Promise<readonly EngineError[]> {
  return await lintJob(plainScript('docs', script), {
    ...others,
    connectors,
    dataDirectory: '/nowhere',
    now: () => clock.now(),
    warn: (message) => expect.fail(message),
    parallelism: null,
  });
}

describe('connector examples', () => {
  it.each(Object.values(connectors).map(({ name, example }) => [name, example]))('%s', async (name, example) => {
    const faults = await faultsOf(`${example};\n${uses[name!]}`);
    expect(faults.map(({ message }) => message)).toEqual([]);
  });
});

describe('scripts in pages', () => {
  const scripts = ['kafka.md', 'iceberg.md'].flatMap((name) =>
    [...readFileSync(join(docs, name), 'utf8').matchAll(/^```sql\n((?:CREATE|SET)[\s\S]*?)^```$/gm)].map(
      (match, index) => [name, index + 1, match[1]!] as const,
    ),
  );

  it('were seen', () => expect(scripts.length).toBeGreaterThan(4));

  it.each(scripts)('%s, script %i has no faults', async (_, __, script) => {
    expect((await faultsOf(script)).map(({ message }) => message)).toEqual([]);
  });
});

describe('the dialect, by clause', () => {
  const [tables, ...examples] = [
    ...readFileSync(join(docs, 'sql.md'), 'utf8').matchAll(/^```sql\n([\s\S]*?)^```$/gm),
  ].map((match) => match[1]!);

  it('was seen', () => expect(examples.length).toBeGreaterThan(25));

  it.each(examples)('%s', async (example) => {
    expect((await faultsOf(`${tables}\n${example}`)).map(({ message }) => message)).toEqual([]);
  });
});

describe('what flink-differences.md says is not built', () => {
  const page = readFileSync(join(docs, 'flink-differences.md'), 'utf8').split('## Not built')[1]!;
  const examples = [...page.matchAll(/^\| .* \| `(.*)` \|$/gm)].map((match) => match[1]!);

  it('was seen', () => expect(examples.length).toBeGreaterThan(8));

  it.each(examples)('%s', async (example) => {
    const table =
      'CREATE TABLE t (a INT, b STRING, c ARRAY<INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) ' +
      "WITH ('connector' = 'datagen', 'number-of-rows' = '1')";
    expect((await faultsOf(`${table};\n${example}`)).map(({ code }) => code)).toEqual(['UNSUPPORTED']);
  });
});

describe('pages', () => {
  const pages = readdirSync(docs, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));

  it('are there', () => expect(pages.length).toBeGreaterThan(10));

  it.each(pages)('%s links to what is there', (name) => {
    const text = readFileSync(join(docs, name), 'utf8').replaceAll(/```.*?```/gs, '');
    const targets = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!);
    const local = targets.filter((target) => !target.includes('://'));
    expect(local.filter((target) => !existsSync(resolve(docs, dirname(name), target)))).toEqual([]);
  });
});
