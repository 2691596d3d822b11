/** `millrace run FILE`: a job in the foreground, with its HTTP server. */
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { RunReporter, reportedError } from '../deploy/millrace-target/run-report.ts';
import { lockDirectory } from '../engine/directory-lock.ts';
import type { RunningJob } from '../engine/job.ts';
import type { JobFile } from '../job/job-file.ts';
import type { PlannedJob } from '../job/job-plan.ts';
import { planScript, restorePoint } from '../job/script-job.ts';
import { EngineError, toErrorData } from '../model/errors.ts';
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
    jobId?: string | undefined;
    maxSlots?: number | undefined;
    directory?: string | undefined;
    report?: string | undefined;
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
    .option('--job-id <hex>', 'the id that the job has over HTTP, 32 hex digits (default: any)', jobIdOption)
    .option('--max-slots <n>', 'refuse a job that takes more', wholeNumber(1, 32_768))
    .option('--directory <dir>', 'where relative paths of functions and secrets begin (default: beside the file)')
    .option('--report <file>', 'write port, place of the checkpoints and outcome there, as JSON')
    .addHelpText('after', examples)
    .action(async (file: string, options: RunOptions) => context.exit(await run(file, options, context)));
}

const examples = `
Ends with 0 when bounded sources are read to their ends, and on SIGINT or SIGTERM, after a savepoint.

Examples:
  millrace run jobs/gpu-temperature.yaml --param topic=gpu-readings --parallelism 2
  millrace run job.sql --restore none --port 0
  millrace run job.sql --restore .millrace/savepoints/job/savepoint-7`;

function jobIdOption(text: string): string {
  if (/^[0-9a-f]{32}$/.test(text)) return text;
  throw new InvalidArgumentError(`expected 32 hex digits, got '${text}'.`);
}

async function run(name: string, options: RunOptions, context: CommandContext): Promise<number> {
  if (options.report === undefined) return await runFile(name, options, null, context);
  const reporter = new RunReporter(resolve(context.workingDirectory, options.report), process.pid);
  try {
    return await runFile(name, options, reporter, context);
  } catch (error) {
    const { message, ...rest } = reportedError(toErrorData(error));
    reporter.add({ outcome: { kind: 'failed', error: { ...rest, message: context.redact(message) } } });
    throw error;
  }
}

async function runFile(
  name: string,
  options: RunOptions,
  reporter: RunReporter | null,
  context: CommandContext,
): Promise<number> {
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
    reporter?.add({ port: server.port });
    const planned = await plan(file, options, dataDirectory, context);
    checkSlots(planned, options.maxSlots);
    const { checkpointDirectory, savepointDirectory, retainedCheckpoints: retained } = planned.settings;
    const jobName = planned.graph.name;
    reporter?.add({ checkpoints: { checkpointDirectory, savepointDirectory, jobName, retained } });
    // By precedence: command line, script, default.
    const restore = restorePoint(options.restore ?? planned.restorePath ?? 'latest', context.workingDirectory);
    const job = { ...planned, restore, force: options.force === true, jobId: options.jobId };
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
      { onSignal: 'savepoint', quiet: options.quiet === true, started, ended: (outcome) => reporter?.add({ outcome }) },
      context,
    );
  } finally {
    await server?.close();
    lock.release();
  }
}

/** LIMIT where the job is larger than it may be. */
function checkSlots({ graph }: PlannedJob, most: number | undefined): void {
  if (most === undefined || graph.parallelism <= most) return;
  throw new EngineError(
    'LIMIT',
    `job ${graph.name}: expected at the most ${most} slots, it takes ${graph.parallelism}`,
    {
      hint: 'Run it at a lower parallelism, or allow more with --max-slots.',
    },
  );
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
