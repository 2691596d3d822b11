/** `millrace lint FILE`: every fault of a job with its place, without running it. */
import { Command } from 'commander';
import { lintJob } from '../job/lint.ts';
import { toErrorData } from '../model/errors.ts';
import type { CommandContext } from './dependencies.ts';
import { errorText } from './error-text.ts';
import { exitCode } from './exit-code.ts';
import { addJobOptions, dataDirectoryOf, type JobOptions, jobContext, loadFile } from './job-options.ts';

export function lintCommand(context: CommandContext): Command {
  const command = new Command('lint')
    .description('Check a job without running it. Exits with 2 where there is a fault.')
    .argument('<file>', 'a .sql script or a .yaml job spec');
  return addJobOptions(command)
    .addHelpText('after', '\nExamples:\n  millrace lint job.sql\n  millrace lint job.yaml --param window=5m')
    .action(async (file: string, options: JobOptions) => context.exit(await lint(file, options, context)));
}

async function lint(name: string, options: JobOptions, context: CommandContext): Promise<number> {
  const file = await loadFile(name, options, context);
  const faults = await lintJob(file, jobContext(options, dataDirectoryOf(options, context), context));
  const color = context.stderr.isTerminal && context.env.NO_COLOR === undefined;
  for (const fault of faults)
    context.say(`${name}: ${errorText(toErrorData(fault), { verbose: false, color }).trimEnd()}`);
  context.say(
    faults.length === 0 ? `${name}: no faults` : `${name}: ${faults.length} fault${faults.length === 1 ? '' : 's'}`,
  );
  return faults.length === 0 ? exitCode.ok : exitCode.usage;
}
