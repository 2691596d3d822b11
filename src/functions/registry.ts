/** The one table of functions: the built-in ones, and what users have registered. */
import type { AggregateFunction, FunctionDefinition, ScalarFunction, TableFunction } from '../model/function.ts';
import { aggregateFunctions } from './aggregate.ts';
import { approximateAggregates } from './approximate-aggregate.ts';
import { arithmeticFunctions } from './arithmetic.ts';
import { arrayFunctions } from './array-functions.ts';
import { clockFunctions } from './clock-functions.ts';
import { collectionFunctions } from './collection.ts';
import { collectionAggregates } from './collection-aggregate.ts';
import { comparisonFunctions } from './comparison.ts';
import { conditionalFunctions } from './conditional.ts';
import { extractFunctions } from './extract.ts';
import { extremeAggregates } from './extreme-aggregate.ts';
import { hashFunctions } from './hash-functions.ts';
import { jsonFunctions } from './json.ts';
import { jsonAggregates } from './json-aggregate.ts';
import { jsonValueFunctions } from './json-value.ts';
import { mapFunctions } from './map-functions.ts';
import { mathFunctions } from './math.ts';
import { orderedAggregates } from './ordered-aggregate.ts';
import { overFunctions } from './over-functions.ts';
import { percentileAggregates } from './percentile-aggregate.ts';
import { printfFunctions } from './printf.ts';
import { regexpFunctions } from './regexp.ts';
import { roundingFunctions } from './rounding.ts';
import { statisticAggregates } from './statistic-aggregate.ts';
import { stringFunctions } from './string.ts';
import { matchFunctions } from './string-match.ts';
import { substringFunctions } from './substring.ts';
import { codecFunctions } from './text-codec.ts';
import { timestampArithmeticFunctions } from './timestamp-arithmetic.ts';
import { timestampFunctions } from './timestamp-functions.ts';
import { typeFunctions } from './type-functions.ts';
import { urlFunctions } from './url-functions.ts';
import { userFunction } from './user-registry.ts';

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
  ...arrayFunctions,
  ...mapFunctions,
  ...codecFunctions,
  ...urlFunctions,
  ...printfFunctions,
  ...hashFunctions,
  ...typeFunctions,
  ...jsonFunctions,
  ...jsonValueFunctions,
];

const allAggregates: readonly AggregateFunction[] = [
  ...aggregateFunctions,
  ...extremeAggregates,
  ...orderedAggregates,
  ...statisticAggregates,
  ...collectionAggregates,
  ...percentileAggregates,
  ...jsonAggregates,
  ...approximateAggregates,
];

/** Every function and operator, as declared. */
export const functionDefinitions: readonly FunctionDefinition[] = [...scalarFunctions, ...allAggregates];

const scalarByName = byName(scalarFunctions, ({ name, aliases = [] }) => [name, ...aliases]);
const aggregateByName = byName(allAggregates, ({ name }) => [name]);

function byName<T>(definitions: readonly T[], names: (definition: T) => readonly string[]): ReadonlyMap<string, T> {
  return new Map(definitions.flatMap((definition) => names(definition).map((name) => [name, definition] as const)));
}

/** By canonical name or alias, in any case; a user function by its key. */
export function scalarFunction(name: string): ScalarFunction | undefined {
  return scalarByName.get(name.toUpperCase()) ?? userFunctionOf('scalar', name);
}

/** By name, in any case; a user function by its key. */
export function aggregateFunction(name: string): AggregateFunction | undefined {
  return aggregateByName.get(name.toUpperCase()) ?? userFunctionOf('aggregate', name);
}

/** A user function by its key: there are no others. */
export function tableFunction(name: string): TableFunction | undefined {
  return userFunctionOf('table', name);
}

type UserDefinition = ScalarFunction | TableFunction | AggregateFunction;

function userFunctionOf<K extends UserDefinition['kind']>(
  kind: K,
  key: string,
): Extract<UserDefinition, { kind: K }> | undefined {
  const definition = userFunction(key)?.definition;
  return definition?.kind === kind ? (definition as Extract<UserDefinition, { kind: K }>) : undefined;
}

/** Every built-in name that a query may call, aliases too, sorted; operators are not among them. */
export function functionNames(): readonly string[] {
  const others = overFunctions.map(({ name }) => name);
  return [...scalarByName.keys(), ...aggregateByName.keys(), ...others].filter((name) => /^\w/.test(name)).sort();
}
