import { createHash } from 'node:crypto';
import type { OpenDeploy } from '../../../src/commands/local-deploy.ts';
import type { LocalDeployService } from '../../../src/deploy/deploy-service.ts';
import type { ControlPlane, Plan, PlanStep } from '../../../src/model/change-plan.ts';
import type { AskAnswer, Caller, DeployService } from '../../../src/model/deploy-service.ts';
import { deploymentId, type Release } from '../../../src/model/deployment.ts';
import { EngineError, toErrorData } from '../../../src/model/errors.ts';
import type { IntentStep } from '../../../src/model/intent.ts';
import type { TokenHolder } from '../../../src/server/access.ts';
import { stepOf } from '../releases.ts';

export type FakeOptions = Readonly<{
  releases: readonly Release[];
  holders?: readonly TokenHolder[] | null;
  /** Of plans; a name has to be typed in production. */
  now?: () => number;
}>;

/** Without what only switches and logs ask for. */
type FakeService = Pick<LocalDeployService, 'resume' | 'holders' | 'catalogue' | 'close'> & DeployService;

/** A deploy service of the least kind: steps become plans as they are, and are carried out when their hash is said back. */
export function fakeService(
  { releases, holders = null, now = () => 0 }: FakeOptions,
  control: ControlPlane,
): FakeService {
  const plans = new Map<string, Plan>();
  const planOf = async (steps: readonly IntentStep[], { actor, surface }: Caller): Promise<Plan> => {
    const observed: Record<string, number> = {};
    const planned: PlanStep[] = [];
    for (const step of steps) {
      const release = releases.find(
        ({ job, environment }) => job === step.job && environment === (step.environment ?? 'dev'),
      );
      if (release === undefined)
        throw new EngineError('NOT_FOUND', `job '${step.job}': expected one of the catalogue, found none`);
      const parallelism = step.parallelism ?? release.parallelism;
      const parameters = { ...release.parameters, ...step.parameters };
      const changed = {
        ...release,
        parameters,
        parallelism,
        digest: createHash('sha256')
          .update(`${release.digest}${parallelism}${JSON.stringify(parameters)}`)
          .digest('hex'),
      };
      observed[deploymentId(release)] = (await control.get(release))?.version ?? 0;
      planned.push(stepOf(step.verb, changed, { savepoint: step.savepoint ?? true, until: step.until }));
    }
    const id = `plan-${createHash('sha256').update(`${plans.size} ${now()}`).digest('hex').slice(0, 16)}`;
    const confirmation = planned.some(({ environment }) => environment === 'production') ? 'type-name' : 'confirm';
    const plan: Omit<Plan, 'hash'> = {
      id,
      status: 'pending',
      createdAt: now(),
      expiresAt: now() + 900_000,
      surface,
      actor,
      parser: 'rules',
      command: `millrace jobs ${planned.map(({ action, job }) => `${action} ${job}`).join(' && ')}`,
      steps: planned,
      risk: 'medium',
      confirmation,
      decisions: [{ rule: 'class', confirmation, text: 'what runs is interrupted' }],
      requiredRole: 'developer',
      cost: { jobs: 1, slots: 1, memoryMb: 512 },
      observed,
      confirmedBy: [],
      progress: [],
    };
    const made = {
      ...plan,
      hash: createHash('sha256')
        .update(JSON.stringify([id, planned, observed]))
        .digest('hex'),
    };
    plans.set(id, made);
    return made;
  };
  const found = (id: string): Plan => {
    const plan = plans.get(id);
    if (plan === undefined)
      throw new EngineError('NOT_FOUND', `plan '${id}': expected one that you may see, found none`);
    return plan;
  };
  const change = (id: string, more: Partial<Plan>): Plan => {
    const plan = { ...found(id), ...more };
    plans.set(id, plan);
    return plan;
  };
  const carryOut = async (id: string): Promise<void> => {
    const { steps, observed } = found(id);
    const versions = { ...observed };
    try {
      for (const [index, step] of steps.entries()) {
        const { text, version } = await control.perform(step, `${id}/${index}`, versions[deploymentId(step)]!);
        versions[deploymentId(step)] = version;
        if (step.until !== null) await control.waitFor(step, step.until, 60_000);
        const line = { step: index, state: 'done' as const, text, startedAt: now(), endedAt: now() };
        change(id, { progress: [...found(id).progress, line] });
      }
      change(id, { status: 'applied' });
    } catch (error) {
      const line = {
        step: found(id).progress.length,
        state: 'failed' as const,
        text: toErrorData(error).message,
        startedAt: now(),
        endedAt: now(),
      };
      change(id, { status: 'failed', progress: [...found(id).progress, line] });
    }
  };
  const answerOf = (plan: Plan): AskAnswer => ({ kind: 'plan', plan, command: plan.command, parser: 'rules' });
  const maySee = ({ actor }: Caller, team: string | null): boolean =>
    actor.roles.includes('*/admin') || team === null || actor.team === team;
  return {
    ask: async (text, environment, caller) => {
      const [verb, job] = text.split(' ');
      if (verb === 'which')
        return { kind: 'question', question: text, candidates: ['deploy counter', text], parser: 'rules' };
      if (verb === 'status')
        return { kind: 'answer', text, data: null, command: 'millrace jobs list', parser: 'rules' };
      if (verb !== 'deploy') return { kind: 'out-of-scope', reason: text, parser: 'rules' };
      const step = {
        verb,
        job: job!,
        environment,
        engine: null,
        parameters: {},
        parallelism: null,
        savepoint: null,
        until: null,
      } as const;
      return answerOf(await planOf([step], caller));
    },
    plan: async (steps, caller) => answerOf(await planOf(steps, caller)),
    getPlan: async (id) => found(id),
    listPlans: async () => [...plans.values()].toReversed(),
    cancelPlan: async (id) => change(id, { status: 'cancelled' }),
    applyPlan: async (id, { hash, typedName }, { actor }) => {
      const plan = found(id);
      if (hash !== plan.hash)
        throw new EngineError('CONFLICT', `${id}: expected the hash that was shown`, { hint: 'Look again.' });
      if (plan.status !== 'pending') return plan;
      if (plan.confirmation === 'type-name' && typedName !== plan.steps[0]!.job)
        throw new EngineError('PERMISSION', `${id}: expected the name of the job`);
      change(id, { status: 'applying', confirmedBy: [actor.name] });
      void carryOut(id);
      return found(id);
    },
    waitForPlan: async (id) => {
      while (['pending', 'applying'].includes(found(id).status))
        await new Promise((resolve) => setTimeout(resolve, 20));
      return found(id);
    },
    deployments: async (caller) => (await control.list()).filter(({ team }) => maySee(caller, team)),
    resume: () => {},
    holders: () => holders,
    catalogue: () => ({ jobs: [], environments: [], access: null, faults: [], version: 'none' }),
    close: () => {},
  };
}

export function fakeOpen(options: FakeOptions): OpenDeploy {
  return (_dataDirectory, control) => fakeService(options, control) as LocalDeployService;
}
