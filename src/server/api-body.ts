/** Bodies and queries of /api/v1/, read field by field: what is not known, or of another kind, is refused by its name. */
import type { PlanConfirmation } from '../model/deploy-service.ts';
import { jobEngines } from '../model/deployment.ts';
import { EngineError } from '../model/errors.ts';
import { type Condition, type IntentStep, maxIntentBytes, maxIntentSteps, verbs } from '../model/intent.ts';

type Json = Readonly<Record<string, unknown>>;

const maxParallelism = 32_768;
const maxTextLength = 1_024; // UTF-16 units, of names, values and reasons

export type AskBody = Readonly<{ text: string; environment: string | null }>;

export function askBody(body: Json): AskBody {
  allow(body, ['text', 'environment'], '');
  const { text } = body;
  if (typeof text !== 'string' || text.trim() === '') throw fault('text', 'what is wanted, in words', text);
  if (Buffer.byteLength(text) > maxIntentBytes)
    throw fault('text', `at the most ${maxIntentBytes} bytes`, `${Buffer.byteLength(text)} bytes`);
  return { text, environment: textOrNull(body, 'environment', '') };
}

export function stepsBody(body: Json): IntentStep[] {
  allow(body, ['steps'], '');
  const { steps } = body;
  if (!Array.isArray(steps) || steps.length === 0 || steps.length > maxIntentSteps) {
    throw fault(
      'steps',
      `a list of 1 to ${maxIntentSteps} steps`,
      Array.isArray(steps) ? `${steps.length} steps` : steps,
    );
  }
  return steps.map((step, index) => intentStep(step, `steps[${index}].`));
}

export function confirmationBody(body: Json): PlanConfirmation {
  allow(body, ['hash', 'typedName', 'reason'], '');
  const { hash } = body;
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash))
    throw fault('hash', 'the hash of the plan that was shown', hash);
  return {
    hash,
    typedName: textOrNull(body, 'typedName', '') ?? undefined,
    reason: textOrNull(body, 'reason', '') ?? undefined,
  };
}

export function emptyBody(body: Json): void {
  allow(body, [], '');
}

/** A number of the query; `preset` where it is not there. */
export function countOf(query: URLSearchParams, name: string, preset: number, max: number): number {
  const text = query.get(name);
  if (text === null) return preset;
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= max) return Number(text);
  throw fault(name, `a whole number from 1 to ${max}`, text);
}

function intentStep(value: unknown, where: string): IntentStep {
  if (!isObject(value)) throw fault(where.slice(0, -1), 'an object', value);
  const fields = ['verb', 'job', 'environment', 'engine', 'parameters', 'parallelism', 'savepoint', 'until'];
  allow(value, fields, where);
  return {
    verb: oneOf(value.verb, verbs, `${where}verb`),
    job: textOrNull(value, 'job', where),
    environment: textOrNull(value, 'environment', where),
    engine: isNothing(value.engine) ? null : oneOf(value.engine, jobEngines, `${where}engine`),
    parameters: parametersOf(value.parameters, where),
    parallelism: parallelismOf(value.parallelism, where),
    savepoint: flagOrNull(value.savepoint, where),
    until: isNothing(value.until) ? null : conditionOf(value.until, `${where}until`),
  };
}

function parametersOf(value: unknown, where: string): Readonly<Record<string, string>> {
  if (isNothing(value)) return {};
  if (!isObject(value)) throw fault(`${where}parameters`, 'an object of texts', value);
  for (const name of Object.keys(value))
    if (textOrNull(value, name, `${where}parameters.`) === null)
      throw fault(`${where}parameters.${name}`, 'a text', null);
  return value as Record<string, string>;
}

function parallelismOf(value: unknown, where: string): number | null {
  if (isNothing(value)) return null;
  if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= maxParallelism) return Number(value);
  throw fault(`${where}parallelism`, `a whole number from 1 to ${maxParallelism}`, value);
}

function flagOrNull(value: unknown, where: string): boolean | null {
  if (isNothing(value)) return null;
  if (typeof value === 'boolean') return value;
  throw fault(`${where}savepoint`, 'true or false', value);
}

function conditionOf(value: unknown, where: string): Condition {
  if (!isObject(value)) throw fault(where, 'an object', value);
  const kind = oneOf(value.kind, ['lag-below', 'running'] as const, `${where}.kind`);
  allow(value, kind === 'running' ? ['kind'] : ['kind', 'records'], `${where}.`);
  if (kind === 'running') return { kind };
  const { records } = value;
  if (typeof records === 'number' && Number.isSafeInteger(records) && records >= 0) return { kind, records };
  throw fault(`${where}.records`, 'a whole number of records', records);
}

function allow(value: Json, names: readonly string[], where: string): void {
  const stray = Object.keys(value).find((name) => !names.includes(name));
  if (stray !== undefined)
    throw fault(`${where}${stray}`, `one of: ${names.join(', ') || 'no fields'}`, 'a field of another name');
}

function textOrNull(value: Json, name: string, where: string): string | null {
  const given = value[name];
  if (isNothing(given)) return null;
  if (typeof given === 'string' && given.length <= maxTextLength) return given;
  throw fault(
    `${where}${name}`,
    `a text of at the most ${maxTextLength} characters`,
    typeof given === 'string' ? `${given.length}` : given,
  );
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], where: string): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw fault(where, `one of ${allowed.join(', ')}`, value);
  return found;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fault(where: string, expected: string, found: unknown): EngineError {
  const shown = typeof found === 'string' ? found : (JSON.stringify(found) ?? 'nothing');
  return new EngineError('INVALID_OPTION', `${where}: expected ${expected}, got ${shown.slice(0, 128)}`);
}
