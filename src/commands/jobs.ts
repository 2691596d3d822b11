/** `millrace jobs …`: deployments: what runs, and the changes of it, each by way of a plan. */
import { Command } from 'commander';
import type { CommandContext } from './dependencies.ts';
import { addDeployOptions, type DeployOptions, withDeploy } from './deploy-connection.ts';
import { deploymentsText, deploymentText } from './deployment-text.ts';
import { exitCode } from './exit-code.ts';
import { addNameArgument, findDeployment } from './find-deployment.ts';
import { jobsChangeCommands } from './jobs-change.ts';
import { wholeNumber } from './option-values.ts';

type Named = DeployOptions & Readonly<{ environment?: string }>;

export function jobsCommand(context: CommandContext): Command {
  const command = new Command('jobs')
    .description('Deployments: what runs, and changes of it.')
    .addHelpText('after', examples);
  const parts = [listCommand, getCommand, logsCommand].map((make) => make(context));
  for (const part of [...parts, ...jobsChangeCommands(context)]) command.addCommand(part);
  return command;
}

const examples = `
Changes are plans: without --yes they are printed and end with 6.

Examples:
  millrace jobs list
  millrace jobs logs staging/creator-analytics --lines 50
  millrace jobs scale creator-analytics --parallelism 8 --yes`;

function listCommand(context: CommandContext): Command {
  return addDeployOptions(new Command('list').description('All deployments that you may see.'))
    .option('--environment <name>', 'only those')
    .addHelpText('after', '\nExamples:\n  millrace jobs list\n  millrace jobs list --environment staging --output json')
    .action(async (options: Named) => {
      const all = await withDeploy(options, context, ({ service, caller }) => service.deployments(caller));
      const { environment } = options;
      const jobs = all.filter((each) => environment === undefined || each.environment === environment);
      await context.stdout.write(
        options.output === 'json' ? json({ jobs }) : deploymentsText(jobs, context.clock.now()),
      );
      context.exit(exitCode.ok);
    });
}

function getCommand(context: CommandContext): Command {
  return named(
    new Command('get').description('One deployment: state, release, health, savepoints. Exit 8 when a check fails.'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  millrace jobs get staging/creator-analytics\n  millrace jobs get creator-analytics --output json',
    )
    .action(async (name: string, options: Named) => {
      const view = await withDeploy(options, context, (access) => findDeployment(access, name, options.environment));
      await context.stdout.write(options.output === 'json' ? json(view) : deploymentText(view, context.clock.now()));
      context.exit(view.health.some(({ verdict }) => verdict === 'failing') ? exitCode.unhealthy : exitCode.ok);
    });
}

function logsCommand(context: CommandContext): Command {
  return named(new Command('logs').description('The end of its log, oldest line first.'))
    .option('--lines <n>', 'so many lines', wholeNumber(1, 10_000), 200)
    .addHelpText('after', '\nExample:\n  millrace jobs logs creator-analytics --environment staging --lines 50')
    .action(async (name: string, options: Named & Readonly<{ lines: number }>) => {
      const lines = await withDeploy(options, context, async (access) => {
        const view = await findDeployment(access, name, options.environment);
        return await access.service.logs(view, options.lines, access.caller);
      });
      const text = lines.map((line) => `${line}\n`).join('');
      await context.stdout.write(options.output === 'json' ? json({ lines }) : text);
      context.exit(exitCode.ok);
    });
}

function named(command: Command): Command {
  return addDeployOptions(addNameArgument(command));
}

function json(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
