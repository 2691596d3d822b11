/**
 * Drafts to steps: what is open is filled in where there is one plain answer, and asked for where there is not. Whatever is in doubt and
 * would change something becomes a question.
 */
import {
  type Intent,
  type IntentContext,
  type IntentStep,
  maxIntentSteps,
  type Verb,
  verbFacts,
} from '../../model/intent.ts';
import type { Doubt, Draft, Target } from './drafts.ts';
import { sayingOf } from './saying.ts';

type Question = Extract<Intent, { kind: 'question' }>;

export const largestParallelism = 32_768; // as in Flink
const mostCandidates = 5;
const guessWeight = 0.6; // confidence of a verb that was not plain
const weights = { exact: 1, words: 0.9, spelling: 0.75 } as const;

type Resolved = Readonly<{ steps: readonly IntentStep[]; confidence: number }>;

/** Verbs that need a job that exists; they may take the only one there is. */
const actsOnRunning: ReadonlySet<Verb> = new Set([
  'stop',
  'restart',
  'scale',
  'pause',
  'resume',
  'rollback',
  'savepoint',
  'start',
  'logs',
  'diagnose',
]);
/** They may be about all jobs. */
const aboutAll: ReadonlySet<Verb> = new Set(['status', 'lag', 'list', 'help']);

export function resolveDrafts(drafts: readonly Draft[], context: IntentContext): Resolved | Question {
  const steps: IntentStep[] = [];
  let confidence = 1;
  for (const [at, draft] of drafts.entries()) {
    const before = steps.at(-1);
    if (draft.untilFirst && draft.until !== null && verbFacts[draft.verb].mutates) {
      if (before === undefined || !verbFacts[before.verb].mutates || before.verb === 'stop')
        return doubtQuestion(draft, 'conditional', context);
      steps[steps.length - 1] = { ...before, until: draft.until };
    }
    if (isMerged(draft, before)) {
      steps[steps.length - 1] = merged(draft, before!);
      continue;
    }
    const resolved = resolveDraft(draft, steps, drafts.slice(at + 1), context);
    if ('kind' in resolved) return resolved;
    steps.push(...resolved.steps);
    confidence = Math.min(confidence, resolved.confidence);
  }
  if (steps.length > maxIntentSteps) {
    return question(
      `That is ${steps.length} steps; at the most ${maxIntentSteps} can be planned at once. Which come first?`,
      [],
    );
  }
  return { steps, confidence };
}

/** “Stop it, take a savepoint” is one step; so is what to wait for after a step. */
function isMerged(draft: Draft, before: IntentStep | undefined): boolean {
  if (before === undefined || draft.doubts.length > 0 || !isAbout(draft.target, before.job)) return false;
  if (draft.verb === 'savepoint' && draft.environments.length === 0)
    return before.verb === 'stop' && before.savepoint === null;
  return (
    draft.until !== null &&
    !verbFacts[draft.verb].mutates &&
    verbFacts[before.verb].mutates &&
    before.verb !== 'stop' &&
    before.verb !== 'pause'
  );
}

function isAbout(target: Target, job: string | null): boolean {
  return target.kind === 'open' || (target.kind === 'job' && target.job === job);
}

function merged(draft: Draft, before: IntentStep): IntentStep {
  return draft.verb === 'savepoint' ? { ...before, savepoint: true } : { ...before, until: draft.until };
}

function resolveDraft(
  draft: Draft,
  before: readonly IntentStep[],
  after: readonly Draft[],
  context: IntentContext,
): Resolved | Question {
  const mutates = verbFacts[draft.verb].mutates;
  if (mutates && draft.doubts.length > 0) return doubtQuestion(draft, draft.doubts[0]!, context);
  if (draft.environments.length > 1) return doubtQuestion(draft, 'alternative', context);
  if (draft.environments[0] === null) {
    const step = bareStep(draft, jobOf(draft.target));
    return question(
      `There is no environment '${draft.environmentSaid}'. Which one is meant?`,
      context.environments.map((environment) => sayingOf({ ...step, environment })),
    );
  }
  const target = targetOf(draft, before, after, context);
  if (isQuestionIntent(target)) return target;
  const step: IntentStep = {
    ...bareStep(draft, null),
    ...target.at,
    environment: draft.environments[0] ?? target.at.environment,
  };
  const fault = faultOf(draft, step, target.how, context);
  if (fault !== undefined) return fault;
  const jobs = target.jobs ?? [step.job];
  const steps = jobs.map((job) => withKnownVerb({ ...step, job }, context));
  return { steps, confidence: weights[target.how] * (draft.plain ? 1 : guessWeight) };
}

function isQuestionIntent(value: object): value is Question {
  return 'kind' in value && value.kind === 'question';
}

/** Everything but where. */
function bareStep(draft: Draft, job: string | null): IntentStep {
  const parameters = Object.fromEntries(
    draft.parameters.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])),
  );
  const waits = !draft.untilFirst || !verbFacts[draft.verb].mutates;
  return {
    verb: draft.verb,
    job,
    environment: draft.environments[0] ?? null,
    engine: draft.engines[0] ?? null,
    parameters,
    parallelism: draft.parallelism[0] ?? null,
    savepoint: draft.savepoint,
    until: waits ? draft.until : null,
  };
}

/** “Start” of what never ran is a deployment. */
function withKnownVerb(step: IntentStep, context: IntentContext): IntentStep {
  if (step.verb !== 'start') return step;
  const environment = step.environment ?? context.defaultEnvironment;
  const exists = context.running.some(
    (other) => other.job === step.job && (environment === null || other.environment === environment),
  );
  return exists ? step : { ...step, verb: 'deploy' };
}

type TargetFound = Readonly<{
  at: Readonly<{ job: string | null; environment: string | null }>;
  jobs?: readonly (string | null)[];
  how: keyof typeof weights;
}>;

function targetOf(
  draft: Draft,
  before: readonly IntentStep[],
  after: readonly Draft[],
  context: IntentContext,
): TargetFound | Question {
  const { target, verb } = draft;
  switch (target.kind) {
    case 'job':
      return { at: { job: target.job, environment: null }, how: target.how };
    case 'jobs':
      if (!verbFacts[verb].mutates) return { at: { job: null, environment: null }, jobs: target.jobs, how: 'exact' };
      return question('One step is about one job. Say each of them:', [
        target.jobs.map((job) => sayingOf(bareStep(draft, job))).join(', then '),
        ...target.jobs.map((job) => sayingOf(bareStep(draft, job))),
      ]);
    case 'all':
      if (aboutAll.has(verb)) return { at: { job: null, environment: null }, how: 'exact' };
      return question(`Which job should I ${verbText(verb)}? One step is about one job.`, candidatesOf(draft, context));
    case 'unknown':
      return unknownQuestion(draft, target, context);
    case 'open':
      return openTarget(draft, before, after, context);
  }
}

function openTarget(
  draft: Draft,
  before: readonly IntentStep[],
  after: readonly Draft[],
  context: IntentContext,
): TargetFound | Question {
  const { verb, target } = draft;
  const pronoun = target.kind === 'open' && target.pronoun;
  const environment = draft.environments[0] ?? null;
  const there = context.running.filter((other) => environment === null || other.environment === environment);
  const only = there.length === 1 ? there[0] : undefined;
  const last = before.findLast(({ job }) => job !== null);
  if (verb === 'list' || verb === 'help') return { at: { job: null, environment: null }, how: 'exact' };
  if (last !== undefined) return { at: { job: last.job, environment: last.environment }, how: 'exact' };
  if (pronoun && only !== undefined) return { at: only, how: 'exact' };
  const next = pronoun ? undefined : after.find(({ target: other }) => other.kind === 'job')?.target;
  if (next?.kind === 'job') return { at: { job: next.job, environment: null }, how: next.how };
  if (aboutAll.has(verb) && !pronoun) return { at: { job: null, environment: null }, how: 'exact' };
  if (actsOnRunning.has(verb) && only !== undefined) return { at: only, how: 'exact' };
  return question(`Which job should I ${verbText(verb)}?`, candidatesOf(draft, context));
}

/** What this verb could be done to. */
function candidatesOf(draft: Draft, context: IntentContext): string[] {
  const environment = draft.environments[0] ?? null;
  const there = context.running.filter((other) => environment === null || other.environment === environment);
  const options =
    actsOnRunning.has(draft.verb) && there.length > 0
      ? there
      : context.jobs.map(({ name }) => ({ job: name, environment }));
  return options.map(({ job, environment }) => sayingOf({ ...bareStep(draft, job), environment, savepoint: null }));
}

function unknownQuestion(draft: Draft, target: Extract<Target, { kind: 'unknown' }>, context: IntentContext): Question {
  const near = target.near.map((job) => sayingOf({ ...bareStep(draft, job), savepoint: null }));
  if (near.length > 0) return question(`There is no job '${target.words}'. Did you mean:`, near);
  const names = context.jobs
    .map(({ name }) => name)
    .slice(0, mostCandidates)
    .join(', ');
  return question(`There is no job '${target.words}'. Jobs are ${names === '' ? 'none' : names}.`, []);
}

/** What the words fix can't be done, or not on these words alone. */
function faultOf(
  draft: Draft,
  step: IntentStep,
  how: TargetFound['how'],
  context: IntentContext,
): Question | undefined {
  const { verb } = draft;
  const destroys = step.savepoint === false;
  if (new Set(draft.parallelism).size > 1 || draft.engines.length > 1)
    return doubtQuestion(draft, 'alternative', context);
  if (draft.savepoint !== null && verb !== 'stop' && !(draft.savepoint && verbFacts[verb].mutates)) {
    return question('Only a stop can be told to give up state.', [sayingOf({ ...step, savepoint: null })]);
  }
  if (destroys && (!draft.plain || how !== 'exact' || draft.doubts.length > 0)) {
    return question('Stopping without a savepoint gives up state. Say the job by its name.', [
      sayingOf({ ...step, savepoint: null }),
      sayingOf(step),
    ]);
  }
  if (verb === 'scale' && step.parallelism === null) {
    return question(
      'To which parallelism?',
      [2, 4, 8].map((parallelism) => sayingOf({ ...step, parallelism })),
    );
  }
  if (
    step.parallelism !== null &&
    !(Number.isInteger(step.parallelism) && step.parallelism >= 1 && step.parallelism <= largestParallelism)
  ) {
    return question(`Parallelism is a whole number from 1 to ${largestParallelism}, not ${step.parallelism}.`, []);
  }
  return parameterFault(draft, step, context) ?? environmentFault(draft, step, context);
}

function parameterFault(draft: Draft, step: IntentStep, context: IntentContext): Question | undefined {
  const known = context.jobs.find(({ name }) => name === step.job)?.parameters.map(({ name }) => name) ?? [];
  const unknown = draft.parameters.find(({ name }) => !known.includes(name));
  if (unknown !== undefined) {
    return question(
      `${step.job ?? 'It'} has no parameter '${unknown.name}'; it has ${known.join(', ') || 'none'}.`,
      [],
    );
  }
  const unsaid = draft.parameters.find(({ value }) => value === null);
  return unsaid === undefined
    ? undefined
    : question(`The value of '${unsaid.name}' can't be taken from a sentence: give it with --param.`, []);
}

function environmentFault(
  draft: Draft,
  step: IntentStep,
  { environments, defaultEnvironment }: IntentContext,
): Question | undefined {
  if (
    !verbFacts[draft.verb].mutates ||
    step.environment !== null ||
    defaultEnvironment !== null ||
    environments.length < 2
  )
    return undefined;
  return question(
    'In which environment?',
    environments.map((environment) => sayingOf({ ...step, environment })),
  );
}

const doubtTexts: Readonly<Record<Doubt, string>> = {
  negation: 'That says what should not be, or leaves something out. What should be done?',
  question: 'That asks rather than orders. Should it be done?',
  conditional: 'Steps are carried out when they are confirmed, on no other condition. Should it be done then?',
  alternative: 'That leaves a choice. Which one?',
  schedule: 'Steps are carried out when they are confirmed, at no other time. Should it be done then?',
  quoted: 'The words in quotation marks are an order. Should it be carried out?',
  erase: 'Jobs are stopped, not deleted, and go on where they stopped. Should it be stopped?',
  leftover: 'Some of the words were not understood. Is this what is meant?',
  'several-verbs': 'That says several things at once. Which one?',
  'unclear-word': 'Without accents “dung” can be dừng or đừng. Which one is meant?',
  'no-order': 'That tells of a state. Should something be done?',
  'how-to': 'That asks how. Should it be done?',
  'polite-question': 'That asks rather than orders. Should it be done?',
};

function doubtQuestion(draft: Draft, doubt: Doubt, context: IntentContext): Question {
  const job = jobOf(draft.target);
  const environment = draft.environments.length === 1 ? (draft.environments[0] ?? null) : null;
  const step: IntentStep = { ...bareStep(draft, job), environment, savepoint: null, until: null };
  if (job === null)
    return question(doubtTexts[doubt], candidatesOf({ ...draft, savepoint: null, until: null }, context));
  if (draft.environments.length > 1) {
    const places = draft.environments.filter((place) => place !== null);
    return question(
      doubtTexts[doubt],
      places.map((place) => sayingOf({ ...step, environment: place })),
    );
  }
  return question(doubtTexts[doubt], [
    sayingOf(step),
    sayingOf({ ...step, verb: 'status', parameters: {}, parallelism: null }),
  ]);
}

function jobOf(target: Target): string | null {
  return target.kind === 'job' ? target.job : null;
}

function verbText(verb: Verb): string {
  return verb === 'rollback'
    ? 'roll back'
    : verb === 'savepoint'
      ? 'take a savepoint of'
      : verb === 'logs'
        ? 'show the logs of'
        : verb;
}

export function question(text: string, candidates: readonly string[]): Question {
  return {
    kind: 'question',
    parser: 'rules',
    question: text,
    candidates: [...new Set(candidates)].slice(0, mostCandidates),
  };
}
