/** Where a plan's steps happen, for rights: a place for each team that a step concerns. */
import type { Actor, Plan, PlanStep } from '../../model/change-plan.ts';
import { type DeploymentView, deploymentId } from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';
import { type Catalogue, faultOf } from '../catalogue/catalogue.ts';
import type { Environment } from '../catalogue/environment.ts';
import { maySee, type Place } from '../policy/grant.ts';

/** What holds for a plan now. */
export type World = Readonly<{ catalogue: Catalogue; deployments: readonly DeploymentView[] }>;

/** Throws CONFLICT for an environment that is no longer there or whose file has a fault. */
export function environmentNamed(name: string, { environments, ...catalogue }: Catalogue): Environment {
  const found = environments.find((environment) => environment.name === name);
  if (found !== undefined) return found;
  const fault = faultOf({ environments, ...catalogue }, 'environment', name);
  throw new EngineError('CONFLICT', `environment '${name}': expected it in envs/, found ${fault?.message ?? 'none'}`);
}

/** The teams of a step: of its spec, of what is deployed, and of the release that it carries. */
function teamsOfStep(step: PlanStep, { catalogue, deployments }: World): readonly (string | null)[] {
  const job = catalogue.jobs.find(({ spec }) => spec.name === step.job);
  const view = deployments.find((each) => deploymentId(each) === deploymentId(step));
  const teams = [
    ...(job === undefined ? [] : [job.spec.team ?? null]),
    ...(view === undefined ? [] : [view.team]),
    ...(step.release === null ? [] : [step.release.team]),
  ];
  return [...new Set(teams)];
}

export function placesOfStep(step: PlanStep, world: World): Place[] {
  const environment = environmentNamed(step.environment, world.catalogue);
  return teamsOfStep(step, world).map((team) => ({ team, environment: step.environment, class: environment.class }));
}

/** Who made it, and who may see all that it touches. */
export function maySeePlan(actor: Actor, plan: Plan, world: World): boolean {
  if (plan.actor.name === actor.name) return true;
  return plan.steps.every((step) =>
    teamsOfStep(step, world).every((team) => maySee(actor, { team, environment: step.environment })),
  );
}
