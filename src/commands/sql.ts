/** `millrace sql`: statements one after the other, with the rows of each SELECT. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { JobFile } from '../job/job-file.ts';
import { defaultJobName } from '../job/job-name.ts';
import { planJob } from '../job/job-plan.ts';
import { openSession, runScript, type ScriptStep } from '../job/script.ts';
import { EngineError } from '../model/errors.ts';
import type { Pipeline } from '../model/plan.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { addJobOptions, type JobOptions, jobContext, loadFile, textAsFile } from './job-options.ts';
import { runInForeground } from './job-run.ts';
import { type OutputFormat, outputFormats, type RowOutput, rowOutput } from './row-output.ts';

type SqlOptions = JobOptions &
  Readonly<{ file?: string | undefined; execute?: string | undefined; output: OutputFormat; quiet?: boolean }>;

/** A restart would print rows again: without a strategy of its own a script fails at its first fault. */
type StepOptions = SqlOptions & Readonly<{ restarts: boolean }>;

export function sqlCommand(context: CommandContext): Command {
  const command = new Command('sql')
    .description('Run statements and print the rows of each SELECT. Without -e and -f they are read from stdin.')
    .option('-f, --file <file>', 'a .sql script or a .yaml job spec')
    .option('-e, --execute <text>', 'the statements themselves')
    .addOption(new Option('--output <format>', 'how rows are printed').choices(outputFormats).default('table'));
  return addJobOptions(command)
    .option('--quiet', 'no progress')
    .addHelpText('after', examples)
    .action(async (options: SqlOptions) => context.exit(await sql(options, context)));
}

const examples = `
Formats: table for people; csv with a header; jsonl is the changelog, {"op":"+I","row":{…}} a line.

Examples:
  millrace sql -e "SELECT UPPER('hello'), 1 + 1"
  millrace sql -f query.sql --output jsonl | jq .row
  echo "SHOW FUNCTIONS" | millrace sql --output csv`;

async function sql(options: SqlOptions, context: CommandContext): Promise<number> {
  const file = await fileOf(options, context);
  // Nothing is gone on with later: what a job keeps while it runs is thrown away.
  const directory = await mkdtemp(join(tmpdir(), 'millrace-sql-'));
  const session = openSession(jobContext(options, directory, context), file);
  try {
    for await (const step of runScript(file, session)) {
      const restarts = session.settings.has('restart-strategy.type');
      const code = await runStep(step, { ...options, restarts }, directory, context);
      if (code !== exitCode.ok) return code;
    }
    return exitCode.ok;
  } finally {
    await session.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function fileOf(options: SqlOptions, context: CommandContext): Promise<JobFile> {
  const { file, execute } = options;
  if (file !== undefined && execute !== undefined) {
    throw new EngineError('INVALID_OPTION', 'sql: expected one of --file and --execute, got both');
  }
  if (file !== undefined) return await loadFile(file, options, context);
  return textAsFile(execute ?? (await context.stdin()));
}

async function runStep(
  step: ScriptStep,
  options: StepOptions,
  directory: string,
  context: CommandContext,
): Promise<number> {
  if (step.kind === 'rows') {
    const output = rowOutput(
      options.output,
      step.fields.map((field) => field.name),
      context.stdout,
    );
    await output.rows(step.rows);
    await output.end();
    return exitCode.ok;
  }
  const { pipelines, settings } = step;
  const planned = await planJob(
    pipelines,
    settings,
    defaultJobName(pipelines),
    jobContext(options, directory, context),
  );
  const outputs = pipelines.map(({ sink, input }) => outputOf(sink, input, options, context));
  const hooks = {
    print: (text: string) => context.stdout.write(text),
    collect: (pipeline: number, lines: readonly string[]) => outputs[pipeline]!.lines(lines),
  };
  const isQuery = pipelines.every(({ sink }) => sink.kind === 'collect');
  const quiet = options.quiet === true || isQuery;
  const restart = options.restarts ? planned.settings.restart : ({ kind: 'none' } as const);
  const job = { ...planned, settings: { ...planned.settings, restart }, restore: 'none', force: false };
  const code = await runInForeground(job, hooks, { onSignal: 'cancel', quiet }, context);
  for (const output of outputs) await output?.end();
  return code;
}

function outputOf(
  sink: Pipeline['sink'],
  input: Pipeline['input'],
  options: SqlOptions,
  context: CommandContext,
): RowOutput | null {
  if (sink.kind === 'table') return null;
  return rowOutput(
    options.output,
    input.fields.map((field) => field.name),
    context.stdout,
  );
}
