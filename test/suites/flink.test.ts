import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diffAnswer, diffLeft } from './answer-diff.ts';
import { type Outcome, type Output, SuiteRunner } from './suite-runner.ts';
import { type Answer, readSuite, type SuiteTest } from './suite-test.ts';

// Flink's own tests of whole queries, as data (flink/README.md). What differs is known, with the reason; a test that no longer differs, or
// differs in another way, fails.

/**
 * `error`: a text of the error that comes. `left`: the changes differ, but not what is left when all are applied. Else rows differ.
 * `tests`: by class.
 */
type Difference = Readonly<{
  why: string;
  error?: string | undefined;
  left?: 'same' | undefined;
  tests: Readonly<Record<string, readonly string[]>>;
}>;

const directory = join(import.meta.dirname, 'flink');
const suite = readSuite(directory);
const differences: readonly Difference[] = JSON.parse(readFileSync(join(directory, 'differences.json'), 'utf8'));

describe("Flink's tests", () => {
  const runner = new SuiteRunner();
  let outcomes: ReadonlyMap<SuiteTest, Outcome> = new Map();

  beforeAll(async () => {
    outcomes = await runner.runAll([...suite.values()].flat());
  });
  afterAll(() => runner.close());

  it('are there', () => expect([...suite.values()].flat().length).toBeGreaterThan(600));

  it('are each known by one name', () => {
    const names = [...suite].flatMap(([name, tests]) => tests.map((test) => `${name} ${test.name}`));
    const known = differences.flatMap(({ tests }) => namesOf(tests));
    expect(known.filter((name) => !names.includes(name))).toEqual([]);
    for (const list of [names, known]) expect(new Set(list).size).toBe(list.length);
  });

  it.each([...suite])('%s', (name, tests) => {
    const wrong = tests.map((test) => [test.name, ...wrongIn(test, differenceOf(name, test))]);
    expect(wrong.filter(([, ...lines]) => lines.length > 0)).toEqual([]);
  });

  /** Empty: right, or wrong as is known. */
  function wrongIn(test: SuiteTest, known: Difference | undefined): readonly string[] {
    const outcome = outcomes.get(test)!;
    if ('error' in outcome) {
      return known?.error !== undefined && outcome.error.includes(known.error) ? [] : [outcome.error];
    }
    const differs = linesOf(test, outcome.outputs, diffAnswer);
    if (known === undefined) return differs;
    if (differs.length === 0) return ['it is on the list of differences, but no longer differs'];
    if (known.error !== undefined) return [`expected the error '${known.error}'`, ...differs];
    const same = linesOf(test, outcome.outputs, diffLeft).length === 0;
    if (same === (known.left === 'same')) return [];
    return [`expected what is left to ${same ? 'differ' : 'be the same'}`, ...differs];
  }
});

function linesOf(
  { sinks = [], answers = [] }: SuiteTest,
  outputs: readonly Output[],
  diff: (answer: Answer, output: Output) => readonly string[],
): readonly string[] {
  return [...sinks, ...answers].flatMap((answer, i) => diff(answer, outputs[i]!));
}

function differenceOf(name: string, test: SuiteTest): Difference | undefined {
  return differences.find(({ tests }) => tests[name]?.includes(test.name) === true);
}

function namesOf(tests: Difference['tests']): readonly string[] {
  return Object.entries(tests).flatMap(([name, own]) => own.map((test) => `${name} ${test}`));
}
