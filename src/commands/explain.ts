/** `millrace explain FILE`: the plan of a job, without running it. */
import { Command, Option } from 'commander';
import { CheckpointStore } from '../engine/checkpoint-store.ts';
import { reportRestore } from '../engine/restore-fit.ts';
import { losesState } from '../engine/restore-report.ts';
import { restoreLines } from '../engine/restore-text.ts';
import { flinkPortability, portabilityText } from '../flink/flink-portability.ts';
import { explainJob } from '../job/explain-job.ts';
import type { JobFile } from '../job/job-file.ts';
import type { PlannedJob } from '../job/job-plan.ts';
import { checkScript } from '../job/lint.ts';
import { restorePoint } from '../job/script-job.ts';
import { EngineError } from '../model/errors.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { explainWhyCommand } from './explain-why.ts';
import { addJobOptions, dataDirectoryOf, type JobOptions, jobContext, loadFile } from './job-options.ts';
import { type OutputOptions, outputOption, writeJson } from './topology-options.ts';

export function explainCommand(context: CommandContext): Command {
  const command = new Command('explain')
    .enablePositionalOptions() // behind `why` they are its own
    .description(
      'The plan of a job: chains, exchanges, what is pushed into the scan, state, and whether Flink runs it as it is.',
    )
    .argument('<file>', 'a .sql script or a .yaml job spec');
  command.addCommand(explainWhyCommand(context));
  return addJobOptions(command)
    .option('--restore <latest|path>', 'instead: which state of the checkpoint the job would keep, and which not')
    .addOption(new Option('--target <engine>', 'instead: whether the job runs on a real Flink').choices(['flink']))
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (file: string, options: ExplainOptions) => context.exit(await explain(file, options, context)));
}

type ExplainOptions = JobOptions &
  OutputOptions &
  Readonly<{ restore?: string | undefined; target?: 'flink' | undefined }>;

const examples = `
With --target flink: what Flink would refuse (exit 2), do otherwise, or needs; --output json for that alone.

Examples:
  millrace explain job.sql
  millrace explain job.yaml --param window=5m
  millrace explain job.sql --restore latest
  millrace explain job.yaml --target flink --output json
  millrace explain why`;

async function explain(name: string, options: ExplainOptions, context: CommandContext): Promise<number> {
  const file = await loadFile(name, options, context);
  if (options.target === 'flink') return await explainForFlink(file, options, context);
  if (options.output === 'json')
    throw new EngineError('INVALID_OPTION', 'explain --output json: expected --target flink beside it, found none');
  const ctx = jobContext(options, dataDirectoryOf(options, context), context);
  const { session, planned } = await checkScript(file, ctx, (error) => {
    throw error;
  });
  await session.close();
  if (planned === null) {
    throw new EngineError(
      'SQL_VALIDATION',
      `job '${file.name}': expected an INSERT or a SELECT, found none in the script`,
    );
  }
  const text =
    options.restore === undefined
      ? explainJob(planned, context.connectors)
      : await explainRestore(planned, restorePoint(options.restore, context.workingDirectory));
  await context.stdout.write(text);
  return exitCode.ok;
}

async function explainForFlink(file: JobFile, { output }: OutputOptions, context: CommandContext): Promise<number> {
  const found = flinkPortability(file, context.connectors);
  if (output === 'json') await writeJson(found, context);
  else await context.stdout.write(portabilityText(found));
  return found.portable ? exitCode.ok : exitCode.usage;
}

async function explainRestore({ graph, settings }: PlannedJob, restore: string): Promise<string> {
  const { checkpointDirectory, savepointDirectory, retainedCheckpoints: retained } = settings;
  const store = new CheckpointStore({ checkpointDirectory, savepointDirectory, jobName: graph.name, retained });
  const checkpoint = restore === 'latest' ? await store.latest() : await store.load(restore);
  if (checkpoint === null) return `job ${graph.name}: no checkpoint to go on from, it starts afresh\n`;
  const report = await reportRestore(checkpoint, graph);
  const verdict = losesState(report) ? 'refused without --force, for what is dropped or changed' : 'goes on';
  return `checkpoint ${checkpoint.path}\n${restoreLines(report).join('\n')}\njob ${graph.name}: ${verdict}\n`;
}
