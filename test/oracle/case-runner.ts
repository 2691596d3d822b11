/** Runs the cases of a real Flink: whole, or cut in the middle and ended at another parallelism. Threads are kept from one to the next. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BroadcastChannel } from 'node:worker_threads';
import { localEngine } from '../../src/commands/local-engine.ts';
import { systemClock } from '../../src/engine/clock.ts';
import type { JobResult } from '../../src/engine/job.ts';
import { WorkerPool } from '../../src/engine/worker-pool.ts';
import type { ReceivedChange } from '../../src/job/change-diff.ts';
import { plainScript } from '../../src/job/job-file.ts';
import type { PlannedJob } from '../../src/job/job-plan.ts';
import { planScript } from '../../src/job/script-job.ts';
import type { JobGraph, SourceSpec } from '../../src/model/job-graph.ts';
import { requireBalance } from '../support/balance.ts';
import { casesDirectory } from './answers.ts';

const workerUrl = new URL('../support/gated-worker.ts', import.meta.url);
const mostSlots = 4;

export class CaseRunner {
  readonly #scratch = mkdtempSync(join(tmpdir(), 'millrace-oracle-'));
  readonly #pool = new WorkerPool(workerUrl, mostSlots, systemClock);
  readonly #engine = localEngine({ workingDirectory: this.#scratch, workerUrl, warn: () => undefined });
  #runs = 0;

  async close(): Promise<void> {
    await this.#pool.close();
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  /** The changes of the case's SELECT, read to the end of its input. */
  async whole(name: string, parallelism: number): Promise<ReceivedChange[]> {
    const changes: ReceivedChange[] = [];
    await this.#run(await this.#plan(name, parallelism), 'none', changes);
    return changes;
  }

  /** Reads half of each file at one parallelism, stops with a savepoint, and reads the rest from there at another. */
  async cut(name: string, before: number, after: number): Promise<{ first: ReceivedChange[]; rest: ReceivedChange[] }> {
    const first: ReceivedChange[] = [];
    const planned = await this.#plan(name, before);
    const outcome = await this.#runToGate(planned, first);
    const rest: ReceivedChange[] = [];
    await this.#run(await this.#plan(name, after), outcome, rest);
    return { first, rest };
  }

  async #plan(name: string, parallelism: number): Promise<PlannedJob> {
    const dataDirectory = join(this.#scratch, String(this.#runs++));
    const ctx = { ...this.#engine, dataDirectory, now: systemClock.now, warn: () => undefined, parallelism };
    return await planScript(plainScript(name, scriptOf(name)), ctx, async () => undefined);
  }

  /** The savepoint's path. */
  async #runToGate(planned: PlannedJob, changes: ReceivedChange[]): Promise<string> {
    const channel = new BroadcastChannel(`gate-${this.#runs}`);
    const graph = withGate(planned.graph, channel.name);
    const sources = graph.vertices.flatMap(({ nodes }) => nodes).filter(({ spec }) => spec.kind === 'source').length;
    const given = new Promise<void>((resolve) => {
      let waiting = sources;
      channel.onmessage = () => {
        if (--waiting === 0) resolve();
      };
    });
    const job = this.#start({ ...planned, graph }, 'none', changes);
    try {
      await Promise.race([given, job.done]);
      const result = await job.stopWithSavepoint();
      requireBalance(job);
      if (result.kind !== 'stopped') throw new Error(`expected the job to stop, it ${result.kind}`);
      return result.savepoint;
    } finally {
      channel.close();
    }
  }

  async #run(planned: PlannedJob, restore: string, changes: ReceivedChange[]): Promise<JobResult> {
    const job = this.#start(planned, restore, changes);
    const result = await job.done;
    requireBalance(job);
    return result;
  }

  #start(planned: PlannedJob, restore: string, changes: ReceivedChange[]) {
    const collect = async (_: number, lines: readonly string[]): Promise<void> => {
      for (const line of lines) changes.push(JSON.parse(line) as ReceivedChange);
    };
    return this.#engine.runJob({
      ...planned,
      settings: { ...planned.settings, restart: { kind: 'none' } },
      restore,
      force: false,
      pool: this.#pool,
      hooks: { print: async () => undefined, collect, warn: () => undefined },
    });
  }
}

/**
 * The script, with its input beside it. A file is read by one subtask: others, which have nothing to read, would hold the watermark until they
 * have ended, and what is late would hang on when that is.
 */
export function scriptOf(name: string): string {
  const directory = join(casesDirectory, name);
  const script = readFileSync(join(directory, 'query.sql'), 'utf8').replace(/\$\{DIR\}/g, directory);
  return script.replaceAll("'connector'='filesystem'", "'connector'='filesystem','scan.parallelism'='1'");
}

function withGate(graph: JobGraph, channel: string): JobGraph {
  const vertices = graph.vertices.map((vertex) => ({
    ...vertex,
    nodes: vertex.nodes.map((node) =>
      node.spec.kind === 'source' ? { ...node, spec: withGatedFile(node.spec, channel) } : node,
    ),
  }));
  return { ...graph, vertices };
}

function withGatedFile(spec: SourceSpec, channel: string): SourceSpec {
  const path = String(spec.config.directory);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').length;
  return { ...spec, config: { ...spec.config, gate: { rows: Math.ceil(lines / 2), channel } } };
}
