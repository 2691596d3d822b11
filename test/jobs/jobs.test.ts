import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { requireBalance } from '../support/balance.ts';
import { until } from '../support/fault-folder.ts';
import { holdJob } from '../support/fault-job.ts';
import { tableRows } from '../support/fault-table.ts';

// Whole jobs with the rows that they have to give, run straight, and in three parts at three parallelisms.

vi.setConfig({ testTimeout: 120_000 });

const files = 4;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-jobs-'));
  mkdirSync(join(directory, 'in'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const names = readdirSync(import.meta.dirname).filter((name) => !name.includes('.'));

const read = (name: string, file: string): string => readFileSync(join(import.meta.dirname, name, file), 'utf8');

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** The input in so many files, one after the other. */
function give(name: string, from: number, to: number): void {
  const lines = linesOf(read(name, 'input.jsonl'));
  const size = Math.ceil(lines.length / files);
  for (let file = from; file < to; file++) {
    const part = lines.slice(file * size, (file + 1) * size);
    writeFileSync(join(directory, 'in', `part-${file}.jsonl`), `${part.join('\n')}\n`);
  }
}

/** `endless`: files that come later are read too. Then it can be stopped at a place that no clock decides. */
function write(name: string, endless: boolean): string {
  const path = join(directory, 'job.sql');
  const script = read(name, 'job.sql');
  const monitored = script.replace("'path' = 'in',", "'path' = 'in', 'source.monitor-interval' = '10 ms',");
  expect(monitored).not.toBe(script);
  writeFileSync(path, `SET 'execution.checkpointing.interval' = '20 ms';\n${endless ? monitored : script}`);
  return path;
}

/** What the job has written: every folder `out…`, and the tables of the lake. */
async function written(): Promise<unknown[]> {
  const folders = readdirSync(directory).filter((name) => name.startsWith('out'));
  const parts = folders.flatMap((folder) =>
    readdirSync(join(directory, folder))
      .filter((name) => !name.startsWith('.'))
      .flatMap((name) => linesOf(readFileSync(join(directory, folder, name), 'utf8'))),
  );
  return sorted([...parts, ...(await lakeRows())]);
}

async function lakeRows(): Promise<string[]> {
  if (!readdirSync(directory).includes('lake.db')) return [];
  const options = {
    type: 'iceberg',
    'catalog-impl': 'org.apache.iceberg.jdbc.JdbcCatalog',
    uri: `jdbc:sqlite:${join(directory, 'lake.db')}`,
    warehouse: join(directory, 'lake'),
  };
  return await tableRows(options, 'SELECT * FROM web.visits');
}

/** By value: 7 is 7.0, and the order of rows is nobody's. */
function sorted(lines: readonly string[]): unknown[] {
  return lines
    .map((line) => JSON.stringify(JSON.parse(line)))
    .sort()
    .map((line) => JSON.parse(line) as unknown);
}

async function runToEnd(path: string, parallelism: number): Promise<void> {
  const held = holdJob(directory, [path, '--data-dir', 'data', '--parallelism', String(parallelism)]);
  expect(await held.ended, held.stderr()).toBe(0);
  requireBalance(await held.job);
}

/** Runs it until a checkpoint after the whole input so far, then stops it with a savepoint. */
async function runAndStop(path: string, parallelism: number, records: number): Promise<void> {
  const held = holdJob(directory, [path, '--data-dir', 'data', '--parallelism', String(parallelism)]);
  const job = await held.job;
  await until(`${records} records are read`, () => {
    const { state, vertices } = job.status();
    if (state === 'FAILED') throw new Error(held.stderr());
    const sources = vertices.filter(({ source }) => source).flatMap(({ subtasks }) => subtasks);
    return sources.reduce((sum, { recordsIn }) => sum + recordsIn, 0) === records;
  });
  held.stop();
  expect(await held.ended, held.stderr()).toBe(0);
  expect(held.stderr()).toContain('savepoint-');
  requireBalance(job);
}

describe.each(names)('the job %s', (name) => {
  const expected = sorted(linesOf(read(name, 'expected.jsonl')));
  const lines = linesOf(read(name, 'input.jsonl')).length;
  const half = Math.ceil(lines / files) * (files / 2);

  it('gives its rows straight, at parallelism 1', async () => {
    give(name, 0, files);
    await runToEnd(write(name, false), 1);
    expect(await written()).toEqual(expected);
  });

  it('gives them stopped at parallelism 2, again at 3, and ended at 1', async () => {
    const path = write(name, true);
    give(name, 0, files / 2);
    await runAndStop(path, 2, half);
    give(name, files / 2, files);
    await runAndStop(path, 3, lines - half);
    await runToEnd(write(name, false), 1);
    expect(await written()).toEqual(expected);
  });
});
