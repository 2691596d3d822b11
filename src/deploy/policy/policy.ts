/** What a plan takes before it may happen: every rule that had a say is named, with a sentence. The strongest decides. */
import { type Confirmation, confirmations, type Plan, type PlanStep, type RiskClass } from '../../model/change-plan.ts';
import { verbFacts } from '../../model/intent.ts';
import type { Environment } from '../catalogue/environment.ts';
import { greatestRisk, riskOfStep } from '../plan/risk.ts';
import { confirmationOf, type Graduation, policyTable } from './graduation.ts';
import { roles, roleToConfirm } from './grant.ts';

export type Decision = Plan['decisions'][number];

export type Verdict = Readonly<{
  risk: RiskClass;
  confirmation: Confirmation;
  decisions: readonly Decision[];
  requiredRole: string;
}>;

export type PolicyInput = Readonly<{
  steps: readonly PlanStep[];
  environmentOf: (name: string) => Environment;
  mutationsEnabled: boolean;
  /** ms since 1970. */
  now: number;
}>;

export function decide({ steps, environmentOf, mutationsEnabled, now }: PolicyInput): Verdict {
  const decisions: Decision[] = mutationsEnabled ? [] : [switchedOff];
  for (const step of steps) {
    const environment = environmentOf(step.environment);
    decisions.push(byRisk(step, environment), ...byFreeze(step, environment, now));
  }
  const risks = steps.map((step) => riskOfStep(step, environmentOf(step.environment).class));
  const needed = steps.map((step, i) => roleToConfirm(risks[i]!, environmentOf(step.environment).class));
  return {
    risk: greatestRisk(risks),
    confirmation: strongest(decisions.map(({ confirmation }) => confirmation)),
    decisions: unique(decisions),
    requiredRole: roles[Math.max(...needed.map((role) => roles.indexOf(role)))]!,
  };
}

const switchedOff: Decision = {
  rule: 'mutations-switch',
  confirmation: 'deny',
  text: 'All changes are switched off (mutations.enabled is off).',
};

function strongest(given: readonly Confirmation[]): Confirmation {
  return confirmations[Math.max(0, ...given.map((each) => confirmations.indexOf(each)))]!;
}

const meanings: Readonly<Record<Graduation, string>> = {
  allow: 'needs nothing',
  warn: 'needs nothing, but be aware of it',
  confirm: 'needs a confirmation',
  'type-name': "needs the job's name typed",
  'two-person': 'needs two people',
  deny: 'is not done here',
};

function byRisk(step: PlanStep, environment: Environment): Decision {
  const risk = riskOfStep(step, environment.class);
  const own = environment.policy.get(risk);
  const graduation = own ?? policyTable[environment.class][risk];
  const from = own === undefined ? `class ${environment.class}` : `environment '${environment.name}'`;
  return {
    rule: `${own === undefined ? environment.class : environment.name}/${risk}`,
    confirmation: confirmationOf(graduation),
    text: `${step.action} ${step.job}: ${risk} risk, which by ${from} ${meanings[graduation]}.`,
  };
}

function byFreeze({ action, environment }: PlanStep, { freezes }: Environment, now: number): Decision[] {
  if (!verbFacts[action].mutates) return [];
  const frozen = freezes.filter(({ from, to, allow }) => from <= now && now < to && !allow.includes(action));
  return frozen.map(({ name, to, reason }) => ({
    rule: `freeze/${name}`,
    confirmation: 'deny',
    text: `${environment} is frozen until ${new Date(to).toISOString()}: ${reason}.`,
  }));
}

function unique(decisions: readonly Decision[]): Decision[] {
  return decisions.filter(({ rule, text }, i) => decisions.findIndex((d) => d.rule === rule && d.text === text) === i);
}
