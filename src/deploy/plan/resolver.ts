/**
 * Steps of an intent to steps of a plan: deterministic, over the catalogue and what runs, seeing only what the actor may see. Each step is
 * resolved on what the steps before it leave. What has no plain answer is asked; what is so already is said.
 */
import type { PlanStep } from '../../model/change-plan.ts';
import { type DeploymentKey, deploymentId } from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';
import { type IntentStep, verbFacts } from '../../model/intent.ts';
import { mayAsk, rolesAt } from '../policy/grant.ts';
import { findEnvironment, findJob } from './naming.ts';
import type { Question } from './question.ts';
import type { Scene, Seen } from './scene.ts';
import { buildStep, type Subject } from './step-builder.ts';

/** Something to be told. null: of all jobs, of every environment. */
export type Reading = Readonly<{ verb: IntentStep['verb']; job: string | null; environment: string | null }>;

export type Resolution =
  | Readonly<{
      kind: 'changes';
      steps: readonly PlanStep[];
      /** Versions of the deployments that change, by id; 0: there is none yet. */
      observed: Readonly<Record<string, number>>;
    }>
  | Readonly<{ kind: 'readings'; readings: readonly Reading[] }>
  /** All is so already. */
  | Readonly<{ kind: 'nothing'; text: string }>
  | Question;

/** Throws INVALID_OPTION (parameters, bounds) and PERMISSION (roles). `steps` have been checked for their shape. */
export function resolveSteps(steps: readonly IntentStep[], scene: Scene): Resolution {
  if (steps.every(({ verb }) => !verbFacts[verb].mutates)) return readingsOf(steps, scene);
  const resolver = new ChangeResolver(scene);
  for (const step of steps) {
    const question = resolver.add(step);
    if (question !== null) return question;
  }
  return resolver.result();
}

class ChangeResolver {
  readonly #scene: Scene;
  readonly #steps: PlanStep[] = [];
  readonly #notes: string[] = [];
  readonly #states = new Map<string, Seen | null>();
  readonly #observed: Record<string, number> = {};
  #before: DeploymentKey | null = null;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  add(step: IntentStep): Question | null {
    const isLook = !verbFacts[step.verb].mutates;
    if (isLook && step.until === null) return null; // to be told of among changes: the plan tells of them
    const key = this.#keyOf(step);
    if ('kind' in key) return key;
    const subject = this.#subjectOf(key);
    checkRights(step, subject, this.#scene);
    const built = buildStep(step, subject);
    if (built.kind === 'question') return built;
    this.#before = key;
    if (built.kind === 'nothing') {
      this.#notes.push(built.text);
      return step.until === null || isLook ? null : this.add({ ...lookAt(step), verb: 'lag' });
    }
    this.#steps.push(built.step);
    this.#states.set(deploymentId(key), built.after);
    if (!isLook) this.#observe(key);
    return null;
  }

  result(): Resolution {
    const changes = this.#steps.filter(({ action }) => verbFacts[action].mutates);
    if (changes.length === 0) return { kind: 'nothing', text: this.#notes.join('\n') };
    return { kind: 'changes', steps: this.#steps, observed: this.#observed };
  }

  #keyOf(step: IntentStep): DeploymentKey | Question {
    const job = findJob(step, this.#before?.job ?? null, this.#scene);
    if (job.kind === 'question') return job;
    const sameJob = this.#before?.job === job.name ? this.#before.environment : null;
    const environment = findEnvironment(step, job.name, sameJob, this.#scene);
    if (environment.kind === 'question') return environment;
    return { job: job.name, environment: environment.name };
  }

  #subjectOf(key: DeploymentKey): Subject {
    const id = deploymentId(key);
    const seen = this.#states.has(id) ? this.#states.get(id)! : this.#scene.seen(key);
    return { key, environment: this.#scene.environment(key.environment)!, job: this.#scene.job(key.job), seen };
  }

  #observe(key: DeploymentKey): void {
    this.#observed[deploymentId(key)] ??= this.#scene.seen(key)?.view?.version ?? 0;
  }
}

/** The same place, with nothing said but what to wait for. */
function lookAt({ job, environment, until }: IntentStep): Omit<IntentStep, 'verb'> {
  return { job, environment, until, engine: null, parameters: {}, parallelism: null, savepoint: null };
}

function checkRights({ verb }: IntentStep, { key }: Subject, scene: Scene): void {
  const { environment } = key;
  if (scene.isHidden(key)) throw refused(verb, key, scene, 'it belongs to another team');
  const teams = scene.teamsOf(key);
  const refusing = teams.find((team) => !mayAsk(scene.actor, verb, { team, environment }));
  if (refusing === undefined && teams.length > 0) return;
  const held = rolesAt(scene.actor, { team: refusing ?? null, environment });
  throw refused(verb, key, scene, held.length === 0 ? 'no role there' : `the role there is ${held.join(', ')}`);
}

function refused(verb: string, { job, environment }: DeploymentKey, { actor }: Scene, why: string): EngineError {
  return new EngineError('PERMISSION', `${actor.name} may not ${verb} ${job} in ${environment}: ${why}`, {
    hint: 'Roles are given out in envs/access.yaml.',
  });
}

function readingsOf(steps: readonly IntentStep[], scene: Scene): Resolution {
  const readings: Reading[] = [];
  for (const step of steps) {
    const before = readings.at(-1)?.job ?? null;
    const reading = readingOf(step, before, scene);
    if ('kind' in reading) return reading;
    readings.push(reading);
  }
  return { kind: 'readings', readings };
}

function readingOf(step: IntentStep, before: string | null, scene: Scene): Reading | Question {
  const { verb } = step;
  const isOfOne = verb === 'logs' || verb === 'diagnose';
  const said = step.environment ?? scene.saidEnvironment;
  if (step.job === null && !isOfOne) {
    if (said === null) return { verb, job: null, environment: null };
    const environment = findEnvironment(step, '', null, scene);
    return environment.kind === 'question' ? environment : { verb, job: null, environment: environment.name };
  }
  const job = findJob(step, before, scene);
  if (job.kind === 'question') return job;
  if (said === null && !isOfOne) return { verb, job: job.name, environment: null };
  const environment = findEnvironment(step, job.name, null, scene);
  if (environment.kind === 'question') return environment;
  const key = { job: job.name, environment: environment.name };
  if (!scene.teamsOf(key).every((team) => mayAsk(scene.actor, verb, { team, environment: key.environment }))) {
    throw refused(verb, key, scene, 'no role there');
  }
  return { verb, ...key };
}
