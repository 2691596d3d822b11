import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, expect, it } from 'vitest';
import type { Plan } from '../../../src/model/change-plan.ts';
import { call, optionsOf } from './mcp-world.ts';

const root = resolve(import.meta.dirname, '../../..');
const dataDirectory = mkdtempSync(join(tmpdir(), 'millrace-mcp-'));
afterAll(() => rmSync(dataDirectory, { recursive: true, force: true }));

it('millrace mcp: a client starts it, plans with it, declines, and it ends with its client', async () => {
  const client = new Client({ name: 'test', version: '1' }, optionsOf('legacy', true));
  const asked: string[] = [];
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    asked.push(params.message);
    return { action: 'decline' };
  });
  const args = [join(root, 'engine.js'), 'mcp', '--data-dir', dataDirectory];
  const transport = new StdioClientTransport({ command: process.execPath, args, cwd: root, stderr: 'pipe' });
  let talk = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    talk += chunk.toString();
  });
  await client.connect(transport);
  const { plan } = (await call(client, 'plan_change', { text: 'deploy creator analytics in dev' })).data() as {
    plan: Plan;
  };
  const told = await call(client, 'apply_plan', { planId: plan.id, planHash: plan.hash });
  expect(told).toMatchObject({ isError: true, text: 'It was declined. Nothing was done.' });
  expect(asked[0]).toContain('deploy creator-analytics in dev');
  const ended = new Promise<void>((done) => {
    client.onclose = done;
  });
  const { pid } = transport;
  await client.close();
  await ended;
  expect(() => process.kill(pid!, 0)).toThrow(/ESRCH/);
  expect(talk).toBe('');
}, 30_000);
