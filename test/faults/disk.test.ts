import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FaultFolder, jobText, keptRows, readings, until, windowInsert, windowRows } from '../support/fault-folder.ts';
import { tableRows } from '../support/fault-table.ts';
import type { Program } from '../support/process.ts';

// A disk that is full (a link to /dev/full, on which every write fails with ENOSPC), or a path that can't be written: the job says which,
// goes on once there is room, and each row counts once.

vi.setConfig({ testTimeout: 120_000 });

let folder: FaultFolder;

beforeEach(() => {
  folder = new FaultFolder();
});
afterEach(() => folder.remove());

const rows = readings(0, 300);

async function stopped(program: Program): Promise<string> {
  program.child.kill('SIGTERM');
  const { code, stderr } = await program.ended;
  expect(code, stderr).toBe(0);
  return stderr;
}

describe('a full disk', () => {
  it.each<[string, (stateName: string) => string, RegExp]>([
    ['state files', (stateName) => stateName, /state file .*\.state: cannot be written: ENOSPC/],
    ['metadata', () => 'metadata.json.tmp', /chk-\d+\/metadata\.json: cannot be written: ENOSPC/],
  ])('under %s of a checkpoint', async (_name, nameOf, message) => {
    folder.script(jobText(folder, { endless: true, insert: windowInsert }));
    folder.give('a', rows.slice(0, 130));
    const program = folder.start(['--parallelism', '1']);
    const { path, metadata } = await until('it is read', () => (folder.isRead(1) ? folder.newestCheckpoint() : null));
    const stateName = Object.values(metadata.states).flat()[0]!.path;
    // The directories of checkpoints to come; the job makes them anew after the failure.
    for (let id = metadata.checkpointId + 5; id < metadata.checkpointId + 10; id++) {
      const directory = join(path, '..', `chk-${id}`);
      mkdirSync(directory);
      symlinkSync('/dev/full', join(directory, nameOf(stateName)));
    }
    await program.said(message);
    folder.give('b', rows.slice(130));
    await until('both files are read', () => folder.isRead(2));
    expect(await stopped(program)).toMatch(
      /warning: the job failed \(.* cannot be written: ENOSPC.* and starts again in/,
    );
    folder.script(jobText(folder, { insert: windowInsert }));
    expect(await folder.start().ended).toMatchObject({ code: 0 });
    expect(folder.rows()).toEqual(windowRows(rows));
  });

  it('under dead letters: none is lost, and each line is whole', async () => {
    const settings = { 'millrace.dead-letter.mode': 'file', 'millrace.dead-letter.path': folder.at('dead') };
    folder.script(jobText(folder, { endless: true, settings }));
    mkdirSync(folder.at('dead'));
    symlinkSync('/dev/full', folder.at('dead', 'job-0.jsonl'));
    folder.give('a', [...rows.slice(0, 130), 'not a record']);
    const program = folder.start(['--parallelism', '1']);
    await program.said(/job-0\.jsonl: dead letters can't be written: ENOSPC.* and starts again/);
    unlinkSync(folder.at('dead', 'job-0.jsonl'));
    // As a full disk leaves it: the begin of a line.
    writeFileSync(folder.at('dead', 'job-0.jsonl'), '{"time":17,"job":"jo');
    await until('the file is read', () => folder.isRead(1));
    await stopped(program);
    expect(folder.rows()).toEqual(keptRows(rows.slice(0, 130)));
    const [half, ...lines] = readFileSync(folder.at('dead', 'job-0.jsonl'), 'utf8').trimEnd().split('\n');
    expect(half).toBe('{"time":17,"job":"jo');
    expect([...new Set(lines.map((line) => JSON.parse(line).text))]).toEqual(['not a record']);
  });

  it('at the very end, under the word that the job has finished', async () => {
    folder.script(jobText(folder, { endless: true, insert: windowInsert }));
    folder.give('a', rows);
    const first = folder.start(['--parallelism', '1']);
    await until('the file is read', () => folder.isRead(1));
    await stopped(first);
    const run = folder.at('data', 'checkpoints', 'job', 'run.json.tmp');
    symlinkSync('/dev/full', run);
    folder.script(jobText(folder, { insert: windowInsert }));
    const program = folder.start();
    await program.said(/run\.json: cannot be written: ENOSPC.* and starts again/);
    rmSync(run);
    const { code, stderr } = await program.ended;
    expect(code, stderr).toBe(0);
    expect(folder.rows()).toEqual(windowRows(rows));
  });

  it('under part files: a limit on their size', async () => {
    const settings = { 'restart-strategy.type': 'none' };
    folder.script(jobText(folder, { settings }));
    folder.give('a', readings(0, 20_000));
    const program = folder.start(['--parallelism', '1'], { fileBlocks: 200 });
    const { code, stderr } = await program.ended;
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/out: can't be written: EFBIG.*\n.*see whether the disk is full/s);
    expect(folder.rows()).toEqual([]);
    const again = await folder.start().ended;
    expect(again.code, again.stderr).toBe(0);
    expect(folder.rows()).toEqual(keptRows(readings(0, 20_000)));
  });
});

describe('a disk that stays full', () => {
  it('is told again and again, and costs no open files', async () => {
    folder.script(jobText(folder, { endless: true }));
    folder.give('a', readings(0, 20_000));
    const program = folder.start(['--parallelism', '1'], { fileBlocks: 200 });
    await until('it has failed often', () => program.stderr().split('starts again').length > 10);
    expect(program.stderr()).toMatch(/out: can't be written: EFBIG/);
    expect(program.stderr()).not.toContain('garbage collection');
    const descriptors = readdirSync(`/proc/${program.child.pid}/fd`);
    const open = descriptors.filter((fd) => linkOf(program, fd).includes('.inprogress'));
    expect(open.length).toBeLessThan(5); // those of the attempt that runs now
  });

  function linkOf({ child }: Program, fd: string): string {
    try {
      return readlinkSync(`/proc/${child.pid}/fd/${fd}`);
    } catch {
      return ''; // closed meanwhile
    }
  }
});

describe('an Iceberg table whose folder can not be written', () => {
  it('is told by its path; the job goes on once it can', async () => {
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
      CREATE TABLE IF NOT EXISTS lake.db.kept (device STRING, n BIGINT);
      INSERT INTO lake.db.kept SELECT device, n FROM readings;`;
    folder.script(jobText(folder, { endless: true, insert }));
    const program = folder.start(['--parallelism', '2']);
    await until('it runs', () => folder.newestCheckpoint());
    const data = folder.at('warehouse', 'db', 'kept', 'data');
    writeFileSync(data, 'in the way');
    folder.give('a', rows);
    await program.said(/warehouse\/db\/kept\/data\/\S+\.parquet: can't write it: E(EXIST|NOTDIR).* and starts again/);
    rmSync(data);
    await until('the file is read', () => folder.isRead(1));
    await stopped(program);
    expect(await tableRows(catalog, 'SELECT device, n FROM db.kept')).toEqual(keptRows(rows));
  });
});
