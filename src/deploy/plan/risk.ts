/** What a step risks, by its fields alone: the same answer when it is planned and when it is applied. */
import { type PlanStep, type RiskClass, riskClasses } from '../../model/change-plan.ts';
import { verbFacts } from '../../model/intent.ts';
import type { EnvironmentClass } from '../policy/graduation.ts';

/** What a deployment was before a step, as its diff says. */
function stateBefore(step: PlanStep): string | null {
  return step.diff.find(({ field }) => field === 'state')?.before ?? null;
}

/** Whether a running job is brought to an end, for good or for a while. */
function interrupts(step: PlanStep): boolean {
  return stateBefore(step) === 'running' && verbFacts[step.action].mutates && step.action !== 'savepoint';
}

/** Whether state may be lost: a job ends without a savepoint, or what had state starts without. */
function losesState(step: PlanStep): boolean {
  if (interrupts(step) && !step.savepoint) return true;
  return step.release !== null && step.restore.kind === 'none' && stateBefore(step) !== null;
}

export function riskOfStep(step: PlanStep, environmentClass: EnvironmentClass): RiskClass {
  if (!verbFacts[step.action].mutates) return 'read';
  if (losesState(step)) return 'critical';
  if (!interrupts(step)) return 'low';
  return environmentClass === 'production' ? 'high' : 'medium';
}

export function greatestRisk(risks: readonly RiskClass[]): RiskClass {
  return riskClasses[Math.max(0, ...risks.map((risk) => riskClasses.indexOf(risk)))]!;
}
