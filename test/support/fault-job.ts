import { world } from '../../src/cli.ts';
import { runProgram } from '../../src/commands/program.ts';
import type { RunningJob } from '../../src/engine/job.ts';
import { createIcebergCatalog } from '../../src/iceberg/catalog.ts';

/** `millrace run` within this process: no start to wait for, and the job at hand. */
export type HeldJob = Readonly<{
  /** The exit code. */
  ended: Promise<number>;
  /** Resolves when the job is started; the script is planned then. */
  job: Promise<RunningJob>;
  /** As a signal would. */
  stop(): void;
  stdout(): string;
  stderr(): string;
}>;

export function holdJob(workingDirectory: string, argv: readonly string[]): HeldJob {
  const real = world();
  const started = Promise.withResolvers<RunningJob>();
  let signal = (): void => {};
  let stdout = '';
  let stderr = '';
  const terminal = { isTerminal: false, columns: 80, write: async () => {} };
  const ended = runProgram(['run', ...argv, '--port', '0'], {
    ...real,
    workingDirectory,
    catalogFactory: (name, options) =>
      createIcebergCatalog(name, options, { workingDirectory, now: real.clock.now, warn: () => {} }),
    stdout: {
      ...terminal,
      write: async (text) => {
        stdout += text;
      },
    },
    stderr: {
      ...terminal,
      write: async (text) => {
        stderr += text;
      },
    },
    runJob: (request) => {
      const job = real.runJob(request);
      started.resolve(job);
      return job;
    },
    onSignal: (handler) => {
      signal = () => handler('SIGTERM');
      return () => {};
    },
  });
  void ended.then(() => started.reject(new Error(stderr)));
  started.promise.catch(() => {});
  return { ended, job: started.promise, stop: () => signal(), stdout: () => stdout, stderr: () => stderr };
}
