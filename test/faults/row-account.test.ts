import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { NodeAccount, RecordedAccount } from '../../src/model/account.ts';
import { FaultFolder, jobText, readings, until } from '../support/fault-folder.ts';
import { garbage } from '../support/fault-records.ts';
import { tableRows } from '../support/fault-table.ts';

// Rows that are late, filtered, no records, in numbers that are known; killed at any moment, the sums in the checkpoint are of each row once.

vi.setConfig({ testTimeout: 120_000 });

const kills = process.env.FAULTS === 'full' ? 20 : 2;
const secondsAFile = 200;
const [late, filtered] = [5, 7];

let folder: FaultFolder;

beforeEach(() => {
  folder = new FaultFolder();
});
afterEach(() => folder.remove());

/** A file of its own 200 seconds, the last two of its lines of the seconds of the first file: windows of which have fired. */
function linesOf(file: number): (Buffer | object)[] {
  const rows = readings(file * secondsAFile, (file + 1) * secondsAFile);
  const [first] = readings(0, 1);
  return [
    ...rows.slice(0, 100),
    ...garbage,
    ...rows.slice(100),
    ...Array.from({ length: filtered }, () => ({ ...rows.at(-1), n: -1 })),
    ...Array.from({ length: late }, () => first!),
  ];
}

it(`counts each row once, whatever became of it, when the job is killed ${kills} times`, async () => {
  const catalog = {
    type: 'iceberg',
    'catalog-impl': 'org.apache.iceberg.jdbc.JdbcCatalog',
    uri: `jdbc:sqlite:${folder.at('lake.db')}`,
    warehouse: `file://${folder.at('warehouse')}`,
  };
  const options = Object.entries(catalog).map(([key, value]) => `'${key}' = '${value}'`);
  const settings = {
    'execution.checkpointing.interval': '10 ms',
    'pipeline.auto-watermark-interval': '0 ms', // late to the row
    'millrace.dead-letter.mode': 'file',
    'millrace.dead-letter.path': folder.at('dead'),
  };
  const insert = `
    CREATE CATALOG lake WITH (${options.join(', ')});
    CREATE DATABASE IF NOT EXISTS lake.db;
    CREATE TABLE IF NOT EXISTS lake.db.sums (device STRING, n BIGINT);
    EXECUTE STATEMENT SET BEGIN
    INSERT INTO kept SELECT device, n FROM readings WHERE n >= 0;
    INSERT INTO lake.db.sums SELECT device, SUM(n)
      FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(event_time), INTERVAL '1' MINUTE))
      GROUP BY device, window_start, window_end;
    END;`;
  folder.script(jobText(folder, { endless: true, settings, insert }));
  const run = ['--parallelism', '1'];
  for (let file = 0; file < kills; file++) {
    const program = folder.start(run);
    await program.said(/HTTP on/);
    folder.give(`f-${file}`, linesOf(file));
    await sleep(100 + Math.floor(Math.random() * 300)); // any moment
    program.child.kill('SIGKILL');
    await program.ended;
    const again = folder.start(run); // the next file's times begin behind this one's
    await until('the file is read', () => folder.isRead(file + 1));
    again.child.kill('SIGKILL');
    const { stderr } = await again.ended;
    expect(stderr).not.toContain('do not balance');
  }
  folder.script(jobText(folder, { settings, insert }));
  const last = await folder.start(run).ended;
  expect(last.code, last.stderr).toBe(0);
  expect(last.stderr).not.toContain('do not balance');

  const { nodes, unbalanced, epochs } = accountIn(folder);
  expect(unbalanced).toBe(0);
  expect(epochs).toBeGreaterThan(kills);
  const all = Object.values(nodes);
  const withFigure = (name: keyof NodeAccount['figures']): NodeAccount['figures'] =>
    all.find(({ figures }) => (figures[name] ?? 0) > 0)?.figures ?? {};
  const good = secondsAFile + late + filtered;
  expect(withFigure('deadLetters')).toMatchObject({
    records: kills * (good + garbage.length),
    decoded: kills * good,
    deadLetters: kills * garbage.length,
    rows: kills * good,
  });
  expect(withFigure('filtered')).toMatchObject({ filtered: kills * filtered, passed: kills * (good - filtered) });
  expect(withFigure('late')).toMatchObject({ late: kills * late, carriedIn: kills * good });
  const sums = await tableRows(catalog, 'SELECT device, n FROM db.sums');
  const committed = all.flatMap(({ figures }) => figures.committed ?? []);
  expect(committed.sort()).toEqual([folder.rows().length, sums.length].sort());
  expect(folder.rows()).toHaveLength(kills * (good - filtered));
});

/** What the newest checkpoint keeps. */
function accountIn(from: FaultFolder): RecordedAccount {
  return from.newestCheckpoint()!.metadata.account;
}
