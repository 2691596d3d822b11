/**
 * What every parser's steps have to be before anything is planned: verbs of the list, names of the caller's catalogue, values within bounds,
 * and nothing given up that the words don't say. Made for a parser that may answer anything: a language model, or someone in its place.
 */
import { jobEngines } from '../../model/deployment.ts';
import {
  type Intent,
  type IntentContext,
  type IntentStep,
  maxIntentSteps,
  type Verb,
  verbFacts,
  verbs,
} from '../../model/intent.ts';
import { hasMarker, labelsOf } from './clauses.ts';
import { type ClauseContext, unknownWords } from './drafts.ts';
import { createJobIndex } from './job-index.ts';
import { labelSentence, type Span } from './labels.ts';
import { parameterValue } from './parameters.ts';
import { largestParallelism } from './resolve.ts';
import { sayingOf } from './saying.ts';
import { readSentence } from './text.ts';

type Question = Extract<Intent, { kind: 'question' }>;

const largestLag = 1e12; // records: more is no wish

/** null: they may be planned. Else what to ask in their place. */
export function questionAbout(steps: readonly IntentStep[], text: string, context: IntentContext): Question | null {
  if (steps.length === 0) return question('What should be done?', ['help']);
  if (steps.length > maxIntentSteps)
    return question(`At the most ${maxIntentSteps} steps can be planned at once. Which come first?`);
  for (const step of steps) {
    const fault = faultOf(step, context);
    if (fault !== null) return question(fault);
  }
  return doubtAbout(steps, text, context);
}

function faultOf(step: IntentStep, context: IntentContext): string | null {
  const { verb, job, environment, engine, parallelism, until } = step;
  if (!verbs.includes(verb)) return `There is no '${String(verb).slice(0, 40)}' to be done. What is meant?`;
  const known = context.jobs.find(({ name }) => name === job);
  const isThere = known !== undefined || context.running.some((other) => other.job === job);
  if (job !== null && !isThere) return 'Which job is meant? That one is not in the catalogue.';
  if (job === null && verbFacts[verb].mutates) return 'Which job is meant?';
  if (environment !== null && !context.environments.includes(environment)) {
    return `In which environment? There are ${context.environments.join(', ')}.`;
  }
  if (engine !== null && !jobEngines.includes(engine)) return `On which engine? There are ${jobEngines.join(' and ')}.`;
  if (parallelism !== null && !isCount(parallelism, 1, largestParallelism)) {
    return `Parallelism is a whole number from 1 to ${largestParallelism}. Which one?`;
  }
  if (verb === 'scale' && parallelism === null) return 'To which parallelism?';
  if (until?.kind === 'lag-below' && !isCount(until.records, 0, largestLag))
    return 'Under how many records should the lag be?';
  return parameterFault(step, known);
}

function isCount(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function parameterFault(
  { job, parameters }: IntentStep,
  known: IntentContext['jobs'][number] | undefined,
): string | null {
  for (const [name, value] of Object.entries(parameters)) {
    const spec = known?.parameters.find((parameter) => parameter.name === name);
    if (spec === undefined) return `${job ?? 'It'} has no such parameter. Which one is meant?`;
    if (spec.type === 'secret') return `'${name}' is a secret: it is not given in words.`;
    if (!parameterValue.test(value)) return `Which value should '${name}' have?`;
  }
  return null;
}

/** Steps that the words themselves speak against. */
function doubtAbout(steps: readonly IntentStep[], text: string, context: IntentContext): Question | null {
  const sentence = readSentence(text);
  const index = createJobIndex(context.jobs);
  const spans = labelSentence(sentence, index, context);
  const labels = spans.map(({ label }) => label);
  const other = steps.find((step) => isOther(step, spans, { sentence, index }, context));
  if (other !== undefined) return question('Is this what is meant?', [sayingOf({ ...other, savepoint: null })]);
  const destroys = steps.filter(({ savepoint, verb }) => savepoint === false && verbFacts[verb].mutates);
  const says = (value: boolean) => labels.some((label) => label.kind === 'savepoint' && label.value === value);
  const stops = labels.some((label) => label.kind === 'verb' && label.verb === 'stop');
  const isPlain = says(false) && !says(true) && stops && destroys.length === 1 && destroys[0]!.verb === 'stop';
  const named = labels.some((label) => label.kind === 'job' && label.job === destroys[0]?.job);
  const doubted =
    labels.some((label) => label.kind === 'marker' && doubtful.has(label.marker)) ||
    labels.some(({ kind }) => kind === 'quoted-order');
  if (destroys.length > 0 && !(isPlain && named && !doubted)) {
    return question('Stopping without a savepoint gives up state. Is it to be kept?', [
      ...destroys.map((step) => sayingOf({ ...step, savepoint: null })),
      ...destroys.map(sayingOf),
    ]);
  }
  const changes = steps.filter(({ verb }) => verbFacts[verb].mutates);
  if (changes.length > 0 && doubted) return question('Should this be done?', [changes.map(sayingOf).join(', then ')]);
  return null;
}

/** Another job than the words name, or another change than the one they name. */
function isOther(step: IntentStep, spans: readonly Span[], ctx: ClauseContext, { running }: IntentContext): boolean {
  const found = ctx.index.match(unknownWords(spans, ctx));
  const jobs = [...labelsOf(spans, 'job').map(({ job }) => job), ...(found.kind === 'one' ? [found.job] : [])];
  const isMeant = hasMarker(spans, 'pronoun') && running.some(({ job }) => job === step.job);
  if (step.job !== null && jobs.length > 0 && !jobs.includes(step.job) && !isMeant) return true;
  const changes = labelsOf(spans, 'verb')
    .map(({ verb }) => verb)
    .filter((verb) => verbFacts[verb].mutates);
  if (!verbFacts[step.verb].mutates || changes.length === 0) return false;
  const same: readonly Verb[] = step.verb === 'start' || step.verb === 'deploy' ? ['start', 'deploy'] : [step.verb];
  return !changes.some((verb) => same.includes(verb));
}

const doubtful = new Set<string>(['negation', 'conditional', 'schedule', 'why', 'how-to', 'erase']);

function question(text: string, candidates: readonly string[] = []): Question {
  return { kind: 'question', parser: 'model', question: text, candidates };
}
