import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandArguments, commandOf, emptyStep, parseCommand } from '../../../src/deploy/intent/command.ts';
import { type IntentStep, verbs } from '../../../src/model/intent.ts';

const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,12}$/);
const step: fc.Arbitrary<IntentStep> = fc.record({
  verb: fc.constantFrom(...verbs),
  job: fc.option(name),
  environment: fc.option(name),
  engine: fc.option(fc.constantFrom('millrace' as const, 'flink' as const)),
  parameters: fc.dictionary(
    fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    { maxKeys: 3 },
  ),
  parallelism: fc.option(fc.integer({ min: 1, max: 32_768 })),
  savepoint: fc.option(fc.boolean()),
  until: fc.option(
    fc.oneof(
      fc.constant({ kind: 'running' as const }),
      fc.record({ kind: fc.constant('lag-below' as const), records: fc.nat() }),
    ),
  ),
});

describe('the explicit command', () => {
  it('says a deployment as a person would type it', () => {
    const deploy: IntentStep = {
      ...emptyStep('deploy'),
      job: 'creator-analytics',
      environment: 'staging',
      engine: 'flink',
      parameters: { window: '5min' },
    };
    const then: IntentStep = {
      ...emptyStep('lag'),
      job: 'creator-analytics',
      until: { kind: 'lag-below', records: 1000 },
    };
    expect(commandOf([deploy, then])).toBe(
      "millrace plan deploy creator-analytics --environment staging --engine flink --param window=5min --then lag creator-analytics --until 'lag<1000'",
    );
  });

  it('is the inverse of its parser', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        expect(parseCommand(commandArguments(steps))).toEqual(steps);
      }),
      { numRuns: 300 },
    );
  });

  it('gives a shell the same words, whatever stands in a value', () => {
    const values = ['$(id)', "it's", 'a b', '`x`', '"', '\\', '*', '', 'a;b', '\u00e9\u4e2d'];
    const steps = [
      {
        ...emptyStep('deploy'),
        job: 'a',
        parameters: Object.fromEntries(values.map((value, at) => [`p${at}`, value])),
      },
    ];
    const script = commandOf(steps).replace(/^millrace plan/, "printf '%s\\0'");
    const words = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
    expect(words).toEqual(commandArguments(steps));
  });

  it.each([
    [['explode', 'a'], "expected a verb, found 'explode'"],
    [['deploy', 'a', 'b'], "expected one job after deploy, found 'b'"],
    [['deploy', 'a', '--force'], "expected an option of a step, found '--force'"],
    [['scale', 'a', '--parallelism'], "expected a value after --parallelism, found 'the end'"],
    [['scale', 'a', '--parallelism', '8x'], "expected a whole number after --parallelism, found '8x'"],
    [['deploy', 'a', '--engine', 'spark'], "expected --engine millrace or flink, found 'spark'"],
    [['deploy', 'a', '--param', 'window'], "expected --param NAME=VALUE, found 'window'"],
    [['lag', 'a', '--until', 'lag>5'], "expected --until running or 'lag<RECORDS', found 'lag>5'"],
    [['stop', 'a', '--then'], "expected a verb, found 'nothing'"],
  ])('%s is refused', (argv, message) => {
    expect(() => parseCommand(argv)).toThrow(message);
  });

  it('refuses more steps than a plan has', () => {
    const argv = Array.from({ length: 9 }, () => ['list']).flatMap((part, at) =>
      at === 0 ? part : ['--then', ...part],
    );
    expect(() => parseCommand(argv)).toThrow('expected at the most 8 steps, found 9');
  });
});
