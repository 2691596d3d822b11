/** Runs scripts of queries to their end, all queries of one as one job, in threads that are kept from one to the next. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localEngine } from '../../src/commands/local-engine.ts';
import { systemClock } from '../../src/engine/clock.ts';
import type { RunningJob } from '../../src/engine/job.ts';
import { WorkerPool } from '../../src/engine/worker-pool.ts';
import { plainScript } from '../../src/job/job-file.ts';
import { planScript } from '../../src/job/script-job.ts';
import type { SqlValue } from '../../src/model/function.ts';
import { requireBalance } from './balance.ts';

const workerUrl = new URL('../../src/worker.ts', import.meta.url);
const slots = 2;

export type ResultRow = readonly SqlValue[];

type StartOptions = Readonly<{ restore?: string; parallelism?: number }>;

type StartedScript = Readonly<{ job: RunningJob; left: () => readonly (readonly ResultRow[])[] }>;

export class ScriptRunner {
  /** For files that scripts read. */
  readonly scratch = mkdtempSync(join(tmpdir(), 'millrace-scripts-'));
  readonly #pool = new WorkerPool(workerUrl, slots, systemClock);
  readonly #engine = localEngine({ workingDirectory: this.scratch, workerUrl, warn: () => undefined });
  #runs = 0;

  async close(): Promise<void> {
    await this.#pool.close();
    rmSync(this.scratch, { recursive: true, force: true });
  }

  /** The rows that are left of each SELECT's changes; numbers are texts. */
  async rowsOf(script: string): Promise<readonly (readonly ResultRow[])[]> {
    const { job, left } = await this.start(script);
    await job.done;
    requireBalance(job);
    return left();
  }

  /** `restore`: a savepoint's path. `left` gives the rows of each SELECT as they are now. */
  async start(script: string, { restore = 'none', parallelism = slots }: StartOptions = {}): Promise<StartedScript> {
    const name = `run${this.#runs++}`;
    const dataDirectory = join(this.scratch, name);
    const ctx = { ...this.#engine, dataDirectory, now: systemClock.now, warn: () => undefined, parallelism };
    const planned = await planScript(plainScript(name, script), ctx, async () => undefined);
    const counts: Map<string, number>[] = [];
    const job = this.#engine.runJob({
      ...planned,
      settings: { ...planned.settings, restart: { kind: 'none' } },
      restore,
      force: false,
      pool: this.#pool,
      hooks: {
        print: async () => undefined,
        warn: () => undefined,
        collect: async (pipeline, lines) => {
          counts[pipeline] ??= new Map();
          fold(lines, counts[pipeline]);
        },
      },
    });
    const left = (): ResultRow[][] =>
      Array.from(counts, (own) => [...(own ?? [])].flatMap(([text, count]) => repeated(text, count)));
    return { job, left };
  }
}

type Change = Readonly<{ op: string; row: Readonly<Record<string, SqlValue>> }>;

/** Every digit is kept. */
function withNumbersAsTexts(_: string, value: unknown, context?: Readonly<{ source: string }>): unknown {
  return typeof value === 'number' ? context!.source : value;
}

function fold(lines: readonly string[], counts: Map<string, number>): void {
  for (const line of lines) {
    const { op, row } = JSON.parse(line, withNumbersAsTexts) as Change;
    const text = JSON.stringify(Object.values(row));
    const count = (counts.get(text) ?? 0) + (op.startsWith('+') ? 1 : -1);
    if (count === 0) counts.delete(text);
    else counts.set(text, count);
  }
}

function repeated(text: string, count: number): ResultRow[] {
  if (count < 0) throw new Error(`${text} is taken back, but was not there`);
  return Array.from({ length: count }, () => JSON.parse(text) as ResultRow);
}
