/** `millrace run FILE`: a job in the foreground, with its HTTP server. */
import { Command } from 'commander';
import { lockDirectory } from '../engine/directory-lock.ts';
import type { RunningJob } from '../engine/job.ts';
import type { JobFile } from '../job/job-file.ts';
import type { PlannedJob } from '../job/job-plan.ts';
import { planScript, restorePoint } from '../job/script-job.ts';
import { EngineError } from '../model/errors.ts';
import type { RunningServer } from '../server/listening.ts';
import { statusPage } from '../web/status-page.ts';
import type { CommandContext } from './dependencies.ts';
import { addJobOptions, dataDirectoryOf, type JobOptions, jobContext, loadFile } from './job-options.ts';
import { runInForeground } from './job-run.ts';
import { wholeNumber } from './option-values.ts';
import { redactStatus } from './redaction.ts';
import { rowOutput } from './row-output.ts';

type RunOptions = JobOptions &
  Readonly<{
    restore?: string | undefined;
    force?: boolean;
    port: number;
    host: string;
    openProbes?: boolean;
    quiet?: boolean;
  }>;

const tokenVariable = 'MILLRACE_TOKEN';

export function runCommand(context: CommandContext): Command {
  const command = new Command('run')
    .description('Run a job in the foreground. It goes on where the job of that name stopped.')
    .argument('<file>', 'a .sql script or a .yaml job spec');
  return addJobOptions(command)
    .option(
      '--restore <latest|none|path>',
      'where to start: the newest checkpoint, afresh, or a savepoint (default: latest)',
    )
    .option('--force', 'let an older savepoint win over what sinks already show, and leave out state without a place')
    .option('--port <port>', 'of the HTTP server; 0 takes any free one', wholeNumber(0, 65_535), 8081)
    .option(
      '--host <address>',
      `address of the HTTP server; beyond loopback it needs a token in ${tokenVariable}`,
      '127.0.0.1',
    )
    .option('--open-probes', 'probes and metrics without the token')
    .option('--quiet', 'no progress')
    .addHelpText('after', examples)
    .action(async (file: string, options: RunOptions) => context.exit(await run(file, options, context)));
}

const examples = `
Ends with 0 when bounded sources are read to their ends, and on SIGINT or SIGTERM, after a savepoint.

Examples:
  millrace run jobs/gpu-temperature.yaml --param topic=gpu-readings --parallelism 2
  millrace run job.sql --restore none --port 0
  millrace run job.sql --restore .millrace/savepoints/job/savepoint-7`;

async function run(name: string, options: RunOptions, context: CommandContext): Promise<number> {
  const file = await loadFile(name, options, context);
  if (file.engine === 'flink') {
    throw new EngineError(
      'UNSUPPORTED',
      `job '${file.name}': its engine is 'flink', which Millrace does not deploy to`,
      { hint: 'Run the script with Flink itself, or write engine: millrace.' },
    );
  }
  const dataDirectory = dataDirectoryOf(options, context);
  const lock = lockDirectory(dataDirectory);
  let server: RunningServer | null = null;
  let running: RunningJob | null = null;
  try {
    server = await openServer(() => running, options, context);
    const planned = await plan(file, options, dataDirectory, context);
    // By precedence: command line, script, default.
    const restore = restorePoint(options.restore ?? planned.restorePath ?? 'latest', context.workingDirectory);
    const job = { ...planned, restore, force: options.force === true };
    const hooks = {
      print: (text: string) => context.stdout.write(text),
      collect: (_: number, lines: readonly string[]) => context.stdout.write(`${lines.join('\n')}\n`),
    };
    const started = (job: RunningJob): void => {
      running = job;
    };
    return await runInForeground(
      job,
      hooks,
      { onSignal: 'savepoint', quiet: options.quiet === true, started },
      context,
    );
  } finally {
    await server?.close();
    lock.release();
  }
}

async function plan(
  file: JobFile,
  options: RunOptions,
  dataDirectory: string,
  context: CommandContext,
): Promise<PlannedJob> {
  const ctx = jobContext(options, dataDirectory, context);
  return await planScript(file, ctx, async ({ fields, rows }) => {
    const output = rowOutput(
      'table',
      fields.map((field) => field.name),
      context.stdout,
    );
    await output.rows(rows);
    await output.end();
  });
}

async function openServer(
  running: () => RunningJob | null,
  options: RunOptions,
  context: CommandContext,
): Promise<RunningServer> {
  const { startServer } = await import('../server/http-server.ts'); // other commands need not load it
  const server = await startServer({
    port: options.port,
    host: options.host,
    token: context.env[tokenVariable],
    openProbes: options.openProbes,
    status: () => {
      const job = running();
      return job === null ? [] : [redactStatus(job.status(), context.redact)];
    },
    build: { version: context.version },
    pages: statusPage,
    control: {
      cancel: async () => running()?.cancel(),
      savepoint: async () => await running()!.savepoint(),
      stopWithSavepoint: async () => {
        const result = await running()!.stopWithSavepoint();
        if (result.kind === 'stopped') return result.savepoint;
        throw new EngineError('CONFLICT', `the job ended before the savepoint: it is ${result.kind}`);
      },
    },
  });
  context.say(`HTTP on http://${options.host}:${server.port}`);
  return server;
}
