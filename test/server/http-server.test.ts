import { request } from 'node:http';
import { Script } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { EngineError } from '../../src/model/errors.ts';
import type { JobStatus } from '../../src/model/job-status.ts';
import { type ServerOptions, startServer } from '../../src/server/http-server.ts';
import type { RunningServer } from '../../src/server/listening.ts';
import { statusPage } from '../../src/web/status-page.ts';
import { jobId, jobStatus, sourceId, windowId } from './job-status-fixture.ts';

let server: RunningServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function start(more: Partial<ServerOptions> = {}, jobs: readonly JobStatus[] = [jobStatus()]): Promise<void> {
  server = await startServer({ port: 0, host: '127.0.0.1', status: () => jobs, build: { version: '1.2.3' }, ...more });
}

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
type Answer = Readonly<{ status: number; text: string; json: () => any; type: string; policy: string }>;

/** By node:http, which lets a test set the Host header. */
function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = options;
    const call = request({ host: '127.0.0.1', port: server!.port, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          text,
          json: () => JSON.parse(text),
          type: response.headers['content-type']!,
          policy: String(response.headers['content-security-policy']),
        }),
      );
    });
    call.on('error', reject);
    call.end(body);
  });
}

const json = { 'content-type': 'application/json' };

describe('reading', () => {
  it.each([
    [
      '/overview',
      { taskmanagers: 1, 'slots-total': 2, 'jobs-running': 1, 'jobs-failed': 0, 'flink-version': '2.3-millrace-1.2.3' },
    ],
    ['/config', { 'refresh-interval': 3_000, features: { 'web-submit': false, 'web-cancel': false } }],
    ['/jobs', { jobs: [{ id: jobId, status: 'RUNNING' }] }],
    [
      '/jobs/overview',
      {
        jobs: [
          {
            jid: jobId,
            name: 'orders',
            'end-time': -1,
            duration: 89_000,
            'last-modification': 1_200,
            tasks: { running: 3, initializing: 1, total: 4 },
          },
        ],
      },
    ],
    [`/jobs/${jobId}/status`, { status: 'RUNNING' }],
    ['/healthz', { status: 'ok' }],
    ['/readyz', { status: 'ready' }],
    ['/api/v1/jobs', { jobs: [{ id: jobId, restarts: 0 }] }],
    [`/api/v1/jobs/${jobId}/audit`, { epochs: 2, unbalanced: 0 }],
    [`/jobs/${jobId}/exceptions`, { exceptionHistory: { entries: [], truncated: false } }],
    [
      `/jobs/${jobId}/vertices/${sourceId}/watermarks`,
      [
        { id: '0.currentInputWatermark', value: '60000' },
        { id: '1.currentInputWatermark', value: '50000' },
      ],
    ],
  ])('%s answers in its shape, with and without /v1', async (path, expected) => {
    await start();
    const answer = await ask(path);
    expect(answer).toMatchObject({ status: 200, type: 'application/json; charset=utf-8' });
    expect(answer.json()).toMatchObject(expected);
    expect((await ask(`/v1${path}`)).json()).toEqual(answer.json());
  });

  it('a job has vertices with sums over their subtasks, and its plan', async () => {
    await start();
    const job = (await ask(`/jobs/${jobId}`)).json();
    expect(job).toMatchObject({
      jid: jobId,
      isStoppable: false,
      state: 'RUNNING',
      duration: 89_000,
      timestamps: { RUNNING: 1_200, RECONCILING: 0 },
    });
    expect(job.vertices).toMatchObject([
      {
        id: sourceId,
        status: 'RUNNING',
        parallelism: 2,
        tasks: { RUNNING: 2 },
        metrics: { 'read-records': 200, 'accumulated-busy-time': 1_200 },
      },
      { id: windowId, status: 'INITIALIZING', tasks: { RUNNING: 1, INITIALIZING: 1 } },
    ]);
    expect(job.plan.nodes).toMatchObject([
      { id: windowId, inputs: [{ num: 0, id: sourceId, ship_strategy: 'HASH' }] },
      { id: sourceId, description: 'Source: t[1]<br/>+- Calc[2]' },
    ]);
    expect(job.plan.nodes[1]).not.toHaveProperty('inputs');
  });

  it('checkpoints have counts, statistics, the latest of each kind and the history', async () => {
    await start();
    const answer = (await ask(`/jobs/${jobId}/checkpoints`)).json();
    expect(answer).toMatchObject({
      counts: { restored: 0, total: 3, in_progress: 0, completed: 2, failed: 1 },
      summary: { end_to_end_duration: { min: 20, max: 40, avg: 30, p50: 20, p99: 40 } },
      latest: {
        completed: { id: 1 },
        savepoint: { id: 2 },
        failed: { id: 3, failure_message: 'the disk is full' },
        restored: null,
      },
      history: [{ id: 3, className: 'failed' }, { id: 2, is_savepoint: true, external_path: '/data/chk-2' }, { id: 1 }],
    });
    expect((await ask(`/jobs/${jobId}/checkpoints/details/2`)).json()).toEqual(answer.history[1]);
    expect((await ask(`/jobs/${jobId}/checkpoints/details/9`)).status).toBe(404);
  });

  it('exceptions are newest first and say when some were left out', async () => {
    const error = {
      code: 'CONNECTION',
      message: 'no broker',
      retryable: true,
      hint: 'Start one.',
      causes: ['refused'],
    } as const;
    const exceptions = [3, 2, 1].map((timestamp) => ({ timestamp, error, taskName: 'Source: t[1] (1/2)' }));
    await start({}, [jobStatus({ exceptions })]);
    const { exceptionHistory } = (await ask(`/jobs/${jobId}/exceptions?maxExceptions=2`)).json();
    expect(exceptionHistory).toMatchObject({
      entries: [
        { exceptionName: 'millrace.CONNECTION', stacktrace: 'no broker\nCaused by: refused\nStart one.', timestamp: 3 },
        { timestamp: 2 },
      ],
      truncated: true,
    });
    expect((await ask(`/jobs/${jobId}/exceptions?maxExceptions=none`)).status).toBe(400);
  });

  it('metrics are text for Prometheus', async () => {
    await start();
    const answer = await ask('/metrics');
    expect(answer).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
    expect(answer.text).toContain('# TYPE millrace_records_in_total counter');
  });

  it('pages are served as they are, and load nothing from elsewhere', async () => {
    await start({ pages: statusPage });
    const page = await ask('/');
    expect(page).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
    for (const [, path] of page.text.matchAll(/(?:href|src)="(\/[^"]*)"/g)) expect((await ask(path!)).status).toBe(200);
    expect(page.text).not.toMatch(/https?:/);
    expect(page.policy).toMatch(/^default-src 'self';/);
    expect(
      () => new Script((statusPage.find(({ path }) => path === '/status.js') ?? statusPage[0]!).text),
    ).not.toThrow();
  });

  it('is not ready while a job is not running', async () => {
    await start({}, [jobStatus({ state: 'RESTARTING' })]);
    expect(await ask('/readyz')).toMatchObject({ status: 503 });
  });

  it.each([
    ['/nothing', 404, /no such page/],
    [`/jobs/${'f'.repeat(32)}`, 404, /Job f+ not found/],
    ['/jobs/%E0%A4%A', 400, /well-formed/],
  ])('%s is refused with JSON', async (path, status, message) => {
    await start();
    const answer = await ask(path);
    expect(answer.status).toBe(status);
    expect(answer.json().errors[0]).toMatch(message);
  });
});

describe('control', () => {
  it('is not offered without a callback', async () => {
    await start();
    expect((await ask(`/jobs/${jobId}?mode=cancel`, { method: 'PATCH', headers: json })).status).toBe(405);
    expect((await ask(`/jobs/${jobId}/stop`, { method: 'POST', headers: json })).status).toBe(404);
  });

  it('cancels', async () => {
    const cancelled: string[] = [];
    await start({ control: { cancel: async (id) => void cancelled.push(id) } });
    expect(await ask(`/jobs/${jobId}?mode=cancel`, { method: 'PATCH', headers: json })).toMatchObject({
      status: 202,
      text: '{}',
    });
    expect((await ask(`/jobs/${jobId}?mode=stop`, { method: 'PATCH', headers: json })).status).toBe(400);
    expect(cancelled).toEqual([jobId]);
  });

  it('stops with a savepoint, to be asked for until it is there', async () => {
    let finish: (path: string) => void = () => undefined;
    const stopWithSavepoint = () =>
      new Promise<string>((resolve) => {
        finish = resolve;
      });
    await start({ control: { stopWithSavepoint } });
    expect((await ask(`/jobs/${jobId}`)).json().isStoppable).toBe(true);
    const asked = await ask(`/jobs/${jobId}/stop`, {
      method: 'POST',
      headers: json,
      body: '{"drain":false,"targetDirectory":null}',
    });
    expect(asked.status).toBe(202);
    const poll = async () => (await ask(`/jobs/${jobId}/savepoints/${asked.json()['request-id']}`)).json();
    expect(await poll()).toEqual({ status: { id: 'IN_PROGRESS' }, operation: null });
    finish('/data/savepoint-1');
    expect(await poll()).toEqual({ status: { id: 'COMPLETED' }, operation: { location: '/data/savepoint-1' } });
    expect((await ask(`/jobs/${jobId}/savepoints/other`)).status).toBe(404);
  });

  it('does not stop twice for one trigger id, and says what went wrong', async () => {
    let calls = 0;
    const stopWithSavepoint = async (): Promise<string> => {
      calls++;
      throw new EngineError('CHECKPOINT', 'the disk is full');
    };
    await start({ control: { stopWithSavepoint } });
    const body = JSON.stringify({ triggerId: '1'.repeat(32) });
    for (let i = 0; i < 2; i++) {
      expect((await ask(`/jobs/${jobId}/stop`, { method: 'POST', headers: json, body })).json()).toEqual({
        'request-id': '1'.repeat(32),
      });
    }
    expect(calls).toBe(1);
    const { operation } = (await ask(`/jobs/${jobId}/savepoints/${'1'.repeat(32)}`)).json();
    expect(operation['failure-cause']['stack-trace']).toBe('the disk is full');
  });

  it.each([
    ['{"drain":true}', 400, /drain/],
    ['{"targetDirectory":"/elsewhere"}', 400, /savepoint-dir/],
    ['{"triggerId":"x"}', 400, /32 hex digits/],
    ['[1]', 400, /JSON object/],
    ['{', 400, /JSON object/],
    [`{"x":"${'y'.repeat(1 << 20)}"}`, 413, /bytes/],
  ])('refuses a stop with %s', async (body, status, message) => {
    await start({ control: { stopWithSavepoint: async () => '' } });
    const answer = await ask(`/jobs/${jobId}/stop`, { method: 'POST', headers: json, body });
    expect(answer.status).toBe(status);
    expect(answer.json().errors[0]).toMatch(message);
  });
});

describe('access', () => {
  const cancel = async () => undefined;

  it.each([
    ['localhost', 200],
    ['127.0.0.1:9999', 200],
    ['[::1]:8081', 200],
    ['evil.example', 403],
    ['localhost.evil.example', 403],
  ])('on loopback with the Host header %s is %i', async (host, status) => {
    await start();
    expect((await ask('/jobs', { headers: { host } })).status).toBe(status);
  });

  it.each([[{}], [{ 'content-type': 'text/plain' }], [{ 'content-type': 'application/x-www-form-urlencoded' }]])(
    'refuses a write with the headers %o, as a page of elsewhere could send it',
    async (headers) => {
      await start({ control: { cancel } });
      expect(
        (await ask(`/jobs/${jobId}`, { method: 'PATCH', headers: headers as Record<string, string> })).status,
      ).toBe(415);
    },
  );

  it('on any other address needs a token to start', async () => {
    await expect(start({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(start({ host: '0.0.0.0', token: 'short' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it.each([
    ['/jobs', {}, false, 401],
    ['/jobs', { authorization: 'Bearer wrong' }, false, 401],
    ['/jobs', { authorization: `Bearer ${'t'.repeat(16)}` }, false, 200],
    ['/healthz', {}, false, 401],
    ['/healthz', {}, true, 200],
    ['/metrics', {}, true, 200],
    ['/jobs', {}, true, 401],
  ])('with a token: %s with %o, open probes %s, is %i', async (path, headers, openProbes, status) => {
    await start({ host: '0.0.0.0', token: 't'.repeat(16), openProbes });
    expect((await ask(path, { headers: headers as Record<string, string> })).status).toBe(status);
  });
});

describe('starting', () => {
  it('says when the port is taken', async () => {
    await start();
    const again = startServer({ port: server!.port, host: '127.0.0.1', status: () => [], build: { version: '1' } });
    await expect(again).rejects.toMatchObject({ code: 'CONFLICT', hint: expect.stringContaining('--port') });
  });
});
