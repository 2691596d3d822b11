import { join, resolve } from 'node:path';
import type { CommandDependencies, JobToRun, LakeQuery, QueryResult, Signal } from '../../src/commands/dependencies.ts';
import { runProgram } from '../../src/commands/program.ts';
import type { JobResult, RunningJob } from '../../src/engine/job.ts';
import { createConnectors } from '../../src/job/connector-registry.ts';
import type { JobAudit } from '../../src/model/account.ts';
import { EngineError } from '../../src/model/errors.ts';
import { generators } from '../../src/simulator/generators.ts';
import { jobStatus } from '../server/job-status-fixture.ts';
import { memoryTerminal } from './terminal.ts';

/** How the job that a test runs behaves: it ends as said, unless a signal comes first. */
export type JobScript = Readonly<{
  result?: JobResult;
  failure?: EngineError;
  audit?: JobAudit;
  /** Rows that it gives to `collect`. */
  rows?: readonly string[];
  /** Called when it runs; it does not end by itself then. */
  running?: (job: Readonly<{ signal: (signal: Signal) => void }>) => void;
}>;

/** A world for commands in which nothing leaves the test: jobs, queries and the clock are pretended. */
export function testWorld(script: JobScript = {}, more: Partial<CommandDependencies> = {}) {
  const stdout = memoryTerminal();
  const stderr = memoryTerminal();
  const jobs: JobToRun[] = [];
  const queries: LakeQuery[] = [];
  const exits: number[] = [];
  const handlers = new Set<(signal: Signal) => void>();
  const connectors = createConnectors(generators);
  const deps: CommandDependencies = {
    version: '1.2.3',
    packageDirectory: resolve(import.meta.dirname, '../..'),
    workingDirectory: join(import.meta.dirname, 'jobs'),
    env: {},
    machineTimeZone: 'UTC',
    clock: { now: () => 0, monotonic: () => 0, random: () => 0, sleep: sleepUntilAborted },
    stdin: async () => 'SELECT 2',
    prompt: null,
    openDeploy: () => {
      throw new EngineError('INTERNAL', 'this world has no deploy service');
    },
    startServe: async () => {
      throw new EngineError('CONNECTION', 'no serve is started in tests');
    },
    stdout,
    stderr,
    connectors,
    catalogFactory: async () => {
      throw new EngineError('CONNECTION', 'the catalog does not answer');
    },
    metadataColumns: () => new Map(),
    runJob: (job) => {
      jobs.push(job);
      return pretendedJob(job, script, (signal) => {
        for (const handler of handlers) handler(signal);
      });
    },
    queryLake: async (query): Promise<QueryResult> => {
      queries.push(query);
      return { columns: [{ name: 'n', type: 'BIGINT' }], rows: [[5n]] };
    },
    onSignal: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    exitNow: (code) => void exits.push(code),
    ...more,
  };
  return { run: (...argv: string[]) => runProgram(argv, deps), stdout, stderr, jobs, queries, exits, handlers };
}

function sleepUntilAborted(_ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal?.aborted === true) done();
    else signal?.addEventListener('abort', () => done());
  });
}

function pretendedJob(job: JobToRun, script: JobScript, signal: (signal: Signal) => void): RunningJob {
  const ended = Promise.withResolvers<JobResult>();
  const end = async (): Promise<void> => {
    if (script.rows !== undefined) await job.hooks.collect(0, script.rows);
    if (script.running !== undefined) script.running({ signal });
    else if (script.failure === undefined) ended.resolve(script.result ?? { kind: 'finished' });
    else ended.reject(script.failure);
  };
  setImmediate(() => void end());
  return {
    done: ended.promise,
    status: () => jobStatus({ name: job.graph.name, ...(script.audit === undefined ? {} : { audit: script.audit }) }),
    cancel: () => ended.resolve({ kind: 'cancelled' }),
    stopWithSavepoint: async () => {
      ended.resolve({ kind: 'stopped', savepoint: '/data/savepoint-1' });
      return await ended.promise;
    },
    savepoint: async () => '/data/savepoint-1',
  };
}
