import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Ended, type Program, runToEnd, startProgram } from '../support/process.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';

// Words to rows, with nothing pretended: a broker, a catalog, simulated events, the control plane, and jobs that it runs. With
// MILLRACE_FLINK_GATEWAY and MILLRACE_FLINK_REST the same words with "on flink" bring them onto that Flink, which has to reach this machine.

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const { MILLRACE_FLINK_GATEWAY: gateway, MILLRACE_FLINK_REST: rest } = process.env;
const directory = mkdtempSync(join(tmpdir(), 'millrace-sentences-'));
const jobs = join(import.meta.dirname, '../../jobs');
let kafka: TestKafka;
const catalogs: Program[] = [];
let uris: string[] = [];

async function millrace(...args: readonly string[]): Promise<Ended> {
  return await runToEnd(args, { cwd: directory });
}

async function simulate(name: string): Promise<void> {
  const set = [
    'rate=unlimited',
    'duration=10 min',
    `target.bootstrapServers=${kafka.bootstrap}`,
    'target.partitions=2',
  ];
  const file = join(jobs, `${name}-events.yaml`);
  const { code, stderr } = await millrace('simulate', file, '--quiet', ...set.flatMap((one) => ['--set', one]));
  expect(code, stderr).toBe(0);
}

function environment(name: string, catalog: string): void {
  const flink = rest === undefined ? [] : ['  engines:', `    flink: { rest: "${rest}", gateway: "${gateway}" }`];
  mkdirSync(join(directory, 'envs', name), { recursive: true });
  const lines = [
    'apiVersion: millrace/v1',
    'kind: Environment',
    `metadata: { name: ${name} }`,
    'spec:',
    '  class: dev',
    ...(name === 'dev' ? ['  default: true'] : []),
    `  parameters: { bootstrap_servers: "${kafka.bootstrap}", catalog_uri: "${catalog}" }`,
    ...flink,
  ];
  writeFileSync(join(directory, 'envs', name, 'environment.yaml'), `${lines.join('\n')}\n`);
}

async function rowsOf(table: string, catalog: string): Promise<number> {
  const options = ['--catalog-option', 'catalog-type=rest', '--catalog-option', `uri=${catalog}`];
  const { code, stdout } = await millrace('query', `SELECT COUNT(*) AS n FROM ${table}`, '--output', 'csv', ...options);
  return code === 0 ? Number(stdout.trim().split('\n').at(-1)) : 0;
}

async function post(path: string, body: unknown): Promise<{ status: number; body: Record<string, never> }> {
  const { url } = JSON.parse(readFileSync(join(directory, '.millrace/serve.json'), 'utf8')) as { url: string };
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

const sentences = [
  ['deploy content event processor', 'content-events', 'content.counts'],
  ['start processing video events', 'video-events', 'video.quality'],
  ['I need creator analytics running', 'creator-analytics', 'creators.minutes'],
] as const;

describeWithJava('words become jobs with rows in their tables', () => {
  beforeAll(async () => {
    kafka = await startKafka();
    for (const name of ['here', 'flink']) {
      catalogs.push(startProgram(['catalog', 'serve', '--port', '0', '--data-dir', join(directory, name)]));
    }
    uris = await Promise.all(catalogs.map(async (one) => (await one.said(/on (http:\/\/[\d.]+:\d+)/))[1]!));
    environment('dev', uris[0]!);
    environment('lab', uris[1]!);
    await Promise.all([simulate('content-events'), simulate('video-events')]);
  });

  afterAll(async () => {
    await millrace('serve', 'stop');
    for (const { child, ended } of catalogs) {
      child.kill('SIGTERM');
      await ended;
    }
    await kafka?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function fromTerminal(words: string, job: string, ...options: string[]): Promise<void> {
    const asked = await millrace('ask', words, '--output', 'json', ...options);
    expect(asked.code, asked.stderr).toBe(6);
    const { plan, command, parser } = JSON.parse(asked.stdout);
    expect(plan.steps).toMatchObject([{ action: 'deploy', job }]);
    expect([parser, command]).toEqual(['rules', expect.stringContaining(`millrace plan deploy ${job}`)]);
    const forged = await millrace('apply', plan.id, '--plan-hash', '0'.repeat(64), '--yes');
    expect(forged.code).toBe(5);
    const applied = await millrace('apply', plan.id, '--plan-hash', plan.hash, '--yes', '--wait');
    expect(applied.code, applied.stderr + applied.stdout).toBe(0);
  }

  it.each(sentences.slice(0, 2))('from the terminal: %s', async (words, job) => {
    await fromTerminal(words, job);
  });

  it.each(sentences.slice(2))('over HTTP: %s', async (words, job) => {
    const asked = await post('/ask', { text: words });
    expect(asked.body, JSON.stringify(asked)).toMatchObject({ plan: { steps: [{ action: 'deploy', job }] } });
    const { id, hash } = (asked.body as unknown as { plan: { id: string; hash: string } }).plan;
    expect((await post(`/plans/${id}/apply`, { hash: '0'.repeat(64) })).status).toBe(409);
    const applied = await post(`/plans/${id}/apply`, { hash });
    expect(applied.status, JSON.stringify(applied)).toBeLessThan(300);
  });

  it.each(sentences)('“%s”: %s has rows', async (_words, _job, table) => {
    await vi.waitFor(async () => expect(await rowsOf(table, uris[0]!)).toBeGreaterThan(0), 120_000);
  });

  it.runIf(gateway !== undefined && rest !== undefined).each(sentences)('%s, on flink', async (words, job, table) => {
    await fromTerminal(`${words} on flink`, job, '--environment', 'lab');
    await vi.waitFor(async () => expect(await rowsOf(table, uris[1]!)).toBeGreaterThan(0), 200_000);
    const stop = await millrace('plan', 'stop', job, '--environment', 'lab', '--output', 'json');
    const { plan } = JSON.parse(stop.stdout);
    const stopped = await millrace('apply', plan.id, '--plan-hash', plan.hash, '--yes', '--wait');
    expect(stopped.code, stopped.stderr + stopped.stdout).toBe(0);
  });
});
