/** `millrace mcp`: the control plane for assistants that speak the Model Context Protocol, over stdin and stdout. */
import { Command } from 'commander';
import { commandCaller } from './control-client.ts';
import type { CommandContext } from './dependencies.ts';
import { type DeployOptions, withDeploy } from './deploy-connection.ts';
import { exitCode } from './exit-code.ts';
import { defaultDataDirectory } from './job-options.ts';
import { stopSignal } from './stop-signal.ts';

type McpOptions = Pick<DeployOptions, 'dataDir' | 'server'> & Readonly<{ readOnly?: boolean }>;

export function mcpCommand(context: CommandContext): Command {
  return new Command('mcp')
    .description('Serve assistants that speak the Model Context Protocol, over stdin and stdout.')
    .option('--read-only', 'offer nothing that changes anything')
    .option('--server <url>', 'of a serve, its token in MILLRACE_TOKEN (default: MILLRACE_SERVER, else by --data-dir)')
    .option('--data-dir <dir>', 'of the control plane', defaultDataDirectory)
    .addHelpText('after', examples)
    .action(async (options: McpOptions) => context.exit(await mcp(options, context)));
}

const examples = `
A client starts it by itself and ends it. What would change something is a plan first; a person at the client confirms it, in words that this
program makes. A client that cannot ask a person changes nothing.

Examples:
  millrace mcp --read-only
  millrace mcp --server http://127.0.0.1:8081`;

async function mcp(options: McpOptions, context: CommandContext): Promise<number> {
  return await withDeploy(options, context, async ({ service }) => {
    const { serveMcpStdio } = await import('../deploy/mcp/mcp-stdio.ts'); // other commands need not load it
    const stopping = stopSignal(context);
    const backend = {
      service,
      logs: service.logs.bind(service),
      status: service.status.bind(service),
      now: () => context.clock.now(),
      version: context.version,
    };
    const session = { backend, actor: commandCaller().actor, readOnly: options.readOnly === true };
    const connection = serveMcpStdio(session, { warn: context.say });
    try {
      await Promise.race([connection.closed, aborted(stopping.signal)]);
      return exitCode.ok;
    } finally {
      stopping.release();
      await connection.close();
    }
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
