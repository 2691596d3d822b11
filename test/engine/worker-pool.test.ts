import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import { WorkerPool } from '../../src/engine/worker-pool.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-pool-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A pool of two slots whose threads run this module. `sleep`: how long it waits. */
function poolOf(text: string, sleep = systemClock.sleep): WorkerPool {
  const path = join(directory, `worker-${text.length}.mjs`);
  writeFileSync(path, text);
  return new WorkerPool(pathToFileURL(path), 2, { ...systemClock, sleep });
}

function runBoth(pool: WorkerPool): Promise<PromiseSettledResult<void>[]> {
  const payloads = [0, 1].map((slot) => ({ slot, control: new MessageChannel().port2, peers: [] }));
  return Promise.allSettled(payloads.map((payload) => pool.runSlot(payload as never)));
}

describe('a worker', () => {
  it.each([
    ['can not be loaded', "import './not-there.mjs';\nexport const runSlot = () => {};", /Cannot find module/],
    [
      'throws outside its task',
      'export const runSlot = () => new Promise(() => setTimeout(() => { throw new Error("late"); }));',
      /late/,
    ],
    ['ends', 'export const runSlot = () => new Promise(() => setTimeout(() => process.exit(3)));', /exit|ended/],
  ])('that %s fails the slots that it had, and nothing else', async (_how, text, message) => {
    const pool = poolOf(text);
    const settled = await runBoth(pool);
    for (const result of settled) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'INTERNAL', message: expect.stringMatching(message) },
      });
    }
    await pool.close();
  });

  it('does short tasks beside', async () => {
    const pool = poolOf('export const runTask = ({ task, payload }) => task + " " + payload;');
    expect(await pool.runTask('double', 7, [])).toBe('double 7');
    await pool.close();
  });

  it('in a test finds its sources in the cache that vitest.config.ts names', async () => {
    const pool = poolOf("import m from 'node:module'; export const runTask = () => m.getCompileCacheDir() ?? 'none';");
    expect(await pool.runTask('where', null, [])).toContain('millrace-test-compile-cache');
    await pool.close();
  });

  it.each([
    ['ends before it is ended', 200, () => new Promise<void>(() => {}), /^done$/],
    ['takes too long is ended with it', 60_000, async () => {}, /terminat/i],
  ])('whose short task %s', async (_how, ms, sleep, outcome) => {
    const pool = poolOf(`export const runTask = () => new Promise((done) => setTimeout(done, ${ms}, 'done'));`, sleep);
    const task = pool.runTask('long', null, []).catch((error: Error) => error.message);
    await pool.close();
    expect(await task).toMatch(outcome);
  });
});
