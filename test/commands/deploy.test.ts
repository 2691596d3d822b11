import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ControlClient } from '../../src/commands/control-client.ts';
import type { CommandDependencies } from '../../src/commands/dependencies.ts';
import type { LocalDeployService } from '../../src/deploy/deploy-service.ts';
import type { Intent } from '../../src/model/intent.ts';
import { DeployWorld, environmentText, step } from '../deploy/deploy-world.ts';
import { memoryTerminal } from './terminal.ts';
import { testWorld } from './world.ts';

let deploy: DeployWorld;
beforeEach(() => {
  deploy = new DeployWorld();
});
afterEach(() => deploy.end());

/** Runs a command line; a terminal answers with `typed`. */
async function run(argv: readonly string[], more: Partial<CommandDependencies> = {}) {
  const { clock, directory } = deploy;
  const serve = { startServe: async () => deploy.service as LocalDeployService & ControlClient };
  const openDeploy = () => deploy.open();
  const world = testWorld({}, { workingDirectory: directory, clock, openDeploy, ...serve, ...more });
  const code = await world.run(...argv);
  return { code, out: world.stdout.text(), err: world.stderr.text() };
}

const words = (text: string): readonly string[] => text.split(' ');
const json = async (argv: readonly string[]) => JSON.parse((await run([...argv, '--output', 'json'])).out);

async function planned(text: string): Promise<Readonly<{ id: string; hash: string }>> {
  return (await json(words(`plan ${text}`))).plan;
}

describe('ask', () => {
  const said = (more: Partial<Extract<Intent, { kind: 'steps' }>>): Intent => ({
    kind: 'steps',
    parser: 'rules',
    confidence: 1,
    steps: [step({ job: 'views' })],
    ...more,
  });

  it('gives a plan as the contract has it, and exits with 6', async () => {
    deploy.intent = said({});
    const answer = await json(['ask', 'deploy', 'views', '--environment', 'staging']);
    expect(answer).toMatchObject({
      plan: {
        id: expect.stringMatching(/^plan-[a-z0-9]{16}$/),
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        risk: 'low',
        steps: [{ action: 'deploy', job: 'views', environment: 'staging', engine: 'millrace', parameters: {} }],
      },
      command: 'millrace plan deploy views --environment staging --engine millrace',
      parser: 'rules',
    });
    expect((await run(['ask', 'deploy views'])).code).toBe(6);
  });

  it('asks back with 7, and answers with 0', async () => {
    deploy.intent = { kind: 'question', parser: 'rules', question: 'Which one?', candidates: ['views', 'common'] };
    expect(await run(['ask', 'deploy it'])).toMatchObject({ code: 7, out: 'Which one?\n  - views\n  - common\n' });
    expect(await json(['ask', 'deploy it'])).toMatchObject({ question: 'Which one?', candidates: ['views', 'common'] });
    deploy.intent = { kind: 'out-of-scope', parser: 'rules', reason: 'That is about the weather.' };
    expect((await run(['ask', 'rain?'])).code).toBe(7);
    deploy.intent = said({ steps: [step({ verb: 'status' })] });
    expect(await run(['ask', 'what runs?'])).toMatchObject({ code: 0, out: 'Nothing is deployed.\n' });
  });
});

describe('plan', () => {
  it('shows what would change, without colours where nobody looks', async () => {
    const { code, out, err } = await run(words('plan deploy views --param window=5m --parallelism 3'));
    expect(code).toBe(6);
    expect(out).not.toContain('\u001b');
    expect(out.split('\n').slice(1, 9)).toEqual([
      '  1. Start views in dev on millrace at parallelism 3, for the first time',
      '     state        -  →  running',
      '     engine       -  →  millrace',
      expect.stringMatching(/^ {5}release {6}- {2}→ {2}[0-9a-f]{12}$/),
      '     parallelism  -  →  3',
      '     window       -  →  5m',
      'Takes +1 job, +3 slots, about +1,088 MB',
      'Needs a confirmation (role developer)',
    ]);
    expect(err).toMatch(/^To apply it: millrace apply plan-\w+ --plan-hash [0-9a-f]{64} --yes --wait\n$/);
  });

  it('is in colours on a terminal, but not with NO_COLOR', async () => {
    const line = words('plan stop views --no-savepoint');
    await deploy.carryOut({ job: 'views' });
    const terminal = memoryTerminal({ isTerminal: true });
    await run(line, { stdout: terminal });
    expect(terminal.text()).toContain('\u001b[31mWITHOUT a savepoint\u001b[39m');
    const plain = memoryTerminal({ isTerminal: true });
    await run(line, { stdout: plain, env: { NO_COLOR: '1' } });
    expect(plain.text()).not.toContain('\u001b');
  });

  it('takes further steps, and gives the command that makes the same plan', async () => {
    await deploy.carryOut({ job: 'views' });
    const line = [
      ...words('plan stop views --then start views --parallelism 8 --until lag<1000 --then deploy common --param'),
      'window=2 min',
    ];
    const { command, plan } = await json(line);
    expect(plan.steps).toMatchObject([
      { action: 'stop' },
      { action: 'start', parallelism: 8, until: { kind: 'lag-below', records: 1_000 } },
      { action: 'deploy', parameters: { window: '2 min' } },
    ]);
    const [, ...argv] = shellWords(command);
    expect((await json(argv)).plan.steps).toEqual(plan.steps);
  });

  it.each([
    ['plan destroy views', 2, 'expected a verb, found'],
    ['plan deploy views --engine spark', 2, 'expected --engine millrace or flink'],
    ['plan deploy views --then', 2, "expected a verb, found 'nothing'"],
    ['plan deploy views --until soon', 2, "expected --until running or 'lag<RECORDS'"],
    ['plan stop views --no-savepoint', 0, ''],
    ['plan deploy a b', 2, 'expected one job after deploy'],
    ['plan deploy views --yes', 2, "expected an option of a step, found '--yes'"],
    ['plan', 2, ''],
    ['plan deploy nothing', 7, ''],
    ['plan deploy views --environment production', 6, '--type-name views'],
    ['plan status views', 0, ''],
  ])('%s exits with %i', async (line, code, text) => {
    const result = await run(words(line));
    expect(result.code).toBe(code);
    expect(result.err).toContain(text);
  });

  it('exits with 4 where it is not done', async () => {
    deploy.write('envs/dev/environment.yaml', environmentText('dev', '{ default: true, policy: { low: deny } }'));
    expect(await run(words('plan deploy views'))).toMatchObject({ code: 4, err: '' });
  });

  it('needs a token where tokens have been given out', async () => {
    const sha256 = createHash('sha256').update('geheim').digest('hex');
    deploy.write(
      'envs/access.yaml',
      `{ apiVersion: millrace/v1, kind: Access, tokens: { an: { sha256: ${sha256}, team: growth, roles: [developer] } } }`,
    );
    expect((await run(words('plan deploy views'))).code).toBe(4);
    expect((await run(words('plan deploy views'), { env: { MILLRACE_TOKEN: 'geheim' } })).code).toBe(6);
  });
});

describe('apply', () => {
  it('carries out what was confirmed by its hash', async () => {
    const { id, hash } = await planned('deploy views');
    const { code, out } = await run(['apply', id, '--plan-hash', hash, '--yes', '--wait']);
    expect({ code, out }).toEqual({ code: 0, out: `${id}: applied\n  1. done: deploy done\n` });
    expect((await run(['apply', id, '--plan-hash', hash, '--yes'])).code).toBe(0);
    expect(deploy.control.calls).toBe(1);
  });

  it('does nothing unless someone says yes', async () => {
    const { id, hash } = await planned('deploy views');
    const production = await planned('deploy views --environment production');
    const results = [
      await run(['apply', id]),
      await run(['apply', id, '--plan-hash', hash]),
      await run(['apply', id], { prompt: async () => 'no' }),
      await run(['apply', id, '--yes']),
      await run(['apply', id, '--plan-hash', 'f'.repeat(64), '--yes']),
      await run(['apply', production.id, '--plan-hash', production.hash, '--yes']),
      await run(['apply', production.id], { prompt: async () => 'yes' }),
      await run(['apply', 'plan-none', '--plan-hash', hash, '--yes']),
    ];
    expect(results.map(({ code }) => code)).toEqual([6, 6, 6, 2, 5, 6, 6, 3]);
    expect(deploy.control.calls).toBe(0);
  });

  it('asks on a terminal, for the name where it takes that', async () => {
    const { id } = await planned('deploy views');
    expect((await run(['apply', id, '--wait'], { prompt: async () => 'yes' })).code).toBe(0);
    const production = await planned('deploy views --environment production');
    const asked: string[] = [];
    const prompt = async (question: string) => {
      asked.push(question);
      return 'views';
    };
    expect((await run(['apply', production.id, '--wait'], { prompt })).code).toBe(0);
    expect(asked).toEqual(['Type views to apply it: ']);
    expect(deploy.control.performed).toHaveLength(2);
  });

  it('exits with 1 where a step failed', async () => {
    const { id, hash } = await planned('deploy views');
    deploy.control.faults = [new (await import('../../src/model/errors.ts')).EngineError('IO', 'disk full')];
    const { code, out } = await run(['apply', id, '--plan-hash', hash, '--yes', '--wait']);
    expect({ code, out }).toEqual({ code: 1, out: `${id}: failed\n  1. failed: disk full\n` });
  });
});

describe('plans, deploy-log and deploy-switch', () => {
  it('lists, shows and takes back', async () => {
    const { id } = await planned('deploy views');
    expect((await run(['plans', 'list'])).out).toMatch(
      new RegExp(`^PLAN .*\\n${id} {2}pending {2}low .* local {2}deploy dev/views\\n$`),
    );
    expect((await run(['plans', 'get', id])).out).toContain('Hash: ');
    expect((await run(['plans', 'cancel', id])).out).toContain('cancelled');
    expect((await run(['plans', 'get', 'plan-other'])).code).toBe(3);
  });

  it('says whether the log is whole, and where it is not', async () => {
    expect((await run(['deploy-log', 'verify'])).code).toBe(3);
    await planned('deploy views');
    await planned('deploy common');
    expect(await run(['deploy-log', 'verify'])).toMatchObject({ code: 0, out: 'whole: 2 entries\n' });
    expect((await run(['deploy-log', 'show', '--last', '1'])).out).toMatch(/^2 {2}\S+ {2}planned {2}local {2}.*common/);
    const path = join(deploy.dataDirectory, 'deploy-log.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"risk":"low"', '"risk":"read"'));
    const broken = await run(['deploy-log', 'verify']);
    expect(broken).toMatchObject({
      code: 8,
      out: 'broken at line 1: expected what its hash was made over, found it changed\n',
    });
  });

  it('turns a switch that stops all changes, and notes who did', async () => {
    const { id, hash } = await planned('deploy views');
    const off = await run(['deploy-switch', 'mutations.enabled', 'off', '--reason', 'incident 42']);
    expect(off.out).toMatch(/^mutations\.enabled: off since \S+ by local: incident 42\nllm\.enabled: on\n$/);
    expect((await run(['apply', id, '--plan-hash', hash, '--yes'])).code).toBe(4);
    await run(['deploy-switch', 'mutations.enabled', 'on']);
    expect((await run(['apply', id, '--plan-hash', hash, '--yes', '--wait'])).code).toBe(0);
    expect((await run(['deploy-log', 'show'])).out).toContain(
      'switched  local  name="mutations.enabled"  isOn=false  reason="incident 42"',
    );
    expect((await run(['deploy-switch', 'everything', 'off'])).code).toBe(2);
  });
});

/** As a shell would take the command apart. */
function shellWords(text: string): string[] {
  const words = text.match(/(?:'[^']*'|\\.|[^\s'\\])+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|\\(.)/g, (_, quoted, one) => quoted ?? one));
}
