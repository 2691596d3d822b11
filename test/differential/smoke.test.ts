// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${DIR} stands for a query's folder
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EngineError } from '../../src/model/errors.ts';
import type { Change } from './answer.ts';
import { compare } from './compare.ts';
import { Millrace } from './millrace.ts';
import { features } from './queries.ts';
import { makeTrial } from './trial.ts';

// The differential run (main.ts) without a Flink: its queries are planned, and some that a real Flink answered once are answered the same.

type Recorded = Readonly<{
  name: string;
  folded: boolean;
  zone: string;
  statements: readonly string[];
  files: Readonly<Record<string, string>>;
  rows: readonly Change[];
  types: Readonly<Record<string, string>>;
}>;

const file = join(import.meta.dirname, '../golden/differential.jsonl');
const recorded = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);

const scratch = mkdtempSync(join(tmpdir(), 'millrace-smoke-'));
const engine = new Millrace(1);

afterAll(async () => {
  await engine.close();
  rmSync(scratch, { recursive: true, force: true });
});

describe('generated queries', () => {
  const seeds = features.map((feature, index) => [feature, 1_000 + index] as const);

  it('are of every feature', () => expect(seeds.length).toBeGreaterThan(50));

  it.each(seeds)('%s %i is planned, or refused by name', async (feature, seed) => {
    const { statements } = makeTrial(seed, feature, join(scratch, `${feature}-${seed}`));
    const error = await engine.plan(statements).then(
      () => null,
      (refusal: unknown) => refusal,
    );
    if (error !== null) expect(error).toBeInstanceOf(EngineError);
    expect((error as EngineError | null)?.code).not.toBe('INTERNAL');
  });
});

describe('the rows of a real Flink', () => {
  it('are there', () => expect(recorded.length).toBeGreaterThan(50));

  it.each(recorded.map((query) => [query.name, query] as const))('%s', async (name, query) => {
    const directory = join(scratch, name);
    mkdirSync(directory, { recursive: true });
    for (const [table, text] of Object.entries(query.files)) {
      writeFileSync(join(directory, `input-${table}.jsonl`), text);
    }
    const answer = await engine.answer(query.statements.map((text) => text.replaceAll('${DIR}', directory)));
    const { rows, types } = query;
    if ('error' in answer) throw new Error(answer.error);
    expect([compare({ rows, types }, answer, query), answer.rows]).toEqual(['same', answer.rows]);
  });
});
