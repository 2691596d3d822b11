/**
 * Carries out plans that were confirmed. A step is recorded as begun before it is done and as done after; one that was cut short by a kill is
 * asked for again under the same id, which the control plane has done once or not at all.
 */
import type { Clock } from '../../engine/clock.ts';
import type { ControlPlane, Plan, PlanStep } from '../../model/change-plan.ts';
import { deploymentId } from '../../model/deployment.ts';
import { EngineError, toErrorData } from '../../model/errors.ts';
import { verbFacts } from '../../model/intent.ts';
import type { DeployLog } from '../log/deploy-log.ts';
import { planHash } from '../plan/plan-hash.ts';
import type { PlanStore, Progress } from '../plan/plan-store.ts';
import { shownText } from '../plan/shown-text.ts';
import { withoutSecrets } from '../secret-text.ts';
import { retried } from './retry.ts';

export type ApplierOptions = Readonly<{
  store: PlanStore;
  log: DeployLog;
  control: ControlPlane;
  clock: Clock;
  /** The switch, asked before each step. */
  mutationsEnabled: () => boolean;
}>;

const attempts = 5;
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;
/** How long a condition may take, ms. */
const conditionMs = 30 * 60_000;
const maxText = 500; // characters of an error in a plan's progress

export class Applier {
  readonly #options: ApplierOptions;
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: ApplierOptions) {
    this.#options = options;
  }

  /** Goes on with a plan that is `applying`. Returns at once; `idle` resolves when all have ended. */
  start(id: string): void {
    if (this.#running.has(id)) return;
    const run = this.#run(id).finally(() => this.#running.delete(id));
    this.#running.set(id, run);
  }

  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async #run(id: string): Promise<void> {
    const { store, log, clock } = this.#options;
    const { plan } = store.run(id)!;
    const begun = clock.monotonic();
    const jobIds = new Map<number, string | null>();
    let outcome: 'applied' | 'failed' = 'applied';
    try {
      checkIntact(plan);
      for (const [index, step] of plan.steps.entries()) await this.#step(id, index, step, jobIds);
    } catch (error) {
      outcome = 'failed';
      this.#fail(id, plan, error);
    }
    const steps = store
      .get(id)!
      .progress.map(({ step, state, text }) => ({ step, state, text, jobId: jobIds.get(step) ?? null }));
    const durationMs = Math.round(clock.monotonic() - begun);
    try {
      log.append({ event: 'ended', plan: id, planHash: plan.hash, outcome, steps, durationMs });
    } finally {
      store.move(id, 'applying', outcome);
    }
  }

  async #step(id: string, index: number, step: PlanStep, jobIds: Map<number, string | null>): Promise<void> {
    const { store, control, clock } = this.#options;
    const { plan, versions } = store.run(id)!;
    const known = plan.progress.find((entry) => entry.step === index);
    if (known?.state === 'done') return;
    if (!this.#options.mutationsEnabled()) {
      throw new EngineError('PERMISSION', 'all changes are switched off (mutations.enabled is off)');
    }
    const startedAt = known?.startedAt ?? clock.now();
    const others = plan.progress.filter((entry) => entry.step !== index);
    store.record(
      id,
      [...others, { step: index, state: 'running', text: step.text, startedAt, endedAt: null }],
      versions,
    );
    const { text, version } = await this.#perform(step, `${id}/${index}`, versions[deploymentId(step)] ?? 0);
    const waited = step.until === null ? [] : [await control.waitFor(step, step.until, conditionMs)];
    if (verbFacts[step.action].mutates) jobIds.set(index, (await control.get(step))?.jobId ?? null);
    const done = [text, ...waited].map((each) => shownText(each, maxText)).join('; ');
    const entry = { step: index, state: 'done', text: done, startedAt, endedAt: clock.now() } as const;
    store.record(id, [...others, entry], { ...versions, [deploymentId(step)]: version });
  }

  async #perform(
    step: PlanStep,
    stepId: string,
    version: number,
  ): Promise<Readonly<{ text: string; version: number }>> {
    const { control, clock } = this.#options;
    if (!verbFacts[step.action].mutates) return { text: step.text, version };
    const perform = () => control.perform(step, stepId, version);
    return await retried(perform, { clock, attempts, firstPauseMs, longestPauseMs });
  }

  #fail(id: string, plan: Plan, error: unknown): void {
    const { store, clock } = this.#options;
    const { message, hint } = toErrorData(error);
    const text = shownText(withoutSecrets(hint === undefined ? message : `${message} (${hint})`), maxText);
    const { plan: now, versions } = store.run(id)!;
    const index = now.progress.filter(({ state }) => state === 'done').length;
    const startedAt = now.progress.find(({ step }) => step === index)?.startedAt ?? clock.now();
    const others: Progress = now.progress.filter(({ step }) => step !== index);
    const step = Math.min(index, plan.steps.length - 1);
    store.record(id, [...others, { step, state: 'failed', text, startedAt, endedAt: clock.now() }], versions);
  }
}

/** A last look before anything is done: what is stored is what was confirmed, by as many as it takes. */
function checkIntact(plan: Plan): void {
  const people = { none: 0, confirm: 1, 'type-name': 1, 'two-person': 2, deny: Number.POSITIVE_INFINITY };
  if (planHash(plan) !== plan.hash) {
    throw new EngineError(
      'CONFLICT',
      `${plan.id}: expected the plan that was confirmed, found it changed in the database`,
    );
  }
  if (new Set(plan.confirmedBy).size < people[plan.confirmation]) {
    throw new EngineError('PERMISSION', `${plan.id}: expected its confirmations (${plan.confirmation}), found too few`);
  }
}
