/** `millrace apply PLAN`: says yes to a plan that was shown, and so has it carried out. */
import { Command } from 'commander';
import { nameToType } from '../deploy/apply/confirmation.ts';
import type { Plan } from '../model/change-plan.ts';
import type { PlanConfirmation } from '../model/deploy-service.ts';
import { EngineError } from '../model/errors.ts';
import type { CommandContext } from './dependencies.ts';
import { addDeployOptions, type DeployAccess, type DeployOptions, withDeploy } from './deploy-connection.ts';
import { applyFromGit } from './drift.ts';
import { exitCode } from './exit-code.ts';
import { gitOpsOf } from './gitops.ts';
import { duration } from './option-values.ts';
import { planCard, planJson } from './plan-card.ts';
import { writeJson } from './topology-options.ts';

type ApplyOptions = DeployOptions &
  Readonly<{
    fromGit?: string | undefined;
    environment?: string | undefined;
    planHash?: string | undefined;
    yes?: boolean | undefined;
    wait?: boolean | undefined;
    typeName?: string | undefined;
    reason?: string | undefined;
    timeout: number;
  }>;

const defaultTimeoutMs = 10 * 60_000;

export function applyCommand(context: CommandContext): Command {
  const command = new Command('apply')
    .description('Confirm a plan by its hash and carry it out; or plan what a commit wants.')
    .argument('[plan]', 'the id of the plan')
    .option('--from-git <revision>', 'in place of a plan: plans the way to envs/<environment>/<job>.yaml of the commit')
    .option('--environment <name>', 'of --from-git: one environment alone')
    .option('--plan-hash <hash>', 'of the plan that was shown')
    .option('--yes', 'without asking; needs --plan-hash')
    .option('--type-name <name>', "the job's name, where the plan asks to type it")
    .option('--reason <text>', 'kept in the deploy log')
    .option('--wait', 'until the plan has ended; else until it is taken')
    .option('--timeout <duration>', 'of --wait', duration(1), defaultTimeoutMs);
  return addDeployOptions(command)
    .addHelpText('after', examples)
    .action(async (id: string | undefined, options: ApplyOptions) =>
      context.exit(await applyOrPlan(id, options, context)),
    );
}

const examples = `
On a terminal, without --yes, the plan is shown and the question asked. Elsewhere it ends with 6. A plan whose deployments have moved since,
or whose time has run out, is refused (5). May be repeated: a plan that was applied is not applied again.

Examples:
  millrace apply plan-k3v9m2p8q4w7x6ya
  millrace apply plan-k3v9m2p8q4w7x6ya --plan-hash 3f5a… --yes --wait
  millrace apply --from-git 3f5a9c1 --environment production`;

async function applyOrPlan(id: string | undefined, options: ApplyOptions, context: CommandContext): Promise<number> {
  const { fromGit, dataDir } = options;
  if ((id === undefined) === (fromGit === undefined)) {
    throw new EngineError('INVALID_OPTION', 'apply: expected a plan or --from-git, got both or neither');
  }
  if (id !== undefined) return await apply(id, options, context);
  return await gitOpsOf(context)(dataDir, (access) => applyFromGit(fromGit!, options, access, context));
}

async function apply(id: string, options: ApplyOptions, context: CommandContext): Promise<number> {
  if (options.yes === true && options.planHash === undefined) {
    throw new EngineError('INVALID_OPTION', 'apply --yes: expected --plan-hash, the hash of the plan that was shown');
  }
  return await withDeploy(options, context, async (access) => {
    const plan = await access.service.getPlan(id, access.caller);
    const confirmation = await confirmationOf(plan, options, context);
    if (confirmation === null) return exitCode.needsConfirmation;
    const taken = await access.service.applyPlan(id, confirmation, access.caller);
    return await show(await awaited(taken, options, access), options, context);
  });
}

/** null: nobody said yes. */
async function confirmationOf(
  plan: Plan,
  options: ApplyOptions,
  context: CommandContext,
): Promise<PlanConfirmation | null> {
  const { typeName, reason, planHash } = options;
  const isTypeMissing = plan.confirmation === 'type-name' && typeName === undefined && plan.status === 'pending';
  if (options.yes === true && !isTypeMissing) return { hash: planHash!, typedName: typeName, reason };
  await showPlan(plan, context);
  if (context.prompt === null || options.yes === true) {
    context.say(
      isTypeMissing && options.yes
        ? `Add --type-name ${nameToType(plan)}.`
        : 'Add --yes and --plan-hash to confirm it.',
    );
    return null;
  }
  const hash = planHash ?? plan.hash;
  if (plan.confirmation === 'type-name') {
    const typed = await context.prompt(`Type ${nameToType(plan)} to apply it: `);
    return typed === nameToType(plan) ? { hash, typedName: typed, reason } : null;
  }
  const said = await context.prompt('Apply it? (yes/no) ');
  return said === 'yes' || said === 'y' ? { hash, typedName: typeName, reason } : null;
}

async function showPlan(plan: Plan, { stderr, env, clock, say }: CommandContext): Promise<void> {
  say(planCard(plan, { color: stderr.isTerminal && env.NO_COLOR === undefined, now: clock.now() }));
}

async function awaited(plan: Plan, options: ApplyOptions, { service, caller }: DeployAccess): Promise<Plan> {
  if (options.wait !== true || plan.status !== 'applying') return plan;
  return await service.waitForPlan(plan.id, options.timeout, caller);
}

async function show(plan: Plan, { output }: ApplyOptions, context: CommandContext): Promise<number> {
  if (output === 'json') await writeJson({ plan: planJson(plan) }, context);
  else await context.stdout.write(`${context.redact(lineOf(plan))}\n`);
  if (plan.status === 'pending') return exitCode.needsConfirmation;
  return plan.status === 'applied' || plan.status === 'applying' ? exitCode.ok : exitCode.failure;
}

function lineOf(plan: Plan): string {
  const steps = plan.progress.map(({ step, state, text }) => `  ${step + 1}. ${state}: ${text}`);
  if (plan.status !== 'pending') return [`${plan.id}: ${plan.status}`, ...steps].join('\n');
  return `${plan.id}: confirmed by ${plan.confirmedBy.join(', ')}; it waits for another person's confirmation`;
}
