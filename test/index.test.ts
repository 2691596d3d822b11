import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Change, queryLake, runScript, type ScriptOptions } from '../src/index.ts';

const scratch = mkdtempSync(join(tmpdir(), 'millrace-api-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let directories = 0;

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
