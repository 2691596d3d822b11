import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referencePages } from '../scripts/reference-pages.ts';
import { world } from '../src/cli.ts';
import { plainScript } from '../src/job/job-file.ts';
import { lintJob } from '../src/job/lint.ts';

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
  iceberg:
    'CREATE DATABASE lake.db; CREATE TABLE lake.db.t (id BIGINT); INSERT INTO lake.db.t SELECT CAST(1 AS BIGINT)',
  datagen: 'SELECT * FROM orders',
  print: "INSERT INTO output SELECT 'u1', CAST(1.5 AS DECIMAL(10, 2))",
  blackhole: "INSERT INTO nowhere SELECT 'u1', CAST(1.5 AS DECIMAL(10, 2))",
  simulator: 'SELECT * FROM readings',
};

describe('connector examples', () => {
  const { connectors, clock, ...others } = world();

  it.each(Object.values(connectors).map(({ name, example }) => [name, example]))('%s', async (name, example) => {
    const script = plainScript(name!, `${example};\n${uses[name!]}`);
    const faults = await lintJob(script, {
      ...others,
      connectors,
      dataDirectory: '/nowhere',
      now: () => clock.now(),
      warn: (message) => expect.fail(message),
      parallelism: null,
    });
    expect(faults.map(({ message }) => message)).toEqual([]);
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
