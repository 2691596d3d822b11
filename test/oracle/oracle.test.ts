import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { world } from '../../src/cli.ts';
import { runProgram } from '../../src/commands/program.ts';
import { comparable, expectedChanges, localCases, parseChanges, refusedCases } from './answers.ts';
import { CaseRunner, scriptOf } from './case-runner.ts';

// Each case is a script, its input, and the changes that a real Flink 2.3 answered (README.md beside). The whole way: text → plan → threads →
// rows. CUTS=all cuts each case at every pair of parallelisms, not at one of them.

/** What a case shows that no engine has to show again after a cut. */
const changedByCuts: Readonly<Record<string, string>> = {
  current_watermark:
    'what a source last said is not part of a savepoint, in Flink neither: CURRENT_WATERMARK begins anew',
};

const refusals: Readonly<Record<string, readonly [code: number, message: RegExp]>> = {
  null_rowtime: [1, /rowtime of a row is NULL/],
  over_two_windows_error: [2, /^error: line 7, column \d+: .*OVER window/],
  tvf_allow_lateness: [2, /^error: line \d+, column \d+: .*(late-fire|allow-lateness)/],
};

const parallelisms = [
  [1, 2],
  [4, 1],
  [2, 3],
] as const;

const answered = localCases.filter((name) => !refusedCases.includes(name));
const cuts = answered
  .filter((name) => !(name in changedByCuts))
  .flatMap((name, index) =>
    (process.env.CUTS === 'all' ? parallelisms : [parallelisms[index % parallelisms.length]!]).map(
      ([before, after]) => [name, before, after] as const,
    ),
  );

describe('the rows of a real Flink', () => {
  const runner = new CaseRunner();
  afterAll(() => runner.close());

  it('are there', () => expect(answered.length).toBe(62));

  it.each(answered)('%s', async (name) => {
    expect(comparable(await runner.whole(name, 1))).toEqual(comparable(expectedChanges(name)));
  });

  it.each(answered)('%s at parallelism 4', async (name) => {
    expect(comparable(await runner.whole(name, 4))).toEqual(comparable(expectedChanges(name)));
  });

  it.each(cuts)('%s cut in the middle: stopped at parallelism %i, ended at %i', async (name, before, after) => {
    const { first, rest } = await runner.cut(name, before, after);
    expect(comparable([...first, ...rest])).toEqual(comparable(expectedChanges(name)));
  });
});

type Answer = Readonly<{ code: number; stdout: string; errors: string }>;

describe('millrace sql', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-oracle-'));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  async function answer(name: string): Promise<Answer> {
    let stdout = '';
    let errors = '';
    const terminal = (take: (text: string) => void) => ({
      isTerminal: false,
      columns: 120,
      write: async (text: string) => take(text),
    });
    const deps = {
      ...world(),
      stdout: terminal((text) => {
        stdout += text;
      }),
      stderr: terminal((text) => {
        errors += text;
      }),
    };
    const args = ['sql', '-e', scriptOf(name), '--output', 'jsonl', '--data-dir', join(scratch, name)];
    return { code: await runProgram(args, deps), stdout, errors };
  }

  it.each(['tumble_basic', 'group_agg_retract', 'window_join_full', 'rand_match'])('gives them: %s', async (name) => {
    const { code, stdout, errors } = await answer(name);
    expect(code, errors).toBe(0);
    expect(comparable(parseChanges(stdout))).toEqual(comparable(expectedChanges(name)));
  });

  it('refuses what Flink refuses', () => expect(Object.keys(refusals).sort()).toEqual([...refusedCases].sort()));

  it.each(Object.entries(refusals))('refuses, or fails, as Flink does: %s', async (name, [code, message]) => {
    const { code: given, errors } = await answer(name);
    expect(given).toBe(code);
    expect(errors).toMatch(message);
  });
});
