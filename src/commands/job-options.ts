/** The options that commands over a job share, and how they are read. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { JobFile } from '../job/job-file.ts';
import { type JobFileOptions, plainScript, readJobFile } from '../job/job-file.ts';
import type { JobPlanContext } from '../job/job-plan.ts';
import type { ScriptContext } from '../job/script.ts';
import type { CommandContext } from './dependencies.ts';
import { pairsOption, wholeNumber } from './option-values.ts';

export const defaultDataDirectory = '.millrace';

export type JobOptions = Readonly<{
  param: ReadonlyMap<string, string>;
  parallelism?: number | undefined;
  dataDir: string;
}>;

export function addJobOptions(command: Command): Command {
  return command
    .addOption(pairsOption('--param <name=value>', 'a value for a parameter of the job spec; may be repeated'))
    .option('--parallelism <n>', 'subtasks of each operator', wholeNumber(1, 32_768))
    .option('--data-dir <dir>', 'checkpoints, savepoints and the embedded lake', defaultDataDirectory);
}

/** Reads the job, says what there is to say of it, and keeps its secrets from then on. */
export async function loadFile(
  file: string,
  { param, directory }: JobOptions & Readonly<{ directory?: string | undefined }>,
  context: CommandContext,
): Promise<JobFile> {
  const { workingDirectory, env } = context;
  const options: JobFileOptions = { workingDirectory, parameters: param, env, directory };
  const job = await readJobFile(file, options);
  context.hide(job.secrets);
  for (const warning of job.warnings) context.say(`warning: ${warning}`);
  return job;
}

/** A text from the command line as a job. */
export function textAsFile(text: string): JobFile {
  return plainScript('sql', text);
}

export function dataDirectoryOf(options: Pick<JobOptions, 'dataDir'>, context: CommandContext): string {
  return resolve(context.workingDirectory, options.dataDir);
}

/** What scripts and plans need of the world. */
export function jobContext(
  options: Pick<JobOptions, 'parallelism'>,
  dataDirectory: string,
  context: CommandContext,
): ScriptContext & JobPlanContext {
  return {
    catalogFactory: context.catalogFactory,
    metadataColumns: context.metadataColumns,
    connectors: context.connectors,
    workingDirectory: context.workingDirectory,
    dataDirectory,
    machineTimeZone: context.machineTimeZone,
    now: () => context.clock.now(),
    warn: (message) => context.say(`warning: ${message}`),
    parallelism: options.parallelism ?? null,
  };
}
