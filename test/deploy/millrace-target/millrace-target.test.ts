import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Submission } from '../../../src/model/deployment.ts';
import { type ReleaseOptions, releaseOf } from '../releases.ts';
import { observed, openTarget, temporaryDirectory } from './target.ts';

const id = (letter: string): string => letter.repeat(32);

function submission(
  letter: string,
  options: ReleaseOptions = {},
  restore: Submission['restore'] = { kind: 'latest' },
): Submission {
  return { jobId: id(letter), release: releaseOf(options), restore };
}

const bounded = `CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '5000');
CREATE TABLE shown (n BIGINT) WITH ('connector' = 'print');
INSERT INTO shown SELECT n FROM numbers;
`;

function startsIn(directory: string): number {
  return readdirSync(join(directory, 'submissions')).length;
}

describe('a job in a process of its own', () => {
  it('starts once, gives savepoints, stops with one, and goes on from it', async () => {
    const directory = temporaryDirectory();
    const env = { OPENAI_API_KEY: 'sk-canary', LAKE_KEY: 'open sesame', MILLRACE_TOKEN: 'canary'.repeat(4) };
    const target = openTarget(directory, {}, env);
    const first = submission('a', { declared: '    key: { type: secret, env: LAKE_KEY }\n' });
    await Promise.all([target.start(first), target.start(first)]);
    const running = await observed(target, id('a'), (job) => job.state === 'RUNNING' && job.checkpoints.completed > 0);
    expect(running).toMatchObject({ jobId: id('a'), name: 'counter', parallelism: 1, restarts: 0, view: null });
    await expect(target.start(submission('b'))).rejects.toMatchObject({ code: 'CONFLICT' });
    // It sees of the environment what its spec declares, and nothing else.
    const seen = readFileSync(`/proc/${pidOf(directory, 'a')}/environ`, 'utf8').split('\0');
    expect(seen).toContain('LAKE_KEY=open sesame');
    expect(seen.join('\n')).not.toContain('canary');

    const taken = await target.savepoint(id('a'), id('1'));
    expect(await target.savepoint(id('a'), id('1'))).toBe(taken);
    const path = await target.stop(id('a'), { savepoint: true, drain: false, triggerId: id('2') });
    expect(path).toMatch(/savepoints\/counter\/savepoint-\d+$/);
    expect(path).not.toBe(taken);
    // The same again, also for one who comes later, is the same answer.
    const later = openTarget(directory);
    expect(await later.stop(id('a'), { savepoint: true, drain: false, triggerId: id('2') })).toBe(path);
    await later.start(submission('a'));
    expect(await later.observe(id('a'))).toMatchObject({ state: 'FINISHED', checkpoints: { latestPath: path } });

    await target.start(submission('c', {}, { kind: 'savepoint', path: path! }));
    const { recordsIn } = await observed(target, id('c'), (job) => job.state === 'RUNNING' && (job.recordsIn ?? 0) > 0);
    expect(recordsIn).toBeGreaterThan(0);
    expect(await target.stop(id('c'), { savepoint: false, drain: false, triggerId: id('3') })).toBeNull();
    expect(await target.observe(id('c'))).toMatchObject({ state: 'CANCELED' });
    expect(startsIn(directory)).toBe(2);
  });

  it('that comes to its end is finished, with what it said in a log of a bounded size; it is not started again', async () => {
    const directory = temporaryDirectory();
    const target = openTarget(directory, { log: { fileBytes: 4_096, files: 3 } });
    await target.start(submission('a', { script: bounded }));
    await observed(target, id('a'), (job) => job.state === 'FINISHED');
    const log = join(directory, 'jobs', 'dev', 'counter', 'log');
    const sizes = readdirSync(log).map((name) => statSync(join(log, name)).size);
    expect(sizes).toHaveLength(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4_096);
    const lines = await target.logs(id('a'), 60);
    expect(lines).toHaveLength(60);
    expect(lines.at(-1)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z job a{32}: finished$/);
    expect(lines.at(-2)).toContain('+I[5000]');
    await target.start(submission('a', { script: bounded }));
    expect(await target.stop(id('a'), { savepoint: true, drain: false, triggerId: id('2') })).toBeNull();
    expect(await target.logs(id('a'), 60)).toEqual(lines);
  });

  it('fails with what it failed of', async () => {
    const target = openTarget(temporaryDirectory(), { slots: 2 });
    await target.start(submission('a', { parallelism: null, script: `SET 'parallelism.default' = '4';\n${bounded}` }));
    const job = await observed(target, id('a'), (seen) => seen.state === 'FAILED');
    expect(job.exceptions[0]!.text).toMatch(/at the most 2 slots, it takes 4/);
  });

  it('that is killed says so; one that the supervisor lost with itself is absent, or finished where its checkpoints say so', async () => {
    const directory = temporaryDirectory();
    const target = openTarget(directory);
    await target.start(submission('a'));
    await observed(target, id('a'), (job) => job.checkpoints.completed > 0);
    const { pid } = JSON.parse(readFileSync(join(directory, 'submissions', id('a'), 'report.json'), 'utf8')) as {
      pid: number;
    };
    process.kill(pid, 'SIGKILL');
    const killed = await observed(target, id('a'), (job) => job.state === 'FAILED');
    expect(killed.exceptions[0]!.text).toContain('SIGKILL');
    expect(killed.checkpoints.latestPath).toMatch(/chk-\d+$/);

    await target.start(submission('b'));
    await observed(target, id('b'), (job) => job.checkpoints.completed > 0);
    const other = openTarget(directory); // as after a kill of the supervisor: it knows nothing of processes
    const lost = await other.observe(id('b'));
    expect(lost).toMatchObject({ state: 'ABSENT', checkpoints: { latestPath: expect.stringMatching(/chk-\d+$/) } });
    expect(await other.observe(id('f'))).toMatchObject({ state: 'ABSENT' });
  });

  it('that hangs is ended', async () => {
    const directory = temporaryDirectory();
    const target = openTarget(directory, { silenceMs: 3_000 });
    await target.start(submission('a'));
    await observed(target, id('a'), (job) => job.state === 'RUNNING');
    process.kill(pidOf(directory, 'a'), 'SIGSTOP');
    const ended = await observed(target, id('a'), (job) => job.state === 'FAILED');
    expect(ended.exceptions[0]!.text).toContain('no answer for 3000 ms');
  });

  it('is refused beyond the limits, and without what it asks for', async () => {
    const target = openTarget(temporaryDirectory(), { slots: 2 });
    await expect(target.start(submission('a', { parallelism: 3 }))).rejects.toMatchObject({ code: 'LIMIT' });
    const full = openTarget(temporaryDirectory(), { jobs: 0 });
    await expect(full.start(submission('c'))).rejects.toMatchObject({ code: 'LIMIT' });
    const secret = { job: 'third', declared: '    key: { type: secret, env: MILLRACE_TOKEN }\n' };
    const open = openTarget(temporaryDirectory(), {}, { MILLRACE_TOKEN: 'x'.repeat(16) });
    await expect(open.start(submission('d', secret))).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(open.stop(id('d'), { savepoint: true, drain: true, triggerId: id('1') })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
  });
});

function pidOf(directory: string, letter: string): number {
  return (
    JSON.parse(readFileSync(join(directory, 'submissions', id(letter), 'report.json'), 'utf8')) as { pid: number }
  ).pid;
}
