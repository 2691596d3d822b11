/**
 * The paths of JSON functions, as Jayway's JsonPath has them for Flink: `$`, `.name`, `['name']`, `['a','b']`, `[0]`, `[-1]`, `[0,2]`,
 * `[1:3]`, `.*`, `[*]`, `..name`, after `lax` or `strict` (which it is where nothing is said).
 */
import { EngineError } from '../model/errors.ts';
import { isJsonScalar } from './json-document.ts';

type Step =
  | Readonly<{ kind: 'names'; names: readonly string[] }>
  | Readonly<{ kind: 'indices'; indices: readonly number[] }>
  | Readonly<{ kind: 'slice'; from: number | null; to: number | null }>
  | Readonly<{ kind: 'wildcard' }>;

/** `deep`: the step is taken at every depth. */
type PathStep = Step & Readonly<{ deep: boolean }>;

export type JsonPath = Readonly<{
  mode: 'lax' | 'strict';
  /** null: the text is no path. */
  steps: readonly PathStep[] | null;
  /** Leads to one value at the most. */
  definite: boolean;
}>;

/** What is at a path: a value (a list of values where the path is not definite), or why there is none. */
export type PathResult = Readonly<{ found: unknown }> | Readonly<{ failure: string }>;

const prefix = /^\s*(strict|lax)\s+([\s\S]+)$/i;
const token =
  /(\.\.)?\.?(?:(\*)|([^\s.[\](){}*,'"@?]+)(\(\))?|\[\s*(?:(\*)|(\?)|((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?:\s*,\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))*)|(-?\d*)\s*:\s*(-?\d*)|(-?\d+(?:\s*,\s*-?\d+)*))\s*\]?)/y;

/** Throws EngineError UNSUPPORTED for filters and functions in a path. */
export function parseJsonPath(text: string): JsonPath {
  const match = prefix.exec(text);
  const mode = match === null ? 'strict' : (match[1]!.toLowerCase() as JsonPath['mode']);
  const steps = parseSteps((match?.[2] ?? text).trim(), text);
  const definite = steps?.every((step) => !step.deep && isSingle(step)) ?? true;
  return { mode, steps, definite };
}

function isSingle(step: Step): boolean {
  return (step.kind === 'names' && step.names.length === 1) || (step.kind === 'indices' && step.indices.length === 1);
}

function parseSteps(body: string, whole: string): PathStep[] | null {
  const path = body.startsWith('$') ? body.slice(1) : `.${body}`;
  const steps: PathStep[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < path.length) {
    const start = token.lastIndex;
    const match = token.exec(path);
    if (match === null || match[0] === '') return null;
    const step = stepOf(match, whole);
    if (!isWellFormed(path.slice(start, token.lastIndex))) return null;
    steps.push(step);
  }
  return steps;
}

/** A name follows a dot, a bracket is closed. */
function isWellFormed(part: string): boolean {
  return part.includes('[') ? part.endsWith(']') : part.startsWith('.');
}

function stepOf(match: RegExpExecArray, whole: string): PathStep {
  const [, dots, star, name, call, bracketStar, filter, names, from, to, indices] = match;
  const deep = dots !== undefined;
  if (filter !== undefined || call !== undefined) {
    const what = filter === undefined ? `the function ${name}()` : 'a filter';
    throw new EngineError('UNSUPPORTED', `JSON path '${whole}': ${what} is not supported`, {
      hint: "Paths are made of $, .name, ['name'], [0], [1:3], [*] and ..name.",
    });
  }
  if (star !== undefined || bracketStar !== undefined) return { kind: 'wildcard', deep };
  if (name !== undefined) return { kind: 'names', names: [name], deep };
  if (names !== undefined) {
    const quoted = names.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g)!;
    return { kind: 'names', names: quoted.map((each) => each.slice(1, -1).replace(/\\(.)/g, '$1')), deep };
  }
  if (indices !== undefined) return { kind: 'indices', indices: indices.split(',').map(Number), deep };
  return { kind: 'slice', from: from ? Number(from) : null, to: to ? Number(to) : null, deep };
}

/** What is at the path. In lax mode what is missing is NULL, or an empty list. */
export function readPath(json: unknown, { mode, steps, definite }: JsonPath): PathResult {
  if (steps === null) return { failure: 'the path is not valid' };
  const reader = new PathReader(steps, mode === 'lax');
  reader.read(json, 0, true);
  if (reader.failure !== null) return { failure: reader.failure };
  if (!definite) return { found: reader.found };
  if (reader.found.length > 0) return { found: reader.found[0] };
  return mode === 'lax' ? { found: null } : { failure: 'there is nothing at the path' };
}

class PathReader {
  readonly #steps: readonly PathStep[];
  readonly #lax: boolean;
  readonly found: unknown[] = [];
  failure: string | null = null;

  constructor(steps: readonly PathStep[], lax: boolean) {
    this.#steps = steps;
    this.#lax = lax;
  }

  /** `sure`: only definite steps led here, so that what is missing is a failure unless the mode is lax. */
  read(node: unknown, index: number, sure: boolean): void {
    const step = this.#steps[index];
    if (step === undefined) this.found.push(node);
    else if (!step.deep) this.#take(node, step, index, sure);
    else this.#descend(node, step, index);
  }

  #descend(node: unknown, step: PathStep, index: number): void {
    if (isJsonScalar(node)) return;
    if (fits(node, step)) this.#take(node, step, index, false);
    for (const part of Object.values(node as object)) this.#descend(part, step, index);
  }

  #take(node: unknown, step: Step, index: number, sure: boolean): void {
    const next = (part: unknown): void => this.read(part, index + 1, sure && isSingle(step));
    if (step.kind === 'wildcard') {
      if (!isJsonScalar(node)) for (const part of Object.values(node as object)) next(part);
      return;
    }
    if (step.kind === 'names') this.#takeNames(node, step.names, index, sure, next);
    else if (!Array.isArray(node)) this.#missing(sure, 'expected an array');
    else for (const part of elementsOf(node, step)) next(part);
  }

  #takeNames(
    node: unknown,
    names: readonly string[],
    index: number,
    sure: boolean,
    next: (part: unknown) => void,
  ): void {
    if (isJsonScalar(node) || Array.isArray(node)) {
      this.#missing(sure, `expected an object with the property '${names[0]}'`);
      return;
    }
    const object = node as Record<string, unknown>;
    const present = names.filter((name) => Object.hasOwn(object, name));
    const isLeaf = index === this.#steps.length - 1;
    if (names.length > 1) {
      if (isLeaf) this.found.push(Object.fromEntries(present.map((name) => [name, object[name]])));
      else for (const name of present) next(object[name]);
    } else if (present.length === 1) next(object[names[0]!]);
    else if (!isLeaf) this.#missing(sure, `there is no property '${names[0]}'`);
  }

  #missing(sure: boolean, why: string): void {
    if (sure && !this.#lax) this.failure ??= why;
  }
}

/** Whether a step of any depth can be taken from a node. */
function fits(node: unknown, step: Step): boolean {
  if (step.kind === 'wildcard') return true;
  if (step.kind !== 'names') return Array.isArray(node);
  return !Array.isArray(node) && step.names.every((name) => Object.hasOwn(node as object, name));
}

/** Beyond the ends there is nothing. */
function elementsOf(array: readonly unknown[], step: Exclude<Step, { kind: 'names' | 'wildcard' }>): unknown[] {
  if (step.kind === 'slice') return array.slice(step.from ?? 0, step.to ?? array.length);
  const places = step.indices.map((index) => (index < 0 ? array.length + index : index));
  return places.filter((place) => place >= 0 && place < array.length).map((place) => array[place]);
}
