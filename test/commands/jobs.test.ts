import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandContext } from '../../src/commands/dependencies.ts';
import { jobsCommand } from '../../src/commands/jobs.ts';
import { lagCommand } from '../../src/commands/lag.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { toErrorData } from '../../src/model/errors.ts';
import { fakeOpen } from '../deploy/control/fake-service.ts';
import { type Served, serveControl } from '../deploy/control/served.ts';
import { temporaryDirectory } from '../deploy/millrace-target/target.ts';
import { releaseOf } from '../deploy/releases.ts';
import { memoryTerminal } from './terminal.ts';

const releases = [releaseOf(), releaseOf({ environment: 'production' })];
let served: Served;
beforeAll(async () => {
  served = await serveControl({ releases });
});
afterAll(() => served.close());

type Ran = Readonly<{ code: number | string; out: string; err: string }>;

/** One command line, against the server, or a data directory where none runs. */
async function run(argv: readonly string[], at: { server?: string; dataDir?: string } = {}): Promise<Ran> {
  const stdout = memoryTerminal();
  const stderr = memoryTerminal();
  let code: number | string = 'none';
  const context = {
    clock: systemClock,
    openDeploy: fakeOpen({ releases }),
    redact: (text: string) => text,
    env: {},
    workingDirectory: '/',
    packageDirectory: '/nowhere',
    stdout,
    stderr,
    exit: (given: number) => {
      code = given;
    },
    say: (text: string) => void stderr.write(`${text}\n`),
  } as unknown as CommandContext;
  const { server = `http://127.0.0.1:${served.server.port}`, dataDir } = at;
  const place = dataDir === undefined ? ['--server', server] : ['--data-dir', dataDir];
  const program = new Command().addCommand(jobsCommand(context)).addCommand(lagCommand(context));
  for (const command of program.commands.flatMap((each) => [each, ...each.commands]))
    command.exitOverride().configureOutput({ writeErr: () => {} });
  try {
    await program.parseAsync(['node', 'millrace', ...argv, ...place]);
  } catch (error) {
    code = toErrorData(error).code;
  }
  return { code, out: stdout.text(), err: stderr.text() };
}

async function deploy(environment: string): Promise<void> {
  const url = `http://127.0.0.1:${served.server.port}/api/v1/plans`;
  const post = (path: string, body: object): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const { plan } = (await (await post('', { steps: [{ verb: 'deploy', job: 'counter', environment }] })).json()) as {
    plan: { id: string; hash: string };
  };
  await post(`/${plan.id}/apply`, { hash: plan.hash, typedName: 'counter' });
  await served.control.waitFor({ job: 'counter', environment }, { kind: 'running' }, 10_000);
}

describe('jobs', () => {
  it('are listed, looked at and read about', async () => {
    expect(await run(['jobs', 'list'])).toMatchObject({ code: 0, out: 'nothing has been deployed\n' });
    await deploy('dev');
    const { out } = await run(['jobs', 'list']);
    expect(out.split('\n')[1]).toMatch(/^dev\/counter +STABLE +RUNNING +(ok|unknown) /);
    expect(await run(['jobs', 'list', '--environment', 'staging', '--output', 'json'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\{"jobs":\[\]\}/),
    });
    const got = await run(['jobs', 'get', 'counter']);
    expect(got.code).toBe(0);
    expect(got.out).toMatch(/^dev\/counter: STABLE, wanted running, on millrace\nrelease 1 /);
    expect(got.out).toContain('ok       liveness: it runs');
    expect(await run(['jobs', 'logs', 'dev/counter', '--lines', '5'])).toMatchObject({ code: 0, out: 'one\ntwo\n' });
    expect(await run(['jobs', 'get', 'nothing'])).toMatchObject({ code: 'NOT_FOUND' });
    expect(await run(['jobs', 'get', 'staging/counter'])).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are changed by a plan, which is only printed without --yes', async () => {
    const before = served.target.calls.length;
    const planned = await run(['jobs', 'scale', 'counter', '--parallelism', '4']);
    expect(planned).toMatchObject({
      code: 6,
      err: expect.stringMatching(/millrace apply plan-[a-z0-9]{16} --plan-hash [0-9a-f]{64} --yes/),
    });
    expect(served.target.calls).toHaveLength(before);
    const applied = await run(['jobs', 'scale', 'counter', '--parallelism', '4', '--yes', '--output', 'json']);
    expect(applied.code).toBe(0);
    expect(JSON.parse(applied.out)).toMatchObject({
      plan: { status: 'applied', steps: [{ action: 'scale', parallelism: 4 }] },
    });
    expect(served.target.calls.at(-1)).toMatch(/^start 4 from \/sp\//);
    expect(await run(['jobs', 'savepoint', 'counter', '--yes'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('done: savepoint /sp/'),
    });
    expect(await run(['jobs', 'stop', 'counter', '--no-savepoint', '--yes'])).toMatchObject({ code: 0 });
    expect(served.target.calls.at(-1)).toBe('cancel');
    expect(await run(['jobs', 'scale', 'counter'])).not.toMatchObject({ code: 0 });
  });

  it('of several environments have to be named, and their name typed where the plan asks', async () => {
    await deploy('production');
    expect(await run(['jobs', 'restart', 'counter', '--yes'])).toMatchObject({ code: 'INVALID_OPTION' });
    expect(await run(['jobs', 'restart', 'production/counter', '--yes'])).toMatchObject({ code: 'PERMISSION' });
    expect(await run(['jobs', 'restart', 'production/counter', '--yes', '--type-name', 'counter'])).toMatchObject({
      code: 0,
    });
  });

  it('are read from the store where no server runs', async () => {
    const dataDir = temporaryDirectory();
    expect(await run(['jobs', 'list'], { dataDir })).toMatchObject({ code: 0, out: 'nothing has been deployed\n' });
    expect(await run(['jobs', 'list'], { server: 'http://127.0.0.1:9' })).toMatchObject({ code: 'CONNECTION' });
    expect(await run(['jobs', 'list'], { server: 'ftp://x' })).toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('lag', () => {
  it('is told, and exits with 8 above the limit', async () => {
    const { out } = await run(['lag', 'production/counter']);
    expect(out.split('\n')[1]).toMatch(/^production\/counter +5 /);
    expect(await run(['lag', 'production/counter', '--fail-above', '5'])).toMatchObject({ code: 0 });
    expect(await run(['lag', 'production/counter', '--fail-above', '4', '--output', 'json'])).toMatchObject({
      code: 8,
      out: expect.stringContaining('"records":5'),
    });
  });
});
