/** The paths of JSON functions: `$`, `.name`, `['name']`, `[0]`, after `lax` or `strict`. */
import { EngineError } from '../model/errors.ts';

export type JsonPath = readonly (string | number)[];

const step = /\.([A-Za-z_$][\w$-]*)|\[\s*(?:(\d+)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]/y;

/** Throws EngineError UNSUPPORTED for wildcards, filters, ranges and functions. */
export function parseJsonPath(text: string): JsonPath {
  const body = text.trim().replace(/^(?:lax|strict)\s+/i, '');
  const path: (string | number)[] = [];
  let at = 1;
  while (body.startsWith('$') && at < body.length) {
    step.lastIndex = at;
    const match = step.exec(body);
    if (match === null) break;
    const [, name, index, single, double] = match;
    path.push(index === undefined ? (name ?? unescaped(single ?? double!)) : Number(index));
    at = step.lastIndex;
  }
  if (body.startsWith('$') && at === body.length) return path;
  throw new EngineError('UNSUPPORTED', `JSON path: expected steps like $.name, $['name'] or $[0], got '${text}'`);
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

/** A number that keeps its text. */
export class JsonNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

type Reviver = (key: string, value: unknown, context: Readonly<{ source?: string }>) => unknown;

const keepNumbers: Reviver = (_, value, { source }) => (typeof value === 'number' ? new JsonNumber(source!) : value);

/** The value of a JSON text, numbers as `JsonNumber`; undefined where it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, keepNumbers as (key: string, value: unknown) => unknown);
  } catch {
    return undefined;
  }
}

/** What is at a path; undefined where there is nothing. */
export function valueAtPath(json: unknown, path: JsonPath): unknown {
  let value = json;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return undefined;
    if (Array.isArray(value) !== (typeof key === 'number') || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}
