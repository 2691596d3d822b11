import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import { createFlinkTarget } from '../../src/flink/create-target.ts';
import type { FlinkEngine } from '../../src/flink/flink-engine.ts';
import { createConnectors } from '../../src/job/connector-registry.ts';
import type { JobTarget, Submission, TargetJob } from '../../src/model/deployment.ts';
import { newId, releaseOf, submissionOf } from '../support/flink-release.ts';
import { slowProxy } from '../support/slow-gateway.ts';

// Against a real Flink, of which one has to be up: MILLRACE_FLINK_GATEWAY and MILLRACE_FLINK_REST are its addresses, MILLRACE_FLINK_HOME its
// distribution, for the tests of the command line.

const { MILLRACE_FLINK_GATEWAY: gateway, MILLRACE_FLINK_REST: rest, MILLRACE_FLINK_HOME: home } = process.env;
const patienceMs = 60_000;
const zoneMs = 1_800_000; // less than any time zone is off

function describeWithFlink(name: string, has: boolean, variables: string, suite: () => void): void {
  if (!has) process.stderr.write(`SKIPPED: ${name}: no Flink at hand: set ${variables}\n`);
  describe.skipIf(!has)(name, suite);
}

const connectors = createConnectors({});
const deps = { clock: systemClock, env: process.env, connectors };
const started: Submission[] = [];

function targetOf(more: Partial<FlinkEngine> = {}): JobTarget {
  const engine = {
    via: 'gateway',
    rest: rest ?? '',
    view: rest ?? '',
    gateway: gateway ?? '',
    savepointDirectory: null,
    tokenVariable: null,
    requestTimeoutMs: 20_000,
    operationTimeoutMs: patienceMs,
    ...more,
  } as FlinkEngine;
  return createFlinkTarget(engine, deps);
}

const counting = `
  SET 'parallelism.default' = '1';
  SET 'execution.checkpointing.interval' = '1 s';
  CREATE TABLE g (a BIGINT, ts AS CURRENT_TIMESTAMP, WATERMARK FOR ts AS ts)
    WITH ('connector' = 'datagen', 'rows-per-second' = '50', 'fields.a.kind' = 'sequence', 'fields.a.start' = '1', 'fields.a.end' = '1000000');
  CREATE TABLE b (a BIGINT, n BIGINT) WITH ('connector' = 'blackhole');
  INSERT INTO b SELECT a, COUNT(*) FROM TABLE(TUMBLE(TABLE g, DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY a, window_start, window_end`;

function submitted(script: string, more: Partial<Submission> = {}, job = `probe-${newId().slice(0, 8)}`): Submission {
  const submission = submissionOf(releaseOf(script, { job }), more);
  started.push(submission);
  return submission;
}

/** Others use the cluster too: a job that finds no slot does not fail of what it was to fail of. */
async function slotFree(): Promise<void> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const { 'slots-available': free } = (await (await fetch(`${rest}/overview`)).json()) as {
      'slots-available': number;
    };
    if (free > 0) return;
    if (Date.now() > end) throw new Error('no free slot');
    await systemClock.sleep(300);
  }
}

async function seen(target: JobTarget, jobId: string, holds: (job: TargetJob) => boolean): Promise<TargetJob> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const job = await target.observe(jobId);
    if (holds(job)) return job;
    if (Date.now() > end) throw new Error(`not within ${patienceMs} ms: ${JSON.stringify(job)}`);
    await systemClock.sleep(300);
  }
}

async function countOf(target: JobTarget, name: string): Promise<number> {
  return (await target.list()).filter((job) => job.name === name).length;
}

/** The cluster's few slots are others' as well. */
afterEach(async () => {
  if (rest === undefined) return;
  const target = targetOf();
  for (const { jobId } of started.splice(0)) {
    await target.stop(jobId, { savepoint: false, drain: false, triggerId: newId() }).catch(() => undefined);
  }
});

const unstopped = { savepoint: false, drain: false } as const;

describeWithFlink(
  'a real Flink by gateway and REST',
  gateway !== undefined && rest !== undefined,
  'MILLRACE_FLINK_GATEWAY, MILLRACE_FLINK_REST',
  () => {
    it('starts, is observed, saved, stopped with a savepoint and goes on from it', {
      timeout: 3 * patienceMs,
    }, async () => {
      const target = targetOf();
      const submission = submitted(counting);
      const { jobId, release } = submission;
      await target.start(submission);
      const running = await seen(
        target,
        jobId,
        (job) =>
          job.state === 'RUNNING' &&
          job.checkpoints.completed > 1 &&
          (job.recordsOut ?? 0) > 0 &&
          job.watermark !== null,
      );
      expect(running).toMatchObject({
        jobId,
        name: `test/${release.job}`,
        parallelism: 1,
      });
      expect(running.recordsIn).toBeGreaterThan(0);
      expect(Math.abs(running.watermark! - Date.now())).toBeLessThan(patienceMs);
      expect(running.checkpoints.latestPath).toMatch(/chk-\d+$/);

      const triggerId = newId();
      const path = await target.savepoint(jobId, triggerId);
      expect(path).toMatch(/savepoint-/);
      expect(await target.savepoint(jobId, triggerId)).toBe(path);
      expect((await target.logs(jobId, 50)).join('\n')).toContain(jobId);

      const stop = { savepoint: true, drain: false, triggerId: newId() };
      const last = await target.stop(jobId, stop);
      expect(last).not.toBe(path);
      expect((await target.observe(jobId)).state).toBe('FINISHED');
      expect(await target.stop(jobId, stop)).toBe(last);
      expect(await target.stop(jobId, { ...stop, triggerId: newId() })).toBe(last); // long after, when Flink has forgotten the trigger

      const next = { ...submission, jobId: newId(), restore: { kind: 'savepoint', path: last! } } as const;
      started.push(next);
      await target.start(next);
      await seen(target, next.jobId, (job) => job.state === 'RUNNING');
      const restored = (await (await fetch(`${rest}/jobs/${next.jobId}/checkpoints`)).json()) as {
        latest: { restored: { external_path: string } };
      };
      expect(restored.latest.restored.external_path).toBe(last);
      await target.stop(next.jobId, { ...unstopped, triggerId: newId() });

      const latest = { ...submission, jobId: newId(), restore: { kind: 'latest' } } as const; // the cancelled one's checkpoint, or the savepoint
      started.push(latest);
      await target.start(latest);
      await seen(target, latest.jobId, (job) => job.state === 'RUNNING');
      const found = (await (await fetch(`${rest}/jobs/${latest.jobId}/checkpoints`)).json()) as typeof restored;
      expect(found.latest.restored.external_path).toMatch(new RegExp(`${next.jobId}/chk-|savepoint`));
    });

    it('is one job, however often it is submitted', { timeout: patienceMs }, async () => {
      const target = targetOf();
      const submission = submitted(counting);
      await Promise.all([target.start(submission), target.start(submission)]);
      await target.start(submission);
      expect(await countOf(target, `test/${submission.release.job}`)).toBe(1);
    });

    it.each([
      [
        'the statement is not acknowledged',
        (path: string, body: string) => path.endsWith('/statements') && body.includes('INSERT'),
      ],
      ['its result is not', (path: string) => path.includes('/result/')],
    ])('is one job where %s in time', { timeout: 2 * patienceMs }, async (_, holds) => {
      let isSlow = false;
      const proxy = await slowProxy(gateway!, (_method, path, body) => {
        if (body.includes('INSERT')) isSlow = true;
        return isSlow && holds(path, body) ? 6_000 : 0;
      });
      try {
        const target = targetOf({ gateway: proxy.url, requestTimeoutMs: 3_000 });
        const submission = submitted(counting);
        await target.start(submission);
        await target.start(submission);
        expect(await countOf(target, `test/${submission.release.job}`)).toBe(1);
        expect(proxy.passed.some((line) => line.startsWith('DELETE'))).toBe(true);
      } finally {
        await proxy.close();
      }
    });

    it('says what a job failed of', { timeout: 2 * patienceMs }, async () => {
      const target = targetOf();
      const submission = submitted(`
      SET 'restart-strategy.type' = 'none';
      SET 'parallelism.default' = '1';
      CREATE TABLE g (a INT) WITH ('connector' = 'datagen', 'number-of-rows' = '5');
      CREATE TABLE b (a INT) WITH ('connector' = 'blackhole');
      INSERT INTO b SELECT CAST(CONCAT('x', CAST(a AS STRING)) AS INT) FROM g`);
      await slotFree();
      await target.start(submission);
      const failed = await seen(target, submission.jobId, (job) => job.state === 'FAILED');
      expect(failed.exceptions[0]?.text).toMatch(/NumberFormatException: For input string: 'x/);
      expect(failed.exceptions[0]?.task).toContain('Source: g');
      await expect(
        target.stop(submission.jobId, { savepoint: true, drain: false, triggerId: newId() }),
      ).resolves.toBeNull();
    });

    it.each([
      [
        'a table that is not there',
        `CREATE TABLE b (a INT) WITH ('connector' = 'blackhole'); INSERT INTO b SELECT a FROM nowhere`,
        'SQL_VALIDATION',
        /Object 'nowhere' not found/,
      ],
      [
        'what is no SQL',
        `CREATE TABLE b (a INT) WITH ('connector' = 'blackhole'); INSERT INTO b SELECTT 1`,
        'SQL_SYNTAX',
        /Non-query expression encountered/,
      ],
      [
        'a connector without its jar',
        `CREATE TABLE b (a INT) WITH ('connector' = 'nats'); INSERT INTO b SELECT 1`,
        'SQL_VALIDATION',
        /Could not find any factory for identifier 'nats'/,
      ],
    ])('says what is wrong with a script: %s', { timeout: patienceMs }, async (_, script, code, text) => {
      await expect(targetOf().start(submitted(script))).rejects.toMatchObject({
        code,
        message: expect.stringMatching(text),
      });
    });

    it('does not start without the state that it was to go on from', { timeout: patienceMs }, async () => {
      const target = targetOf();
      const submission = submitted(counting, { restore: { kind: 'savepoint', path: 'file:///nowhere/savepoint-1' } });
      const outcome = await target.start(submission).then(
        () => seen(target, submission.jobId, (job) => job.state === 'FAILED'),
        (error: unknown) => error,
      );
      expect(JSON.stringify(outcome instanceof Error ? { text: outcome.message } : outcome)).toMatch(/nowhere/);
    });

    it('knows nothing of other ids', { timeout: patienceMs }, async () => {
      const id = newId();
      expect((await targetOf().observe(id)).state).toBe('ABSENT');
      await expect(targetOf().stop(id, { savepoint: true, drain: false, triggerId: id })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    });
  },
);

describeWithFlink(
  'a real Flink by its command line',
  gateway !== undefined && home !== undefined,
  'MILLRACE_FLINK_GATEWAY, MILLRACE_FLINK_HOME',
  () => {
    it.each(['gateway', 'embedded'])(
      'starts once by %s, is listed, saved once and stopped',
      { timeout: 9 * patienceMs },
      async (mode) => {
        const folder = await mkdtemp(join(tmpdir(), 'millrace-savepoints-'));
        try {
          const engine = {
            via: 'cli',
            home: home!,
            configDirectory: `${home}/conf`,
            gateway: mode === 'gateway' ? gateway! : null,
            jobManager: new URL(rest!).host,
            savepointDirectory: `file://${folder}`,
            tokenVariable: null,
            requestTimeoutMs: 20_000,
            operationTimeoutMs: 3 * patienceMs, // a JVM is started for each call
          } as const;
          const target = createFlinkTarget(engine, deps);
          const submission = submitted(counting);
          const { jobId, release } = submission;
          await target.start(submission);
          await target.start(submission);
          const running = await seen(target, jobId, (job) => job.state === 'RUNNING');
          expect(running).toMatchObject({ jobId, name: `test/${release.job}` });
          expect(Math.abs(running.startTime! - Date.now())).toBeLessThan(zoneMs);
          expect(await countOf(target, `test/${release.job}`)).toBe(1);
          const triggerId = newId();
          expect(await target.savepoint(jobId, triggerId)).toBe(await target.savepoint(jobId, triggerId));
          const stop = { savepoint: true, drain: false, triggerId: newId() };
          const path = await target.stop(jobId, stop);
          expect(await target.stop(jobId, stop)).toBe(path);
          expect((await target.observe(jobId)).state).toBe('FINISHED');
          expect((await readdir(folder)).length).toBe(2); // a savepoint each, though each was asked for twice
        } finally {
          await rm(folder, { recursive: true });
        }
      },
    );
  },
);
