import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diffAnswer } from './answer-diff.ts';
import { type Outcome, SuiteRunner } from './suite-runner.ts';
import { readSuite, type SuiteTest } from './suite-test.ts';

// Flink's own tests of whole queries, as data (flink/README.md). What differs is known, with the reason; a test that no longer differs has to
// be taken off the list.

const directory = join(import.meta.dirname, 'flink');
const suite = readSuite(directory);
const differences: Readonly<Record<string, Readonly<Record<string, string>>>> = JSON.parse(
  readFileSync(join(directory, 'differences.json'), 'utf8'),
);

describe("Flink's tests", () => {
  const runner = new SuiteRunner();
  let outcomes: ReadonlyMap<SuiteTest, Outcome> = new Map();

  beforeAll(async () => {
    outcomes = await runner.runAll([...suite.values()].flat());
  });
  afterAll(() => runner.close());

  it('are there', () => expect([...suite.values()].flat().length).toBeGreaterThan(600));

  it('are those that differ', () => {
    const known = Object.entries(differences).flatMap(([name, tests]) =>
      Object.keys(tests).map((test) => `${name} ${test}`),
    );
    const all = new Set([...suite].flatMap(([name, tests]) => tests.map((test) => `${name} ${test.name}`)));
    expect(known.filter((test) => !all.has(test))).toEqual([]);
  });

  it.each([...suite])('%s', (name, tests) => {
    const known = differences[name] ?? {};
    const wrong = tests.filter((test) => !(test.name in known)).map((test) => [test.name, ...wrongIn(test)]);
    expect(wrong.filter(([, ...lines]) => lines.length > 0)).toEqual([]);
    const right = tests.filter((test) => test.name in known && wrongIn(test).length === 0);
    expect(right.map((test) => test.name)).toEqual([]);
  });

  function wrongIn(test: SuiteTest): readonly string[] {
    const outcome = outcomes.get(test)!;
    if ('error' in outcome) return [outcome.error];
    return [...(test.sinks ?? []), ...(test.answers ?? [])].flatMap((answer, i) =>
      diffAnswer(answer, outcome.outputs[i]!),
    );
  }
});
