/** The one table of built-in functions. */
import type { AggregateFunction, FunctionDefinition, ScalarFunction } from '../model/function.ts';
import { aggregateFunctions } from './aggregate.ts';
import { arithmeticFunctions } from './arithmetic.ts';
import { clockFunctions } from './clock-functions.ts';
import { collectionFunctions } from './collection.ts';
import { comparisonFunctions } from './comparison.ts';
import { conditionalFunctions } from './conditional.ts';
import { extractFunctions } from './extract.ts';
import { extremeAggregates } from './extreme-aggregate.ts';
import { jsonFunctions } from './json.ts';
import { mathFunctions } from './math.ts';
import { orderedAggregates } from './ordered-aggregate.ts';
import { regexpFunctions } from './regexp.ts';
import { roundingFunctions } from './rounding.ts';
import { stringFunctions } from './string.ts';
import { matchFunctions } from './string-match.ts';
import { substringFunctions } from './substring.ts';
import { timestampArithmeticFunctions } from './timestamp-arithmetic.ts';
import { timestampFunctions } from './timestamp-functions.ts';

const scalarFunctions: readonly ScalarFunction[] = [
  ...comparisonFunctions,
  ...arithmeticFunctions,
  ...matchFunctions,
  ...mathFunctions,
  ...roundingFunctions,
  ...conditionalFunctions,
  ...stringFunctions,
  ...substringFunctions,
  ...regexpFunctions,
  ...clockFunctions,
  ...extractFunctions,
  ...timestampFunctions,
  ...timestampArithmeticFunctions,
  ...collectionFunctions,
  ...jsonFunctions,
];

const allAggregates: readonly AggregateFunction[] = [...aggregateFunctions, ...extremeAggregates, ...orderedAggregates];

/** Every function and operator, as declared. */
export const functionDefinitions: readonly FunctionDefinition[] = [...scalarFunctions, ...allAggregates];

const scalarByName = byName(scalarFunctions, ({ name, aliases = [] }) => [name, ...aliases]);
const aggregateByName = byName(allAggregates, ({ name }) => [name]);

function byName<T>(definitions: readonly T[], names: (definition: T) => readonly string[]): ReadonlyMap<string, T> {
  return new Map(definitions.flatMap((definition) => names(definition).map((name) => [name, definition] as const)));
}

/** By canonical name or alias, in any case. */
export function scalarFunction(name: string): ScalarFunction | undefined {
  return scalarByName.get(name.toUpperCase());
}

/** By name, in any case. */
export function aggregateFunction(name: string): AggregateFunction | undefined {
  return aggregateByName.get(name.toUpperCase());
}

/** Every name that a query may call, aliases too, sorted; operators are not among them. */
export function functionNames(): readonly string[] {
  return [...scalarByName.keys(), ...aggregateByName.keys()].filter((name) => /^\w/.test(name)).sort();
}
