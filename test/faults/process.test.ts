import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FaultFolder, jobText, keptRows, readings, until, windowInsert, windowRows } from '../support/fault-folder.ts';
import type { Program } from '../support/process.ts';

// Signals and processes: however the program ends, the next start goes on, and each row counts once.

vi.setConfig({ testTimeout: 120_000 });

let folder: FaultFolder;

beforeEach(() => {
  folder = new FaultFolder();
});
afterEach(() => folder.remove());

const rows = readings(0, 300);

describe('a running job', () => {
  it('takes a savepoint on SIGTERM, ends with 0 and goes on from it', async () => {
    folder.script(jobText(folder, { endless: true, insert: windowInsert }));
    folder.give('a', rows.slice(0, 130));
    const first = folder.start(['--parallelism', '2']);
    await until('the first file is read', () => folder.isRead(1));
    first.child.kill('SIGTERM');
    const { code, stderr } = await first.ended;
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/stopping with a savepoint.*\njob stopped: .*savepoint-\d+/s),
    ]);
    expect(folder.newestCheckpoint()).toMatchObject({ metadata: { savepoint: true } });

    folder.give('b', rows.slice(130));
    const second = folder.start(['--parallelism', '1']);
    await until('the second file is read', () => folder.isRead(2));
    second.child.kill('SIGINT'); // once: the same as SIGTERM
    expect(await second.ended).toMatchObject({ code: 0, signal: null });

    folder.script(jobText(folder, { insert: windowInsert }));
    const last = await folder.start().ended;
    expect(last.code, last.stderr).toBe(0);
    expect(folder.rows()).toEqual(windowRows(rows));
  });

  it('ends at once with 130 on the second SIGINT, though its savepoint hangs, and loses nothing by it', async () => {
    folder.script(jobText(folder, { endless: true, settings: { 'execution.checkpointing.interval': '1 h' } }));
    folder.give('a', rows);
    const program = folder.start();
    await isRunning(program);
    // Opening a pipe that nobody reads does not come back: the savepoint, the job's first, can't be completed.
    mkdirSync(folder.at('data', 'savepoints', 'job', 'savepoint-1'), { recursive: true });
    execFileSync('mkfifo', [folder.at('data', 'savepoints', 'job', 'savepoint-1', 'metadata.json.tmp')]);
    program.child.kill('SIGINT');
    await program.said(/stopping with a savepoint; the same signal again ends it at once/);
    program.child.kill('SIGINT');
    expect(await program.ended).toMatchObject({ code: 130 });
    expect(folder.rows()).toEqual([]);
    folder.script(jobText(folder));
    const last = await folder.start().ended;
    expect(last.code, last.stderr).toBe(0);
    expect(folder.rows()).toEqual(keptRows(rows));
  });

  it('owns its data directory: a second one is refused, and takes over when the first is killed', async () => {
    folder.script(jobText(folder, { endless: true }));
    folder.give('a', rows);
    const owner = folder.start();
    await until('it runs', () => folder.isRead(1));
    const refused = await folder.start().ended;
    expect([refused.code, refused.stderr]).toEqual([
      5,
      expect.stringMatching(/data directory .*data: another process owns it \(waited 5000 ms\)\n.*--data-dir/s),
    ]);
    const successor = folder.start();
    const before = folder.newestCheckpoint()!.metadata.checkpointId;
    owner.child.kill('SIGKILL');
    await successor.said(/HTTP on/);
    folder.give('b', readings(300, 310));
    await until('the successor has read on', () => folder.isRead(2));
    expect(folder.newestCheckpoint()!.metadata.checkpointId).toBeGreaterThan(before);
    successor.child.kill('SIGTERM');
    expect(await successor.ended).toMatchObject({ code: 0 });
    expect(folder.rows()).toEqual(keptRows(readings(0, 310)));
  });
});

const old = olderNode();
if (old === null) process.stderr.write('SKIPPED for lack of a Node before 24 on PATH: start by an older Node\n');

describe.skipIf(old === null)(`started by an older Node (${old})`, () => {
  it('dies with it, whatever kills it, and goes on at the next start', async () => {
    folder.script(jobText(folder, { endless: true }));
    folder.give('a', rows);
    const parent = folder.start([], { node: old! });
    await until('the file is read', () => folder.isRead(1));
    const [child] = childrenOf(parent.child.pid!);
    expect(child).toBeGreaterThan(0);
    parent.child.kill('SIGKILL');
    await until('the child is gone', () => !isAlive(child!));

    folder.script(jobText(folder));
    const last = await folder.start([], { node: old! }).ended;
    expect(last.code, last.stderr).toBe(0);
    expect(folder.rows()).toEqual(keptRows(rows));
  });

  it('takes a Ctrl-C as one, though a terminal sends it to both processes and the older hands it on', async () => {
    folder.script(jobText(folder, { endless: true }));
    const program = folder.start([], { node: old! });
    await until('it runs', () => folder.newestCheckpoint());
    const [child] = childrenOf(program.child.pid!);
    process.kill(child!, 'SIGINT');
    program.child.kill('SIGINT');
    expect(await program.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('savepoint-') });
  });

  it('hands signals on, and the exit code back', async () => {
    folder.script(jobText(folder, { endless: true }));
    const program = folder.start([], { node: old! });
    await until('it runs', () => folder.newestCheckpoint());
    program.child.kill('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('savepoint-') });
    folder.script('SELECT 1 FROM nowhere');
    expect(await folder.start([], { node: old! }).ended).toMatchObject({ code: 2 });
  });
});

async function isRunning(program: Program): Promise<void> {
  const [, url] = await program.said(/HTTP on (http\S+)/);
  await until('the job runs', async () => (await (await fetch(`${url}/jobs/overview`)).text()).includes('"RUNNING"'));
}

function olderNode(): string | null {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(directory, 'node');
    if (!existsSync(path)) continue;
    const major = Number(execFileSync(path, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }));
    if (major >= 18 && major < 24) return path;
  }
  return null;
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

/** A zombie, whom nobody has waited for yet, is gone as well. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
