/** From steps to a plan that waits: resolve, decide, reckon, hash. Changes nothing. */
import { randomBytes } from 'node:crypto';
import type { Plan } from '../../model/change-plan.ts';
import type { Caller } from '../../model/deploy-service.ts';
import { type DeploymentView, deploymentId } from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';
import type { ParserName } from '../../model/intent.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { checkBudgets } from '../policy/budget.ts';
import { type Decision, decide } from '../policy/policy.ts';
import { costOfPlan } from './cost.ts';
import { planCommand } from './explicit-command.ts';
import { planHash } from './plan-hash.ts';
import { environmentNamed } from './plan-places.ts';
import type { Resolution } from './resolver.ts';

type Changes = Extract<Resolution, { kind: 'changes' }>;

export type PlanInput = Readonly<{
  changes: Changes;
  caller: Caller;
  parser: ParserName | null;
  catalogue: Catalogue;
  /** All that there are. */
  deployments: readonly DeploymentView[];
  mutationsEnabled: boolean;
  now: number;
}>;

/** How long a plan can be confirmed, ms. */
const planLifeMs = 15 * 60_000;

/** Throws LIMIT for what goes beyond a budget. */
export function makePlan({ changes, caller, parser, catalogue, deployments, mutationsEnabled, now }: PlanInput): Plan {
  const { steps, observed } = changes;
  const environmentOf = (name: string) => environmentNamed(name, catalogue);
  checkBudgets({ steps, deployments, catalogue, environmentOf });
  const { decisions, ...verdict } = decide({ steps, environmentOf, mutationsEnabled, now });
  const views = new Map(deployments.map((view) => [deploymentId(view), view]));
  const plan: Omit<Plan, 'hash'> = {
    id: newPlanId(),
    status: 'pending',
    createdAt: now,
    expiresAt: now + planLifeMs,
    surface: caller.surface,
    actor: caller.actor,
    parser,
    command: planCommand(steps, (name) => environmentOf(name).parameters),
    steps,
    ...verdict,
    decisions: [...decisions, ...(parser === null ? [] : freeTexts(changes, catalogue))],
    cost: costOfPlan(steps, views, catalogue),
    observed,
    confirmedBy: [],
    progress: [],
  };
  return { ...plan, hash: planHash(plan) };
}

const idLetters = 'abcdefghijkmnpqrstuvwxyz23456789'; // 32: a byte's low five bits

function newPlanId(): string {
  return `plan-${[...randomBytes(16)].map((byte) => idLetters[byte & 31]).join('')}`;
}

/** Values of free text that words gave: bounded by nothing but the person who reads them. */
function freeTexts({ steps }: Changes, catalogue: Catalogue): Decision[] {
  return steps.flatMap(({ job, environment, action, diff }) => {
    const declared = catalogue.jobs.find(({ spec }) => spec.name === job)?.spec.parameters ?? [];
    const given = environmentNamed(environment, catalogue).parameters;
    const free = declared.filter(
      ({ name, type }) => action === 'deploy' && (type === 'string' || type === 'topic') && !given.has(name),
    );
    const changed = free.flatMap(({ name }) => diff.filter(({ field, after }) => field === name && after !== null));
    return changed.map(({ field, after }) => ({
      rule: 'free-text-parameter',
      confirmation: 'none' as const,
      text: `${job}: '${field}' becomes '${after}', a text that the words gave: read it.`,
    }));
  });
}

const plansPerHour = 120;
export const rateWindowMs = 3_600_000;

/** Throws LIMIT. `made`: plans of the last hour. */
export function checkRate(actor: string, made: number): void {
  if (made < plansPerHour) return;
  throw new EngineError('LIMIT', `${actor}: expected at the most ${plansPerHour} plans an hour, got ${made + 1}`, {
    hint: 'Wait, or look whether something asks in a loop.',
  });
}
