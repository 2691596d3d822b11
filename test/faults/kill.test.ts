import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FaultFolder, jobText, keptRows, readings, until, windowRows } from '../support/fault-folder.ts';
import { tableRows } from '../support/fault-table.ts';

// kill -9 at any moment, of a job with state that writes files and an Iceberg table: each row counts once. FAULTS=full kills more often.

vi.setConfig({ testTimeout: 600_000 });

const kills = process.env.FAULTS === 'full' ? 100 : 5;
const longestMs = 400;

let folder: FaultFolder;

beforeEach(() => {
  folder = new FaultFolder();
});
afterEach(() => folder.remove());

it(`loses and doubles nothing when it is killed ${kills} times`, async () => {
  const catalog = {
    type: 'iceberg',
    'catalog-impl': 'org.apache.iceberg.jdbc.JdbcCatalog',
    uri: `jdbc:sqlite:${folder.at('lake.db')}`,
    warehouse: `file://${folder.at('warehouse')}`,
  };
  const options = Object.entries(catalog).map(([key, value]) => `'${key}' = '${value}'`);
  const insert = `
    CREATE CATALOG lake WITH (${options.join(', ')});
    CREATE DATABASE IF NOT EXISTS lake.db;
    CREATE TABLE IF NOT EXISTS lake.db.sums (device STRING, n BIGINT);
    EXECUTE STATEMENT SET BEGIN
    INSERT INTO kept SELECT device, n FROM readings;
    INSERT INTO lake.db.sums SELECT device, SUM(n)
      FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(event_time), INTERVAL '1' MINUTE))
      GROUP BY device, window_start, window_end;
    END;`;
  const settings = { 'execution.checkpointing.interval': '10 ms' };
  const rowsAFile = 40;
  const delays: number[] = [];
  folder.script(jobText(folder, { endless: true, settings, insert }));
  for (let kill = 0; kill < kills; kill++) {
    const program = folder.start(['--parallelism', String(1 + (kill % 2))]);
    await program.said(/HTTP on/);
    folder.give(`f-${kill}`, readings(kill * rowsAFile, (kill + 1) * rowsAFile));
    delays.push(Math.floor(Math.random() * longestMs));
    await sleep(delays[kill]!); // any moment
    program.child.kill('SIGKILL');
    expect(await program.ended).toMatchObject({ signal: 'SIGKILL' });
  }
  folder.give('last', readings(kills * rowsAFile, (kills + 1) * rowsAFile));
  const reading = folder.start(['--parallelism', '1']);
  await until('every file is read', () => folder.isRead(kills + 1));
  reading.child.kill('SIGTERM');
  expect(await reading.ended).toMatchObject({ code: 0 });
  folder.script(jobText(folder, { settings, insert }));
  const last = await folder.start().ended;
  expect(last.code, last.stderr).toBe(0);
  const rows = readings(0, (kills + 1) * rowsAFile);
  expect(last.stderr).not.toContain('do not balance');
  const where = `killed after ${delays.join(', ')} ms`;
  expect(folder.rows(), where).toEqual(keptRows(rows));
  expect(await tableRows(catalog, 'SELECT device, n FROM db.sums'), where).toEqual(windowRows(rows));
});
