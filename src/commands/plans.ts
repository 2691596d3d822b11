/** `millrace plans list|get|cancel`: plans that wait, are applied, or were. */
import { Command } from 'commander';
import type { Plan } from '../model/change-plan.ts';
import { textColumns } from '../topology/text-columns.ts';
import type { CommandContext } from './dependencies.ts';
import { addDeployOptions, type DeployOptions, withDeploy } from './deploy-connection.ts';
import { planCard, planJson } from './plan-card.ts';
import { writeJson } from './topology-options.ts';

export function plansCommand(context: CommandContext): Command {
  const command = new Command('plans').description('Plans that wait, are being applied, or were.');
  const list = new Command('list').description('The newest first.');
  const get = new Command('get')
    .description('One plan: steps, risk, decisions, how far it came.')
    .argument('<plan>', 'its id');
  const cancel = new Command('cancel').description('Take a plan back that waits.').argument('<plan>', 'its id');
  addDeployOptions(list).action(async (options: DeployOptions) => await listPlans(options, context));
  addDeployOptions(get).action(async (id: string, options: DeployOptions) => await getPlan(id, options, context));
  addDeployOptions(cancel).action(async (id: string, options: DeployOptions) => await cancelPlan(id, options, context));
  for (const each of [list, get, cancel]) command.addCommand(each);
  return command.addHelpText('after', examples);
}

const examples = `
Examples:
  millrace plans list
  millrace plans get plan-k3v9m2p8q4w7x6ya --output json
  millrace plans cancel plan-k3v9m2p8q4w7x6ya`;

async function listPlans(options: DeployOptions, context: CommandContext): Promise<void> {
  await withDeploy(options, context, async ({ service, caller }) => {
    const plans = await service.listPlans(caller);
    if (options.output === 'json') return await writeJson({ plans: plans.map(planJson) }, context);
    if (plans.length === 0) return context.say('No plans yet: millrace ask, or millrace plan, makes one.');
    const rows = plans.map((plan) => [
      plan.id,
      plan.status,
      plan.risk,
      new Date(plan.createdAt).toISOString(),
      plan.actor.name,
      what(plan),
    ]);
    await context.stdout.write(
      `${textColumns([['PLAN', 'STATUS', 'RISK', 'MADE', 'BY', 'WHAT'], ...rows]).join('\n')}\n`,
    );
  });
}

function what({ steps }: Plan): string {
  return steps.map(({ action, job, environment }) => `${action} ${environment}/${job}`).join(', ');
}

async function getPlan(id: string, options: DeployOptions, context: CommandContext): Promise<void> {
  await withDeploy(options, context, async ({ service, caller }) =>
    show(await service.getPlan(id, caller), options, context),
  );
}

async function cancelPlan(id: string, options: DeployOptions, context: CommandContext): Promise<void> {
  await withDeploy(options, context, async ({ service, caller }) =>
    show(await service.cancelPlan(id, caller), options, context),
  );
}

async function show(plan: Plan, { output }: DeployOptions, context: CommandContext): Promise<void> {
  if (output === 'json') return await writeJson({ plan: planJson(plan) }, context);
  const { stdout, env, clock, redact } = context;
  const color = stdout.isTerminal && env.NO_COLOR === undefined;
  await stdout.write(`${redact(planCard(plan, { color, now: clock.now() }))}\nHash: ${plan.hash}\n`);
}
