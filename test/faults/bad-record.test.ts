import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FaultFolder, jobText, keptRows, readings, until } from '../support/fault-folder.ts';
import { garbage } from '../support/fault-records.ts';

// Lines that are no records, among those that are: each mode does what it says, and the records count once.

vi.setConfig({ testTimeout: 120_000 });

let folder: FaultFolder;

beforeEach(() => {
  folder = new FaultFolder();
});
afterEach(() => folder.remove());

const rows = readings(0, 200);
const good = keptRows(rows);
/** Bad ones behind row 99, each from line 101 on. */
const lines = [...rows.slice(0, 100), ...garbage, ...rows.slice(100)];

const mode = (name: string, more: Record<string, string> = {}) => ({
  'millrace.dead-letter.mode': name,
  ...Object.fromEntries(Object.entries(more).map(([key, value]) => [`millrace.dead-letter.${key}`, value])),
});

describe('a line that is no record', () => {
  it('fails the job at once, with its place, its text and what to do; the next start goes on behind the last checkpoint', async () => {
    folder.script(jobText(folder, { endless: true }));
    folder.give('a', rows.slice(0, 100));
    const program = folder.start(['--parallelism', '1']);
    await until('the good file is read', () => folder.isRead(1));
    folder.give('b', ['not a record', ...rows.slice(100)]);
    const { code, stderr } = await program.ended;
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/error: .*\/in\/b, line 1: expected .*, found .*; the record: not a record\n/);
    expect(stderr).toMatch(/SET 'millrace\.dead-letter\.mode' = 'skip', 'file' or 'topic'/);
    expect(stderr).not.toContain('starts again');
    expect(folder.rows()).toEqual(keptRows(rows.slice(0, 100)));

    folder.script(jobText(folder, { endless: true, settings: mode('skip') }));
    const skipping = folder.start(['--parallelism', '1']);
    await until('both files are read', () => folder.isRead(2));
    skipping.child.kill('SIGTERM');
    expect(await skipping.ended).toMatchObject({ code: 0 });
    expect(folder.rows()).toEqual(good);
  });

  it('is skipped', async () => {
    folder.script(jobText(folder, { settings: mode('skip') }));
    folder.give('a', lines);
    const { code, stderr } = await folder.start().ended;
    expect(code, stderr).toBe(0);
    expect(folder.rows()).toEqual(good);
  });

  it('is put aside, byte by byte, with its place and what was wrong with it', async () => {
    folder.script(jobText(folder, { settings: mode('file', { path: folder.at('dead') }) }));
    folder.give('a', lines);
    const { code, stderr } = await folder.start().ended;
    expect(code, stderr).toBe(0);
    expect(folder.rows()).toEqual(good);
    const letters = readdirSync(folder.at('dead'))
      .flatMap((name) => readFileSync(folder.at('dead', name), 'utf8').trimEnd().split('\n'))
      .map((line) => JSON.parse(line) as { offset: number; value: string; error: string; source: string });
    expect(letters.map(({ offset, value }) => `${offset} ${value}`)).toEqual(
      garbage.map((value, i) => `${101 + i} ${value.toString('base64')}`),
    );
    expect(letters.every(({ error, source }) => error.length > 10 && source === folder.at('in', 'a'))).toBe(true);
  });

  it('has to have a place to go to', async () => {
    folder.give('a', lines);
    folder.script(jobText(folder, { settings: mode('file') }));
    const { code, stderr } = await folder.start().ended;
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(/setting 'millrace\.dead-letter\.path': expected a value, as .*mode' is 'file', got none\n/);
  });
});
