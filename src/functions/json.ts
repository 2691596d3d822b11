/** JSON_VALUE and JSON_EXISTS over strings, with their default behaviour on errors. */
import type { Implementation, ImplementContext, ScalarFunction, SqlValue } from '../model/function.ts';
import { types } from '../model/types.ts';
import { formatDouble } from './java-number.ts';
import { JsonNumber, type JsonPath, parseJson, parseJsonPath, valueAtPath } from './json-path.ts';
import { fixed, scalar } from './signature.ts';

/** Calls with a constant path have it parsed once, and refused when the job is made. */
function withPath({ args }: ImplementContext, read: (found: unknown) => SqlValue): Implementation {
  const constant = args[1]?.literal;
  let [known, path]: [string | null, JsonPath] = [null, []];
  const pathOf = (text: string): JsonPath => {
    if (text !== known) [known, path] = [text, parseJsonPath(text)];
    return path;
  };
  if (typeof constant === 'string') pathOf(constant);
  return { kind: 'call', call: (json: string, text: string) => read(valueAtPath(parseJson(json), pathOf(text))) };
}

/** A scalar as text; objects, arrays and null are NULL. */
function scalarText(value: unknown): string | null {
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (!(value instanceof JsonNumber)) return null;
  return /^-?\d+$/.test(value.source) ? value.source : formatDouble(Number(value.source));
}

const valueUsage = 'JSON_VALUE(json, path)';
const existsUsage = 'JSON_EXISTS(json, path)';

export const jsonFunctions: readonly ScalarFunction[] = [
  scalar({
    name: 'JSON_VALUE',
    category: 'json',
    usage: valueUsage,
    description: 'The scalar at a path as text; NULL where there is none or the string is no JSON.',
    infer: fixed(valueUsage, ['string', 'string'], types.string(), { mayBeNull: true }),
    implement: (ctx) => withPath(ctx, scalarText),
  }),
  scalar({
    name: 'JSON_EXISTS',
    category: 'json',
    usage: existsUsage,
    description: 'Whether there is something at a path; false where the string is no JSON.',
    infer: fixed(existsUsage, ['string', 'string'], types.of('boolean')),
    implement: (ctx) => withPath(ctx, (found) => found !== undefined),
  }),
];
