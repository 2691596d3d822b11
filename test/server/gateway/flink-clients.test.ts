import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Program, startProgram } from '../../support/process.ts';

// Flink's own command line and SQL client, where a distribution is at hand: FLINK_HOME=/opt/flink-2.3.0 npm test -- test/server/gateway

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const home = process.env.FLINK_HOME;
const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'millrace-clients-'));
let program: Program;
let port: string;

describe.skipIf(home === undefined)('Flink’s own clients', () => {
  beforeAll(async () => {
    program = startProgram(['sql-gateway', '--port', '0', '--data-dir', join(directory, 'data')]);
    port = (await program.said(/http:\/\/127\.0\.0\.1:(\d+)/))[1]!;
  });
  afterAll(async () => {
    program?.child.kill('SIGTERM');
    await program?.ended;
    rmSync(directory, { recursive: true, force: true });
  });

  const flink = async (command: string, ...args: string[]): Promise<string> => {
    const options = ['-D', 'rest.address=127.0.0.1', '-D', `rest.port=${port}`];
    const { stdout } = await run(join(home!, 'bin/flink'), [command, ...options, ...args]);
    return stdout;
  };
  const sqlClient = async (script: string): Promise<string> => {
    const file = join(directory, 'script.sql');
    writeFileSync(file, `SET 'sql-client.execution.result-mode' = 'TABLEAU';\n${script}`);
    const args = ['gateway', '--endpoint', `http://127.0.0.1:${port}`, '-f', file];
    const { stdout } = await run(join(home!, 'bin/sql-client.sh'), args);
    return stdout;
  };
  const insert = `
    CREATE TABLE g (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');
    CREATE TABLE s (a INT) WITH ('connector' = 'blackhole');
    INSERT INTO s SELECT * FROM g;`;

  it('the SQL client shows rows, tables and jobs', async () => {
    const shown = await sqlClient(`
      CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'number-of-rows' = '2');
      SHOW TABLES;
      SELECT k, ts FROM (VALUES ('a', TIMESTAMP '2026-01-01 00:00:01')) AS v(k, ts);
      SHOW JOBS;`);
    expect(shown).toMatch(/\|\s+t \|/);
    expect(shown).toMatch(/\| \+I \|\s+a \|\s+2026-01-01 00:00:01(\.0+)? \|/);
    expect(shown).toMatch(/Received a total of 1 rows?/);
    expect(shown).toMatch(/collect \|\s+FINISHED/);
  });

  it('the command line lists, saves, stops and cancels', async () => {
    const submitted = [/Job ID: ([0-9a-f]{32})/.exec(await sqlClient(insert))![1]!];
    submitted.push(/Job ID: ([0-9a-f]{32})/.exec(await sqlClient(insert))![1]!);
    const [first, second] = submitted as [string, string];
    const listed = await vi.waitFor(async () => {
      const text = await flink('list', '-a');
      expect(text).toMatch(new RegExp(`${first} : insert-into_.* \\(RUNNING\\)`));
      expect(text).toMatch(new RegExp(`${second} : insert-into_.* \\(RUNNING\\)`));
      return text;
    }, 60_000);
    expect(listed).not.toContain('No running jobs');
    expect(await flink('savepoint', first)).toMatch(/Savepoint completed\. Path: \/.*savepoint-\d+/);
    expect(await flink('stop', first)).toMatch(/Savepoint completed\. Path: \/.*savepoint-\d+/);
    expect(await flink('cancel', second)).toContain('Cancelled job');
    await vi.waitFor(async () => {
      const text = await flink('list', '-a');
      expect(text).toContain(`${first} : insert-into_default_catalog.default_database.s (FINISHED)`);
      expect(text).toContain(`${second} : insert-into_default_catalog.default_database.s (CANCELED)`);
    }, 60_000);
  });
});
