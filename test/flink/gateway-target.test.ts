import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import { createFlinkTarget } from '../../src/flink/create-target.ts';
import type { FlinkEngine } from '../../src/flink/flink-engine.ts';
import { createConnectors } from '../../src/job/connector-registry.ts';
import type { JobTarget } from '../../src/model/deployment.ts';
import { type FakeFlink, fakeFlink, javaTrace } from '../support/fake-flink.ts';
import { newId, releaseOf, submissionOf } from '../support/flink-release.ts';

const connectors = createConnectors({});
const tables = `CREATE TABLE a (x INT) WITH ('connector' = 'datagen');\nCREATE TABLE b (x INT) WITH ('connector' = 'blackhole');`;
const script = `-- a probe\nSET 'parallelism.default' = '2';\n${tables}\nINSERT INTO b SELECT x FROM a`;
const stopping = { savepoint: true, drain: false } as const;

/** Where an answer never comes: long enough for the others on a busy machine. */
const impatient = { requestTimeoutMs: 1_000 } as const;

let flink: FakeFlink;

beforeEach(async () => {
  flink = await fakeFlink();
});
afterEach(async () => {
  await flink.close();
});

function targetOf(more: Partial<FlinkEngine> = {}, env: Record<string, string> = {}): JobTarget {
  const engine = {
    via: 'gateway',
    rest: flink.url,
    view: 'https://flink.example',
    gateway: flink.url,
    savepointDirectory: null,
    tokenVariable: null,
    requestTimeoutMs: 10_000,
    operationTimeoutMs: 10_000,
    ...more,
  } as FlinkEngine;
  return createFlinkTarget(engine, { clock: systemClock, env, connectors });
}

describe('a job on Flink', () => {
  it('is submitted statement by statement, with our id, name, state and parallelism over what the script says', async () => {
    const submission = submissionOf(releaseOf(script, { parallelism: 3 }), {
      restore: { kind: 'savepoint', path: 's3://x/savepoint-1' },
    });
    await targetOf().start(submission);
    expect(flink.statements.map((text) => text.split(/[\s(]+/, 3).join(' '))).toEqual([
      "SET 'parallelism.default' =",
      'CREATE TABLE a',
      'CREATE TABLE b',
      'INSERT INTO b',
    ]);
    expect(flink.jobs.get(submission.jobId)).toMatchObject({
      name: 'test/probe',
      statement: 'INSERT INTO b SELECT x FROM a',
      config: { 'execution.state-recovery.path': 's3://x/savepoint-1', 'parallelism.default': '3' },
    });
    const [session] = flink.sessions.values();
    expect(session).toMatchObject({
      open: false,
      properties: { 'execution.checkpointing.interval': '10 s', 'pipeline.name': 'test/probe' },
    });
  });

  it('is not submitted where it is there already', async () => {
    const submission = submissionOf(releaseOf(script));
    await targetOf().start(submission);
    await targetOf().start(submission);
    flink.jobs.get(submission.jobId)!.state = 'FAILED'; // ended is there as well: starting it anew is another submission
    await targetOf().start(submission);
    expect(flink.statements.filter((text) => text.startsWith('INSERT'))).toHaveLength(1);
  });

  it.each([
    [
      'the INSERT is answered late',
      (request: string, body: string) =>
        request.endsWith('/statements') && body.includes('INSERT') ? { late: 1_500 } : null,
    ],
    [
      'the INSERT is never answered',
      (request: string, body: string) => (request.endsWith('/statements') && body.includes('INSERT') ? 'drop' : null),
    ],
    [
      'its result is never answered',
      (request: string) => (request.includes('/result/') && flink.jobs.size > 0 ? 'drop' : null),
    ],
    [
      'the gateway answers 503 for a result',
      (request: string) =>
        request.includes('/result/') && flink.jobs.size > 0 ? { status: 503, errors: ['down'] } : null,
    ],
  ] as const)('is one job where %s', async (_, fault) => {
    flink.fault = fault;
    const submission = submissionOf(releaseOf(script));
    await targetOf(impatient).start(submission);
    await targetOf(impatient).start(submission);
    expect([...flink.jobs.keys()]).toEqual([submission.jobId]);
    expect([...flink.sessions.values()].every(({ open }) => !open)).toBe(true);
  });

  it('is one job where it arrives only after the caller has given up', async () => {
    const submission = submissionOf(releaseOf(script));
    flink.fault = (request, body) => {
      const isAsked = request === `GET /jobs/${submission.jobId}` && flink.jobs.size > 0;
      return isAsked || body.includes('INSERT') ? 'drop' : null;
    };
    await expect(targetOf(impatient).start(submission)).rejects.toMatchObject({ code: 'TIMEOUT', retryable: true });
    expect(flink.jobs.size).toBe(1);
    flink.fault = () => null;
    await targetOf(impatient).start(submission);
    expect(flink.statements.filter((text) => text.startsWith('INSERT'))).toHaveLength(1);
  });

  it('is found by the duplicate that Flink refuses, where two start it at once', async () => {
    const submission = submissionOf(releaseOf(script));
    await Promise.all([targetOf().start(submission), targetOf().start(submission), targetOf().start(submission)]);
    expect(flink.jobs.size).toBe(1);
  });

  it('is refused where Flink gives it another id, and what was started is taken back', async () => {
    const { jobId, release, restore } = submissionOf(releaseOf(script));
    const other = newId();
    flink.fault = (request) => {
      const job = flink.jobs.get(jobId);
      if (job !== undefined) {
        flink.jobs.delete(jobId);
        flink.jobs.set(other, { ...job, id: other });
      }
      if (request.includes('/result/') && flink.jobs.has(other))
        flink.pages.set(request.slice(4), { resultType: 'PAYLOAD', jobID: other });
      return null;
    };
    await expect(targetOf().start({ jobId, release, restore })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(other),
    });
    expect(flink.jobs.get(other)?.state).toBe('CANCELED');
  });

  it.each([
    [
      'two INSERTs on their own',
      `${tables}INSERT INTO b SELECT x FROM a;\nINSERT INTO b SELECT x + 1 FROM a`,
      /INSERT INTO b \(line 2\), INSERT INTO b \(line 3\)/,
      /STATEMENT SET/,
    ],
    [
      'a query for rows',
      `${tables}INSERT INTO b SELECT x FROM a; SELECT * FROM a`,
      /a query whose rows nobody takes/,
      /INSERT/,
    ],
    ['nothing that makes a job', tables, /expected an INSERT/, undefined],
    [
      'a DROP behind the job',
      `${tables}INSERT INTO b SELECT x FROM a; DROP TABLE a`,
      /nothing behind the INSERT, found DROP TABLE a/,
      /before/,
    ],
    [
      'tables of the simulator',
      `CREATE TABLE a (x INT) WITH ('connector' = 'simulator'); INSERT INTO a SELECT 1`,
      /the connector 'simulator' is Millrace's own/,
      /simulate/,
    ],
    [
      'functions in TypeScript',
      `CREATE FUNCTION f AS './f.ts' LANGUAGE TYPESCRIPT; ${tables} INSERT INTO b SELECT f(x) FROM a`,
      /functions in TYPESCRIPT/,
      /SQL/,
    ],
  ])('is refused before anything is sent: %s', async (_, text, message, hint) => {
    await expect(targetOf().start(submissionOf(releaseOf(text)))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(message),
      ...(hint === undefined ? {} : { hint: expect.stringMatching(hint) }),
    });
    expect(flink.statements).toEqual([]);
  });

  it('takes a statement set, with semicolons and comments in it, as one', async () => {
    const set = `EXECUTE STATEMENT SET BEGIN\nINSERT INTO b SELECT x FROM a; -- ; one\nINSERT INTO b SELECT x + 1 FROM a;\nEND`;
    await targetOf().start(submissionOf(releaseOf(`${tables}${set};`)));
    expect([...flink.jobs.values()][0]?.statement).toBe(set);
  });

  it('shows no secret in what Flink says of a statement', async () => {
    const spec = `apiVersion: millrace/v1\nkind: Job\nmetadata: { name: probe }\nspec:\n  sql: job.sql\n  parameters:\n    password: { type: secret, env: PROBE_PASSWORD }\n`;
    const text = `CREATE TABLE a (x INT) WITH ('connector' = 'datagen', 'password' = '\${password}'); INSERT INTO a SELECT 1`;
    flink.fault = (request) =>
      request.includes('/result/')
        ? {
            status: 500,
            errors: javaTrace(
              'org.apache.flink.table.api.ValidationException: Table options are:',
              `org.apache.flink.table.api.ValidationException: Unsupported options: 'password'='hunter2'`,
            ),
          }
        : null;
    const started = targetOf({}, { PROBE_PASSWORD: 'hunter2' }).start(submissionOf(releaseOf(text, { spec })));
    await expect(started).rejects.toMatchObject({
      code: 'SQL_VALIDATION',
      message: expect.stringMatching(/^line 1: Flink answers: (?:(?!hunter2)[\s\S])*'\*\*\*'/),
    });
    expect(flink.statements[0]).toContain('hunter2');
  });

  it('goes on from the newest state that the cluster remembers of the deployment', async () => {
    const first = submissionOf(releaseOf(script));
    await targetOf().start(first);
    const path = await targetOf().stop(first.jobId, { ...stopping, triggerId: newId() });
    const next = submissionOf(releaseOf(script), { restore: { kind: 'latest' } });
    await targetOf().start(next);
    expect(flink.jobs.get(next.jobId)?.config['execution.state-recovery.path']).toBe(path);
  });
});

describe('stopping and saving', () => {
  it('gives the same savepoint however often it is asked, also after Flink has forgotten the trigger', async () => {
    const { jobId, ...rest } = submissionOf(releaseOf(script));
    await targetOf().start({ jobId, ...rest });
    const triggerId = newId();
    let stops = 0;
    flink.fault = (request) => {
      if (request.endsWith('/stop')) stops++;
      return request.endsWith('/stop') && stops === 1 ? 'drop' : null;
    };
    await expect(targetOf(impatient).stop(jobId, { ...stopping, triggerId })).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    const path = await targetOf().stop(jobId, { ...stopping, triggerId });
    expect(path).toMatch(/savepoint-/);
    expect(await targetOf().stop(jobId, { ...stopping, triggerId: newId() })).toBe(path);
  });

  it('says what a savepoint failed of', async () => {
    const { jobId, ...rest } = submissionOf(releaseOf(script));
    await targetOf().start({ jobId, ...rest });
    const triggerId = newId();
    const cause =
      'java.util.concurrent.CompletionException: org.apache.flink.runtime.checkpoint.CheckpointException: Checkpoint Coordinator is suspending.';
    flink.pages.set(`/jobs/${jobId}/savepoints/${triggerId}`, {
      status: { id: 'COMPLETED' },
      operation: {
        'failure-cause': {
          class: 'x',
          'stack-trace': `${cause}\n\tat a.b(C.java:1)\nCaused by: org.apache.flink.runtime.checkpoint.CheckpointException: Checkpoint Coordinator is suspending.`,
        },
      },
    });
    await expect(targetOf().savepoint(jobId, triggerId)).rejects.toMatchObject({
      code: 'CHECKPOINT',
      message: expect.stringContaining('Checkpoint Coordinator is suspending.'),
    });
  });

  it('cancels without a savepoint, and a job that is gone is not found', async () => {
    const { jobId, ...rest } = submissionOf(releaseOf(script));
    await targetOf().start({ jobId, ...rest });
    const plain = { savepoint: false, drain: false, triggerId: newId() };
    expect(await targetOf().stop(jobId, plain)).toBeNull();
    expect(await targetOf().stop(jobId, plain)).toBeNull();
    await expect(targetOf().stop(newId(), plain)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await targetOf().observe(newId())).state).toBe('ABSENT');
  });
});
