/** What may run at once in an environment, and of each team in it. */
import type { PlanStep } from '../../model/change-plan.ts';
import { type DeploymentView, deploymentId } from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Environment, Limits } from '../catalogue/environment.ts';
import { type Cost, costOfDeployment, costOfPlan, sumCosts } from '../plan/cost.ts';

export type BudgetInput = Readonly<{
  steps: readonly PlanStep[];
  /** All that there are, whoever may see them. */
  deployments: readonly DeploymentView[];
  catalogue: Catalogue;
  environmentOf: (name: string) => Environment;
}>;

const names = { jobs: 'jobs', slots: 'slots', memoryMb: 'MB of memory' } as const;

/** Throws LIMIT where what the steps add goes beyond a limit. What only frees is never refused. */
export function checkBudgets(input: BudgetInput): void {
  for (const name of new Set(input.steps.map(({ environment }) => environment))) {
    const { limits, teamLimits } = input.environmentOf(name);
    check(limits, `environment '${name}'`, input, (_team, environment) => environment === name);
    for (const [team, ofTeam] of teamLimits) {
      check(ofTeam, `team '${team}' in '${name}'`, input, (its, environment) => environment === name && its === team);
    }
  }
}

function check(
  limits: Limits,
  whose: string,
  { steps, deployments, catalogue }: BudgetInput,
  concerns: (team: string | null, environment: string) => boolean,
): void {
  const teamOf = (job: string): string | null =>
    catalogue.jobs.find(({ spec }) => spec.name === job)?.spec.team ??
    deployments.find((d) => d.job === job)?.team ??
    null;
  const views = deployments.filter(({ job, environment }) => concerns(teamOf(job), environment));
  const own = steps.filter(({ job, environment }) => concerns(teamOf(job), environment));
  const added = costOfPlan(own, new Map(views.map((view) => [deploymentId(view), view])), catalogue);
  const used = sumCosts(views.map((view) => costOfDeployment(view, catalogue)));
  for (const what of Object.keys(names) as (keyof Cost)[]) {
    const limit = limits[what];
    if (limit === null || added[what] <= 0 || used[what] + added[what] <= limit) continue;
    const text = `${used[what]} are in use and the plan adds ${added[what]}`;
    throw new EngineError('LIMIT', `${whose}: expected at the most ${limit} ${names[what]}; ${text}`, {
      hint: 'Stop something first, or raise `limits` in environment.yaml.',
      details: { rule: 'budget', limit, used: used[what], added: added[what] },
    });
  }
}
