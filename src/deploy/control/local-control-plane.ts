/** The control plane in this process: deployments in the control database, jobs on the engines that it is handed. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../engine/clock.ts';
import type { ControlPlane, PlanStep } from '../../model/change-plan.ts';
import {
  type DeploymentKey,
  type DeploymentView,
  deploymentId,
  type HealthCheck,
  type TargetJob,
} from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';
import type { Condition } from '../../model/intent.ts';
import { plainText } from '../../model/plain-text.ts';
import type { ControlSettings } from './control-settings.ts';
import type { DeploymentRecord } from './deployment-record.ts';
import type { DeploymentStore, StoredEvent } from './deployment-store.ts';
import { healthOf } from './health.ts';
import { Reconciler, type Targets } from './reconciler.ts';
import { isStarting, withWish } from './wanted-change.ts';

export type ControlPlaneOptions = Readonly<{
  store: DeploymentStore;
  targets: Targets;
  clock: Clock;
  settings: ControlSettings;
  /** Between two looks at a deployment, ms. */
  pollMs: number;
  /** Hears what should not be. */
  warn: (text: string) => void;
}>;

const shownSavepoints = 16;
const maxLogLines = 10_000;
const maxLineLength = 16_384; // UTF-16 units
const lookMs = 50; // at what is kept, while someone waits for it

export class LocalControlPlane implements ControlPlane {
  readonly #options: ControlPlaneOptions;
  readonly #reconciler: Reconciler;
  readonly #closing = new AbortController();

  /** Nothing is done towards what is wanted before `start`: several processes may read the same database. */
  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.#reconciler = new Reconciler(options);
  }

  start(): void {
    this.#reconciler.start();
  }

  /** `park`: jobs are stopped with a savepoint and started again by the next process. Else they are left to themselves. */
  async close({ park }: Readonly<{ park: boolean }>): Promise<void> {
    this.#closing.abort();
    await (park ? this.#reconciler.park() : this.#reconciler.close());
  }

  async get(key: DeploymentKey): Promise<DeploymentView | null> {
    const record = this.#options.store.find(key);
    return record === null ? null : this.#view(record);
  }

  async list(): Promise<readonly DeploymentView[]> {
    return this.#options.store.all().map((record) => this.#view(record));
  }

  async perform(
    step: PlanStep,
    stepId: string,
    expectedVersion: number,
  ): Promise<Readonly<{ text: string; version: number }>> {
    this.#begin(step, stepId, expectedVersion);
    this.#reconciler.wake();
    for (;;) {
      const { state, text, version } = this.#options.store.step(stepId)!;
      if (state === 'done') return { text, version };
      if (state === 'failed') throw new EngineError('CONFLICT', `${deploymentId(step)}: ${step.action}: ${text}`);
      await this.#pause();
    }
  }

  async waitFor(key: DeploymentKey, condition: Condition, timeoutMs: number): Promise<string> {
    const { clock } = this.#options;
    for (const since = clock.monotonic(); ; await this.#pause()) {
      const met = conditionMet(this.#found(key), this.#observed(key), condition);
      if (met !== null) return met;
      if (clock.monotonic() - since >= timeoutMs) {
        const wanted = condition.kind === 'running' ? 'stable' : `less than ${condition.records} records behind`;
        throw new EngineError(
          'TIMEOUT',
          `${deploymentId(key)}: expected it to be ${wanted} within ${timeoutMs / 1_000} s`,
        );
      }
    }
  }

  async logs(key: DeploymentKey, lines: number): Promise<readonly string[]> {
    const { engine, lastJobId } = this.#found(key);
    if (lastJobId === null) return [];
    const wanted = Math.min(Math.max(1, lines), maxLogLines);
    const told = await this.#options.targets(engine, key.environment).logs(lastJobId, wanted);
    return told.map((line) => plainText(line, maxLineLength));
  }

  /** What happened to a deployment, newest first. */
  async events(key: DeploymentKey, limit: number): Promise<readonly StoredEvent[]> {
    return this.#options.store.events(key, limit).map((event) => ({ ...event, text: plainText(event.text, 2_048) }));
  }

  /** Writes down the wish, once for each step id. */
  #begin(step: PlanStep, stepId: string, expectedVersion: number): void {
    const { store, clock } = this.#options;
    const now = clock.now();
    store.change(step, now, (current) => {
      if (store.step(stepId) !== null) return null;
      const version = current?.version ?? 0;
      if (version !== expectedVersion) {
        throw new EngineError(
          'CONFLICT',
          `${deploymentId(step)}: expected version ${expectedVersion}, found ${version}`,
          {
            hint: 'It was changed since the plan was made: make a new one.',
          },
        );
      }
      const triggerId = createHash('sha256').update(stepId).digest('hex').slice(0, 32);
      const begin = (next: number): void =>
        store.beginStep(step, { stepId, action: step.action, version: next, triggerId }, now);
      if (current === null && !isStarting(step.action)) throw notThere(step);
      if (step.action === 'savepoint') {
        begin(version);
        return null;
      }
      checkEngine(current, step);
      const to = withWish(current, { step, release: this.#releaseOf(current, step), triggerId, now });
      begin(to.version);
      return { to, event: { kind: 'wanted', text: step.text } };
    });
  }

  #releaseOf(current: DeploymentRecord | null, { action, release, ...key }: PlanStep): number {
    if (release !== null) return this.#options.store.addRelease(key, release);
    const known = action === 'rollback' ? current?.lastStableRelease : current?.release;
    if (known !== null && known !== undefined) return known;
    throw new EngineError(
      'NOT_FOUND',
      `${deploymentId(key)}: expected a ${action === 'rollback' ? 'stable ' : ''}release, found none`,
    );
  }

  #found(key: DeploymentKey): DeploymentRecord {
    const record = this.#options.store.find(key);
    if (record === null) throw notThere(key);
    return record;
  }

  #observed(key: DeploymentKey): TargetJob | null {
    return this.#reconciler.watchOf(key).watched.job;
  }

  /** Who waits while the control plane ends is not told that it failed: the next process goes on with it. */
  async #pause(): Promise<void> {
    await this.#options.clock.sleep(lookMs, this.#closing.signal);
    if (this.#closing.signal.aborted) await new Promise(() => {});
  }

  #view(record: DeploymentRecord): DeploymentView {
    const { store } = this.#options;
    const { job, environment, engine, team, state, wanted, version, lastStableRelease, error, updatedAt } = record;
    const release = store.release(record, record.release);
    return {
      job,
      environment,
      engine,
      team,
      state,
      wanted,
      version,
      release: {
        number: record.release,
        digest: release.digest,
        parameters: release.parameters,
        parallelism: release.parallelism,
      },
      lastStableRelease,
      jobId: record.run?.jobId ?? null,
      observed: record.run === null ? null : this.#observed(record),
      health: this.#health(record),
      savepoints: store.savepoints(record, shownSavepoints),
      error: error === null ? null : plainText(error, 4_096),
      updatedAt,
    };
  }

  #health(record: DeploymentRecord): HealthCheck[] {
    const { clock, settings } = this.#options;
    const checks = healthOf(record, this.#reconciler.watchOf(record).watched, clock.now(), settings);
    return checks.map((check) => ({ ...check, text: plainText(check.text, 1_024) }));
  }
}

function notThere(key: DeploymentKey): EngineError {
  return new EngineError('NOT_FOUND', `${deploymentId(key)}: there is no such deployment`, {
    hint: 'millrace jobs list shows those that there are.',
  });
}

/** A job moves from one engine to the other only when it is stopped: nobody else could end it. */
function checkEngine(current: DeploymentRecord | null, step: PlanStep): void {
  if (current === null || current.run === null || current.engine === step.engine || !isStarting(step.action)) return;
  throw new EngineError('CONFLICT', `${deploymentId(step)}: it runs on ${current.engine}, not on ${step.engine}`, {
    hint: `Stop it first; it then starts on ${step.engine} without the state of ${current.engine}.`,
  });
}

/** What is to be said of it; null: not yet. Throws CONFLICT where it won't come. */
function conditionMet(record: DeploymentRecord, observed: TargetJob | null, condition: Condition): string | null {
  const { state, finished, wanted, rolledBack, error } = record;
  if (state === 'FAILED' || rolledBack || wanted === 'suspended') {
    throw new EngineError('CONFLICT', `${deploymentId(record)}: it is ${state}${error === null ? '' : `: ${error}`}`);
  }
  if (finished) return 'it came to its end';
  if (condition.kind === 'running') return state === 'STABLE' ? 'it is stable' : null;
  const lag = record.run?.runningSince === null ? null : (observed?.lagRecords ?? null);
  return lag !== null && lag < condition.records ? `it is ${lag} records behind` : null;
}
