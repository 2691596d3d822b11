/** The one table of built-in functions. */
import type { AggregateFunction, ScalarFunction } from '../model/function.ts';
import { aggregateFunctions } from './aggregate.ts';
import { arithmeticFunctions } from './arithmetic.ts';
import { comparisonFunctions } from './comparison.ts';
import { matchFunctions } from './string-match.ts';

const scalars: readonly ScalarFunction[] = [...comparisonFunctions, ...arithmeticFunctions, ...matchFunctions];

const scalarByName = byName(scalars, ({ name, aliases = [] }) => [name, ...aliases]);
const aggregateByName = byName(aggregateFunctions, ({ name }) => [name]);

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

/** Every name that a query may call, aliases too, sorted. */
export function functionNames(): readonly string[] {
  return [...scalarByName.keys(), ...aggregateByName.keys()].sort();
}
