import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Diagnosis, diagnose } from '../../../src/deploy/diagnose/diagnose.ts';
import { evidenceIds } from '../../../src/deploy/diagnose/evidence.ts';
import { factsOfStatus } from '../../../src/deploy/diagnose/job-facts.ts';
import { ScriptRunner } from '../../support/script-run.ts';

// What jobs of this engine really leave behind, and not what someone thinks that they do.

const runner = new ScriptRunner();
afterAll(async () => await runner.close());

async function diagnosisOf(script: string): Promise<Diagnosis> {
  const { job } = await runner.start(script);
  await job.done.catch(() => undefined);
  const facts = factsOfStatus(job.status());
  const diagnosis = diagnose(facts);
  const known = evidenceIds(facts);
  for (const { evidence } of diagnosis.causes) for (const { id } of evidence) expect(known).toContain(id);
  return diagnosis;
}

function files(name: string, text: string): string {
  const directory = join(runner.scratch, name);
  mkdirSync(directory);
  writeFileSync(join(directory, 'part.json'), text);
  return directory;
}

const numbers = `CREATE TABLE numbers (n BIGINT) WITH ('connector'='datagen', 'number-of-rows'='100',
  'fields.n.kind'='sequence', 'fields.n.start'='0', 'fields.n.end'='99');`;
const nowhere = "CREATE TABLE nowhere (v BIGINT) WITH ('connector'='blackhole');";

describe('a job of this engine', () => {
  it('that divides by zero', async () => {
    const { causes } = await diagnosisOf(
      `${numbers} ${nowhere} INSERT INTO nowhere SELECT 100 / (n - 50) FROM numbers;`,
    );
    expect(causes.map(({ cause }) => cause)).toEqual(['expression-failed']);
    expect(causes[0]!.evidence[0]!.text).toContain('division by zero');
  });

  it('that meets a record it cannot read', async () => {
    const path = files('broken', '{"v": 1}\n{"v": \n');
    const { causes } = await diagnosisOf(
      `CREATE TABLE t (v BIGINT) WITH ('connector'='filesystem', 'path'='${path}', 'format'='json'); ${nowhere} INSERT INTO nowhere SELECT v FROM t;`,
    );
    expect(causes.map(({ cause }) => cause)).toEqual(['bad-records']);
  });

  it('that writes where nothing can be written', async () => {
    const path = join(files('taken', '{}'), 'part.json', 'below-a-file');
    const { healthy, causes } = await diagnosisOf(
      `${numbers} CREATE TABLE out1 (v BIGINT) WITH ('connector'='filesystem', 'path'='${path}', 'format'='json'); INSERT INTO out1 SELECT n FROM numbers;`,
    );
    expect(healthy).toBe(false);
    expect(causes[0]!.cause).toBe('file-failed');
  });

  it('that is well', async () => {
    expect(await diagnosisOf(`${numbers} ${nowhere} INSERT INTO nowhere SELECT n FROM numbers;`)).toMatchObject({
      healthy: true,
      causes: [],
    });
  });
});
