/** `millrace explain FILE`: the plan of a job, without running it. */
import { Command } from 'commander';
import { explainJob } from '../job/explain-job.ts';
import { checkScript } from '../job/lint.ts';
import { EngineError } from '../model/errors.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { explainWhyCommand } from './explain-why.ts';
import { addJobOptions, dataDirectoryOf, type JobOptions, jobContext, loadFile } from './job-options.ts';

export function explainCommand(context: CommandContext): Command {
  const command = new Command('explain')
    .description(
      'The plan of a job: chains, exchanges, what is pushed into the scan, state, and whether Flink runs it as it is.',
    )
    .argument('<file>', 'a .sql script or a .yaml job spec');
  command.addCommand(explainWhyCommand(context));
  return addJobOptions(command)
    .addHelpText('after', examples)
    .action(async (file: string, options: JobOptions) => context.exit(await explain(file, options, context)));
}

const examples = `
Examples:
  millrace explain job.sql
  millrace explain job.yaml --param window=5m
  millrace explain why`;

async function explain(name: string, options: JobOptions, context: CommandContext): Promise<number> {
  const file = await loadFile(name, options, context);
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
  await context.stdout.write(explainJob(planned, context.connectors));
  return exitCode.ok;
}
