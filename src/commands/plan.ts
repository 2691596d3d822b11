/** `millrace plan VERB JOB`: what `ask` makes of words, said outright. Changes nothing. */
import { Command } from 'commander';
import { parseCommand, stepHelp } from '../deploy/intent/command.ts';
import { showAnswer } from './ask.ts';
import type { CommandContext } from './dependencies.ts';
import { addDeployOptions, type DeployOptions, withDeploy } from './deploy-connection.ts';

export function planCommand(context: CommandContext): Command {
  const command = new Command('plan')
    .description('Plan a change of what runs: see it, with its risk and its hash.')
    .usage('[options] VERB JOB [step options] [--then VERB JOB [step options]]…')
    .argument('<words...>', 'a verb, a job and what else is to be said; further steps behind --then')
    .allowUnknownOption();
  return addDeployOptions(command)
    .addHelpText('after', () => `\n${stepHelp()}\n${examples}`)
    .action(async (words: string[], options: DeployOptions) => context.exit(await plan(words, options, context)));
}

const examples = `
Exits with 6 where the plan waits for its confirmation, 7 where something has to be said more plainly, 4 where it is not done, 0 where nothing
would change.

Examples:
  millrace plan deploy creator-analytics --environment staging --param window=5m
  millrace plan scale video-events --parallelism 8 --until 'lag<1000'
  millrace plan stop video-events --then start video-events --parallelism 8`;

async function plan(words: readonly string[], options: DeployOptions, context: CommandContext): Promise<number> {
  const steps = parseCommand(words);
  return await withDeploy(options, context, async ({ service, caller }) => {
    return await showAnswer(await service.plan(steps, caller), options, context);
  });
}
