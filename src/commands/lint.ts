/** `millrace lint FILE`: every fault of a job or a mirror, with its place, without running it. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { lintJob } from '../job/lint.ts';
import { type EngineError, type ErrorData, toErrorData } from '../model/errors.ts';
import type { CommandContext } from './dependencies.ts';
import { errorText } from './error-text.ts';
import { exitCode } from './exit-code.ts';
import { countedText } from './human.ts';
import { addJobOptions, dataDirectoryOf, type JobOptions, jobContext, loadFile } from './job-options.ts';
import { lintMirror } from './mirror-file.ts';
import { placedText } from './placed-text.ts';

export function lintCommand(context: CommandContext): Command {
  const command = new Command('lint')
    .description('Check a job or a mirror without running it. Exits with 2 where there is a fault.')
    .argument('<file>', 'a .sql script, a .yaml job spec or a .yaml mirror');
  return addJobOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  millrace lint job.sql\n  millrace lint job.yaml --param window=5m\n  millrace lint mirror.yaml',
    )
    .action(async (file: string, options: JobOptions) => context.exit(await lint(file, options, context)));
}

async function lint(name: string, options: JobOptions, context: CommandContext): Promise<number> {
  const faults = (await isMirror(name, context))
    ? (await lintMirror(name, context)).faults.map(toPlacedData)
    : (await jobFaults(name, options, context)).map(toErrorData);
  const color = context.stderr.isTerminal && context.env.NO_COLOR === undefined;
  for (const fault of faults) context.say(`${name}: ${errorText(fault, { verbose: false, color }).trimEnd()}`);
  context.say(faults.length === 0 ? `${name}: no faults` : `${name}: ${countedText(faults.length, 'fault')}`);
  return faults.length === 0 ? exitCode.ok : exitCode.usage;
}

async function jobFaults(name: string, options: JobOptions, context: CommandContext): Promise<readonly EngineError[]> {
  const file = await loadFile(name, options, context);
  return await lintJob(file, jobContext(options, dataDirectoryOf(options, context), context));
}

/** By the line that says so, so that a mirror with a fault in its YAML is one too. */
async function isMirror(name: string, context: CommandContext): Promise<boolean> {
  if (!/\.ya?ml$/.test(name)) return false;
  const text = await readFile(resolve(context.workingDirectory, name), 'utf8').catch(() => '');
  return /^kind:\s*Mirror\s*(#.*)?$/m.test(text);
}

function toPlacedData(fault: EngineError): ErrorData {
  return { ...toErrorData(fault), message: placedText(fault) };
}
