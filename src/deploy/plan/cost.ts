/** What a plan takes or frees: jobs, slots and memory, against what runs when it is made. Estimates, for people and for limits. */
import type { Plan, PlanStep } from '../../model/change-plan.ts';
import { type DeploymentView, deploymentId } from '../../model/deployment.ts';
import { verbFacts } from '../../model/intent.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';

export type Cost = Plan['cost'];

const defaultSlots = 4; // of a source where nobody set a parallelism
const jobMb = 512; // a process with its main thread, Kafka client and Parquet encoder
const slotMb = 192; // buffers and the state of a common key count

const nothing: Cost = { jobs: 0, slots: 0, memoryMb: 0 };

function addCost(a: Cost, b: Cost, sign: 1 | -1 = 1): Cost {
  return { jobs: a.jobs + sign * b.jobs, slots: a.slots + sign * b.slots, memoryMb: a.memoryMb + sign * b.memoryMb };
}

export function sumCosts(costs: readonly Cost[]): Cost {
  return costs.reduce((sum, cost) => addCost(sum, cost), nothing);
}

function costOfSlots(slots: number): Cost {
  return { jobs: 1, slots, memoryMb: jobMb + slots * slotMb };
}

/** Of a deployment as it is wanted now. */
export function costOfDeployment(view: DeploymentView, catalogue: Catalogue): Cost {
  if (view.wanted === 'suspended' || view.state === 'FAILED' || view.observed?.state === 'FINISHED') return nothing;
  return costOfSlots(view.release.parallelism ?? slotsOfSpec(view.job, catalogue));
}

/** Of what a plan leaves of each deployment that it touches, less what that is now. */
export function costOfPlan(
  steps: readonly PlanStep[],
  views: ReadonlyMap<string, DeploymentView>,
  catalogue: Catalogue,
): Cost {
  const last = new Map<string, PlanStep>();
  for (const step of steps) if (changesCost(step)) last.set(deploymentId(step), step);
  const changes = [...last].map(([id, step]) => {
    const view = views.get(id);
    const after = step.action === 'stop' || step.action === 'pause' ? nothing : costOfSlots(slotsOf(step, catalogue));
    return view === undefined ? after : addCost(after, costOfDeployment(view, catalogue), -1);
  });
  return sumCosts(changes);
}

function changesCost({ action }: PlanStep): boolean {
  return verbFacts[action].mutates && action !== 'savepoint';
}

function slotsOf(step: PlanStep, catalogue: Catalogue): number {
  return step.parallelism ?? slotsOfSpec(step.job, catalogue);
}

function slotsOfSpec(name: string, catalogue: Catalogue): number {
  const spec = catalogue.jobs.find((job) => job.spec.name === name)?.spec;
  return Number(spec?.settings.get('parallelism.default') ?? defaultSlots);
}
