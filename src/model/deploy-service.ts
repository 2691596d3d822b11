/**
 * The one way in for everything that asks for a change: terminal, HTTP, page, MCP, GitOps. Behind it the same parser, resolver, validator,
 * policy and log stand for all of them.
 */
import type { Actor, Plan, Surface } from './change-plan.ts';
import type { DeploymentView } from './deployment.ts';
import type { IntentStep, ParserName } from './intent.ts';

export type Caller = Readonly<{ actor: Actor; surface: Surface }>;

export type AskAnswer =
  /** Something would change: nothing has. */
  | Readonly<{ kind: 'plan'; plan: Plan; command: string; parser: ParserName }>
  /** The words only asked to be told: this is the answer, in a form to read and as data. */
  | Readonly<{ kind: 'answer'; text: string; data: unknown; command: string; parser: ParserName }>
  | Readonly<{ kind: 'question'; question: string; candidates: readonly string[]; parser: ParserName }>
  | Readonly<{ kind: 'out-of-scope'; reason: string; parser: ParserName }>;

/** What a person says to a plan. */
export type PlanConfirmation = Readonly<{
  /** Of the plan that was shown. Another one: CONFLICT. */
  hash: string;
  /** The job's name, where the plan asks to type it. */
  typedName?: string | undefined;
  reason?: string | undefined;
}>;

/**
 * Errors: NOT_FOUND (no such plan, or not the caller's to see), CONFLICT (stale, expired, wrong hash, already applied), PERMISSION (role, policy,
 * a switch that is off), LIMIT (budget, rate), INVALID_OPTION (a value out of its bounds).
 */
export interface DeployService {
  ask(text: string, environment: string | null, caller: Caller): Promise<AskAnswer>;
  /** The same for steps that were written out. */
  plan(steps: readonly IntentStep[], caller: Caller): Promise<AskAnswer>;
  getPlan(id: string, caller: Caller): Promise<Plan>;
  listPlans(caller: Caller): Promise<readonly Plan[]>;
  cancelPlan(id: string, caller: Caller): Promise<Plan>;
  /**
   * Confirms and, once all confirmations are there, carries out. Resolves as soon as it is recorded as `applying`: what follows survives a
   * kill. A plan that was applied already is returned as it is. One that still waits for a second person stays `pending`.
   */
  applyPlan(id: string, confirmation: PlanConfirmation, caller: Caller): Promise<Plan>;
  /** Resolves when the plan has ended, either way; rejects with TIMEOUT. */
  waitForPlan(id: string, timeoutMs: number, caller: Caller): Promise<Plan>;
  /** Deployments that the caller may see. */
  deployments(caller: Caller): Promise<readonly DeploymentView[]>;
}
