import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { type Change, query, queryLake, runScript, type ScriptOptions } from '../src/index.ts';

const scratch = mkdtempSync(join(tmpdir(), 'millrace-api-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let directories = 0;

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of items) taken.push(item);
  return taken;
}

/** Options with a data directory of their own; a warning fails the test. */
function options(more: ScriptOptions): ScriptOptions {
  directories++;
  const dataDirectory = join(scratch, String(directories));
  return { parallelism: 1, dataDirectory, onWarning: (message) => expect.fail(message), ...more };
}

const counter = (rows: string) => `
  SET 'execution.checkpointing.interval' = '100 ms';
  CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '2000', ${rows}
    'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000');
  CREATE TABLE kept (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '${scratch}/kept', 'format' = 'csv');`;

describe('runScript', () => {
  it('hands over the rows of a SELECT and ends with the source', async () => {
    const changes: Change[] = [];
    const sql = "SELECT id, name FROM (VALUES (1, 'a'), (9007199254740993, 'b')) AS t (id, name)";
    const job = await runScript(options({ sql, onChange: (change) => void changes.push(change) }));
    expect(await job.done).toEqual({ kind: 'finished' });
    expect(job.status()).toMatchObject({ name: 'script', state: 'FINISHED' });
    expect(changes).toEqual([
      { op: '+I', row: { id: 1, name: 'a' } },
      { op: '+I', row: { id: 9007199254740993n, name: 'b' } },
    ]);
  });

  it('stops with a savepoint and goes on from it, each row once', async () => {
    const running = options({ sql: `${counter('')} INSERT INTO kept SELECT id FROM numbers`, name: 'numbers' });
    const first = await runScript(running);
    await expect.poll(() => first.status().checkpoints.history.length, { timeout: 20_000 }).toBeGreaterThan(1);
    const stopped = await first.stop();
    expect(stopped).toEqual({ kind: 'stopped', savepoint: expect.stringContaining(join('savepoints', 'numbers')) });

    const second = await runScript(running);
    await expect.poll(() => second.status().checkpoints.history.length, { timeout: 20_000 }).toBeGreaterThan(1);
    await second.stop();
    const ids = readdirSync(join(scratch, 'kept'))
      .filter((name) => !name.startsWith('.'))
      .flatMap((name) =>
        readFileSync(join(scratch, 'kept', name), 'utf8')
          .trim()
          .split('\n')
          .map(Number),
      );
    expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: ids.length }, (_, index) => index + 1));
    expect(ids.length).toBeGreaterThan(100);
  });

  it('fails by `done`, and then leaves its data directory to the next', async () => {
    const failing = options({ sql: 'SELECT 1 / (id - id) FROM (VALUES (1)) AS t (id)' });
    const job = await runScript(failing);
    await expect(job.done).rejects.toMatchObject({ code: 'EVALUATION' });
    const next = await runScript({ ...failing, sql: 'SELECT 1', restore: 'none' });
    expect(await next.done).toEqual({ kind: 'finished' });
  });

  it.each([
    ['neither script nor file', {}, 'INVALID_OPTION'],
    ['both script and file', { sql: 'SELECT 1', file: 'job.sql' }, 'INVALID_OPTION'],
    ['a missing file', { file: join(scratch, 'none.sql') }, 'NOT_FOUND'],
    ['no Flink SQL', { sql: 'SELEC 1' }, 'SQL_SYNTAX'],
    ['a script without a job', { sql: "SET 'parallelism.default' = '2'" }, 'SQL_VALIDATION'],
    ['a savepoint that is not there', { sql: 'SELECT 1', restore: 'nowhere' }, 'NOT_FOUND'],
  ])('refuses %s', async (_, wrong, code) => {
    await expect(runScript(options(wrong)).then((job) => job.done)).rejects.toMatchObject({ code });
  });
});

describe('query', () => {
  const numbers = { columns: 'id BIGINT, name STRING, ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS ts' };
  const at = (id: number) => ({ id, name: `n${id % 2}`, ts: new Date(id * 1_000) });

  it('reads rows that the program gives, and gives rows back', async () => {
    async function* rows() {
      for (let id = 0; id < 10_000; id++) yield at(id);
    }
    const result = await query('SELECT COUNT(*) AS n, SUM(id) AS s FROM numbers', {
      ...options({}),
      tables: { numbers: { ...numbers, rows: rows() } },
    });
    const last: Change[] = [];
    for await (const change of result) last[0] = change;
    expect(last).toEqual([{ op: '+U', row: { n: 10_000, s: 49_995_000 } }]);
    expect(await result.job.done).toEqual({ kind: 'finished' });
  });

  it('gives Arrow record batches', async () => {
    const rows = [{ id: 9007199254740993n, name: null, ts: '2026-01-01T00:00:00.5Z' }, at(1)];
    const sql =
      'SELECT id, name, ts, CAST(id AS DECIMAL(20, 2)) AS d, ARRAY[id, NULL] AS a, ROW(name, TRUE) AS r FROM numbers';
    const result = await query(sql, { ...options({}), tables: { numbers: { ...numbers, rows } } });
    const batches = [];
    for await (const batch of result.arrow()) batches.push(batch);
    const table = batches.flatMap((batch) => batch.toArray().map((row) => row!.toJSON()));
    expect(table.map(({ op, id, name, ts }) => [op, id, name, Number(ts)])).toEqual([
      ['+I', 9007199254740993n, null, Date.UTC(2026, 0, 1, 0, 0, 0, 500)],
      ['+I', 1n, 'n1', 1_000],
    ]);
    expect(table.map(({ a, r, d }) => [[...a], r.toJSON(), String(d)])).toEqual([
      [[9007199254740993n, null], { EXPR$0: null, EXPR$1: true }, '900719925474099300'],
      [[1n, null], { EXPR$0: 'n1', EXPR$1: true }, '100'],
    ]);
  });

  it('ends the job and the iterable when the loop is left', async () => {
    let returned = false;
    async function* endless() {
      try {
        for (let id = 0; ; id++) yield at(id);
      } finally {
        returned = true;
      }
    }
    const result = await query('SELECT id FROM numbers', {
      ...options({}),
      tables: { numbers: { ...numbers, rows: endless() } },
    });
    for await (const { row } of result) if (row.id === 100) break;
    expect(await result.job.done).toEqual({ kind: 'cancelled' });
    expect(returned).toBe(true);
  });

  it('throws what the iterable throws', async () => {
    async function* failing() {
      yield at(1);
      throw new Error('the tape is torn');
    }
    const result = await query("SET 'restart-strategy.type' = 'none'; SELECT id FROM numbers", {
      ...options({}),
      tables: { numbers: { ...numbers, rows: failing() } },
    });
    await expect(all(result)).rejects.toMatchObject({
      message: expect.stringContaining('the tape is torn'),
    });
  });

  it('calls functions of a module', async () => {
    const module = join(scratch, 'twice.ts');
    writeFileSync(
      module,
      "export default { kind: 'scalar', args: ['INT'], returns: 'INT', call: (n: number) => n * 2 };",
    );
    const result = await query('SELECT twice(a) AS x FROM (VALUES (21)) AS t (a)', {
      ...options({}),
      functions: { twice: module },
    });
    expect(await all(result)).toEqual([{ op: '+I', row: { x: 42 } }]);
  });

  it('wants one SELECT', async () => {
    await expect(query('SELECT 1; SELECT 2', options({}))).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('queryLake', () => {
  it('reads what a job wrote into the embedded lake', async () => {
    const directory = join(scratch, 'lake-job');
    const job = await runScript({
      file: join(import.meta.dirname, '..', 'jobs', 'gpu-anomalies-demo.yaml'),
      parameters: { lake: join(directory, 'lake'), devices: '10', duration: '3 min' },
      parallelism: 1,
      dataDirectory: directory,
    });
    expect(await job.done).toEqual({ kind: 'finished' });
    const sql = 'SELECT COUNT(*) AS minutes, SUM(readings) AS readings FROM gpu.device_minutes';
    expect(await queryLake(sql, { dataDirectory: directory })).toEqual([{ minutes: 30n, readings: 1800n }]);
  });

  it('says that there is no lake', async () => {
    await expect(queryLake('SELECT 1', { dataDirectory: join(scratch, 'none') })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('the example', () => {
  it('runs as it stands', async () => {
    const file = join(import.meta.dirname, '../examples/pages-per-minute.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: scratch });
    expect(stdout.trim().split('\n').sort()).toContain(
      '+I {"page":"/home","window_start":"2026-01-01T00:00:00","n":2}',
    );
  });
});
