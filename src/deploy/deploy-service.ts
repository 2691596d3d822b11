/** The deploy service over a control database, a parser and a control plane: what every surface calls. */
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../engine/clock.ts';
import type { Actor, ControlPlane, Plan } from '../model/change-plan.ts';
import type { AskAnswer, Caller, DeployService, PlanConfirmation } from '../model/deploy-service.ts';
import type { DeploymentView } from '../model/deployment.ts';
import { EngineError, toErrorData } from '../model/errors.ts';
import type { IntentStep } from '../model/intent.ts';
import { Applier } from './apply/applier.ts';
import {
  checkConfirmer,
  checkFresh,
  checkHash,
  checkPolicy,
  isApproved,
  mayConfirmPlan,
} from './apply/confirmation.ts';
import type { Access } from './catalogue/access.ts';
import { type Catalogue, type CatalogueDirectories, type ParsedFiles, readCatalogue } from './catalogue/catalogue.ts';
import { DeployLog } from './log/deploy-log.ts';
import { Asker, type CreateParser } from './plan/asker.ts';
import { maySeePlan, type World } from './plan/plan-places.ts';
import { PlanStore } from './plan/plan-store.ts';
import { shownText } from './plan/shown-text.ts';
import { maySee, mayTurnSwitches } from './policy/grant.ts';
import { Switches, type SwitchName } from './policy/switches.ts';
import { withoutSecrets } from './secret-text.ts';
import { openControlDatabase } from './store/database.ts';

export type DeployServiceOptions = CatalogueDirectories &
  Readonly<{
    dataDirectory: string;
    control: ControlPlane;
    createParser: CreateParser;
    clock: Clock;
  }>;

export interface LocalDeployService extends DeployService {
  readonly switches: Switches;
  /** Holds at once, for every process. PERMISSION for anyone but an admin. */
  turnSwitch(name: SwitchName, isOn: boolean, actor: Actor, reason: string | null): void;
  /** The catalogue as its files say now, with its access list and its faults. */
  catalogue(): Catalogue;
  /** Who has been given a token; null: nobody, and the person at this machine may do everything. PERMISSION where the list has a fault. */
  readonly holders: () => Access['tokens'] | null;
  /** Goes on with plans whose process was killed. To be called once, by the process that applies plans. */
  resume(): void;
  /** Resolves when every plan that is being applied here has ended. */
  idle(): Promise<void>;
  close(): void;
}

export function openDeployService(options: DeployServiceOptions): LocalDeployService {
  return new CatalogueDeployService(options, openControlDatabase(options.dataDirectory));
}

const listed = 200; // plans, newest first
const pollMs = 100;

class CatalogueDeployService implements LocalDeployService {
  readonly switches: Switches;
  readonly log: DeployLog;
  readonly #options: DeployServiceOptions;
  readonly #database: DatabaseSync;
  readonly #store: PlanStore;
  readonly #asker: Asker;
  readonly #applier: Applier;
  readonly #parsed: ParsedFiles = new Map();
  readonly holders = (): Access['tokens'] | null => usable(this.catalogue()).access?.tokens ?? null;

  constructor(options: DeployServiceOptions, database: DatabaseSync) {
    const { control, clock, dataDirectory } = options;
    this.#options = options;
    this.#database = database;
    this.#store = new PlanStore(database);
    this.switches = new Switches(database);
    this.log = new DeployLog(database, dataDirectory, clock);
    const { log, switches } = this;
    this.#asker = new Asker({ createParser: options.createParser, control, store: this.#store, log, switches, clock });
    const mutationsEnabled = (): boolean => this.switches.isOn('mutations.enabled');
    this.#applier = new Applier({ store: this.#store, log: this.log, control, clock, mutationsEnabled });
  }

  catalogue(): Catalogue {
    return readCatalogue(this.#options, this.#parsed);
  }

  resume(): void {
    for (const { id, hash, progress } of this.#store.applying()) {
      const fromStep = progress.filter(({ state }) => state === 'done').length;
      this.log.append({ event: 'resumed', plan: id, planHash: hash, fromStep });
      this.#applier.start(id);
    }
  }

  async idle(): Promise<void> {
    await this.#applier.idle();
  }

  close(): void {
    this.#database.close();
  }

  async ask(text: string, environment: string | null, caller: Caller): Promise<AskAnswer> {
    return await this.#logged(caller, async () => this.#asker.ask(text, environment, caller, await this.#world()));
  }

  async plan(steps: readonly IntentStep[], caller: Caller): Promise<AskAnswer> {
    return await this.#logged(caller, async () => this.#asker.plan(steps, caller, await this.#world()));
  }

  turnSwitch(name: SwitchName, isOn: boolean, actor: Actor, reason: string | null): void {
    if (!mayTurnSwitches(actor)) {
      throw new EngineError('PERMISSION', `${actor.name} may not turn ${name}: it takes the role admin`);
    }
    const said = reason === null ? null : withoutSecrets(shownText(reason, 500));
    this.log.append({ event: 'switched', actor, name, isOn, reason: said });
    this.switches.set(name, isOn, { name: actor.name, time: this.#options.clock.now(), reason: said });
  }

  async getPlan(id: string, caller: Caller): Promise<Plan> {
    return this.#visible(id, caller, await this.#world());
  }

  async listPlans(caller: Caller): Promise<readonly Plan[]> {
    const world = await this.#world();
    const plans = this.#store.list(listed).filter((plan) => maySeePlan(caller.actor, plan, world));
    return plans.map((plan) => this.#aged(plan));
  }

  async cancelPlan(id: string, caller: Caller): Promise<Plan> {
    return await this.#logged(
      caller,
      async () => {
        const world = await this.#world();
        const plan = this.#visible(id, caller, world);
        if (plan.actor.name !== caller.actor.name && !mayConfirmPlan(plan, caller.actor, world)) {
          throw new EngineError('PERMISSION', `${caller.actor.name} may not cancel ${id}: it is another's plan`);
        }
        if (plan.status === 'cancelled') return plan;
        if (!this.#store.move(id, 'pending', 'cancelled')) throw notPending(plan);
        this.log.append({ event: 'cancelled', plan: id, actor: caller.actor, surface: caller.surface });
        return this.#store.get(id)!;
      },
      id,
    );
  }

  async applyPlan(id: string, confirmation: PlanConfirmation, caller: Caller): Promise<Plan> {
    return await this.#logged(
      caller,
      async () => {
        const world = await this.#world();
        const plan = this.#visible(id, caller, world);
        checkHash(plan, confirmation.hash);
        if (plan.status === 'applying' || plan.status === 'applied') return plan;
        if (plan.status !== 'pending') throw notPending(plan);
        const now = this.#options.clock.now();
        checkPolicy(plan, world, now, this.switches.isOn('mutations.enabled'));
        checkConfirmer(plan, caller, confirmation, world);
        checkFresh(plan, world);
        return this.#confirm(plan, confirmation, caller, world);
      },
      id,
    );
  }

  async waitForPlan(id: string, timeoutMs: number, caller: Caller): Promise<Plan> {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + timeoutMs;
    this.#visible(id, caller, await this.#world());
    for (;;) {
      const plan = this.#aged(this.#store.get(id)!);
      if (plan.status !== 'pending' && plan.status !== 'applying') return plan;
      if (clock.monotonic() >= deadline) {
        throw new EngineError(
          'TIMEOUT',
          `${id}: expected its end within ${timeoutMs / 1_000} s, found it ${plan.status}`,
          {
            hint: 'It goes on all the same: look again with millrace plans get.',
          },
        );
      }
      await clock.sleep(pollMs);
    }
  }

  async deployments({ actor }: Caller): Promise<readonly DeploymentView[]> {
    const { deployments } = await this.#world();
    return deployments.filter(({ team, environment }) => maySee(actor, { team, environment }));
  }

  /** Recorded, and begun where nobody else has to say yes. Synchronous, so that nothing comes between. */
  #confirm(plan: Plan, { reason }: PlanConfirmation, { actor, surface }: Caller, world: World): Plan {
    const { id, hash } = plan;
    const needsNobody = plan.confirmation === 'none';
    if (
      !needsNobody &&
      !isApproved(plan, [...plan.confirmedBy, actor.name], world) &&
      plan.confirmation !== 'two-person'
    ) {
      throw new EngineError('PERMISSION', `${id}: ${actor.name} may no longer confirm it`);
    }
    const said = reason === undefined ? null : withoutSecrets(shownText(reason, 500));
    this.log.append({ event: 'confirmed', plan: id, planHash: hash, confirmer: actor, surface, reason: said });
    const confirmedBy = this.#store.confirm(id, actor.name);
    if (!isApproved(plan, confirmedBy, world)) return this.#store.get(id)!;
    this.#store.begin(id);
    this.log.append({ event: 'begun', plan: id, planHash: hash, confirmedBy });
    this.#applier.start(id);
    return this.#store.get(id)!;
  }

  async #world(): Promise<World> {
    const catalogue = usable(this.catalogue());
    return { catalogue, deployments: await this.#options.control.list() };
  }

  #visible(id: string, { actor }: Caller, world: World): Plan {
    const plan = this.#store.get(id);
    if (plan !== null && maySeePlan(actor, plan, world)) return this.#aged(plan);
    throw new EngineError('NOT_FOUND', `plan '${shownText(id)}': expected one that you may see, found none`);
  }

  /** A plan whose time has run out is expired from the moment that someone looks. */
  #aged(plan: Plan): Plan {
    if (plan.status !== 'pending' || this.#options.clock.now() < plan.expiresAt) return plan;
    this.#store.move(plan.id, 'pending', 'expired');
    return this.#store.get(plan.id) ?? plan;
  }

  /** What is refused is in the log as well. */
  async #logged<T>(caller: Caller, work: () => Promise<T>, plan: string | null = null): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { code, message } = toErrorData(error);
      if (code === 'PERMISSION' || code === 'LIMIT' || code === 'CONFLICT') {
        const { actor, surface } = caller;
        this.log.append({
          event: 'refused',
          plan: plan && shownText(plan),
          actor,
          surface,
          code,
          text: withoutSecrets(shownText(message, 500)),
        });
      }
      throw error;
    }
  }
}

/** Nobody may do anything while it is not known who may. */
function usable(catalogue: Catalogue): Catalogue {
  const fault = catalogue.faults.find(({ kind }) => kind === 'access');
  if (fault === undefined) return catalogue;
  throw new EngineError('PERMISSION', `nobody may do anything until envs/access.yaml can be read: ${fault.message}`);
}

function notPending({ id, status }: Plan): EngineError {
  const hint = status === 'expired' ? 'Plan again: plans can be confirmed for 15 minutes.' : 'Plan again.';
  return new EngineError('CONFLICT', `${id}: expected a plan that waits for its confirmation, found it ${status}`, {
    hint,
  });
}
