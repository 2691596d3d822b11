/** Runs tests of a suite, many in one job: each in a database of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { BroadcastChannel } from 'node:worker_threads';
import { localEngine } from '../../src/commands/local-engine.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { type RunningJob, startJob } from '../../src/engine/job.ts';
import { WorkerPool } from '../../src/engine/worker-pool.ts';
import { type JobPlanContext, type PlannedJob, planJob } from '../../src/job/job-plan.ts';
import { openSession, type ScriptContext } from '../../src/job/script.ts';
import { checkSettings } from '../../src/job/settings.ts';
import type { JobGraph } from '../../src/model/job-graph.ts';
import type { Options } from '../../src/model/options.ts';
import type { Pipeline } from '../../src/model/plan.ts';
import { parseScript } from '../../src/sql/parser.ts';
import type { SqlSession } from '../../src/sql/session.ts';
import { requireBalance } from '../support/balance.ts';
import { type RowsConfig, withRows } from './rows-connector.ts';
import { scriptOf } from './suite-script.ts';
import type { SuiteTest } from './suite-test.ts';

const testsPerJob = 60;
const workerUrl = new URL('./suite-worker.ts', import.meta.url);

/** What came, by sink, then by SELECT: before the cut and behind it. Or the error. */
export type Outcome = Readonly<{ error: string } | { outputs: readonly Output[] }>;
export type Output = Readonly<{ before: readonly string[]; after: readonly string[] }>;

type Lines = Map<string, string[]>;

type Planned = Readonly<{ test: SuiteTest; database: string; pipelines: readonly Pipeline[] }>;

/** What goes into one job. */
type Batch = Readonly<{ planned: readonly Planned[]; settings: Options; cut: boolean }>;

export class SuiteRunner {
  readonly #scratch = mkdtempSync(join(tmpdir(), 'millrace-suite-'));
  readonly #pool = new WorkerPool(workerUrl, 1, systemClock);
  readonly #ctx: ScriptContext & JobPlanContext;
  #jobs = 0;

  constructor() {
    const engine = localEngine({ workingDirectory: this.#scratch, workerUrl, warn: () => undefined });
    this.#ctx = {
      ...engine,
      machineTimeZone: 'UTC',
      connectors: withRows(engine.connectors),
      dataDirectory: this.#scratch,
      now: systemClock.now,
      warn: () => undefined,
      parallelism: 1,
    };
  }

  async close(): Promise<void> {
    await this.#pool.close();
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  /** Some at a time, those of the same settings together. A test that is cut stops with a savepoint where it says, and goes on from there. */
  async runAll(tests: readonly SuiteTest[]): Promise<ReadonlyMap<SuiteTest, Outcome>> {
    const outcomes = new Map<SuiteTest, Outcome>();
    const isCut = ({ tables }: SuiteTest): boolean => tables.some(({ cut }) => cut !== undefined);
    for (const alike of Map.groupBy(tests, (test) => JSON.stringify([isCut(test), test.set, test.wait])).values()) {
      for (let first = 0; first < alike.length; first += testsPerJob) {
        const some = alike.slice(first, first + testsPerJob);
        for (const [test, outcome] of await this.#runSome(some, isCut(some[0]!))) outcomes.set(test, outcome);
      }
    }
    return outcomes;
  }

  async #runSome(tests: readonly SuiteTest[], cut: boolean): Promise<ReadonlyMap<SuiteTest, Outcome>> {
    const session = openSession(this.#ctx, { directory: null });
    try {
      const settings = await this.#settings(session, tests[0]!);
      const outcomes = new Map<SuiteTest, Outcome>();
      const planned: Planned[] = [];
      for (const [index, test] of tests.entries()) {
        const plan = await this.#plan(session, test, `test_${index}`, settings);
        if ('error' in plan) outcomes.set(test, plan);
        else planned.push(plan);
      }
      return new Map([...outcomes, ...(await this.#runBatch({ planned, settings, cut }))]);
    } catch (error) {
      return new Map(tests.map((test) => [test, errorOf(error)]));
    } finally {
      await session.close();
    }
  }

  async #settings(session: SqlSession, { set = {} }: SuiteTest): Promise<Options> {
    for (const [key, value] of Object.entries(set)) await executeAll(session, `SET '${key}' = '${value}'`);
    return checkSettings(session.settings);
  }

  async #plan(
    session: SqlSession,
    test: SuiteTest,
    database: string,
    settings: Options,
  ): Promise<Planned | { error: string }> {
    try {
      const pipelines = await executeAll(session, scriptOf(test, database));
      await planJob(pipelines, settings, 'suite', this.#ctx);
      return { test, database, pipelines };
    } catch (error) {
      return errorOf(error);
    }
  }

  /** As one job; where that fails, each half by itself, down to the test that fails. */
  async #runBatch(batch: Batch): Promise<[SuiteTest, Outcome][]> {
    const { planned } = batch;
    if (planned.length === 0) return [];
    try {
      const { before, after } = await this.#runJob(batch);
      return planned.map((each) => [each.test, outcomeOf(each, before, after)]);
    } catch (error) {
      if (planned.length === 1) return [[planned[0]!.test, errorOf(error)]];
      const half = Math.ceil(planned.length / 2);
      const first = await this.#runBatch({ ...batch, planned: planned.slice(0, half) });
      return [...first, ...(await this.#runBatch({ ...batch, planned: planned.slice(half) }))];
    }
  }

  async #runJob({ planned, settings, cut }: Batch): Promise<{ before: Lines; after: Lines }> {
    const dataDirectory = join(this.#scratch, String(this.#jobs++));
    const pipelines = planned.flatMap((each) => each.pipelines);
    const job = await planJob(pipelines, settings, 'suite', { ...this.#ctx, dataDirectory });
    const names = planned.flatMap(({ database, pipelines: own }) => own.map((_, i) => `${database}.${i}`));
    const before: Lines = new Map();
    const after: Lines = new Map();
    const restore = cut ? await this.#runToCut(job, planned, names, before) : 'none';
    const graph = cut ? withLookups(job.graph, planned, 'after') : job.graph;
    const running = this.#start({ ...job, graph }, restore, names, after);
    await running.done;
    requireBalance(running);
    return { before, after };
  }

  /** The savepoint's path. */
  async #runToCut(
    job: PlannedJob,
    planned: readonly Planned[],
    names: readonly string[],
    lines: Lines,
  ): Promise<string> {
    const channel = new BroadcastChannel(`suite-${process.pid}-${this.#jobs}`);
    const { graph, waiting } = withCuts(withLookups(job.graph, planned, 'before'), planned, channel.name);
    const given = new Promise<void>((resolve) => {
      let left = waiting;
      channel.onmessage = () => {
        if (--left === 0) resolve();
      };
    });
    const running = this.#start({ ...job, graph }, 'none', names, lines);
    try {
      await Promise.race([given, running.done]);
      await setTimeout(planned[0]!.test.wait ?? 0);
      const result = await running.stopWithSavepoint();
      requireBalance(running);
      if (result.kind !== 'stopped') throw new Error(`expected the job to stop, it ${result.kind}`);
      return result.savepoint;
    } finally {
      channel.close();
    }
  }

  #start(job: PlannedJob, restore: string, names: readonly string[], lines: Lines): RunningJob {
    const add = (name: string, line: string): void => {
      const known = lines.get(name);
      if (known === undefined) lines.set(name, [line]);
      else known.push(line);
    };
    return startJob({
      ...job,
      settings: { ...job.settings, restart: { kind: 'none' } },
      restore,
      force: false,
      pool: this.#pool,
      connectors: this.#ctx.connectors,
      clock: systemClock,
      workerUrl,
      hooks: {
        print: async (text) => {
          for (const [, name, line] of text.matchAll(/^(\w+\.\S+?)> (.*)$/gm)) add(name!, line!);
        },
        collect: async (pipeline, rows) => {
          for (const row of rows) add(names[pipeline]!, row);
        },
        warn: () => undefined,
      },
    });
  }
}

function errorOf(error: unknown): { error: string } {
  return { error: (error as Error).message };
}

async function executeAll(session: SqlSession, script: string): Promise<Pipeline[]> {
  const pipelines: Pipeline[] = [];
  for (const statement of parseScript(script)) {
    const result = await session.execute(statement);
    if (result.kind === 'pipelines') pipelines.push(...result.pipelines);
  }
  return pipelines;
}

function withCuts(graph: JobGraph, planned: readonly Planned[], channel: string): { graph: JobGraph; waiting: number } {
  let waiting = 0;
  const vertices = graph.vertices.map((vertex) => ({
    ...vertex,
    nodes: vertex.nodes.map((node) => {
      const { spec } = node;
      if (spec.kind !== 'source' || !('rows' in spec.config)) return node;
      waiting++;
      const config: RowsConfig = {
        ...(spec.config as RowsConfig),
        cut: { after: cutOf(spec.table, planned), channel },
      };
      return { ...node, spec: { ...spec, config } };
    }),
  }));
  return { graph: { ...graph, vertices }, waiting };
}

/** A table that is looked up has the rows before the cut, then those behind it alone. */
function withLookups(graph: JobGraph, planned: readonly Planned[], part: 'before' | 'after'): JobGraph {
  const vertices = graph.vertices.map((vertex) => ({
    ...vertex,
    nodes: vertex.nodes.map((node) => {
      const { spec } = node;
      if (spec.kind !== 'lookup_join') return node;
      const source = spec.config.source as RowsConfig;
      const cut = cutOf(spec.tableName, planned);
      const rows = part === 'before' ? source.rows.slice(0, cut) : source.rows.slice(cut);
      return { ...node, spec: { ...spec, config: { ...spec.config, source: { ...source, rows } } } };
    }),
  }));
  return { ...graph, vertices };
}

function cutOf(path: string, planned: readonly Planned[]): number {
  const [, database, name] = [...path.matchAll(/`([^`]*)`/g)].map(([, part]) => part);
  const { test } = planned.find((each) => each.database === database)!;
  const table = test.tables.find((each) => each.name.replaceAll('`', '') === name)!;
  return table.cut ?? table.rows.length;
}

function outcomeOf({ test, database }: Planned, before: Lines, after: Lines): Outcome {
  const names = [...(test.sinks ?? []).map(({ name }) => name), ...(test.answers ?? []).map((_, i) => String(i))];
  return {
    outputs: names.map((name) => {
      const key = `${database}.${name.replaceAll('`', '')}`;
      return { before: before.get(key) ?? [], after: after.get(key) ?? [] };
    }),
  };
}
