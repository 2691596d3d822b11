/** `millrace serve stop`: ends the control plane of a data directory in good order. */
import { Command } from 'commander';
import { EngineError } from '../model/errors.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { dataDirectoryOf, defaultDataDirectory } from './job-options.ts';
import { duration } from './option-values.ts';
import { findServe } from './serve-file.ts';

type StopOptions = Readonly<{ dataDir: string; commandTimeout: number }>;

const pollMs = 200;

export function serveStopCommand(context: CommandContext): Command {
  return new Command('stop')
    .description('End the serve of a data directory: its jobs are stopped with a savepoint, and stay wanted.')
    .option('--data-dir <dir>', 'of the serve', defaultDataDirectory)
    .option('--command-timeout <duration>', 'to wait for its end', duration(100), 180_000)
    .addHelpText('after', '\nExample:\n  millrace serve stop --data-dir /var/lib/millrace')
    .action(async (options: StopOptions) => context.exit(await stop(options, context)));
}

async function stop({ commandTimeout, ...options }: StopOptions, context: CommandContext): Promise<number> {
  const { clock, env } = context;
  const serve = await findServe(dataDirectoryOf(options, context), env.MILLRACE_TOKEN);
  if (serve === null) {
    context.say('no serve runs there');
    return exitCode.notFound;
  }
  process.kill(serve.pid, 'SIGTERM');
  for (const since = clock.monotonic(); isThere(serve.pid); await clock.sleep(pollMs)) {
    if (clock.monotonic() - since >= commandTimeout) {
      throw new EngineError(
        'TIMEOUT',
        `serve (process ${serve.pid}): it has not ended after ${commandTimeout / 1_000} s`,
      );
    }
  }
  context.say('serve has ended; its jobs start again with the next one');
  return exitCode.ok;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
