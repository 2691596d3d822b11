import { createHash } from 'node:crypto';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localActor } from '../../../src/deploy/catalogue/access.ts';
import { createMcpHttp } from '../../../src/deploy/mcp/mcp-http.ts';
import type { Plan } from '../../../src/model/change-plan.ts';
import type { TokenHolder } from '../../../src/server/access.ts';
import { startControlServer } from '../../../src/server/control-server.ts';
import type { RunningServer } from '../../../src/server/listening.ts';
import { call, type Era, McpWorld, optionsOf } from './mcp-world.ts';

let world: McpWorld;
let server: RunningServer;
const clients: Client[] = [];
beforeEach(() => {
  world = new McpWorld();
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await server.close();
  await world.end();
});

const holders: readonly TokenHolder[] = [
  { actor: { name: 'vera', team: 'growth', roles: ['viewer'] }, sha256: sha256('token-of-vera-00') },
  { actor: { name: 'olaf', team: 'growth', roles: ['operator'] }, sha256: sha256('token-of-olaf-00') },
];

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function serve(more: Readonly<{ holders?: readonly TokenHolder[]; readOnly?: boolean }> = {}): Promise<URL> {
  const { service } = world.deploy;
  server = await startControlServer({
    port: 0,
    host: '127.0.0.1',
    owner: localActor,
    holders: () => more.holders ?? null,
    statuses: () => [],
    pages: [],
    backend: {
      service,
      logs: async () => [],
      events: async () => [],
      status: () => null,
      now: () => world.deploy.clock.now(),
      info: { version: '1.2.3', instance: 'i', startedAt: 0 },
    },
    mcp: createMcpHttp(world.backend, { readOnly: more.readOnly === true, warn: () => {} }),
  });
  return new URL(`http://127.0.0.1:${server.port}/mcp`);
}

async function connect(
  url: URL,
  more: Readonly<{ token?: string; era?: Era; confirms?: boolean }> = {},
): Promise<Client> {
  const { token, era = 'modern', confirms = false } = more;
  const client = new Client({ name: 'test', version: '1' }, optionsOf(era, confirms));
  if (confirms) {
    client.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: { confirm: true } }));
  }
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
  clients.push(client);
  return client;
}

async function planned(client: Client): Promise<Plan> {
  const steps = [{ verb: 'deploy', job: 'views', environment: 'dev' }];
  return ((await call(client, 'plan_change', { steps })).data() as { plan: Plan }).plan;
}

async function names(client: Client): Promise<string[]> {
  return (await client.listTools()).tools.map(({ name }) => name);
}

describe('MCP over HTTP', () => {
  it('has a plan carried out when the person confirms it', async () => {
    const client = await connect(await serve(), { confirms: true });
    const plan = await planned(client);
    const told = await call(client, 'apply_plan', { planId: plan.id, planHash: plan.hash });
    expect(told.isError, told.text).toBe(false);
    await world.deploy.service.idle();
    expect(world.deploy.control.performed.map(({ step }) => step.job)).toEqual(['views']);
  });

  it('refuses to a client of the older protocol what it cannot ask it about', async () => {
    const url = await serve();
    const plan = await planned(await connect(url));
    const client = await connect(url, { era: 'legacy', confirms: true });
    expect(await names(client)).toContain('apply_plan');
    expect(await call(client, 'apply_plan', { planId: plan.id, planHash: plan.hash })).toMatchObject({ isError: true });
    await world.deploy.service.idle();
    expect(world.deploy.control.calls).toBe(0);
  });

  it('knows who calls by the token, and offers what that one may', async () => {
    const url = await serve({ holders });
    await expect(connect(url)).rejects.toThrow();
    await expect(connect(url, { token: 'token-of-nobody' })).rejects.toThrow();
    expect(await names(await connect(url, { token: 'token-of-vera-00' }))).not.toContain('plan_change');
    const olaf = await connect(url, { token: 'token-of-olaf-00' });
    expect(await names(olaf)).toContain('plan_change');
    expect((await planned(olaf)).actor.name).toBe('olaf');
  });

  it('does not take the question that was put to one as put to another', async () => {
    const url = await serve({
      holders: [
        ...holders,
        { actor: { name: 'otto', team: 'growth', roles: ['operator'] }, sha256: sha256('token-of-otto-00') },
      ],
    });
    const plan = await planned(await connect(url, { token: 'token-of-olaf-00' }));
    const ask = (token: string, more: object) => post(url, token, plan, more);
    const first = await ask('token-of-olaf-00', {});
    const { requestState } = first.result;
    expect(requestState).toMatch(/^v1\./);
    const inputResponses = { confirmation: { action: 'accept', content: { confirm: true } } };
    const stolen = await ask('token-of-otto-00', { requestState, inputResponses });
    expect(stolen.result.isError).toBe(true);
    expect(world.deploy.control.calls).toBe(0);
    const own = await ask('token-of-olaf-00', { requestState, inputResponses });
    expect(own.result.isError ?? false).toBe(false);
    await world.deploy.service.idle();
    expect(world.deploy.control.calls).toBe(1);
    expect((await ask('token-of-olaf-00', { requestState, inputResponses })).result.isError).toBe(true);
  });

  it('does not take a yes for a question that was answered with no', async () => {
    const url = await serve({ holders });
    const token = 'token-of-olaf-00';
    const plan = await planned(await connect(url, { token }));
    const { requestState } = (await post(url, token, plan, {})).result;
    for (const confirmation of [{ action: 'decline' }, { action: 'accept', content: { confirm: true } }]) {
      const { result } = await post(url, token, plan, { requestState, inputResponses: { confirmation } });
      expect(result.isError).toBe(true);
    }
    await world.deploy.service.idle();
    expect(world.deploy.control.calls).toBe(0);
  });

  it('is read-only where the server is', async () => {
    expect(await names(await connect(await serve({ readOnly: true })))).not.toContain('apply_plan');
  });

  it.each([
    ['another host', { host: 'evil.example' }, 403],
    ['a page of elsewhere', { origin: 'http://evil.example' }, 403],
    ['a form', { 'content-type': 'text/plain' }, 415],
  ])('refuses %s', async (_who, headers, code) => {
    const url = await serve();
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
    expect(await statusOf(url, headers, JSON.stringify(body))).toBe(code);
  });

  it('keeps no stream open: nothing here changes that one could listen for', async () => {
    const client = await connect(await serve());
    await expect(
      client.request({
        method: 'subscriptions/listen',
        params: { notifications: { toolsListChanged: true } },
      } as never),
    ).rejects.toThrow(/limit/i);
  });

  it('answers what is no call of the protocol', async () => {
    const url = await serve();
    expect((await fetch(url)).status).toBe(405);
    const wrong = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"a":1}',
    });
    expect(wrong.status).toBe(400);
  });
});

/** As a client writes it, so that a test can say what a client would not. */
async function post(
  url: URL,
  token: string,
  plan: Plan,
  more: object,
): Promise<{ result: { requestState?: string; isError?: boolean } }> {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
  };
  const params = { name: 'apply_plan', arguments: { planId: plan.id, planHash: plan.hash }, _meta: meta, ...more };
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'apply_plan',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  });
  return (await response.json()) as Awaited<ReturnType<typeof post>>;
}

/** `fetch` lets nobody write a Host header. */
async function statusOf(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<number> {
  const { request } = await import('node:http');
  return await new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
      (response) => {
        response.resume();
        resolve(response.statusCode!);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
