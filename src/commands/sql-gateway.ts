/** `millrace sql-gateway`: this engine for Flink's own clients. */
import { Command } from 'commander';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { dataDirectoryOf, type JobOptions, jobContext } from './job-options.ts';
import { wholeNumber } from './option-values.ts';
import { stopSignal } from './stop-signal.ts';

type GatewayOptions = Pick<JobOptions, 'dataDir' | 'parallelism'> &
  Readonly<{ port: number; host: string; allow: readonly string[]; openProbes?: boolean }>;

const tokenVariable = 'MILLRACE_TOKEN';

export function sqlGatewayCommand(context: CommandContext): Command {
  return new Command('sql-gateway')
    .description(
      "Serve Flink's SQL Gateway and REST API: for Flink's SQL client, its JDBC driver and the flink command.",
    )
    .option('--port <port>', 'where it listens; 0 takes any free one', wholeNumber(0, 65_535), 8083)
    .option('--host <address>', `beyond loopback it needs a token in ${tokenVariable}`, '127.0.0.1')
    .option('--open-probes', 'probes and metrics without the token')
    .option('--parallelism <n>', 'subtasks of each operator', wholeNumber(1, 32_768))
    .option('--data-dir <dir>', 'checkpoints, savepoints and the embedded lake', '.millrace')
    .option('--allow <directory...>', 'sessions may name files there too, and load functions from there', [])
    .addHelpText('after', examples)
    .action(async (options: GatewayOptions) => context.exit(await serve(options, context)));
}

const examples = `
Jobs that sessions start run in this process, and end with it. Runs until SIGINT or SIGTERM.

Examples:
  millrace sql-gateway --port 8083
  and with Flink's own clients:
  sql-client.sh gateway --endpoint http://127.0.0.1:8083
  flink list -D rest.address=127.0.0.1 -D rest.port=8083
  jdbc:flink://127.0.0.1:8083`;

async function serve(options: GatewayOptions, context: CommandContext): Promise<number> {
  const [{ Gateway }, { gatewayRoutes }, { serveRoutes }, { createRoutes }, { JobMetrics }] = await Promise.all([
    import('../server/gateway/gateway.ts'), // other commands need not load them
    import('../server/gateway/gateway-routes.ts'),
    import('../server/http-server.ts'),
    import('../server/routes.ts'),
    import('../server/job-metrics.ts'),
  ]);
  const gateway = new Gateway({
    plan: jobContext(options, dataDirectoryOf(options, context), context),
    startJob: context.runJob,
    print: (text) => context.stdout.write(text),
    allow: options.allow,
  });
  const routes = createRoutes({
    status: () => gateway.jobs.statuses(),
    version: context.version,
    metrics: new JobMetrics(context.version),
    control: gateway.jobs.control,
    pages: [],
  });
  const { port, host, openProbes } = options;
  const listen = { port, host, openProbes, token: context.env[tokenVariable] };
  const server = await serveRoutes(listen, [...routes, ...gatewayRoutes(gateway, context.version)]);
  context.say(`SQL Gateway on http://${host}:${server.port}`);
  await untilStopped(context);
  await server.close();
  await gateway.close();
  return exitCode.ok;
}

async function untilStopped(context: CommandContext): Promise<void> {
  const { signal, release } = stopSignal(context);
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });
  release();
}
