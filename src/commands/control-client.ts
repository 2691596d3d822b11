/**
 * The way of the commands to a control plane: a server that was named, the `millrace serve` of the data directory, or, where none runs, the
 * store itself, read in this process. What is applied then is carried out by a `serve` that is started in the background.
 */
import type { Plan } from '../model/change-plan.ts';
import type { Caller, DeployService, PlanConfirmation } from '../model/deploy-service.ts';
import type { DeploymentKey, DeploymentView } from '../model/deployment.ts';
import { EngineError } from '../model/errors.ts';
import type { JobStatus } from '../model/job-status.ts';
import { holderOf } from '../server/access.ts';
import { HttpControl } from './control-http.ts';
import type { CommandContext } from './dependencies.ts';
import { dataDirectoryOf } from './job-options.ts';
import { type LocalControl, openLocalControl } from './local-control.ts';
import { findServe } from './serve-file.ts';

export type ControlEvent = Readonly<{ time: number; kind: string; text: string }>;

export interface ControlClient extends DeployService {
  /** A URL, or the data directory. */
  readonly where: string;
  logs(key: DeploymentKey, lines: number, caller: Caller): Promise<readonly string[]>;
  /** What happened to a deployment, newest first. */
  events(key: DeploymentKey, limit: number, caller: Caller): Promise<readonly ControlEvent[]>;
  /** All that its engine shows of a deployment's job; null where it shows less. */
  status(view: DeploymentView, caller: Caller): Promise<JobStatus | null>;
  close(): Promise<void>;
}

export type ControlClientOptions = Readonly<{ server?: string | undefined; dataDir: string }>;

export async function connectControl(context: CommandContext, options: ControlClientOptions): Promise<ControlClient> {
  const { env, clock } = context;
  const token = env.MILLRACE_TOKEN;
  const named = options.server ?? env.MILLRACE_SERVER;
  if (named !== undefined && named !== '') return new HttpControl({ url: named, token, clock });
  const dataDirectory = dataDirectoryOf(options, context);
  const serve = await findServe(dataDirectory, token);
  if (serve !== null) return new HttpControl({ url: serve.url, token, clock });
  return new StoreControl(dataDirectory, await openLocalControl({ dataDirectory }, context), context);
}

/** Who the command line is: decided by the server where there is one, else by the token, else the person at this machine. */
export function commandCaller(): Caller {
  return { actor: { name: 'local', team: null, roles: ['*/admin'] }, surface: 'cli' };
}

/** Reads and plans here; the first plan that is applied brings a `serve` to life, which everything goes to from then on. */
class StoreControl implements ControlClient {
  readonly where: string;
  readonly #context: CommandContext;
  readonly #local: LocalControl;
  #serve: ControlClient | null = null;

  constructor(dataDirectory: string, local: LocalControl, context: CommandContext) {
    this.where = dataDirectory;
    this.#local = local;
    this.#context = context;
  }

  async ask(text: string, environment: string | null, caller: Caller): ReturnType<DeployService['ask']> {
    return await this.#service().ask(text, environment, this.#caller(caller));
  }

  async plan(steps: Parameters<DeployService['plan']>[0], caller: Caller): ReturnType<DeployService['plan']> {
    return await this.#service().plan(steps, this.#caller(caller));
  }

  async getPlan(id: string, caller: Caller): Promise<Plan> {
    return await this.#service().getPlan(id, this.#caller(caller));
  }

  async listPlans(caller: Caller): Promise<readonly Plan[]> {
    return await this.#service().listPlans(this.#caller(caller));
  }

  async cancelPlan(id: string, caller: Caller): Promise<Plan> {
    return await this.#service().cancelPlan(id, this.#caller(caller));
  }

  async applyPlan(id: string, confirmation: PlanConfirmation, caller: Caller): Promise<Plan> {
    const plan = await this.getPlan(id, caller); // before anything is started for its sake
    if (plan.hash !== confirmation.hash) {
      throw new EngineError('CONFLICT', `${id}: expected the hash of the plan that was shown, got another`);
    }
    this.#serve ??= await this.#context.startServe(this.where, this.#context);
    return await this.#serve.applyPlan(id, confirmation, caller);
  }

  async waitForPlan(id: string, timeoutMs: number, caller: Caller): Promise<Plan> {
    return await this.#service().waitForPlan(id, timeoutMs, this.#caller(caller));
  }

  async deployments(caller: Caller): ReturnType<DeployService['deployments']> {
    return await this.#service().deployments(this.#caller(caller));
  }

  async logs(key: DeploymentKey, lines: number, caller: Caller): Promise<readonly string[]> {
    await this.#visible(key, caller);
    return await (this.#serve?.logs(key, lines, caller) ?? this.#local.control.logs(key, lines));
  }

  async events(key: DeploymentKey, limit: number, caller: Caller): Promise<readonly ControlEvent[]> {
    await this.#visible(key, caller);
    return await (this.#serve?.events(key, limit, caller) ?? this.#local.control.events(key, limit));
  }

  async status(view: DeploymentView, caller: Caller): Promise<JobStatus | null> {
    return (await this.#serve?.status(view, caller)) ?? null; // nothing runs in this process
  }

  async close(): Promise<void> {
    await this.#local.control.close({ park: false });
    await this.#local.close();
  }

  #service(): DeployService {
    return this.#serve ?? this.#local.service;
  }

  #caller(caller: Caller): Caller {
    const holders = this.#local.service.holders();
    if (holders === null) return caller;
    const actor = holderOf(holders, this.#context.env.MILLRACE_TOKEN ?? '');
    if (actor !== null) return { ...caller, actor };
    throw new EngineError('PERMISSION', 'expected a token of envs/access.yaml in MILLRACE_TOKEN, found none');
  }

  async #visible(key: DeploymentKey, caller: Caller): Promise<void> {
    const seen = await this.deployments(caller);
    if (seen.some(({ job, environment }) => job === key.job && environment === key.environment)) return;
    throw new EngineError('NOT_FOUND', `${key.environment}/${key.job}: there is no such deployment`);
  }
}
