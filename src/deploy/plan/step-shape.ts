/** Steps from outside (a parser, HTTP, a tool): whatever they claim to be, what goes on has the shape and the bounds of `IntentStep`. */
import { jobEngines } from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';
import { type Condition, type Intent, type IntentStep, maxIntentSteps, verbs } from '../../model/intent.ts';
import { shownText } from './shown-text.ts';

const maxName = 128; // characters; longer than any name or alias
const maxValue = 1_024; // of a parameter
const maxParameters = 64;
const largestParallelism = 32_768;
const fields = ['verb', 'job', 'environment', 'engine', 'parameters', 'parallelism', 'savepoint', 'until'];

const maxQuestion = 400; // characters
const maxCandidates = 12;

/** What a parser gave, as an intent: texts cut and without hidden characters, steps in their bounds. Throws INVALID_OPTION. */
export function checkedIntent(given: unknown): Intent {
  if (!isRecord(given)) throw fault('intent', 'steps, a question or out-of-scope', given);
  const parser = given.parser === 'model' ? 'model' : 'rules';
  const line = (value: unknown): string => shownText(typeof value === 'string' ? value : '', maxQuestion);
  switch (given.kind) {
    case 'steps': {
      const { confidence } = given;
      const isNumber = typeof confidence === 'number' && confidence >= 0 && confidence <= 1;
      return { kind: 'steps', parser, confidence: isNumber ? confidence : 0, steps: checkedSteps(given.steps) };
    }
    case 'question': {
      const candidates = Array.isArray(given.candidates) ? given.candidates.slice(0, maxCandidates).map(line) : [];
      return { kind: 'question', parser, question: line(given.question), candidates };
    }
    case 'out-of-scope':
      return { kind: 'out-of-scope', parser, reason: line(given.reason) };
    default:
      throw fault('intent', 'steps, a question or out-of-scope', given.kind);
  }
}

/** Throws INVALID_OPTION. */
export function checkedSteps(given: unknown): IntentStep[] {
  if (!Array.isArray(given) || given.length === 0 || given.length > maxIntentSteps) {
    const found = Array.isArray(given) ? String(given.length) : typeof given;
    throw new EngineError('INVALID_OPTION', `steps: expected a list of 1 to ${maxIntentSteps}, got ${found}`, {
      hint: 'Split it: one plan does at the most that many things.',
    });
  }
  return given.map((step, index) => checkedStep(step, `step ${index + 1}`));
}

function checkedStep(given: unknown, where: string): IntentStep {
  if (!isRecord(given)) throw fault(where, 'a step', given);
  const unknown = Object.keys(given).find((key) => !fields.includes(key));
  if (unknown !== undefined)
    throw fault(`${where}: ${shownText(unknown)}`, `one of the fields ${fields.join(', ')}`, unknown);
  return {
    verb: oneOf(given.verb, verbs, `${where}: verb`),
    job: nullable(given.job, (value) => name(value, `${where}: job`)),
    environment: nullable(given.environment, (value) => name(value, `${where}: environment`)),
    engine: nullable(given.engine, (value) => oneOf(value, jobEngines, `${where}: engine`)),
    parameters: parametersOf(given.parameters ?? {}, `${where}: parameters`),
    parallelism: nullable(given.parallelism, (value) => whole(value, 1, largestParallelism, `${where}: parallelism`)),
    savepoint: nullable(given.savepoint, (value) => {
      if (typeof value !== 'boolean') throw fault(`${where}: savepoint`, 'true or false', value);
      return value;
    }),
    until: nullable(given.until, (value) => conditionOf(value, `${where}: until`)),
  };
}

function conditionOf(given: unknown, where: string): Condition {
  if (isRecord(given) && given.kind === 'running') return { kind: 'running' };
  if (isRecord(given) && given.kind === 'lag-below') {
    return { kind: 'lag-below', records: whole(given.records, 0, Number.MAX_SAFE_INTEGER, `${where}.records`) };
  }
  throw fault(where, "'running', or 'lag-below' with records", given);
}

function parametersOf(given: unknown, where: string): Readonly<Record<string, string>> {
  if (!isRecord(given)) throw fault(where, 'values by name', given);
  const entries = Object.entries(given);
  if (entries.length > maxParameters) throw fault(where, `at the most ${maxParameters}`, entries.length);
  const checked = entries.map(([key, value]) => {
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
    const isPlain = typeof text === 'string' && text.length <= maxValue && text.isWellFormed() && !hasControls(text);
    if (!isPlain)
      throw fault(`${where}.${shownText(key)}`, `a text of at the most ${maxValue} printable characters`, value);
    return [key, text] as const;
  });
  return Object.fromEntries(checked);
}

function hasControls(text: string): boolean {
  return /\p{Cc}|\p{Cf}/u.test(text);
}

function name(given: unknown, where: string): string {
  if (typeof given === 'string' && given.length > 0 && given.length <= maxName) return given.toWellFormed();
  throw fault(where, `a name of at the most ${maxName} characters`, given);
}

function whole(given: unknown, min: number, max: number, where: string): number {
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= min && given <= max) return given;
  throw fault(where, `a whole number from ${min} to ${max}`, given);
}

function oneOf<T extends string>(given: unknown, values: readonly T[], where: string): T {
  const found = values.find((value) => value === given);
  if (found === undefined) throw fault(where, `one of ${values.join(', ')}`, given);
  return found;
}

function nullable<T>(given: unknown, read: (value: unknown) => T): T | null {
  return given === null || given === undefined ? null : read(given);
}

function isRecord(given: unknown): given is Readonly<Record<string, unknown>> {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

function fault(where: string, expected: string, found: unknown): EngineError {
  const text = typeof found === 'string' ? `'${shownText(found)}'` : shownText(JSON.stringify(found) ?? 'nothing');
  return new EngineError('INVALID_OPTION', `${where}: expected ${expected}, got ${text}`);
}
