import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TokenHolder } from '../../src/server/access.ts';
import { apiSchemas } from '../../src/server/api-schemas.ts';
import { type ApiOperation, controlOperations } from '../../src/server/control-api.ts';
import { type Served, serveControl } from '../deploy/control/served.ts';
import { releaseOf } from '../deploy/releases.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
type Answer = Readonly<{ status: number; json: any; text: string }>;
type Asked = Readonly<{ method?: string; headers?: Record<string, string>; body?: string | object }>;

/** By node:http, which lets a test set Host and Origin. */
function ask({ server }: Served, path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> {
  const sent = { ...(method === 'GET' ? {} : { 'content-type': 'application/json' }), ...headers };
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port: server.port, path, method, headers: sent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        const json: unknown = text.startsWith('{') ? JSON.parse(text) : null;
        resolve({ status: response.statusCode!, json, text });
      });
    });
    call.on('error', reject);
    call.end(typeof body === 'object' ? JSON.stringify(body) : body);
  });
}

const post = (body: object, more: Asked = {}): Asked => ({ method: 'POST', body, ...more });
const deployCounter = { steps: [{ verb: 'deploy', job: 'counter', environment: 'dev' }] };

let served: Served;
beforeAll(async () => {
  served = await serveControl();
});
afterAll(() => served.close());

describe('the OpenAPI document', () => {
  it('has every route, and every answer fits its schema', async () => {
    const document = (await ask(served, '/api/v1/openapi.json')).json;
    expect(document.openapi).toBe('3.1.0');
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    ajv.addVocabulary(['components']);
    ajv.addSchema({ $id: 'api', components: { schemas: document.components.schemas } });
    const check = (name: string, value: unknown): void => {
      const validate = ajv.getSchema(`api#/components/schemas/${name}`)!;
      expect(validate(value), `${name}: ${JSON.stringify(validate.errors)} of ${JSON.stringify(value)}`).toBe(true);
    };
    const planned = await ask(served, '/api/v1/plans', post(deployCounter));
    const { id, hash } = planned.json.plan;
    const other = (await ask(served, '/api/v1/ask', post({ text: 'deploy counter', environment: 'dev' }))).json.plan;
    const bodies: Record<string, Asked> = {
      'POST /ask': post({ text: 'which one?' }),
      'POST /plans': post(deployCounter),
      'POST /plans/:id/apply': post({ hash }),
      'POST /plans/:id/cancel': post({}),
    };
    const operations = controlOperations({} as never);
    // The plan is applied before there is a job to look at.
    const order = (operation: ApiOperation): number => (operation.pattern.includes(':job') ? 1 : 0);
    for (const operation of operations.toSorted((a, b) => order(a) - order(b))) {
      const { method, pattern, answer } = operation;
      const described = document.paths[pattern.replaceAll(/:(\w+)/g, '{$1}')][method.toLowerCase()];
      expect(described.responses['200'].content['application/json'].schema.$ref).toBe(`#/components/schemas/${answer}`);
      if (order(operation) === 1)
        await served.control.waitFor({ job: 'counter', environment: 'dev' }, { kind: 'running' }, 10_000);
      const path = pattern
        .replace(':id', pattern.endsWith('cancel') ? other.id : id)
        .replace(':environment', 'dev')
        .replace(':job', 'counter');
      const got = await ask(served, `/api/v1${path}`, bodies[`${method} ${pattern}`]);
      expect(got.status, got.text).toBe(200);
      check(answer, got.json);
    }
    expect(Object.keys(document.paths)).toHaveLength(new Set(operations.map(({ pattern }) => pattern)).size);
    for (const text of ['status now', 'what is the weather'])
      check('AskAnswer', (await ask(served, '/api/v1/ask', post({ text }))).json);
    for (const path of ['/api/v1/plans/none', '/api/v1/nothing', '/api/v1/jobs/dev/none']) {
      const missing = await ask(served, path);
      expect(missing.status).toBe(404);
      check('Error', missing.json);
    }
    expect(Object.keys(apiSchemas)).toEqual(Object.keys(document.components.schemas));
  });

  it('can be read as a page, in which all calls are', async () => {
    const { text } = await ask(served, '/api/v1/');
    for (const { method, pattern } of controlOperations({} as never))
      expect(text).toContain(`${method} /api/v1${pattern}`);
    expect(text).not.toMatch(/https?:\/\//);
  });
});

describe('what is sent', () => {
  const step = deployCounter.steps[0]!;
  it.each([
    ['/ask', {}, 400, 'text'],
    ['/ask', { text: 7 }, 400, 'text'],
    ['/ask', { text: 'x'.repeat(2_049) }, 400, '2048 bytes'],
    ['/ask', { text: 'a', enviroment: 'dev' }, 400, 'enviroment'],
    ['/plans', { steps: [] }, 400, '1 to 8'],
    ['/plans', { steps: Array(9).fill(step) }, 400, '1 to 8'],
    ['/plans', { steps: [{ ...step, verb: 'drop' }] }, 400, 'steps[0].verb'],
    ['/plans', { steps: [{ ...step, sql: 'x' }] }, 400, 'steps[0].sql'],
    ['/plans', { steps: [{ ...step, parallelism: 1e9 }] }, 400, 'parallelism'],
    ['/plans', { steps: [{ ...step, parameters: { a: 1 } }] }, 400, 'parameters.a'],
    ['/plans', { steps: [{ ...step, until: { kind: 'lag-below', records: -1 } }] }, 400, 'records'],
    ['/plans', { steps: [{ ...step, job: 'nothing' }] }, 404, 'catalogue'],
    ['/plans/plan-0/apply', { hash: 'x' }, 400, 'hash'],
    ['/plans/plan-0/apply', { hash: '0'.repeat(64), confirm: true }, 400, 'confirm'],
  ])('%s %j is refused with %i, naming %s', async (path, body, status, text) => {
    const answer = await ask(served, `/api/v1${path}`, post(body));
    expect(answer.status).toBe(status);
    expect(answer.json.message).toContain(text);
    expect(answer.json).toEqual({
      code: expect.any(String),
      message: expect.any(String),
      hint: null,
      retryable: false,
    });
  });

  it('a forged hash changes nothing', async () => {
    const { plan } = (await ask(served, '/api/v1/plans', post(deployCounter))).json;
    const calls = served.target.calls.length;
    const answer = await ask(served, `/api/v1/plans/${plan.id}/apply`, post({ hash: 'f'.repeat(64) }));
    expect(answer).toMatchObject({ status: 409, json: { code: 'CONFLICT' } });
    expect(served.target.calls).toHaveLength(calls);
  });
});

describe('a page of elsewhere', () => {
  const plans = '/api/v1/plans';
  const body = JSON.stringify(deployCounter);
  it.each([
    ['a form', { headers: { 'content-type': 'text/plain' } }, 415],
    ['a form of urlencoded', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
    ['DNS rebinding', { headers: { host: 'evil.example' } }, 403],
    ['DNS rebinding with a port', { headers: { host: 'evil.example:8081' } }, 403],
    ['a foreign origin', { headers: { origin: 'https://evil.example' } }, 403],
    ['an origin without one', { headers: { origin: 'null' } }, 403],
    ['another port of this machine', { headers: { origin: 'http://127.0.0.1:1' } }, 403],
  ])('%s gets nothing done', async (_, asked, status) => {
    const before = (await ask(served, plans)).json.plans.length;
    expect((await ask(served, plans, { method: 'POST', body, ...asked })).status).toBe(status);
    expect((await ask(served, plans)).json.plans).toHaveLength(before);
  });

  it('gets no leave to ask by itself', async () => {
    const preflight = await ask(served, plans, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBeGreaterThanOrEqual(400);
    expect((await ask(served, plans, { headers: { host: 'evil.example' } })).status).toBe(403);
  });

  it('a path that is none is refused, and the server goes on', async () => {
    expect((await ask(served, '//')).status).toBe(400);
    expect((await ask(served, '/api/v1/jobs/%zz/x')).json.code).toBe('INVALID_OPTION');
    expect((await ask(served, '/healthz')).status).toBe(200);
  });
});

describe('tokens', () => {
  const sha256 = (token: string): string => createHash('sha256').update(token).digest('hex');
  const holders: readonly TokenHolder[] = [
    { actor: { name: 'ann', team: 'growth', roles: ['developer'] }, sha256: sha256('token-of-ann') },
    { actor: { name: 'bob', team: 'video', roles: ['developer'] }, sha256: sha256('token-of-bob') },
  ];
  const as = (token: string): Asked => ({ headers: { authorization: `Bearer ${token}` } });
  let closed: Served;
  beforeAll(async () => {
    closed = await serveControl({
      holders,
      token: 'server-token-0123456',
      releases: [{ ...releaseOf(), team: 'growth' }],
    });
  });
  afterAll(() => closed.close());

  it('say who asks; without one nothing is told', async () => {
    const { plan } = (await ask(closed, '/api/v1/plans', post(deployCounter, as('token-of-ann')))).json;
    expect(plan.actor.name).toBe('ann');
    expect(
      (await ask(closed, `/api/v1/plans/${plan.id}/apply`, post({ hash: plan.hash }, as('token-of-ann')))).status,
    ).toBe(200);
    await closed.control.waitFor({ job: 'counter', environment: 'dev' }, { kind: 'running' }, 10_000);
    for (const headers of [{}, { authorization: 'Bearer token-of-eve' }, { authorization: 'Basic x' }] as Record<
      string,
      string
    >[]) {
      for (const path of ['/api/v1/jobs', '/api/v1/', '/api/v1/openapi.json', '/jobs/overview', '/metrics']) {
        expect((await ask(closed, path, { headers })).status).toBe(401);
      }
    }
    expect((await ask(closed, '/')).text).toContain('<title>Millrace</title>');
  });

  it('of another team sees neither job nor log, and what all jobs say is for the owner', async () => {
    expect((await ask(closed, '/api/v1/jobs', as('token-of-ann'))).json.jobs).toHaveLength(1);
    expect((await ask(closed, '/api/v1/jobs', as('token-of-bob'))).json.jobs).toEqual([]);
    for (const part of ['', '/logs', '/health', '/events']) {
      expect((await ask(closed, `/api/v1/jobs/dev/counter${part}`, as('token-of-bob'))).status).toBe(404);
      expect((await ask(closed, `/api/v1/jobs/dev/counter${part}`, as('token-of-ann'))).status).toBe(200);
    }
    expect((await ask(closed, '/jobs/overview', as('token-of-ann'))).status).toBe(403);
    expect((await ask(closed, '/jobs/overview', as('server-token-0123456'))).status).toBe(200);
  });
});
