/** Brings deployments to what is wanted of them: looks, decides (next-action.ts), writes down, does. One thing at a time for each of them. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../engine/clock.ts';
import {
  type DeploymentKey,
  deploymentId,
  type JobEngine,
  type JobTarget,
  type TargetJob,
} from '../../model/deployment.ts';
import { EngineError, isEngineError } from '../../model/errors.ts';
import { afterFailure } from './after-failure.ts';
import { afterFailedStop, afterStop } from './after-stop.ts';
import type { ControlSettings } from './control-settings.ts';
import { type DeploymentRecord, type RunRecord, releaseToRun } from './deployment-record.ts';
import type { DeploymentStore } from './deployment-store.ts';
import { restartsTooOften } from './health.ts';
import { JobWatch } from './job-watch.ts';
import { nextAction } from './next-action.ts';
import type { StepRecord } from './step-outcome.ts';

/** The engine of an environment; throws UNSUPPORTED or NOT_FOUND where there is none. */
export type Targets = (engine: JobEngine, environment: string) => JobTarget;

export type ReconcilerOptions = Readonly<{
  store: DeploymentStore;
  targets: Targets;
  clock: Clock;
  settings: ControlSettings;
  /** Between two looks at a deployment, ms. */
  pollMs: number;
  /** Hears what should not be: the store can't be read, a deployment can't be looked after. */
  warn: (text: string) => void;
}>;

const maxRounds = 16; // of one deployment at a time; then others have their turn

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #watches = new Map<string, JobWatch>();
  readonly #busy = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();
  #wake = Promise.withResolvers<void>();
  #loop: Promise<void> | null = null;
  #isParking = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Something is wanted: looks at once. */
  wake(): void {
    this.#wake.resolve();
  }

  watchOf(key: DeploymentKey): JobWatch {
    const id = deploymentId(key);
    const watch = this.#watches.get(id) ?? new JobWatch(this.#options.settings.restartWindowMs);
    this.#watches.set(id, watch);
    return watch;
  }

  /** Ends looking; what is under way is waited for. Jobs run on. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.wake();
    await this.#loop;
    await Promise.allSettled(this.#busy.values());
  }

  /** Stops every job with a savepoint and leaves it wanted, for the next process to start. Resolves when they have ended, or can't be. */
  async park(): Promise<void> {
    this.#isParking = true;
    await this.close();
    const { store, clock } = this.#options;
    for (const deployment of store.all()) {
      store.change(deployment, clock.now(), (current) => {
        if (current === null || current.run === null || current.finished || current.engine !== 'millrace') return null;
        const stopping = current.stopping ?? {
          triggerId: current.run.jobId,
          purpose: 'park',
          savepoint: true,
          next: { kind: 'latest' },
          failedAttempts: 0,
        };
        return { to: { ...current, stopping }, event: null };
      });
    }
    await Promise.allSettled(store.all().map((deployment) => this.#reconcile(deployment)));
  }

  async #run(): Promise<void> {
    const { store, clock, pollMs, warn } = this.#options;
    while (!this.#closing.signal.aborted) {
      this.#wake = Promise.withResolvers();
      try {
        for (const deployment of store.all()) this.#turn(deployment);
      } catch (error) {
        warn(`deployments can't be read: ${asEngineError(error).message}`);
      }
      const timer = new AbortController();
      await Promise.race([clock.sleep(pollMs, timer.signal), this.#wake.promise]);
      timer.abort();
    }
  }

  #turn(key: DeploymentKey): void {
    const id = deploymentId(key);
    if (this.#busy.has(id)) return;
    const turn = this.#reconcile(key)
      // A fault of the store or of this code: it is told, and looked at again.
      .catch((error: unknown) => this.#options.warn(`${id}: ${asEngineError(error).message}`))
      .finally(() => {
        this.#busy.delete(id);
      });
    this.#busy.set(id, turn);
  }

  async #reconcile(key: DeploymentKey): Promise<void> {
    for (let round = 0; round < maxRounds; round++) {
      const deployment = this.#options.store.find(key);
      if (deployment === null || !(await this.#step(deployment))) return;
    }
  }

  /** Whether something was done. */
  async #step(deployment: DeploymentRecord): Promise<boolean> {
    const { clock, settings } = this.#options;
    const observed = await this.#observe(deployment);
    const restarting = restartsTooOften(this.watchOf(deployment).watched, settings);
    const action = nextAction(deployment, observed, restarting, clock.now(), settings);
    switch (action.kind) {
      case 'wait':
        return await this.#takeSavepoint(deployment);
      case 'record':
        this.#record(deployment, action.to, action.event);
        return true;
      case 'start':
        if (this.#isParking) return false;
        this.#planRun(deployment);
        return true;
      case 'submit':
        if (this.#isParking) return false;
        await this.#submit(deployment, deployment.run!);
        return true;
      case 'stop':
        await this.#stop(deployment);
        return true;
    }
  }

  /** null where there is nothing to ask for, or no answer. */
  async #observe({ run, finished, ...deployment }: DeploymentRecord): Promise<TargetJob | null> {
    const { targets, clock } = this.#options;
    const watch = this.watchOf(deployment);
    if (run === null || run.submittedAt === null) {
      watch.forget();
      return null;
    }
    if (finished && watch.watched.job?.jobId === run.jobId) return watch.watched.job;
    try {
      const job = await targets(deployment.engine, deployment.environment).observe(run.jobId);
      watch.answered(job, clock.now());
      return job;
    } catch {
      watch.silent(clock.now()); // the health checks tell it
      return null;
    }
  }

  /** Kept unless the deployment has changed since it was looked at. */
  #record(
    seen: DeploymentRecord,
    to: DeploymentRecord,
    event: Parameters<DeploymentStore['addEvent']>[1] | null,
  ): void {
    const { store, clock } = this.#options;
    store.change(seen, clock.now(), (current) => (current?.revision === seen.revision ? { to, event } : null));
  }

  #planRun(deployment: DeploymentRecord): void {
    const { restore, latestPath, engine } = deployment;
    const jobId = randomBytes(16).toString('hex');
    // Millrace knows its newest checkpoint better than anyone who looks at it now and then.
    const from =
      restore.kind === 'latest' && engine !== 'millrace' && latestPath !== null
        ? { kind: 'savepoint' as const, path: latestPath }
        : restore;
    const run: RunRecord = {
      jobId,
      release: releaseToRun(deployment),
      restore: from,
      submittedAt: null,
      runningSince: null,
    };
    const startsAt = from.kind === 'savepoint' ? from.path : from.kind === 'none' ? null : latestPath;
    const to: DeploymentRecord = { ...deployment, run, lastJobId: jobId, latestPath: startsAt, retryAt: null };
    this.#record(deployment, to, {
      kind: 'starting',
      text: `release ${run.release} as job ${jobId}, state: ${from.kind === 'savepoint' ? from.path : from.kind}`,
    });
  }

  async #submit(deployment: DeploymentRecord, run: RunRecord): Promise<void> {
    const { store, targets, clock, settings } = this.#options;
    const release = store.release(deployment, run.release);
    try {
      await targets(deployment.engine, deployment.environment).start({
        jobId: run.jobId,
        release,
        restore: run.restore,
      });
      const now = clock.now();
      store.change(deployment, now, (current) => {
        if (current === null || current.run?.jobId !== run.jobId) return null;
        const state = current.wanted === 'suspended' ? current.state : current.rolledBack ? 'ROLLED_BACK' : 'DEPLOYED';
        const to: DeploymentRecord = {
          ...current,
          state,
          run: { ...current.run, submittedAt: now },
          retryAt: null,
          updatedAt: now,
        };
        return { to, event: { kind: 'submitted', text: `job ${run.jobId}` } };
      });
    } catch (error) {
      this.#submitFailed(deployment, run, asEngineError(error), settings);
    }
  }

  #submitFailed(deployment: DeploymentRecord, run: RunRecord, error: EngineError, settings: ControlSettings): void {
    const { store, clock } = this.#options;
    const now = clock.now();
    store.change(deployment, now, (current) => {
      if (current === null || current.run?.jobId !== run.jobId || current.stopping !== null) return null;
      const text = [error.message, error.hint].filter((part) => part !== undefined).join('\n');
      const final = !error.retryable && error.code !== 'CONFLICT' && error.code !== 'LIMIT';
      const action = afterFailure(current, text, { final }, now, settings);
      if (action.kind !== 'record') return null;
      // Whether it was taken is not known: the same id is handed over again, and runs once.
      const isUnknown = error.retryable && action.to.retryAt !== null;
      return { to: isUnknown ? { ...action.to, run } : action.to, event: action.event };
    });
  }

  async #stop(deployment: DeploymentRecord): Promise<void> {
    const { store, targets, clock, settings } = this.#options;
    const { run, stopping } = deployment;
    const { jobId } = run!;
    const { savepoint, triggerId } = stopping!;
    let path: string | null;
    let observed: TargetJob | null = null;
    try {
      const target = targets(deployment.engine, deployment.environment);
      path = await target.stop(jobId, { savepoint, drain: false, triggerId });
      if (savepoint && path === null) observed = await target.observe(jobId);
    } catch (error) {
      const failed = asEngineError(error);
      const now = clock.now();
      store.change(deployment, now, (current) =>
        current?.run?.jobId === jobId && current.stopping !== null
          ? afterFailedStop(current, failed, now, settings)
          : null,
      );
      return;
    }
    const now = clock.now();
    store.change(deployment, now, (current) => {
      if (current?.run?.jobId !== jobId || current.stopping === null) return null;
      if (path !== null) store.addSavepoint(current, path, now);
      return afterStop(current, path, observed, now);
    });
  }

  /** The first one that was asked for. Whether there was one. */
  async #takeSavepoint(deployment: DeploymentRecord): Promise<boolean> {
    const { store, targets, clock } = this.#options;
    const step = store.openSteps(deployment).find(({ action }) => action === 'savepoint');
    if (step === undefined || this.#closing.signal.aborted) return false;
    const { run, finished } = deployment;
    if (run === null || finished || deployment.wanted === 'suspended') {
      store.endStep(step.stepId, 'failed', 'it does not run: only a running job has a savepoint taken', clock.now());
      return true;
    }
    if (run.runningSince === null) return false; // it starts: a little later
    try {
      const path = await targets(deployment.engine, deployment.environment).savepoint(run.jobId, step.triggerId);
      store.endSavepoint(deployment, step.stepId, path, clock.now());
    } catch (error) {
      this.#savepointFailed(step, asEngineError(error));
    }
    return true;
  }

  #savepointFailed(step: StepRecord, error: EngineError): void {
    this.#options.store.endStep(step.stepId, 'failed', error.message, this.#options.clock.now());
  }
}

function asEngineError(error: unknown): EngineError {
  if (isEngineError(error)) return error;
  return new EngineError('INTERNAL', error instanceof Error ? error.message : String(error), { cause: error });
}
