import { describe, expect, it } from 'vitest';
import { scalarFunction } from '../../src/functions/registry.ts';
import { flinkFunctions, missingScalarFunctions } from './flink-catalogue.ts';

// What of Flink's functions is here: a function that is added has to leave the list of those that are missing.

/** Aggregates, and what is bound by clauses of its own. */
const others: ReadonlySet<string> = new Set(['aggregate', 'ranking', 'grouping', 'catalog']);

const scalar = Object.entries(flinkFunctions).flatMap(([heading, names]) => (others.has(heading) ? [] : names));

describe('scalar functions of Flink', () => {
  it('are all here but for those that are listed with a reason', () => {
    const absent = scalar.filter((name) => scalarFunction(name) === undefined && !name.endsWith('_AGG'));
    expect(absent.sort()).toEqual(Object.keys(missingScalarFunctions).sort());
  });

  it('are known in number', () => {
    expect(scalar.length).toBeGreaterThan(190);
  });
});
