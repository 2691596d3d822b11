import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Switches } from '../../src/deploy/policy/switches.ts';
import { openControlDatabase } from '../../src/deploy/store/database.ts';
import type { DeployService } from '../../src/model/deploy-service.ts';
import type { DeploymentView } from '../../src/model/deployment.ts';
import type { JobStatus } from '../../src/model/job-status.ts';
import { startControlServer } from '../../src/server/control-server.ts';
import { startServer } from '../../src/server/http-server.ts';
import { failure, now, status, vertex } from '../deploy/diagnose/snapshots.ts';
import { view } from '../deploy/fake-control.ts';
import { startFakeChatServer } from '../deploy/intent/fake-chat-server.ts';
import { testWorld } from './world.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-diagnose-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let server: Awaited<ReturnType<typeof startServer>> | null = null;
afterEach(async () => await server?.close());

const missing = status({
  state: 'FAILED',
  exceptions: [failure(1, 'NOT_FOUND', "topic 'views' does not exist on kafka:9092", { task: 'source views (1/2)' })],
});

/** At work all the time, so many records behind. */
function lagging(lag: number, at: number): JobStatus {
  const times = { busy: 0.9, busyMs: 0.9 * at, idleMs: 0.1 * at, backPressuredMs: 0 };
  return status({ now: at, vertices: [vertex('source views', [{ ...times, lag }])] });
}

async function serving(...looks: JobStatus[]): Promise<string> {
  let asked = 0;
  const statuses = (): JobStatus[] => [looks[Math.min(asked++, looks.length - 1)]!];
  server = await startServer({ port: 0, host: '127.0.0.1', status: statuses, build: { version: '1.2.3' } });
  return String(server.port);
}

async function controlling(
  views: readonly DeploymentView[],
  more: Readonly<{ logs?: readonly string[]; status?: () => JobStatus | null }>,
): Promise<string> {
  server = await startControlServer({
    port: 0,
    host: '127.0.0.1',
    statuses: () => [],
    pages: [],
    backend: {
      service: { deployments: async () => views } as unknown as DeployService,
      logs: async () => more.logs ?? [],
      events: async () => [],
      status: more.status ?? (() => null),
      now: () => now,
      info: { version: '1.2.3', instance: 'i', startedAt: 0 },
    },
  });
  return String(server.port);
}

function world(env: Readonly<Record<string, string>> = {}) {
  const clock = { now: () => now, monotonic: () => 0, random: () => 0, sleep: async () => undefined };
  return testWorld({}, { clock, env, workingDirectory: directory });
}

describe('millrace diagnose', () => {
  it('says what is wrong with a running job, on what that rests and what to do, and exits with 8', async () => {
    const { run, stdout } = world();
    expect(await run('diagnose', '--port', await serving(missing), '--between', '0s')).toBe(8);
    expect(stdout.text()).toBe(`creator-views: topic-missing (nearly certain)
  A topic that the job reads or writes is not there.
  - source views (1/2): NOT_FOUND topic 'views' does not exist on kafka:9092 [exception:0, 2026-03-01T11:59:00.000Z]
  Make the topic, or correct its name in the script.
  next: millrace diagnose creator-views --output json
`);
  });

  it('exits with 0 where nothing is wrong', async () => {
    const { run, stdout } = world();
    expect(await run('diagnose', 'creator-views', '--port', await serving(status()))).toBe(0);
    expect(stdout.text()).toBe('creator-views: nothing is wrong\n');
  });

  it('looks twice: a lag that grows is found by the second look', async () => {
    const { run, stdout } = world();
    const port = await serving(lagging(5_000, now - 2_000), lagging(9_000, now));
    expect(await run('diagnose', '--port', port, '--output', 'json')).toBe(8);
    expect(JSON.parse(stdout.text())).toMatchObject({ jobs: [{ causes: [{ cause: 'bottleneck' }] }] });
  });

  it('says the same of what was saved', async () => {
    const first = world();
    expect(
      await first.run('diagnose', '--port', await serving(missing), '--save', 'seen.json', '--output', 'json'),
    ).toBe(8);
    const second = world();
    expect(await second.run('diagnose', '--file', 'seen.json', '--output', 'json')).toBe(8);
    expect(second.stdout.text()).toBe(first.stdout.text());
    expect(JSON.parse(readFileSync(join(directory, 'seen.json'), 'utf8'))).toMatchObject({
      jobs: [{ name: 'creator-views' }],
    });
  });

  it('of a deployment looks at its log as well, and names its commands', async () => {
    const failed = view({
      job: 'views',
      environment: 'staging',
      jobId: 'a'.repeat(32),
      state: 'FAILED',
      error: 'it ended',
    });
    const port = await controlling([failed, view({ job: 'other' })], {
      logs: ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'],
    });
    const { run, stdout } = world();
    expect(await run('diagnose', 'views', '--port', port)).toBe(8);
    expect(stdout.text()).toContain('views: out-of-memory (likely)');
    expect(stdout.text()).toContain('next: millrace jobs logs views --environment staging\n');
    expect(await run('diagnose', 'staging/views', '--port', port, '--environment', 'dev')).toBe(3);
  });

  it('of a deployment takes all that its engine shows', async () => {
    const running = view({ job: 'views', jobId: 'a'.repeat(32) });
    const looks = [lagging(5_000, now - 2_000), lagging(9_000, now)];
    const port = await controlling([running], { status: () => looks.shift() ?? null });
    const { run, stdout } = world();
    expect(await run('diagnose', 'dev/views', '--port', port, '--output', 'json')).toBe(8);
    expect(JSON.parse(stdout.text())).toMatchObject({ jobs: [{ causes: [{ cause: 'bottleneck' }] }] });
  });

  it('asks a model for its words only where it is told to, there is one, and models are not switched off', async () => {
    const content = JSON.stringify({ cause: 'topic-missing', evidence: ['exception:0'], text: 'No such topic.' });
    const chat = await startFakeChatServer({ content });
    const env = { MILLRACE_LLM_MODEL: 'small', OPENAI_BASE_URL: chat.baseUrl };
    const dataDir = join(directory, 'data');
    const port = await serving(missing);
    const argv = ['diagnose', '--port', port, '--between', '0s', '--data-dir', dataDir];
    const plain = world(env);
    expect(await plain.run(...argv)).toBe(8);
    expect(chat.bodies).toEqual([]);
    const explained = world(env);
    expect(await explained.run(...argv, '--explain')).toBe(8);
    expect(explained.stdout.text()).toBe(
      `${plain.stdout.text()}\nin other words, of the model small: No such topic.\n`,
    );
    expect(await world().run(...argv, '--explain')).toBe(2);
    const database = openControlDatabase(dataDir);
    new Switches(database).set('llm.enabled', false, { name: 'anna', time: now, reason: null });
    database.close();
    expect(await world(env).run(...argv, '--explain')).toBe(4);
    expect(chat.bodies).toHaveLength(1);
    await chat.close();
  });

  it.each([
    ['a job that is not there', ['other'], 3],
    ['an address where nobody is', ['--port', '1'], 1],
    ['a file that is not there', ['--file', 'none.json'], 3],
    ['a file of something else', ['--file', 'else.json'], 2],
    ['a file and an address', ['--file', 'else.json', '--port', '1'], 2],
  ])('refuses %s', async (_what, argv, code) => {
    writeFileSync(join(directory, 'else.json'), '{"vertices": 3}');
    const port = argv.some((word) => word === '--port' || word === '--file') ? [] : ['--port', await serving(status())];
    const { run, stdout } = world();
    expect(await run('diagnose', ...argv, ...port)).toBe(code);
    expect(stdout.text()).toBe('');
  });
});
