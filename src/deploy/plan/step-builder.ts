/** One thing to do, on a deployment as it stands, to the step that does it; or a question; or nothing, where it is so already. */
import type { PlanStep } from '../../model/change-plan.ts';
import type { DeploymentKey, Release, RestoreFrom } from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';
import { type IntentStep, type Verb, verbFacts } from '../../model/intent.ts';
import type { CatalogueJob } from '../catalogue/catalogue.ts';
import type { Environment } from '../catalogue/environment.ts';
import { mergeParameters } from './parameters.ts';
import { ask, type Question } from './question.ts';
import { buildRelease, withParallelism } from './release.ts';
import type { Seen } from './scene.ts';
import { stepDiff } from './step-diff.ts';
import { stepText } from './step-text.ts';

export type Built =
  | Readonly<{ kind: 'step'; step: PlanStep; after: Seen | null }>
  /** It is so already: why. */
  | Readonly<{ kind: 'nothing'; text: string }>
  | Question;

/** What a step is about. `job` is null for what runs but is no longer in the catalogue. */
export type Subject = Readonly<{
  key: DeploymentKey;
  environment: Environment;
  job: CatalogueJob | null;
  seen: Seen | null;
}>;

type Builder = (step: IntentStep, subject: Subject) => Built;

/** Throws INVALID_OPTION for what a verb doesn't take, and for parameters out of their bounds. */
export function buildStep(step: IntentStep, subject: Subject): Built {
  refuseStray(step, subject);
  return (builders[step.verb] ?? look)(step, subject);
}

const builders: Readonly<Partial<Record<Verb, Builder>>> = {
  deploy,
  start,
  resume: (step, subject) => (subject.seen === null ? notDeployed(step, subject) : start(step, subject)),
  stop,
  pause: stop,
  restart,
  scale,
  rollback,
  savepoint,
};

const takesValues: readonly Verb[] = ['deploy', 'start', 'resume', 'restart'];

function refuseStray(step: IntentStep, { key, seen }: Subject): void {
  const { verb, engine, parallelism, parameters } = step;
  const stray = (what: string): EngineError =>
    new EngineError('INVALID_OPTION', `'${verb} ${key.job}': expected no ${what}: '${verb}' takes none`);
  if (Object.keys(parameters).length > 0 && !takesValues.includes(verb)) throw stray('parameters');
  if (parallelism !== null && !takesValues.includes(verb) && verb !== 'scale') throw stray('parallelism');
  if (step.savepoint === false && verb !== 'stop' && verb !== 'pause') {
    throw new EngineError('INVALID_OPTION', `'${verb} ${key.job}': only stop and pause may leave the savepoint out`);
  }
  if (engine !== null && seen !== null && engine !== seen.engine && !['deploy', 'start'].includes(verb)) {
    throw new EngineError('INVALID_OPTION', `'${verb} ${key.job}' on ${engine}: it is deployed on ${seen.engine}`);
  }
}

function deploy(step: IntentStep, subject: Subject): Built {
  const { key, environment, job, seen } = subject;
  if (job === null) {
    throw new EngineError(
      'NOT_FOUND',
      `job '${key.job}': expected a spec in the catalogue, found none: it can't be deployed anew`,
    );
  }
  const { environments, parameters: declared, engine: ofSpec } = job.spec;
  if (environments.length > 0 && !environments.includes(key.environment)) {
    throw new EngineError(
      'INVALID_OPTION',
      `job '${key.job}' may be deployed in ${environments.join(', ')}, not in ${key.environment}`,
      {
        hint: 'metadata.environments of its spec says so.',
      },
    );
  }
  const merged = mergeParameters(declared, environment.parameters, step.parameters);
  if (merged.kind === 'missing') {
    const { name, description, values } = merged.parameter;
    const why = description === undefined ? '' : ` (${description})`;
    return ask(`${key.job} needs a value for '${name}'${why}: it has no default. Which one?`, values);
  }
  const engine = step.engine ?? seen?.engine ?? ofSpec;
  const { parallelism } = step;
  const release = buildRelease(job, { environment: key.environment, engine, parameters: merged.values, parallelism });
  const isSame = seen !== null && seen.state === 'running' && seen.digest === release.digest;
  if (isSame && seen.view?.state !== 'ROLLED_BACK') return already(key, 'runs exactly so', step);
  if (seen === null || seen.engine === engine) return running('deploy', step, subject, release, { kind: 'latest' });
  if (seen.state === 'suspended') return running('deploy', step, subject, release, { kind: 'none' });
  const what = `${key.job} in ${key.environment}`;
  const question = `${what} runs on ${seen.engine}. Is it to be stopped, and started on ${engine} without its state?`;
  return ask(question, [`stop ${what}, then deploy ${what} on ${engine}`]);
}

function start(step: IntentStep, subject: Subject): Built {
  const { key, seen } = subject;
  if (seen === null) return deploy({ ...step, verb: 'deploy' }, subject);
  const saysMore = Object.keys(step.parameters).length > 0 || (step.engine !== null && step.engine !== seen.engine);
  if (seen.state === 'suspended') {
    return saysMore ? deploy({ ...step, verb: 'deploy' }, subject) : going(step.verb, step, subject);
  }
  if (!saysMore && (step.parallelism ?? seen.parallelism) === seen.parallelism) return already(key, 'runs', step);
  const what = `${key.job} in ${key.environment}`;
  const other = saysMore ? `deploy ${what}` : `scale ${what} to ${step.parallelism}`;
  return ask(`${key.job} runs already in ${key.environment}. Is it to be changed?`, [other, `restart ${what}`]);
}

function stop(step: IntentStep, subject: Subject): Built {
  const { key, seen } = subject;
  if (seen === null) return already(key, 'is not deployed', step);
  if (seen.state === 'suspended') return already(key, 'is stopped', step);
  const after: Seen = { ...seen, state: 'suspended' };
  const kept = step.savepoint ?? true;
  return built(step.verb, step, subject, { release: null, savepoint: kept, restore: { kind: 'latest' }, after });
}

function restart(step: IntentStep, subject: Subject): Built {
  const { seen } = subject;
  if (seen === null) return notDeployed(step, subject);
  if (Object.keys(step.parameters).length > 0) return deploy({ ...step, verb: 'deploy' }, subject);
  if (seen.state === 'suspended') return going('start', step, subject);
  return going('restart', step, subject);
}

function scale(step: IntentStep, subject: Subject): Built {
  const { key, seen } = subject;
  if (seen === null) return notDeployed(step, subject);
  const what = `${key.job} in ${key.environment}`;
  if (step.parallelism === null) return ask(`To which parallelism is ${what} to be scaled?`, []);
  if (seen.state === 'suspended') {
    const question = `${key.job} is stopped in ${key.environment}. Is it to be started at parallelism ${step.parallelism}?`;
    return ask(question, [`start ${what} at parallelism ${step.parallelism}`]);
  }
  if (step.parallelism === seen.parallelism) return already(key, `runs at parallelism ${seen.parallelism}`, step);
  return going('scale', step, subject);
}

function rollback(step: IntentStep, subject: Subject): Built {
  const { key, seen } = subject;
  if (seen === null) return notDeployed(step, subject);
  const last = seen.view?.lastStableRelease ?? null;
  if (seen.view === null || last === null || last === seen.view.release.number) {
    return already(key, 'has no other release that was stable to go back to', step);
  }
  const isRunning = seen.state === 'running';
  const made = built('rollback', step, subject, {
    release: null,
    savepoint: isRunning,
    restore: { kind: 'latest' },
    after: { ...seen, state: 'running', view: null },
  });
  const line = { field: 'release', before: `#${seen.view.release.number}`, after: `#${last}` };
  return made.kind === 'step' ? { ...made, step: { ...made.step, diff: [...made.step.diff, line] } } : made;
}

function savepoint(step: IntentStep, subject: Subject): Built {
  const { key, seen } = subject;
  if (seen === null) return notDeployed(step, subject);
  if (seen.state === 'suspended') return already(key, 'is stopped, and its state is kept from then', step);
  return built('savepoint', step, subject, {
    release: null,
    savepoint: true,
    restore: { kind: 'latest' },
    after: seen,
  });
}

/** Only reached for what waits: a look among changes. */
function look(step: IntentStep, subject: Subject): Built {
  if (subject.seen === null) return notDeployed(step, subject);
  const { seen } = subject;
  return built(step.verb, step, subject, { release: null, savepoint: false, restore: { kind: 'latest' }, after: seen });
}

/** The release that it has, at the parallelism that was said. */
function going(action: Verb, step: IntentStep, subject: Subject): Built {
  const seen = subject.seen!;
  const base = seen.release ?? rebuilt(subject, seen);
  if (step.parallelism === null || step.parallelism === seen.parallelism) {
    return running(action, step, subject, base, { kind: 'latest' });
  }
  if (base === null) {
    const what = `deploy ${subject.key.job} in ${subject.key.environment}`;
    return ask(`What exactly runs of ${subject.key.job} is not known here. Is its newest release to be deployed?`, [
      what,
    ]);
  }
  return running(action, step, subject, withParallelism(base, step.parallelism), { kind: 'latest' });
}

/** The release of the catalogue, where it is the one that was deployed. */
function rebuilt({ job, key }: Subject, seen: Seen): Release | null {
  if (job === null) return null;
  const { engine, parameters, parallelism, digest } = seen;
  const release = buildRelease(job, { environment: key.environment, engine, parameters, parallelism });
  return release.digest === digest ? release : null;
}

function running(
  action: Verb,
  step: IntentStep,
  subject: Subject,
  release: Release | null,
  restore: RestoreFrom,
): Built {
  const { seen } = subject;
  const after: Seen | null =
    release === null
      ? seen && { ...seen, state: 'running' }
      : { ...release, release, state: 'running', view: seen?.view ?? null };
  const isEnded = seen?.state === 'running'; // the control plane takes one whenever a release replaces another
  return built(action, step, subject, { release, restore, after, savepoint: isEnded });
}

type Parts = Readonly<{ release: Release | null; restore: RestoreFrom; savepoint: boolean; after: Seen | null }>;

function built(action: Verb, { until }: IntentStep, subject: Subject, parts: Parts): Built {
  const { key, seen } = subject;
  const { release, restore, savepoint: kept, after } = parts;
  const engine = release?.engine ?? after!.engine;
  const { parameters, parallelism } = release ?? after!;
  const diff = verbFacts[action].mutates ? stepDiff(seen, { state: after!.state, release }) : [];
  const step = { ...key, action, engine, parameters, parallelism, restore, savepoint: kept, until, release, diff };
  return { kind: 'step', step: { ...step, text: stepText(step) }, after };
}

function already({ job, environment }: DeploymentKey, text: string, { verb }: IntentStep): Built {
  return { kind: 'nothing', text: `${job} in ${environment} ${text}: '${verb}' changes nothing.` };
}

function notDeployed({ verb }: IntentStep, { key, job }: Subject): Question {
  const question = `${key.job} is not deployed in ${key.environment}: there is nothing to ${verb}.`;
  return ask(
    job === null ? question : `${question} Is it to be deployed?`,
    job === null ? [] : [`deploy ${key.job} in ${key.environment}`],
  );
}
