/**
 * Plan → confirm → apply. A plan is the only way to change what runs: resolved steps, what they change, what it may cost, who may confirm it,
 * and a hash over all of that and over the versions of the deployments that were seen. Confirming is saying the hash back; a plan whose world
 * has moved is refused.
 */
import type { DeploymentKey, DeploymentView, JobEngine, Release, RestoreFrom } from './deployment.ts';
import type { Condition, ParserName, Verb } from './intent.ts';

export const riskClasses = [
  'read', // changes nothing
  'low', // starts something new, or can be taken back without loss
  'medium', // interrupts a running job, keeps its state
  'high', // the same where people depend on it (production)
  'critical', // gives up state or data: stop without savepoint, start without state
] as const;
export type RiskClass = (typeof riskClasses)[number];

/** What has to happen before a plan is applied, from weak to strong. */
export const confirmations = ['none', 'confirm', 'type-name', 'two-person', 'deny'] as const;
export type Confirmation = (typeof confirmations)[number];

export type Surface = 'cli' | 'http' | 'page' | 'mcp' | 'gitops';

/** Who asks: by token, or the person at this machine. */
export type Actor = Readonly<{ name: string; team: string | null; roles: readonly string[] }>;

export type PlanStep = Readonly<
  DeploymentKey & {
    action: Verb;
    engine: JobEngine;
    parameters: Readonly<Record<string, string>>;
    parallelism: number | null;
    restore: RestoreFrom;
    /** stop, pause: whether a savepoint is taken. */
    savepoint: boolean;
    until: Condition | null;
    /** To be run: deploy, start, scale, restart, resume, rollback. */
    release: Release | null;
    /** Lines of what is before and after: `parallelism: 4 → 8`. */
    diff: readonly Readonly<{ field: string; before: string | null; after: string | null }>[];
    /** A sentence, made by code from the fields above, never by a model. */
    text: string;
  }
>;

export type PlanStatus = 'pending' | 'applying' | 'applied' | 'failed' | 'cancelled' | 'expired';

export type Plan = Readonly<{
  /** `plan-` and 16 letters and digits. */
  id: string;
  /** sha256 in hex over the canonical JSON of `steps`, `observed`, `actor`, `confirmation`, `risk`, `expiresAt`. */
  hash: string;
  status: PlanStatus;
  createdAt: number;
  expiresAt: number;
  surface: Surface;
  actor: Actor;
  parser: ParserName | null;
  /** The explicit command that it stands for. */
  command: string;
  steps: readonly PlanStep[];
  risk: RiskClass;
  confirmation: Confirmation;
  /** Why: the rules that decided, by name, with a sentence. */
  decisions: readonly Readonly<{ rule: string; confirmation: Confirmation; text: string }>[];
  /** The role that may confirm it. */
  requiredRole: string;
  cost: Readonly<{ jobs: number; slots: number; memoryMb: number }>;
  /** Versions of the deployments seen, by deployment id; 0 where there is none. */
  observed: Readonly<Record<string, number>>;
  /** Names of those who confirmed. */
  confirmedBy: readonly string[];
  /** How far it came: a line for each step that was begun. */
  progress: readonly Readonly<{
    step: number;
    state: 'running' | 'done' | 'failed';
    text: string;
    startedAt: number;
    endedAt: number | null;
  }>[];
}>;

/**
 * What carries steps out and keeps what was wanted (src/deploy/control). Every change has a `stepId` (`<plan id>/<step>`): the same again, also
 * after a kill, returns what the first one came to and changes nothing.
 */
export interface ControlPlane {
  /** What is known of a deployment now; null: there is none. */
  get(key: DeploymentKey): Promise<DeploymentView | null>;
  list(): Promise<readonly DeploymentView[]>;
  /**
   * Records the change as wanted, at `expectedVersion` (CONFLICT where it has moved; 0: there is none yet), and resolves when it is reached:
   * submitted for what starts, ended for what stops, written for a savepoint. Rejects with what it failed of.
   */
  perform(
    step: PlanStep,
    stepId: string,
    expectedVersion: number,
  ): Promise<Readonly<{ text: string; version: number }>>;
  /** Resolves when the condition holds; rejects with TIMEOUT. */
  waitFor(key: DeploymentKey, condition: Condition, timeoutMs: number): Promise<string>;
  logs(key: DeploymentKey, lines: number): Promise<readonly string[]>;
}
