/** `millrace serve`: the control plane, in one process: deployments, their jobs, HTTP API and page. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { lockDirectory } from '../engine/directory-lock.ts';
import type { DeploymentKey, DeploymentView } from '../model/deployment.ts';
import type { JobStatus } from '../model/job-status.ts';
import type { RunningServer } from '../server/listening.ts';
import type { McpDoor } from '../server/mcp-route.ts';
import { controlPage } from '../web/control-page.ts';
import { commandCaller } from './control-client.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { dataDirectoryOf, defaultDataDirectory } from './job-options.ts';
import { type LocalControl, openLocalControl } from './local-control.ts';
import { duration, wholeNumber } from './option-values.ts';
import { removeServeFile, writeServeFile } from './serve-file.ts';
import { serveStopCommand } from './serve-stop.ts';
import { stopSignal } from './stop-signal.ts';

type ServeOptions = Readonly<{
  port: number;
  host: string;
  dataDir: string;
  openProbes?: boolean;
  stableAfter: number;
  stableWithin: number;
  maxHeap: number;
  maxSlots: number;
  maxJobs: number;
  mcp: McpMode;
}>;

const mcpModes = ['off', 'read-only', 'confirm'] as const;
type McpMode = (typeof mcpModes)[number];

const tokenVariable = 'MILLRACE_TOKEN';

export function serveCommand(context: CommandContext): Command {
  return new Command('serve')
    .description(
      'Run the control plane: jobs of many specs, each in a process of its own, with an HTTP API and a page.',
    )
    .option('--port <port>', 'of the HTTP server; 0 takes any free one', wholeNumber(0, 65_535), 8081)
    .option(
      '--host <address>',
      `address of the HTTP server; beyond loopback it needs tokens, or one in ${tokenVariable}`,
      '127.0.0.1',
    )
    .option('--open-probes', 'probes and metrics without a token')
    .option('--data-dir <dir>', 'deployments, logs, and the data directories of the jobs', defaultDataDirectory)
    .option(
      '--stable-after <duration>',
      'a release is stable when it has run for so long, with a checkpoint',
      duration(100),
      60_000,
    )
    .option('--stable-within <duration>', 'one that is not stable by then is taken back', duration(1_000), 300_000)
    .option('--max-heap <mb>', "largest heap of each of a job's threads, MB", wholeNumber(64, 1_048_576), 2_048)
    .option('--max-slots <n>', 'largest parallelism of a job', wholeNumber(1, 32_768), 16)
    .addOption(
      new Option(
        '--mcp <mode>',
        'for assistants, at /mcp: changes are confirmed by a person at the client, or not offered',
      )
        .choices(mcpModes)
        .default('confirm'),
    )
    .option('--max-jobs <n>', 'jobs at once', wholeNumber(1, 10_000), 32)
    .addHelpText('after', examples)
    .addCommand(serveStopCommand(context))
    .action(async (options: ServeOptions) => context.exit(await serve(options, context)));
}

const examples = `
SIGTERM or SIGINT stops the jobs with a savepoint; they stay wanted, and the next serve starts them again where they were.
After a kill -9 it does the same from their newest checkpoints.

Examples:
  millrace serve
  millrace serve --port 8080 --data-dir /var/lib/millrace
  millrace serve stop`;

async function serve(options: ServeOptions, context: CommandContext): Promise<number> {
  const dataDirectory = dataDirectoryOf(options, context);
  const lock = lockDirectory(join(dataDirectory, 'serve'));
  const stopping = stopSignal(context);
  const instance = randomBytes(16).toString('hex');
  let server: RunningServer | null = null;
  let local: LocalControl | null = null;
  try {
    local = await openLocalControl({ dataDirectory, ...judgement(options) }, context);
    server = await openServer(local, instance, options, context);
    const url = `http://${hostInUrl(options.host)}:${server.port}`;
    writeServeFile(dataDirectory, { pid: process.pid, url, instance, startedAt: context.clock.now() });
    local.control.start();
    local.service.resume();
    context.say(`serving on ${url}`);
    await untilAborted(stopping.signal);
    context.say('stopping the jobs with savepoints; the same signal again ends everything at once …');
    return exitCode.ok;
  } finally {
    removeServeFile(dataDirectory, instance);
    await server?.close();
    await local?.control.close({ park: true });
    await local?.target.close();
    await local?.close();
    stopping.release();
    lock.release();
  }
}

function judgement(options: ServeOptions): Pick<Parameters<typeof openLocalControl>[0], 'settings' | 'limits'> {
  const { stableAfter, stableWithin, maxHeap, maxSlots, maxJobs } = options;
  return {
    settings: { stableAfterMs: stableAfter, stableWithinMs: stableWithin },
    limits: { heapMb: maxHeap, slots: maxSlots, jobs: maxJobs },
  };
}

async function openServer(
  local: LocalControl,
  instance: string,
  options: ServeOptions,
  context: CommandContext,
): Promise<RunningServer> {
  const { service, control, target } = local;
  const { startControlServer } = await import('../server/control-server.ts'); // other commands need not load it
  const status = (jobId: string): JobStatus | null => target.statuses().find(({ id }) => id === jobId) ?? null;
  const now = (): number => context.clock.now();
  return await startControlServer({
    port: options.port,
    host: options.host,
    token: context.env[tokenVariable],
    openProbes: options.openProbes,
    owner: commandCaller().actor,
    holders: () => service.holders(),
    statuses: () => target.statuses(),
    pages: controlPage,
    backend: {
      service,
      logs: (key, lines) => control.logs(key, lines),
      events: (key, limit) => control.events(key, limit),
      status,
      now,
      info: { version: context.version, instance, startedAt: context.clock.now() },
    },
    mcp: mcpDoor(options.mcp, local, context),
  });
}

/** Loaded when an assistant first comes. */
function mcpDoor(
  mode: McpMode,
  { service, control, target }: LocalControl,
  context: CommandContext,
): McpDoor | undefined {
  if (mode === 'off') return undefined;
  let door: Promise<McpDoor> | null = null;
  const open = async (): Promise<McpDoor> => {
    const { createMcpHttp } = await import('../deploy/mcp/mcp-http.ts');
    const backend = {
      service,
      logs: (key: DeploymentKey, lines: number) => control.logs(key, lines),
      status: async ({ jobId }: DeploymentView) => target.statuses().find(({ id }) => id === jobId) ?? null,
      now: () => context.clock.now(),
      version: context.version,
    };
    return createMcpHttp(backend, { readOnly: mode === 'read-only', warn: () => undefined });
  };
  return {
    handle: async (request) => {
      door ??= open();
      return await (await door).handle(request);
    },
  };
}

function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });
}
