import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpControl } from '../../../src/commands/control-http.ts';
import { findServe } from '../../../src/commands/serve-file.ts';
import { systemClock } from '../../../src/engine/clock.ts';
import type { Caller } from '../../../src/model/deploy-service.ts';
import type { DeploymentView } from '../../../src/model/deployment.ts';
import type { IntentStep } from '../../../src/model/intent.ts';
import { temporaryDirectory, until } from '../millrace-target/target.ts';

const caller: Caller = { actor: { name: 'local', team: null, roles: [] }, surface: 'cli' };
const step = (verb: IntentStep['verb'], job: string, more: Partial<IntentStep> = {}): IntentStep => ({
  verb,
  job,
  environment: 'dev',
  engine: null,
  parameters: {},
  parallelism: null,
  savepoint: null,
  until: null,
  ...more,
});

type Serve = Readonly<{ child: ChildProcess; client: HttpControl; ended: Promise<number | null> }>;

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A serve of its own process, that answers. */
async function startServe(directory: string): Promise<Serve> {
  const main = join(import.meta.dirname, 'serve-main.ts');
  const args = ['serve', '--port=0', `--data-dir=${directory}`, '--stable-after=300 ms', '--stable-within=60 s'];
  const child = spawn(process.execPath, [main, ...args], { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  started.push(child);
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const found = await until(
    () => findServe(directory, undefined),
    (serve) => {
      if (child.exitCode !== null) throw new Error(said);
      return serve?.pid === child.pid;
    },
  );
  return { child, client: new HttpControl({ url: found!.url, token: undefined, clock: systemClock }), ended };
}

async function apply({ client }: Serve, steps: readonly IntentStep[]): Promise<string> {
  const answer = await client.plan(steps, caller);
  if (answer.kind !== 'plan') throw new Error(JSON.stringify(answer));
  await client.applyPlan(answer.plan.id, { hash: answer.plan.hash }, caller);
  const ended = await client.waitForPlan(answer.plan.id, 60_000, caller);
  return `${ended.status}: ${ended.progress.map(({ text }) => text).join('; ')}`;
}

async function seen({ client }: Serve, job: string, fits: (view: DeploymentView) => boolean): Promise<DeploymentView> {
  const look = async (): Promise<DeploymentView | undefined> =>
    (await client.deployments(caller)).find((view) => view.job === job);
  return (await until(look, (view) => view !== undefined && fits(view)))!;
}

/** Process ids of the jobs that run, by their reports. */
function pidsOf(directory: string): number[] {
  const submissions = join(directory, 'submissions');
  const pids = readdirSync(submissions).map((id) => {
    const path = join(submissions, id, 'report.json');
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { pid: number }).pid : 0;
  });
  return pids.filter((pid) => pid !== 0 && existsSync(`/proc/${pid}`));
}

function rowsIn(directory: string): number[] {
  const kept = join(directory, 'kept');
  const files = readdirSync(kept, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /part-[^/]*$/.test(name) && !/(^|\/)[._]/.test(name),
  );
  const lines = files.flatMap((name) =>
    readFileSync(join(kept, name), 'utf8')
      .split('\n')
      .filter((line) => line !== ''),
  );
  return lines.map((line) => (JSON.parse(line) as { n: number }).n).sort((a, b) => a - b);
}

const hasCheckpoint = ({ observed }: DeploymentView): boolean =>
  observed?.state === 'RUNNING' && observed.checkpoints.completed > 0;

describe('serve with real jobs', () => {
  it('loses and repeats nothing when it or a job is killed, takes a bad release back, and ends in order', {
    timeout: 240_000,
  }, async () => {
    const directory = temporaryDirectory();
    const first = await startServe(directory);
    expect(await apply(first, [step('deploy', 'counter'), step('deploy', 'rows')])).toMatch(/^applied/);
    await seen(first, 'counter', ({ state }) => state === 'STABLE');
    const { jobId } = await seen(first, 'rows', hasCheckpoint);
    expect(pidsOf(directory)).toHaveLength(2);

    first.child.kill('SIGKILL');
    await first.ended;
    await until(
      () => pidsOf(directory),
      (pids) => pids.length === 0,
    ); // no orphans

    const second = await startServe(directory);
    const again = await seen(second, 'rows', (view) => view.jobId !== jobId && view.observed?.state === 'RUNNING');
    await seen(second, 'counter', hasCheckpoint);
    expect(pidsOf(directory)).toHaveLength(2);
    expect(again.release.number).toBe(1);

    const report = JSON.parse(readFileSync(join(directory, 'submissions', again.jobId!, 'report.json'), 'utf8')) as {
      pid: number;
    };
    process.kill(report.pid, 'SIGKILL');
    const done = await seen(second, 'rows', ({ observed }) => observed?.state === 'FINISHED');
    expect(done).toMatchObject({ state: 'STABLE', error: null });
    expect(rowsIn(directory)).toEqual(Array.from({ length: 2_400 }, (_, index) => index + 1));

    expect(await apply(second, [step('deploy', 'counter', { parameters: { nope: '1' } })])).toMatch(/^applied/);
    const back = await seen(
      second,
      'counter',
      ({ state, observed }) => state === 'ROLLED_BACK' && observed?.state === 'RUNNING',
    );
    expect(back).toMatchObject({
      error: expect.stringContaining("parameter 'nope' is not declared"),
      lastStableRelease: 1,
    });
    expect(back.release).toMatchObject({ number: 2, parameters: { nope: '1' } });

    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
    expect(pidsOf(directory)).toEqual([]);
    expect(existsSync(join(directory, 'serve.json'))).toBe(false);
    expect(readdirSync(join(directory, 'jobs', 'dev', 'counter', 'savepoints', 'counter')).length).toBeGreaterThan(0);
  });
});
