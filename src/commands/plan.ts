/** `millrace plan VERB JOB`: what `ask` makes of words, said outright. Changes nothing. */
import { Command } from 'commander';
import { showAnswer } from './ask.ts';
import type { CommandContext } from './dependencies.ts';
import { addDeployOptions, type DeployOptions, withDeploy } from './deploy-connection.ts';
import { addStepOptions, type StepOptions, stepFromWords, stepOf } from './step-words.ts';

type PlanOptions = DeployOptions & StepOptions & Readonly<{ then: readonly string[] }>;

export function planCommand(context: CommandContext): Command {
  const command = new Command('plan').description('Plan a change of what runs: see it, with its risk and its hash.');
  return addDeployOptions(addStepOptions(command))
    .option(
      '--then <step>',
      'a further step, in quotes; may be repeated',
      (text: string, before: string[]) => [...before, text],
      [],
    )
    .addHelpText('after', examples)
    .action(async (verb: string, job: string | undefined, options: PlanOptions) => {
      context.exit(await plan(verb, job, options, context));
    });
}

const examples = `
Exits with 6 where the plan waits for its confirmation, 7 where something has to be said more plainly, 4 where it is not done, 0 where nothing
would change.

Examples:
  millrace plan deploy creator-analytics --environment staging --param window=5m
  millrace plan scale video-events --parallelism 8 --until-lag 1000
  millrace plan stop video-events --then "start video-events --parallelism 8"`;

async function plan(
  verb: string,
  job: string | undefined,
  options: PlanOptions,
  context: CommandContext,
): Promise<number> {
  const steps = [stepOf(verb, job, options), ...options.then.map(stepFromWords)];
  return await withDeploy(options, context, async ({ service, caller }) => {
    return await showAnswer(await service.plan(steps, caller), options, context);
  });
}
