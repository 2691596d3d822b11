import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import { parseJobList, parseSavepointPath, parseSubmission } from '../../src/flink/cli-output.ts';
import { createFlinkTarget } from '../../src/flink/create-target.ts';
import { createConnectors } from '../../src/job/connector-registry.ts';
import type { JobTarget } from '../../src/model/deployment.ts';
import { newId, releaseOf, submissionOf } from '../support/flink-release.ts';

const connectors = createConnectors({});
const script = `CREATE TABLE a (x INT) WITH ('connector' = 'datagen'); INSERT INTO a SELECT 1`;
/** As Flink 2.3.0 prints it. */
const listing = (jobId: string, name: string, state: string): string => `Waiting for response...
------------------ Running/Restarting Jobs -------------------
25.11.2026 12:59:16 : ${jobId} : ${name} (${state})
--------------------------------------------------------------
No scheduled jobs.
`;

let home: string;

/** A distribution whose programs note how they were called, and then do as they are told. */
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-flink-home-'));
  await mkdir(join(home, 'bin'));
  await program(
    'sql-client.sh',
    'for file; do :; done; cp "$file" "$HERE/script"; stat -c %a "$file" > "$HERE/mode"; cat "$HERE/submitted"',
  );
  await program(
    'flink',
    '[ "$1" = list ] && { cat "$HERE/list"; exit 0; }; cat "$HERE/answer"; exit $(cat "$HERE/code")',
  );
  await say({ list: 'No running jobs.\n', code: '0', answer: '', submitted: '' });
});
afterEach(async () => {
  await rm(home, { recursive: true });
});

async function program(name: string, body: string): Promise<void> {
  const path = join(home, 'bin', name);
  await writeFile(
    path,
    `#!/bin/bash\nHERE=${home}\nprintf '%s\\n' "${name}" "$@" >> "$HERE/calls"; env > "$HERE/env"\n${body}\n`,
  );
  await chmod(path, 0o755);
}

async function say(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(home, name), text);
}

function targetOf(more: Readonly<{ operationTimeoutMs?: number }> = {}, env: Record<string, string> = {}): JobTarget {
  const engine = {
    via: 'cli',
    home,
    configDirectory: '/etc/flink',
    gateway: null,
    jobManager: 'flink:8081',
    savepointDirectory: `file://${home}/savepoints`,
    tokenVariable: null,
    requestTimeoutMs: 1_000,
    operationTimeoutMs: 10_000,
    ...more,
  } as const;
  return createFlinkTarget(engine, { clock: systemClock, env: { PATH: process.env.PATH, ...env }, connectors });
}

describe('a job by the command line', () => {
  it('is submitted as a file that only we can read, with our id over the script, and without our environment', async () => {
    const submission = submissionOf(releaseOf(script, { parallelism: 2 }));
    await say({
      submitted: `[INFO] SQL update statement has been successfully submitted to the cluster:\nJob ID: ${submission.jobId}\n`,
    });
    await targetOf({}, { MILLRACE_TOKEN: 'ours', JAVA_HOME: '/java' }).start(submission);
    const text = await readFile(join(home, 'script'), 'utf8');
    expect(text).toContain(
      `SET '$internal.pipeline.job-id' = '${submission.jobId}';\nSET 'pipeline.name' = 'test/probe';\nSET 'parallelism.default' = '2';\nINSERT INTO a SELECT 1;\n`,
    );
    expect((await readFile(join(home, 'mode'), 'utf8')).trim()).toBe('600');
    const env = await readFile(join(home, 'env'), 'utf8');
    expect(env).toMatch(/^FLINK_CONF_DIR=\/etc\/flink$/m);
    expect(env).not.toContain('ours');
    const calls = (await readFile(join(home, 'calls'), 'utf8')).split('\n');
    expect(calls.slice(0, 12)).toEqual([
      'flink',
      'list',
      '-a',
      '-D',
      'rest.address=flink',
      '-D',
      'rest.port=8081',
      'sql-client.sh',
      'embedded',
      '-D',
      'rest.address=flink',
      '-D',
    ]);
    expect(calls).toContain('-hist');
  });

  it('is not submitted where it is listed, and is one where Flink has it already', async () => {
    const submission = submissionOf(releaseOf(script));
    await say({
      submitted:
        '[ERROR] Could not execute SQL statement. Reason:\norg.apache.flink.runtime.client.DuplicateApplicationSubmissionException: Application has already been submitted.\n',
    });
    await targetOf().start(submission);
    await say({ list: listing(submission.jobId, 'test/probe', 'RUNNING') });
    await rm(join(home, 'calls'));
    await targetOf().start(submission);
    expect(await readFile(join(home, 'calls'), 'utf8')).not.toContain('sql-client');
  });

  it('says what Flink says', async () => {
    await say({
      submitted:
        "[ERROR] Could not execute SQL statement. Reason:\norg.apache.flink.table.api.ValidationException: Could not find any factory for identifier 'nats'\n",
    });
    await expect(targetOf().start(submissionOf(releaseOf(script)))).rejects.toMatchObject({
      code: 'SQL_VALIDATION',
      message: expect.stringContaining("identifier 'nats'"),
    });
  });

  it('is stopped after its time, with its children', async () => {
    await program('sql-client.sh', '(sleep 1.5; touch "$HERE/late") & wait');
    const before = (await readdir(tmpdir())).filter((name) => /^millrace-flink-(?!home)/.test(name));
    const started = targetOf({ operationTimeoutMs: 800 }).start(submissionOf(releaseOf(script)));
    await expect(started).rejects.toMatchObject({ code: 'TIMEOUT' });
    await systemClock.sleep(1_500);
    expect(await readdir(home)).not.toContain('late');
    const after = (await readdir(tmpdir())).filter((name) => /^millrace-flink-(?!home)/.test(name));
    expect(after.filter((name) => !before.includes(name))).toEqual([]);
  });

  it('names the program that is not there', async () => {
    await rm(join(home, 'bin', 'flink'));
    await expect(targetOf().list()).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('bin/flink'),
    });
  });

  it('is saved into a folder of its trigger, which is looked into before', async () => {
    const [jobId, triggerId] = [newId(), newId()];
    await say({
      answer: `Waiting for response...\nSavepoint completed. Path: file:${home}/savepoints/${triggerId}/savepoint-1\n`,
    });
    expect(await targetOf().savepoint(jobId, triggerId)).toBe(`file:${home}/savepoints/${triggerId}/savepoint-1`);
    await mkdir(join(home, 'savepoints', triggerId, 'savepoint-1'), { recursive: true });
    await say({ code: '1', answer: 'java.lang.IllegalStateException: asked twice' });
    await expect(targetOf().savepoint(jobId, triggerId)).rejects.toMatchObject({
      message: expect.stringContaining('asked twice'),
    }); // half a savepoint is none
    await say({ [`savepoints/${triggerId}/savepoint-1/_metadata`]: 'x' });
    expect(await targetOf().savepoint(jobId, triggerId)).toBe(`file:${home}/savepoints/${triggerId}/savepoint-1`);
    await say({ list: listing(jobId, 'test/probe', 'FINISHED') });
    expect(await targetOf().stop(jobId, { savepoint: true, drain: false, triggerId })).toBe(
      `file:${home}/savepoints/${triggerId}/savepoint-1`,
    );
  });

  it('needs to be told from which state: Flink’s list has none', async () => {
    await expect(
      targetOf().start(submissionOf(releaseOf(script), { restore: { kind: 'latest' } })),
    ).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await expect(targetOf().logs(newId(), 5)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});

describe('what Flink prints', () => {
  it('lists jobs of any name', () => {
    const id = newId();
    expect(parseJobList(listing(id, 'a : b (c)', 'RESTARTING'))).toEqual([
      { jobId: id, name: 'a : b (c)', state: 'RESTARTING', startTime: Date.UTC(2026, 10, 25, 12, 59, 16) },
    ]);
  });

  it.each([
    ['Job ID: aaaabbbbccccddddaaaabbbbccccdd05', 'aaaabbbbccccddddaaaabbbbccccdd05'],
    ['Job has been submitted with JobID aaaabbbbccccddddaaaabbbbccccdd05', 'aaaabbbbccccddddaaaabbbbccccdd05'],
    ['Job ID: aaaabbbb', null],
  ])('%s', (text, id) => {
    expect(parseSubmission(text)).toBe(id);
    expect(parseSavepointPath(text)).toBeNull();
  });
});
