/** Names that were said, to things that are there. A name that is close is offered, never taken. */
import { EngineError } from '../../model/errors.ts';
import type { IntentStep } from '../../model/intent.ts';
import { nearest } from '../../model/options.ts';
import { faultOf } from '../catalogue/catalogue.ts';
import { ask, type Question } from './question.ts';
import type { Scene } from './scene.ts';
import { shownText } from './shown-text.ts';

export type Named = Readonly<{ kind: 'named'; name: string }>;

const named = (name: string): Named => ({ kind: 'named', name });

/** `before`: the job of the step before, which a step without one goes on with. */
export function findJob({ verb, job }: IntentStep, before: string | null, scene: Scene): Named | Question {
  const names = [
    ...new Set([...scene.jobs.map(({ spec }) => spec.name), ...scene.deployments.map((view) => view.job)]),
  ];
  if (job === null) {
    if (before !== null) return named(before);
    return names.length === 1 ? named(names[0]!) : ask(`Which job is to be meant by '${verb}'?`, names.sort());
  }
  if (names.includes(job)) return named(job);
  const word = plain(job);
  const found = names.filter(
    (name) => plain(name) === word || aliasesOf(name, scene).some((alias) => plain(alias) === word),
  );
  if (found.length === 1) return named(found[0]!);
  if (found.length > 1) return ask(`'${shownText(job)}' may be any of ${found.length} jobs. Which one?`, found.sort());
  const fault = faultOf(scene.catalogue, 'job', job);
  if (fault !== undefined) {
    throw new EngineError('INVALID_OPTION', `job '${job}' can't be deployed: its spec has a fault: ${fault.message}`);
  }
  return notFound('job', job, [...names, ...names.flatMap((name) => aliasesOf(name, scene))], names);
}

function aliasesOf(name: string, scene: Scene): readonly string[] {
  return scene.job(name)?.spec.aliases ?? [];
}

/** Case, spaces, - and _ make no difference; letters do. */
function plain(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');
}

function notFound(what: string, word: string, near: readonly string[], known: readonly string[]): Question {
  const close = nearest(word, near);
  const question = `There is no ${what} '${shownText(word)}'.`;
  if (close !== undefined) return ask(`${question} Did you mean '${close}'?`, [close]);
  return ask(known.length === 0 ? question : `${question} Which one?`, [...known].sort());
}

/** What has one plain answer: the one that was said, that has the deployment, that is the default, or that is the only one. */
export function findEnvironment(step: IntentStep, job: string, before: string | null, scene: Scene): Named | Question {
  const said = step.environment ?? scene.saidEnvironment;
  if (step.environment !== null && scene.saidEnvironment !== null && step.environment !== scene.saidEnvironment) {
    const both = [step.environment, scene.saidEnvironment].map((name) => shownText(name));
    return ask(`Two environments were said, '${both.join("' and '")}'. Which one?`, both);
  }
  const names = scene.environments.map(({ name }) => name);
  if (said !== null) return knownEnvironment(said, names, scene);
  if (before !== null) return named(before);
  const deployed = scene.deployments.filter((view) => view.job === job).map((view) => view.environment);
  if (step.verb !== 'deploy' && deployed.length === 1) return named(deployed[0]!);
  const byDefault = scene.environments.find(({ isDefault }) => isDefault);
  if (byDefault !== undefined && (deployed.length === 0 || deployed.includes(byDefault.name)))
    return named(byDefault.name);
  if (names.length === 1) return named(names[0]!);
  return ask(`In which environment is '${step.verb} ${job}' to happen?`, deployed.length > 1 ? deployed : names);
}

function knownEnvironment(said: string, names: readonly string[], scene: Scene): Named | Question {
  if (names.includes(said)) return named(said);
  const fault = faultOf(scene.catalogue, 'environment', said);
  if (fault === undefined) return notFound('environment', said, names, names);
  throw new EngineError(
    'INVALID_OPTION',
    `environment '${said}' can't be used: its file has a fault: ${fault.message}`,
  );
}
