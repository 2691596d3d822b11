import type { ControlPlane, PlanStep } from '../../src/model/change-plan.ts';
import { type DeploymentKey, type DeploymentView, deploymentId } from '../../src/model/deployment.ts';
import { EngineError } from '../../src/model/errors.ts';

export type Performed = Readonly<{ stepId: string; step: PlanStep }>;

/** Where a process dies: before a step is done, or after it was done and before anyone heard. */
export type Fault = 'kill-before' | 'kill-after' | EngineError;

/** A control plane in memory, as its contract has it: each step id has its effect once. What was done is kept for tests to look at. */
export class FakeControl implements ControlPlane {
  readonly performed: Performed[] = [];
  readonly views = new Map<string, DeploymentView>();
  /** Taken one for each call of `perform`; undefined: all goes well. */
  faults: (Fault | undefined)[] = [];
  conditions: (() => Promise<string>) | null = null;
  calls = 0;
  readonly #results = new Map<string, Readonly<{ text: string; version: number }>>();
  #killed = Promise.withResolvers<void>();

  /** Resolves when a fault killed the process. */
  get killed(): Promise<void> {
    return this.#killed.promise;
  }

  revive(): void {
    this.#killed = Promise.withResolvers<void>();
  }

  async get(key: DeploymentKey): Promise<DeploymentView | null> {
    return this.views.get(deploymentId(key)) ?? null;
  }

  async list(): Promise<readonly DeploymentView[]> {
    return [...this.views.values()];
  }

  async perform(step: PlanStep, stepId: string, expectedVersion: number) {
    this.calls++;
    const fault = this.faults.shift();
    if (fault === 'kill-before') return await this.#die();
    if (fault instanceof EngineError) throw fault;
    const result = this.#results.get(stepId) ?? this.#do(step, stepId, expectedVersion);
    if (fault === 'kill-after') return await this.#die();
    return result;
  }

  async #die(): Promise<never> {
    this.#killed.resolve();
    return await new Promise<never>(() => {});
  }

  #do(step: PlanStep, stepId: string, expectedVersion: number): Readonly<{ text: string; version: number }> {
    const id = deploymentId(step);
    const before = this.views.get(id);
    if ((before?.version ?? 0) !== expectedVersion) {
      throw new EngineError('CONFLICT', `${id}: expected version ${expectedVersion}, found ${before?.version ?? 0}`);
    }
    const version = expectedVersion + 1;
    const result = { text: `${step.action} done`, version };
    this.views.set(id, after(step, before, version));
    this.performed.push({ stepId, step });
    this.#results.set(stepId, result);
    return result;
  }

  async waitFor(): Promise<string> {
    return this.conditions === null ? 'it holds' : await this.conditions();
  }

  async logs(): Promise<readonly string[]> {
    return ['one line', '\u001b[31mred\u001b[0m'];
  }
}

function after(step: PlanStep, before: DeploymentView | undefined, version: number): DeploymentView {
  const isStopped = step.action === 'stop' || step.action === 'pause';
  const base = before ?? view({ job: step.job, environment: step.environment, team: step.release?.team ?? null });
  const number = step.release === null ? base.release.number : base.release.number + 1;
  const { digest, parameters, parallelism } = step.release ?? base.release;
  const isSame = step.action === 'savepoint';
  return {
    ...base,
    engine: step.engine,
    state: isSame ? base.state : isStopped ? 'SUSPENDED' : 'STABLE',
    wanted: isSame ? base.wanted : isStopped ? 'suspended' : 'running',
    version,
    release: { number, digest, parameters, parallelism },
    lastStableRelease: number,
    jobId: 'a'.repeat(32),
  };
}

export function view(more: Partial<DeploymentView>): DeploymentView {
  return {
    job: 'views',
    environment: 'dev',
    engine: 'millrace',
    team: null,
    state: 'STABLE',
    wanted: 'running',
    version: 0,
    release: { number: 0, digest: '0'.repeat(64), parameters: {}, parallelism: null },
    lastStableRelease: null,
    jobId: null,
    observed: null,
    health: [],
    savepoints: [],
    error: null,
    updatedAt: 0,
    ...more,
  };
}
