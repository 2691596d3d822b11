import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { localEngine } from '../../../src/commands/local-engine.ts';
import { Gateway } from '../../../src/server/gateway/gateway.ts';
import { gatewayRoutes } from '../../../src/server/gateway/gateway-routes.ts';
import { serveRoutes } from '../../../src/server/http-server.ts';
import { JobMetrics } from '../../../src/server/job-metrics.ts';
import type { RunningServer } from '../../../src/server/listening.ts';
import { createRoutes } from '../../../src/server/routes.ts';
import { describeWithJava } from '../../support/testbed/describe-with-java.ts';
import { askByJdbc } from '../../support/testbed/flink-jdbc.ts';

vi.setConfig({ testTimeout: 60_000 });

const directory = mkdtempSync(join(tmpdir(), 'millrace-gateway-'));
const warnings: string[] = [];
let gateway: Gateway;
let server: RunningServer;

beforeAll(async () => {
  const warn = (text: string): void => void warnings.push(text);
  const workerUrl = new URL('../../../src/worker.ts', import.meta.url);
  const engine = localEngine({ workingDirectory: directory, workerUrl, warn });
  const plan = { ...engine, dataDirectory: join(directory, 'data'), now: () => Date.now(), warn, parallelism: 1 };
  gateway = new Gateway({ plan, startJob: engine.runJob, print: async () => {}, allow: [join(directory, 'allowed')] });
  const metrics = new JobMetrics('1');
  const { jobs } = gateway;
  const rest = createRoutes({
    status: () => jobs.statuses(),
    version: '1',
    metrics,
    control: jobs.control,
    pages: [],
  });
  server = await serveRoutes({ port: 0, host: '127.0.0.1' }, [...rest, ...gatewayRoutes(gateway, '1')]);
});
afterAll(async () => {
  await server?.close();
  await gateway?.close();
  rmSync(directory, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
type Json = any;

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

async function open(properties: Record<string, string> = {}): Promise<string> {
  const { body } = await ask('POST', '/v3/sessions', { sessionName: 'test', properties });
  return `/v3/sessions/${body.sessionHandle}`;
}

async function submit(session: string, statement: string): Promise<string> {
  const { body } = await ask('POST', `${session}/statements`, { statement });
  return `${session}/operations/${body.operationHandle}`;
}

/** All pages; `rows` are `kind` and values. */
async function result(operation: string, format = 'JSON'): Promise<{ rows: unknown[][]; first: Json; status: number }> {
  const rows: unknown[][] = [];
  let [uri, first]: [string | undefined, Json] = [`${operation}/result/0?rowFormat=${format}`, null];
  while (uri !== undefined) {
    const { status, body } = await ask('GET', uri);
    if (status !== 200) return { rows, first: body, status };
    if (body.resultType !== 'NOT_READY') {
      first ??= body;
      rows.push(...body.results.data.map((row: Json) => [row.kind, ...row.fields]));
    }
    uri = body.nextResultUri;
    if (body.resultType === 'NOT_READY') await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { rows, first, status: 200 };
}

async function sql(session: string, statement: string, format?: string): ReturnType<typeof result> {
  return await result(await submit(session, statement), format);
}

describe('the SQL Gateway', () => {
  it('gives rows with their types as a Flink does, and every digit of them', async () => {
    const session = await open({ 'table.local-time-zone': 'Europe/Paris' });
    const query =
      "SELECT CAST(9007199254740993 AS BIGINT) AS b, CAST(1.5 AS DECIMAL(20, 2)) AS d, TIMESTAMP '2026-01-01 00:00:00.100' AS t, 2.5e10 AS f, TO_TIMESTAMP_LTZ(0, 3) AS l, ARRAY[TRUE] AS a, CAST(NULL AS STRING) AS n";
    const { first } = await sql(session, query);
    expect(first).toMatchObject({ isQueryResult: true, resultKind: 'SUCCESS_WITH_CONTENT', resultType: 'PAYLOAD' });
    expect(first.jobID).toMatch(/^[0-9a-f]{32}$/);
    expect(first.results.columns.slice(0, 3)).toEqual([
      { name: 'b', logicalType: { type: 'BIGINT', nullable: false }, comment: null },
      { name: 'd', logicalType: { type: 'DECIMAL', nullable: false, precision: 20, scale: 2 }, comment: null },
      { name: 't', logicalType: { type: 'TIMESTAMP_WITHOUT_TIME_ZONE', nullable: false, precision: 3 }, comment: null },
    ]);
    const operation = await submit(session, query);
    expect((await result(operation, 'PLAIN_TEXT')).rows).toEqual([
      [
        'INSERT',
        '9007199254740993',
        '1.50',
        '2026-01-01 00:00:00.100',
        '2.5E10',
        '1970-01-01 01:00:00.000',
        '[TRUE]',
        null,
      ],
    ]);
    const page = await fetch(`http://127.0.0.1:${server.port}${operation}/result/0?rowFormat=JSON`);
    expect(page.status).toBe(500); // that page is gone
  });

  it('gives the changes of a query in their order', async () => {
    const { rows } = await sql(await open(), 'SELECT a, COUNT(*) FROM (VALUES (1), (2), (2)) AS t(a) GROUP BY a');
    expect(rows).toEqual([
      ['INSERT', 1, 1],
      ['INSERT', 2, 1],
      ['UPDATE_BEFORE', 2, 1],
      ['UPDATE_AFTER', 2, 2],
    ]);
  });

  it('runs an INSERT as a job that Flink’s REST API shows, saves, and stops with a savepoint to go on from', async () => {
    const session = await open({ 'execution.checkpointing.interval': '100 ms' });
    for (const statement of [
      "CREATE TABLE g (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = '50')",
      "CREATE TABLE s (a INT) WITH ('connector' = 'blackhole')",
    ]) {
      expect((await sql(session, statement)).rows).toEqual([['INSERT', 'OK']]);
    }
    const { rows, first } = await sql(session, 'INSERT INTO s SELECT * FROM g');
    const id = rows[0]![1] as string;
    expect(first).toMatchObject({ jobID: id, isQueryResult: false });
    await vi.waitFor(async () => expect((await ask('GET', `/jobs/${id}/status`)).body.status).toBe('RUNNING'), 20_000);
    const savepoint = await trigger(`/v1/jobs/${id}/savepoints`, { 'cancel-job': false }, id);
    expect((await ask('GET', `/jobs/${id}/status`)).body.status).toBe('RUNNING');
    const stopped = await trigger(`/v1/jobs/${id}/stop`, {}, id);
    expect(stopped).not.toBe(savepoint);
    expect((await ask('GET', `/jobs/${id}/status`)).body.status).toBe('FINISHED');
    await sql(session, `SET 'execution.state-recovery.path' = '${stopped}'`);
    const again = (await sql(session, 'INSERT INTO s SELECT * FROM g')).rows[0]![1] as string;
    await vi.waitFor(async () => {
      const { body } = await ask('GET', `/jobs/${again}/checkpoints`);
      expect(body.latest.restored.external_path).toBe(stopped);
    }, 20_000);
    expect((await sql(session, `STOP JOB '${again}'`)).rows).toEqual([['INSERT', 'OK']]);
    await vi.waitFor(async () => {
      const { rows: jobs } = await sql(session, 'SHOW JOBS');
      expect(jobs.find(([, job]) => job === again)?.[3]).toBe('CANCELED');
    }, 20_000);
  });

  it('ends the job of a query with its operation', async () => {
    const session = await open();
    await sql(session, "CREATE TABLE g (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = '10')");
    const operation = await submit(session, 'SELECT * FROM g');
    let id = '';
    await vi.waitFor(async () => {
      const { body } = await ask('GET', `${operation}/result/0?rowFormat=JSON`);
      id = body.jobID;
      expect(id).toMatch(/^[0-9a-f]{32}$/);
    }, 20_000);
    expect((await ask('DELETE', `${operation}/close`)).body).toEqual({ status: 'CLOSED' });
    await vi.waitFor(async () => expect((await ask('GET', `/jobs/${id}/status`)).body.status).toBe('CANCELED'), 20_000);
  });

  it('gathers a statement set until its end', async () => {
    const session = await open();
    await sql(session, "CREATE TABLE s (a INT) WITH ('connector' = 'blackhole')");
    for (const statement of ['BEGIN STATEMENT SET', 'INSERT INTO s VALUES (1)', 'INSERT INTO s VALUES (2)']) {
      expect((await sql(session, statement)).rows).toEqual([['INSERT', 'OK']]);
    }
    const id = (await sql(session, 'END')).rows[0]![1];
    await vi.waitFor(async () => expect((await ask('GET', `/jobs/${id}/status`)).body.status).toBe('FINISHED'), 20_000);
  });

  it('says what is wrong with the result, and where', async () => {
    const session = await open();
    await sql(session, 'CREATE TEMPORARY VIEW v AS SELECT 1 AS a');
    const operation = await submit(session, 'SELECT nope FROM v');
    const { status, first } = await result(operation);
    expect(status).toBe(500);
    expect(first.errors[0]).toBe('Internal server error.');
    expect(first.errors[1]).toContain("line 1, column 8: unknown column 'nope'");
    expect((await ask('GET', `${operation}/status`)).body).toEqual({ status: 'ERROR' });
  });

  it.each([
    ['a table', "CREATE TABLE x (a STRING) WITH ('connector' = 'filesystem', 'path' = '/etc', 'format' = 'raw')", true],
    ['a relative way out', "CREATE TABLE x (a STRING) WITH ('connector' = 'filesystem', 'path' = '../../etc', 'format' = 'raw')", true], // biome-ignore format: a table
    ['a catalog', "CREATE CATALOG c WITH ('type' = 'iceberg', 'catalog-type' = 'jdbc', 'uri' = 'jdbc:sqlite:/etc/x.db', 'warehouse' = '/tmp/w')", false], // biome-ignore format: a table
    ['a setting', "SET 'execution.checkpointing.dir' = 'file:///etc'", false],
    ['code', "CREATE TEMPORARY FUNCTION f AS '/etc/f.ts' LANGUAGE TYPESCRIPT", false],
  ])('reads and writes only where it may: %s', async (_what, statement, needsQuery) => {
    const session = await open();
    const made = await sql(session, statement);
    const { status, first } = needsQuery ? await sql(session, 'SELECT * FROM x') : made;
    expect(status).toBe(500);
    expect(first.errors[1]).toMatch(/expected a place below .*data or .*allowed, got/);
  });

  it('leaves out what a Flink client sends of its own cluster, and says so', async () => {
    const session = await open({ 'jobmanager.rpc.port': '6123', 'execution.checkpointing.dir': 'file:///cluster', 'parallelism.default': '1' }); // biome-ignore format: one thought
    expect((await ask('GET', session)).body.properties).toEqual({ 'parallelism.default': '1' });
    expect(warnings.at(-1)).toContain('execution.checkpointing.dir, jobmanager.rpc.port');
  });

  it('knows no session that was closed', async () => {
    const session = await open();
    expect((await ask('DELETE', session)).body).toEqual({ status: 'CLOSED' });
    const { status, body } = await ask('POST', `${session}/heartbeat`);
    expect([status, body.errors[1]]).toEqual([500, expect.stringContaining('expected an open one, found none')]);
  });
});

async function trigger(path: string, body: unknown, id: string): Promise<string> {
  const { body: asked } = await ask('POST', path, body);
  return await vi.waitFor(async () => {
    const { body: found } = await ask('GET', `/v1/jobs/${id}/savepoints/${asked['request-id']}`);
    expect(found.status.id).toBe('COMPLETED');
    return found.operation.location as string;
  }, 20_000);
}

describeWithJava('Flink’s own JDBC driver', () => {
  it('makes tables and reads rows', async () => {
    const lines = await askByJdbc(server.port, [
      "CREATE TABLE o (id BIGINT, price DECIMAL(10, 2)) WITH ('connector' = 'datagen', 'number-of-rows' = '3')",
      "SELECT CAST(9007199254740993 AS BIGINT) AS b, 1.50 AS d, TIMESTAMP '2026-01-01 00:00:00.123' AS t, CAST(NULL AS STRING) AS n",
      'SELECT COUNT(*) FROM (SELECT id FROM o)',
    ]);
    expect(lines).toEqual([
      'default_catalog.default_database',
      'ok',
      '9007199254740993\t1.50\t2026-01-01 00:00:00.123\tnull',
      ...[1, 1, 2, 2, 3].map(String),
    ]);
  });
});
