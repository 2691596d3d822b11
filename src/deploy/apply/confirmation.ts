/** Whether someone may say yes to a plan, here and now: everything is looked at again, as if it had just been made. */
import { timingSafeEqual } from 'node:crypto';
import { type Actor, confirmations, type Plan } from '../../model/change-plan.ts';
import type { Caller, PlanConfirmation } from '../../model/deploy-service.ts';
import { deploymentId } from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';
import { currentActor } from '../catalogue/access.ts';
import { planHash } from '../plan/plan-hash.ts';
import { environmentNamed, placesOfStep, type World } from '../plan/plan-places.ts';
import { riskOfStep } from '../plan/risk.ts';
import { checkBudgets } from '../policy/budget.ts';
import { mayAsk, mayConfirm } from '../policy/grant.ts';
import { decide } from '../policy/policy.ts';

/** CONFLICT where it is not the hash of the plan that is there. */
export function checkHash(plan: Plan, hash: string): void {
  const isSame = hash.length === plan.hash.length && timingSafeEqual(Buffer.from(hash), Buffer.from(plan.hash));
  if (!isSame || planHash(plan) !== plan.hash) {
    throw new EngineError('CONFLICT', `${plan.id}: expected the hash of the plan that was shown, got another`, {
      hint: 'Look at the plan (millrace plans get) and say its hash.',
    });
  }
}

/** CONFLICT naming each deployment that is not as it was seen. */
export function checkFresh(plan: Plan, { deployments }: World): void {
  const moved = Object.entries(plan.observed).flatMap(([id, version]) => {
    const now = deployments.find((view) => deploymentId(view) === id)?.version ?? 0;
    return now === version ? [] : [`${id} was at version ${version} and is at ${now}`];
  });
  if (moved.length === 0) return;
  throw new EngineError('CONFLICT', `${plan.id} is stale: ${moved.join('; ')}`, {
    hint: 'Plan again, and look at what would happen now.',
    details: { moved },
  });
}

/** PERMISSION or LIMIT where policy, a switch or a budget would not let the plan be made so now. */
export function checkPolicy(plan: Plan, world: World, now: number, mutationsEnabled: boolean): void {
  const { steps } = plan;
  const environmentOf = (name: string) => environmentNamed(name, world.catalogue);
  const { confirmation, decisions } = decide({ steps, environmentOf, mutationsEnabled, now });
  const rules = decisions.filter((decision) => decision.confirmation === confirmation).map(({ text }) => text);
  if (confirmation === 'deny' || plan.confirmation === 'deny') {
    const texts =
      confirmation === 'deny' ? rules : plan.decisions.filter((d) => d.confirmation === 'deny').map(({ text }) => text);
    throw new EngineError('PERMISSION', `${plan.id} is not done: ${texts.join(' ')}`);
  }
  if (confirmations.indexOf(confirmation) > confirmations.indexOf(plan.confirmation)) {
    throw new EngineError('CONFLICT', `${plan.id}: by now it takes more: ${rules.join(' ')}`, { hint: 'Plan again.' });
  }
  checkBudgets({ steps, deployments: world.deployments, catalogue: world.catalogue, environmentOf });
}

/** The name to type: of the jobs that it touches, in their order, with commas between. */
export function nameToType({ steps }: Plan): string {
  return [...new Set(steps.map(({ job }) => job))].join(',');
}

/** PERMISSION for someone whose roles don't reach; INVALID_OPTION for a name that was asked for and not typed. */
export function checkConfirmer(plan: Plan, { actor }: Caller, { typedName }: PlanConfirmation, world: World): void {
  if (!mayConfirmPlan(plan, actor, world) && !isFirstOfTwo(plan, actor, world)) {
    throw new EngineError(
      'PERMISSION',
      `${actor.name} may not confirm ${plan.id}: it takes the role ${plan.requiredRole}`,
      {
        hint: 'Someone who has it can confirm the same plan, with the same hash.',
      },
    );
  }
  if (plan.confirmation !== 'type-name' || typedName === nameToType(plan)) return;
  throw new EngineError(
    'INVALID_OPTION',
    `${plan.id}: expected the name '${nameToType(plan)}' typed, got ${typedName === undefined ? 'none' : 'another'}`,
    {
      hint: `On the command line: --type-name ${nameToType(plan)}.`,
    },
  );
}

export function mayConfirmPlan(plan: Plan, actor: Actor, world: World): boolean {
  return plan.steps.every((step) =>
    placesOfStep(step, world).every((place) => mayConfirm(actor, riskOfStep(step, place.class), place)),
  );
}

/** Of two people the one may be who planned it, with no more than the right to plan it. */
function isFirstOfTwo(plan: Plan, actor: Actor, world: World): boolean {
  return plan.confirmation === 'two-person' && plan.actor.name === actor.name && mayPlan(plan, actor, world);
}

function mayPlan(plan: Plan, actor: Actor, world: World): boolean {
  return plan.steps.every((step) => placesOfStep(step, world).every((place) => mayAsk(actor, step.action, place)));
}

/** How many different people a plan takes. */
function peopleNeeded({ confirmation }: Plan): number {
  return confirmation === 'two-person' ? 2 : 1;
}

/**
 * Whether those who confirmed are enough, by the roles that they have now: roles may have been taken away since. PERMISSION where whoever
 * planned it may no longer.
 */
export function isApproved(plan: Plan, confirmedBy: readonly string[], world: World): boolean {
  const known = (name: string): Actor | null => currentActor(world.catalogue.access, name);
  const planner = known(plan.actor.name);
  if (planner === null || !mayPlan(plan, planner, world)) {
    throw new EngineError('PERMISSION', `${plan.id}: ${plan.actor.name}, who planned it, may no longer`);
  }
  const people = [...new Set(confirmedBy)].map(known).filter((actor) => actor !== null);
  const entitled = people.filter((actor) => mayConfirmPlan(plan, actor, world));
  const valid = people.filter((actor) => entitled.includes(actor) || isFirstOfTwo(plan, actor, world));
  return valid.length >= peopleNeeded(plan) && entitled.length > 0;
}
