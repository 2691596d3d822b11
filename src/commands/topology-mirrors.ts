/** `millrace topology mirrors FILE --out DIR`: a mirror file for each arrow of a topology. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { EngineError } from '../model/errors.ts';
import { mirrorFiles } from '../topology/mirror-specs.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { loadTopology, type OutputOptions, outputOption, topologyArgument, writeJson } from './topology-options.ts';

type MirrorsOptions = OutputOptions & Readonly<{ out?: string | undefined }>;

export function topologyMirrorsCommand(context: CommandContext): Command {
  return new Command('mirrors')
    .description('The mirrors of a topology as files for millrace mirror, one for each arrow.')
    .argument(...topologyArgument)
    .option('--out <dir>', 'where to write them; without it they go to stdout, as one stream of YAML documents')
    .addOption(outputOption())
    .addHelpText('after', '\nExamples:\n  millrace topology mirrors topology.yaml --out mirrors')
    .action(async (file: string, options: MirrorsOptions) => context.exit(await mirrors(file, options, context)));
}

async function mirrors(file: string, options: MirrorsOptions, context: CommandContext): Promise<number> {
  const files = mirrorFiles(await loadTopology(file, context));
  const directory = options.out === undefined ? null : resolve(context.workingDirectory, options.out);
  const paths = directory === null ? [] : await writeFiles(directory, files);
  if (options.output === 'json') {
    const listed = files.map(({ name, text }, i) => ({ name, path: paths[i] ?? null, text }));
    await writeJson({ mirrors: listed }, context);
  } else if (directory === null) {
    await context.stdout.write(files.map(({ text }) => text).join('---\n'));
  } else await context.stdout.write(paths.map((path) => `${path}\n`).join(''));
  return exitCode.ok;
}

async function writeFiles(directory: string, files: ReturnType<typeof mirrorFiles>): Promise<string[]> {
  const paths = files.map(({ name }) => join(directory, `${name}.yaml`));
  try {
    await mkdir(directory, { recursive: true });
    for (const [i, { text }] of files.entries()) await writeFile(paths[i]!, text);
  } catch (cause) {
    throw new EngineError('IO', `--out: expected a directory that can be written, got ${directory}`, { cause });
  }
  return paths;
}
