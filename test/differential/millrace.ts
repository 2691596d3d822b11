// The same script here, in this process. Threads are kept from one query to the next.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localEngine } from '../../src/commands/local-engine.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { WorkerPool } from '../../src/engine/worker-pool.ts';
import { plainScript } from '../../src/job/job-file.ts';
import type { PlannedJob } from '../../src/job/job-plan.ts';
import { planScript } from '../../src/job/script-job.ts';
import { type Answer, type Change, parseExactly } from './answer.ts';

const workerUrl = new URL('../../src/worker.ts', import.meta.url);

export class Millrace {
  readonly #scratch = mkdtempSync(join(tmpdir(), 'millrace-differential-'));
  readonly #pool: WorkerPool;
  readonly #engine = localEngine({ workingDirectory: this.#scratch, workerUrl, warn: () => undefined });
  #runs = 0;

  constructor(jobsAtOnce: number) {
    this.#pool = new WorkerPool(workerUrl, jobsAtOnce, systemClock);
  }

  /** The last of the statements is the query. Rejects with what is wrong with it. */
  async plan(statements: readonly string[]): Promise<PlannedJob> {
    const dataDirectory = join(this.#scratch, String(this.#runs++));
    const ctx = { ...this.#engine, dataDirectory, now: systemClock.now, warn: () => undefined, parallelism: 1 };
    return await planScript(plainScript('query', statements.join(';\n')), ctx, async () => undefined);
  }

  async answer(statements: readonly string[]): Promise<Answer> {
    const rows: Change[] = [];
    const collect = async (_: number, lines: readonly string[]): Promise<void> => {
      for (const line of lines) rows.push(parseExactly(line) as Change);
    };
    try {
      const planned = await this.plan(statements);
      const job = this.#engine.runJob({
        ...planned,
        settings: { ...planned.settings, restart: { kind: 'none' } },
        restore: 'none',
        force: false,
        pool: this.#pool,
        hooks: { print: async () => undefined, collect, warn: () => undefined },
      });
      await job.done;
      return { rows };
    } catch (error) {
      return { error: (error as Error).stack ?? String(error) };
    }
  }

  async close(): Promise<void> {
    await this.#pool.close();
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}
