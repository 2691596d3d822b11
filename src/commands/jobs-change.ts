/** `millrace jobs stop|restart|scale|savepoint`: a plan, and with --yes its application. */
import { Command } from 'commander';
import type { Plan } from '../model/change-plan.ts';
import type { AskAnswer } from '../model/deploy-service.ts';
import { EngineError } from '../model/errors.ts';
import type { IntentStep, Verb } from '../model/intent.ts';
import { type ControlClient, commandCaller } from './control-client.ts';
import { addControlOptions, type ControlOptions, findDeployment, withControl } from './control-options.ts';
import type { CommandContext } from './dependencies.ts';
import { planText } from './deployment-text.ts';
import { exitCode } from './exit-code.ts';
import type { OpenService } from './local-control.ts';
import { duration, wholeNumber } from './option-values.ts';

type ChangeOptions = ControlOptions &
  Readonly<{
    environment?: string;
    yes?: boolean;
    confirmName?: string;
    reason?: string;
    commandTimeout: number;
    savepoint?: boolean;
    parallelism?: number;
  }>;

export function jobsChangeCommands(context: CommandContext, openService: OpenService): Command[] {
  const change = (verb: Verb, description: string, example: string): Command =>
    addControlOptions(new Command(verb).description(description).argument('<job>', 'its name, or environment/name'))
      .option('--environment <name>', 'where it is deployed; needed where there are several')
      .option('--yes', 'confirm the plan and carry it out; without, it is printed (exit 6)')
      .option('--confirm-name <job>', 'the name of the job, where the plan asks to type it')
      .option('--reason <text>', 'why, for the log')
      .option('--command-timeout <duration>', 'to wait for the plan to be carried out', duration(100), 300_000)
      .addHelpText('after', `\nExample:\n  ${example}`)
      .action(async (name: string, options: ChangeOptions) =>
        context.exit(await run(verb, name, options, openService, context)),
      );
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

async function run(
  verb: Verb,
  name: string,
  options: ChangeOptions,
  openService: OpenService,
  context: CommandContext,
): Promise<number> {
  return await withControl(options, openService, context, async (client) => {
    const view = await findDeployment(client, name, options.environment);
    const step: IntentStep = {
      verb,
      job: view.job,
      environment: view.environment,
      engine: null,
      parameters: {},
      parallelism: options.parallelism ?? null,
      savepoint: verb === 'stop' ? (options.savepoint ?? true) : null,
      until: null,
    };
    const answer = await client.plan([step], commandCaller());
    if (answer.kind !== 'plan') return await sayAnswer(answer, options, context);
    if (options.yes !== true) {
      await show(answer.plan, options, context);
      context.say(
        `nothing has been changed: millrace apply ${answer.plan.id} --plan-hash ${answer.plan.hash} --yes carries it out`,
      );
      return exitCode.needsConfirmation;
    }
    return await apply(answer.plan, options, client, context);
  });
}

async function apply(
  plan: Plan,
  options: ChangeOptions,
  client: ControlClient,
  context: CommandContext,
): Promise<number> {
  const { confirmName: typedName, reason, commandTimeout } = options;
  const begun = await client.applyPlan(plan.id, { hash: plan.hash, typedName, reason }, commandCaller());
  if (begun.status === 'pending') {
    await show(begun, options, context);
    context.say('it waits for the confirmation of another person');
    return exitCode.needsConfirmation;
  }
  const ended = await client.waitForPlan(plan.id, commandTimeout, commandCaller());
  await show(ended, options, context);
  if (ended.status === 'applied') return exitCode.ok;
  const failed = ended.progress.findLast(({ state }) => state === 'failed');
  throw new EngineError(
    'CONFLICT',
    `plan ${plan.id} is ${ended.status}${failed === undefined ? '' : `: ${failed.text}`}`,
  );
}

async function show(plan: Plan, { output }: ChangeOptions, context: CommandContext): Promise<void> {
  await context.stdout.write(
    output === 'json' ? `${JSON.stringify({ plan, command: plan.command })}\n` : planText(plan),
  );
}

async function sayAnswer(
  answer: Exclude<AskAnswer, { kind: 'plan' }>,
  { output }: ChangeOptions,
  context: CommandContext,
): Promise<number> {
  const text =
    answer.kind === 'answer'
      ? answer.text
      : answer.kind === 'question'
        ? [answer.question, ...answer.candidates].join('\n')
        : answer.reason;
  await context.stdout.write(output === 'json' ? `${JSON.stringify(answer)}\n` : `${text}\n`);
  return answer.kind === 'answer' ? exitCode.ok : exitCode.needsClarification;
}
