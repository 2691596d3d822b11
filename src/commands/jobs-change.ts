/** `millrace jobs stop|restart|scale|savepoint`: a plan, and with --yes its application. */
import { Command } from 'commander';
import type { Plan } from '../model/change-plan.ts';
import { EngineError } from '../model/errors.ts';
import type { IntentStep, Verb } from '../model/intent.ts';
import { showAnswer } from './ask.ts';
import type { CommandContext } from './dependencies.ts';
import { addDeployOptions, type DeployAccess, type DeployOptions, withDeploy } from './deploy-connection.ts';
import { exitCode } from './exit-code.ts';
import { addNameArgument, findDeployment } from './find-deployment.ts';
import { duration, wholeNumber } from './option-values.ts';
import { planCard, planJson } from './plan-card.ts';
import { writeJson } from './topology-options.ts';

type ChangeOptions = DeployOptions &
  Readonly<{
    environment?: string;
    yes?: boolean;
    typeName?: string;
    reason?: string;
    commandTimeout: number;
    savepoint?: boolean;
    parallelism?: number;
  }>;

export function jobsChangeCommands(context: CommandContext): Command[] {
  const change = (verb: Verb, description: string, example: string): Command =>
    addDeployOptions(addNameArgument(new Command(verb).description(description)))
      .option('--yes', 'confirm the plan and carry it out; without, it is printed (exit 6)')
      .option('--type-name <job>', 'the name of the job, where the plan asks to type it')
      .option('--reason <text>', 'why, for the log')
      .option('--command-timeout <duration>', 'to wait for the plan to be carried out', duration(100), 300_000)
      .addHelpText('after', `\nExample:\n  ${example}`)
      .action(async (name: string, options: ChangeOptions) => context.exit(await run(verb, name, options, context)));
  return [
    change(
      'stop',
      'Stop it, with a savepoint unless told otherwise.',
      'millrace jobs stop staging/creator-analytics --yes',
    ).option('--no-savepoint', 'give up what came after the newest checkpoint'),
    change(
      'restart',
      'Stop it with a savepoint and start it from there.',
      'millrace jobs restart creator-analytics --yes',
    ),
    change(
      'scale',
      'Restart it at another parallelism.',
      'millrace jobs scale creator-analytics --parallelism 8 --yes',
    ).requiredOption('--parallelism <n>', 'subtasks of each operator', wholeNumber(1, 32_768)),
    change('savepoint', 'Take a savepoint; it goes on.', 'millrace jobs savepoint creator-analytics --yes'),
  ];
}

async function run(verb: Verb, name: string, options: ChangeOptions, context: CommandContext): Promise<number> {
  return await withDeploy(options, context, async (access) => {
    const { job, environment } = await findDeployment(access, name, options.environment);
    const step: IntentStep = {
      verb,
      job,
      environment,
      engine: null,
      parameters: {},
      parallelism: options.parallelism ?? null,
      savepoint: verb === 'stop' ? (options.savepoint ?? true) : null,
      until: null,
    };
    const answer = await access.service.plan([step], access.caller);
    if (answer.kind !== 'plan' || options.yes !== true) return await showAnswer(answer, options, context);
    return await apply(answer.plan, options, access, context);
  });
}

async function apply(
  plan: Plan,
  options: ChangeOptions,
  { service, caller }: DeployAccess,
  context: CommandContext,
): Promise<number> {
  const { typeName: typedName, reason, commandTimeout } = options;
  const begun = await service.applyPlan(plan.id, { hash: plan.hash, typedName, reason }, caller);
  if (begun.status === 'pending') {
    await show(begun, options, context);
    context.say('it waits for the confirmation of another person');
    return exitCode.needsConfirmation;
  }
  const ended = await service.waitForPlan(plan.id, commandTimeout, caller);
  await show(ended, options, context);
  if (ended.status === 'applied') return exitCode.ok;
  const failed = ended.progress.findLast(({ state }) => state === 'failed');
  const why = failed === undefined ? '' : `: ${failed.text}`;
  throw new EngineError('CONFLICT', `plan ${plan.id} is ${ended.status}${why}`);
}

async function show(plan: Plan, { output }: ChangeOptions, context: CommandContext): Promise<void> {
  if (output === 'json') return await writeJson({ plan: planJson(plan), command: plan.command }, context);
  await context.stdout.write(`${planCard(plan, { color: false, now: context.clock.now() })}\n`);
}
