import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  FaultFolder,
  type JobText,
  jobText,
  keptRows,
  readings,
  until,
  windowInsert,
  windowRows,
} from '../support/fault-folder.ts';
import type { Ended } from '../support/process.ts';

// What a job goes on from is damaged, missing, older than its sink, or of another script: it says so, or goes on rightly.

vi.setConfig({ testTimeout: 120_000 });

const rows = readings(0, 300);
const before = rows.slice(0, 130);
const after = rows.slice(130);

/** A job that was stopped with a savepoint after some of the rows, the same for each test. */
function stoppedJob(text: JobText) {
  const folder = new FaultFolder();
  let savepoint = '';
  beforeAll(async () => {
    folder.script(jobText(folder, { ...text, endless: true }));
    folder.give('a', before);
    const program = folder.start(['--parallelism', '1']);
    await until('the file is read', () => folder.isRead(1));
    program.child.kill('SIGTERM');
    const { code, stderr } = await program.ended;
    expect(code, stderr).toBe(0);
    savepoint = folder.newestCheckpoint()!.path;
    folder.save();
  });
  beforeEach(() => folder.reset());
  afterAll(() => folder.remove());
  return { folder, savepoint: () => savepoint };
}

/** The other rows come, and the job is started again: it reads them and ends. */
async function goOn(folder: FaultFolder, text: JobText, ...options: string[]): Promise<Ended> {
  folder.give('b', after);
  folder.script(jobText(folder, { ...text, endless: true }));
  const program = folder.start(options);
  await until('both files are read', () => folder.isRead(2));
  program.child.kill('SIGTERM');
  const stopped = await program.ended;
  expect(stopped.code, stopped.stderr).toBe(0);
  folder.script(jobText(folder, text));
  return await folder.start().ended;
}

function start(folder: FaultFolder, text: JobText, ...options: string[]): Promise<Ended> {
  folder.script(jobText(folder, text));
  return folder.start(options).ended;
}

function stateFileOf(checkpoint: string): string {
  return join(checkpoint, readdirSync(checkpoint).find((name) => name.endsWith('.state'))!);
}

describe('a job with state', () => {
  const text: JobText = { insert: windowInsert };
  const { folder, savepoint } = stoppedJob(text);

  it.each<[string, () => string, RegExp]>([
    [
      'rotten state',
      () => {
        const path = stateFileOf(savepoint());
        writeFileSync(
          path,
          readFileSync(path).map((byte, i) => (i === 100 ? byte ^ 0x10 : byte)),
        );
        return path;
      },
      /expected CRC-32 \d+, found \d+\n/,
    ],
    [
      'state cut short',
      () => {
        truncateSync(stateFileOf(savepoint()), 50);
        return stateFileOf(savepoint());
      },
      /expected \d+ bytes, found 50\n/,
    ],
    [
      'state missing',
      () => {
        const path = stateFileOf(savepoint());
        rmSync(path);
        return path;
      },
      /cannot be opened: ENOENT/,
    ],
    [
      'metadata cut short',
      () => {
        truncateSync(join(savepoint(), 'metadata.json'), 50);
        return savepoint();
      },
      /its metadata\.json is not JSON as it was written\n/,
    ],
  ])('that is damaged (%s) names it, says what to do, and ends', async (_name, damage, message) => {
    const damaged = damage();
    const shown = folder.rows();
    const ended = await start(folder, text);
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stderr).toContain(damaged);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).toMatch(
      /Restore (an older checkpoint|another) with --restore PATH, or start afresh with --restore none\./,
    );
    expect(ended.stderr).not.toContain('starts again in');
    expect(folder.rows()).toEqual(shown);
  });

  it('goes on though layout, settings and a WHERE have changed', async () => {
    const changed: JobText = {
      insert: `-- sums\n${windowInsert.replace('GROUP BY', 'WHERE n >= 0 GROUP BY').replaceAll('\n', ' ')}`,
      settings: { 'execution.checkpointing.interval': '30 ms' },
    };
    const ended = await goOn(folder, changed, '--parallelism', '2');
    expect(ended.code, ended.stderr).toBe(0);
    expect(folder.rows()).toEqual(windowRows(rows));
  });

  it.each<[string, JobText]>([
    ['another window', { insert: windowInsert.replace("'1' MINUTE", "'2' MINUTE") }],
    ['another aggregate', { insert: windowInsert.replace('SUM(n)', 'MAX(n)') }],
    ['no window at all', {}],
  ])('whose query has changed (%s) says what would be lost', async (_name, changed) => {
    const shown = folder.rows();
    const ended = await start(folder, changed);
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stderr).toContain(`${savepoint()}: it holds state of operators that the job no longer has: `);
    expect(ended.stderr).toMatch(/GlobalWindowAggregate.*\n.*--restore none.*--force/);
    expect(folder.rows()).toEqual(shown);
  });

  it('leaves out with --force what has no place any more', async () => {
    const shown = folder.rows();
    folder.give('b', after);
    folder.script(jobText(folder, { endless: true })); // every row, no state
    const program = folder.start(['--force']);
    await until('both files are read', () => folder.isRead(2));
    program.child.kill('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0 });
    expect(folder.rows()).toEqual([...shown, ...keptRows(after)].sort());
  });
});

describe('a job without state', () => {
  const { folder, savepoint } = stoppedJob({});

  it('is not taken back behind what its sink shows, unless forced: then those rows come again', async () => {
    const old = folder.at('old');
    cpSync(savepoint(), old, { recursive: true });
    const done = await goOn(folder, {});
    expect(done.code, done.stderr).toBe(0);
    expect(folder.rows()).toEqual(keptRows(rows));

    const refused = await folder.start(['--restore', old]).ended;
    expect(refused.code, refused.stderr).toBe(5);
    expect(refused.stderr).toMatch(
      /`kept`: expected to go on behind checkpoint \d+ of run .*, got checkpoint \d+ .*twice\n/,
    );
    expect(folder.rows()).toEqual(keptRows(rows));

    folder.script(jobText(folder, { endless: true }));
    const forced = folder.start(['--restore', old, '--force']);
    await until('the file that it had not read is read again', () => folder.rows().length > rows.length);
    forced.child.kill('SIGTERM');
    expect(await forced.ended).toMatchObject({ code: 0 });
    expect(folder.rows()).toEqual([...keptRows(rows), ...keptRows(after)].sort());
  });

  it('names the checkpoint that is not there', async () => {
    const ended = await start(folder, {}, '--restore', folder.at('nowhere'));
    expect(ended.code, ended.stderr).toBe(3);
    expect(ended.stderr).toMatch(/checkpoint .*nowhere: expected a metadata\.json there, found none\n/);
  });

  it('starts afresh with --restore none', async () => {
    folder.give('b', after);
    const ended = await start(folder, {}, '--restore', 'none');
    expect(ended.code, ended.stderr).toBe(0);
    expect(folder.rows()).toEqual([...keptRows(before), ...keptRows(rows)].sort());
  });

  it('does not let go of rows that its former sink may have yet to show', async () => {
    folder.script(jobText(folder).replaceAll('kept', 'others'));
    const ended = await folder.start().ended;
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stderr).toMatch(/savepoint-\d+: it holds state of .* no longer has: Sink: kept\[\d\]\n/);
  });

  it('says that its checkpoint directory can not be written before anything runs', async () => {
    rmSync(folder.at('data', 'checkpoints'), { recursive: true });
    writeFileSync(folder.at('data', 'checkpoints'), '');
    const ended = await start(folder, {});
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stderr).toMatch(/checkpoint directory .*checkpoints\/job: cannot be written: /);
    expect(ended.stderr).toContain("SET 'execution.checkpointing.dir' to another");
    expect(folder.rows()).toEqual(keptRows(before));
  });

  it('says that its data directory is a file before anything runs', async () => {
    rmSync(folder.at('data'), { recursive: true });
    writeFileSync(folder.at('data'), '');
    const ended = await start(folder, {});
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stderr).toMatch(/data directory .*data: cannot be written: /);
    expect(ended.stderr).toContain('--data-dir');
  });
});
