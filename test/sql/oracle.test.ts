import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkSetting } from '../../src/job/settings.ts';
import type { EngineError } from '../../src/model/errors.ts';
import { pipelinesOf, testSession } from '../support/sql-session.ts';

// Scripts that a real Flink ran: they are planned, or refused by the name of what is missing.

const folder = join(import.meta.dirname, '../oracle/cases');
const names = readdirSync(folder);

/** What is not built, and how the refusal names it. */
const refused: readonly (readonly [RegExp, string])[] = [
  [/^over_two_windows_error$/, 'a second OVER window'],
  [/^tvf_allow_lateness$/, "'table.exec.emit.late-fire.enabled'"],
  [/^tvf_allow_lateness$/, "'table.exec.emit.late-fire.enabled'"],
];

function script(name: string): string {
  return readFileSync(join(folder, name, 'query.sql'), 'utf8');
}

const refusedNames = names.filter((name) => refused.some(([pattern]) => pattern.test(name)));
const planned = names.filter((name) => !refusedNames.includes(name));

describe('scripts of the oracle', () => {
  it('were seen', () => {
    expect(names.length).toBe(69);
    expect(planned.length).toBeGreaterThan(60);
  });

  it.each(planned)('%s is planned', async (name) => {
    const pipelines = await pipelinesOf(script(name), testSession({ checkSetting }));
    expect(pipelines.length).toBe(1);
  });

  it.each(refusedNames)('%s is refused by the name of what is missing', async (name) => {
    const [, feature] = refused.find(([pattern]) => pattern.test(name))!;
    const text = script(name);
    const error: EngineError = await pipelinesOf(text, testSession({ checkSetting })).then(
      () => expect.unreachable(),
      (reason) => reason,
    );
    expect(error.code).toBe('UNSUPPORTED');
    expect(error.message).toMatch(/^line \d+, column \d+: /);
    expect(
      error.message
        .split('\n')[0]!
        .replace(/^.*?: /, '')
        .startsWith(feature),
    ).toBe(true);
  });
});
