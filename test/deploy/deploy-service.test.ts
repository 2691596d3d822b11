import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/deploy/log/log-entry.ts';
import { planHash } from '../../src/deploy/plan/plan-hash.ts';
import type { Plan } from '../../src/model/change-plan.ts';
import { EngineError } from '../../src/model/errors.ts';
import { caller, DeployWorld, local, planIn, step, usualFiles } from './deploy-world.ts';

let world: DeployWorld;
beforeEach(() => {
  world = new DeployWorld();
});
afterEach(() => world.end());

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const people = {
  an: { team: 'growth', roles: ['developer', 'operator@staging'] },
  binh: { team: 'growth', roles: ['operator'] },
  chi: { team: 'growth', roles: ['approver'] },
  dao: { team: 'money', roles: ['operator', 'approver'] },
  em: { team: 'growth', roles: ['viewer'] },
} as const;
const person = (name: keyof typeof people) => caller(name, people[name].team, ...people[name].roles);

function giveTokens(without: readonly string[] = []): void {
  const tokens = Object.entries(people)
    .filter(([name]) => !without.includes(name))
    .map(
      ([name, { team, roles }]) =>
        `  ${name}: { sha256: ${sha256(name)}, team: ${team}, roles: [${roles.map((r) => `"${r}"`).join(', ')}] }`,
    );
  world.write('envs/access.yaml', `apiVersion: millrace/v1\nkind: Access\ntokens:\n${tokens.join('\n')}\n`);
}

const logEvents = () =>
  readFileSync(join(world.dataDirectory, 'deploy-log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as LogEntry).entry);

describe('from words to a running job', () => {
  it('plans, changes nothing, and applies what was confirmed by its hash', async () => {
    world.intent = {
      kind: 'steps',
      parser: 'rules',
      confidence: 1,
      steps: [step({ verb: 'start', job: 'view counts' })],
    };
    const answer = await world.service.ask('start the view counts', null, local);
    const plan = planIn(answer);
    expect(world.control.calls).toBe(0);
    expect(plan).toMatchObject({
      risk: 'low',
      confirmation: 'confirm',
      observed: { 'dev/views': 0 },
      requiredRole: 'developer',
    });
    expect(plan.command).toBe('millrace plan deploy views --environment dev --engine millrace');
    await world.apply(plan);
    await world.service.idle();
    expect(world.control.performed.map(({ stepId }) => stepId)).toEqual([`${plan.id}/0`]);
    const done = await world.service.waitForPlan(plan.id, 1_000, local);
    expect(done).toMatchObject({ status: 'applied', confirmedBy: ['local'], progress: [{ state: 'done' }] });
    expect(logEvents().map(({ event }) => event)).toEqual(['planned', 'asked', 'confirmed', 'begun', 'ended']);
  });

  it('returns an applied plan as it is when it is applied again', async () => {
    const plan = await world.carryOut({ job: 'views' });
    expect((await world.apply(plan)).status).toBe('applied');
    await world.service.idle();
    expect(world.control.calls).toBe(1);
  });

  it('gives steps the version that the steps before them left', async () => {
    await world.carryOut({ job: 'views' });
    const plan = await world.carryOut(
      { verb: 'stop', job: 'views' },
      { verb: 'savepoint' },
      { verb: 'start', parallelism: 8, until: { kind: 'lag-below', records: 1_000 } },
    );
    expect(plan.steps.map(({ action, parallelism }) => [action, parallelism])).toEqual([
      ['stop', null],
      ['start', 8],
    ]);
    expect(plan).toMatchObject({ status: 'applied', observed: { 'dev/views': 1 } });
    expect(world.control.views.get('dev/views')).toMatchObject({ version: 3, release: { parallelism: 8 } });
    expect(plan.progress.at(-1)!.text).toBe('start done; it holds');
  });

  it('answers what only asks, and what is so already', async () => {
    await world.carryOut({ job: 'views' });
    const again = await world.service.plan([step({ job: 'views' })], local);
    expect(again).toMatchObject({ kind: 'answer', text: "views in dev runs exactly so: 'deploy' changes nothing." });
    const logs = await world.service.plan([step({ verb: 'logs', job: 'views' })], local);
    expect(logs).toMatchObject({
      kind: 'answer',
      text: 'one line\n[31mred[0m',
      command: 'millrace jobs logs views --environment dev',
    });
  });

  it('says what is wrong with a job, and what to do, when it is asked why', async () => {
    await world.carryOut({ job: 'views' });
    const failed = { state: 'FAILED', error: "topic 'clicks' does not exist on kafka:9092" } as const;
    world.control.views.set('dev/views', { ...world.control.views.get('dev/views')!, ...failed });
    const why = await world.service.plan([step({ verb: 'diagnose', job: 'views' })], local);
    expect(why).toMatchObject({
      kind: 'answer',
      text: expect.stringContaining('views: topic-missing (nearly certain)'),
      command: 'millrace diagnose views --environment dev',
    });
  });
});

describe('a confirmation is bound to what was shown', () => {
  const refused: readonly (readonly [
    string,
    string,
    (plan: Awaited<ReturnType<DeployWorld['planOf']>>) => Promise<unknown>,
  ])[] = [
    ['a forged hash', 'CONFLICT', (plan) => world.apply(plan, local, { hash: 'f'.repeat(64) })],
    ['a hash of another length', 'CONFLICT', (plan) => world.apply(plan, local, { hash: '' })],
    [
      'a plan whose time has run out',
      'CONFLICT',
      (plan) => {
        world.clock.time += 15 * 60_000;
        return world.apply(plan);
      },
    ],
    [
      'a cancelled plan',
      'CONFLICT',
      async (plan) => {
        await world.service.cancelPlan(plan.id, local);
        return await world.apply(plan);
      },
    ],
    [
      'a stale plan',
      'CONFLICT',
      async (plan) => {
        await world.carryOut({ job: 'views', parallelism: 2 });
        world.control.calls = 0;
        return await world.apply(plan);
      },
    ],
    [
      'changes switched off',
      'PERMISSION',
      (plan) => {
        world.service.switches.set('mutations.enabled', false, { name: 'local', time: 0, reason: null });
        return world.apply(plan);
      },
    ],
    [
      'a freeze that came since',
      'PERMISSION',
      (plan) => {
        const freeze = '{ freeze: { now: { from: "2020-01-01T00:00:00Z", to: "2030-01-01T00:00:00Z" } } }';
        world.write(
          'envs/dev/environment.yaml',
          usualFiles['envs/dev/environment.yaml']!.replace('{ default: true }', freeze),
        );
        return world.apply(plan);
      },
    ],
    [
      'an environment that asks for more since',
      'CONFLICT',
      (plan) => {
        world.write(
          'envs/dev/environment.yaml',
          usualFiles['envs/dev/environment.yaml']!.replace('{ default: true }', '{ class: production }'),
        );
        return world.apply(plan);
      },
    ],
    [
      'a plan changed in the database',
      'CONFLICT',
      (plan) => {
        const database = new DatabaseSync(join(world.dataDirectory, 'control.db'));
        database.exec(`UPDATE deploy_plans SET body = replace(body, '"parallelism":null', '"parallelism":7')`);
        database.close();
        return world.apply(plan);
      },
    ],
    ['a plan of nobody', 'NOT_FOUND', (plan) => world.apply({ ...plan, id: 'plan-aaaaaaaaaaaaaaaa' })],
  ];
  it.each(refused)('refuses %s', async (_name, code, attempt) => {
    const plan = await world.planOf([{ job: 'views' }]);
    await expect(attempt(plan)).rejects.toMatchObject({ code });
    expect(world.control.calls).toBe(0);
  });

  it.each(['steps', 'observed', 'actor', 'confirmation', 'risk', 'expiresAt'] as const)(
    'with %s in its hash',
    async (field) => {
      const plan = await world.planOf([{ job: 'views' }]);
      const { hash, ...rest } = plan;
      expect(planHash(plan)).toBe(hash);
      expect(planHash({ ...rest, [field]: [rest[field]] } as unknown as Plan)).not.toBe(hash);
    },
  );

  it('says what moved', async () => {
    const plan = await world.planOf([{ job: 'views' }]);
    await world.carryOut({ job: 'views', parallelism: 2 });
    await expect(world.apply(plan)).rejects.toThrow('dev/views was at version 0 and is at 1');
  });

  it('lets one of two plans for the same deployment win', async () => {
    const plans = [await world.planOf([{ job: 'views' }]), await world.planOf([{ job: 'views', parallelism: 3 }])];
    const other = world.open();
    const results = await Promise.allSettled([
      world.apply(plans[0]!),
      other.applyPlan(plans[1]!.id, { hash: plans[1]!.hash }, local),
    ]);
    await Promise.all([world.service.idle(), other.idle()]);
    expect(world.control.performed).toHaveLength(1);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  });
});

describe('people', () => {
  beforeEach(() => giveTokens());

  it('sees nothing of another team', async () => {
    await expect(world.service.plan([step({ job: 'payments' })], person('an'))).resolves.toMatchObject({
      kind: 'question',
    });
    const plan = await world.planOf([{ job: 'payments' }], person('dao'));
    await expect(world.service.getPlan(plan.id, person('binh'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(world.apply(plan, person('binh'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await world.service.listPlans(person('binh'))).toEqual([]);
    world.control.views.set('dev/payments', {
      ...(await import('./fake-control.ts')).view({ job: 'payments', team: 'money' }),
    });
    expect(await world.service.deployments(person('an'))).toEqual([]);
    expect(await world.service.deployments(person('dao'))).toHaveLength(1);
  });

  it('lets a viewer look and no more', async () => {
    await expect(world.service.plan([step({ verb: 'status' })], person('em'))).resolves.toMatchObject({
      kind: 'answer',
    });
    await expect(world.planOf([{ job: 'views' }], person('em'))).rejects.toMatchObject({ code: 'PERMISSION' });
    expect(logEvents().at(-1)).toMatchObject({ event: 'refused', actor: { name: 'em' }, code: 'PERMISSION' });
  });

  it('lets a developer plan for production, and someone else confirm it by typing the name', async () => {
    const plan = await world.planOf([{ job: 'views', environment: 'production' }], person('an'));
    expect(plan).toMatchObject({ confirmation: 'type-name', requiredRole: 'operator' });
    await expect(world.apply(plan, person('an'), { typedName: 'views' })).rejects.toMatchObject({ code: 'PERMISSION' });
    await expect(world.apply(plan, person('binh'))).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(world.apply(plan, person('binh'), { typedName: 'Views' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
    expect((await world.apply(plan, person('binh'), { typedName: 'views' })).status).toBe('applying');
    await world.service.idle();
  });

  it('needs two different people for what gives up state', async () => {
    const first = await world.planOf([{ job: 'views', environment: 'production' }], person('an'));
    await world.apply(first, person('binh'), { typedName: 'views' });
    await world.service.idle();
    const plan = await world.planOf(
      [{ verb: 'stop', job: 'views', savepoint: false, environment: 'production' }],
      person('binh'),
    );
    expect(plan).toMatchObject({ risk: 'critical', confirmation: 'two-person' });
    expect((await world.apply(plan, person('binh'))).status).toBe('pending');
    expect((await world.apply(plan, person('binh'))).status).toBe('pending');
    await expect(world.apply(plan, person('an'))).rejects.toMatchObject({ code: 'PERMISSION' });
    expect(world.control.performed).toHaveLength(1);
    expect((await world.apply(plan, person('chi'))).confirmedBy).toEqual(['binh', 'chi']);
    await world.service.idle();
    expect(world.control.performed).toHaveLength(2);
  });

  it('takes no yes of someone whose token is gone', async () => {
    const plan = await world.planOf([{ job: 'views', environment: 'staging' }], person('an'));
    giveTokens(['an']);
    await expect(world.apply(plan, person('binh'))).rejects.toThrow('an, who planned it, may no longer');
    expect(world.control.calls).toBe(0);
  });

  it('lets nobody do anything while the list of people has a fault', async () => {
    world.write('envs/access.yaml', 'kind: Access');
    await expect(world.service.deployments(local)).rejects.toMatchObject({ code: 'PERMISSION' });
  });
});

describe('bounds', () => {
  it('refuses words that are too long', async () => {
    await expect(world.service.ask('đ'.repeat(1_025), null, local)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('refuses what goes beyond a budget, and never what frees', async () => {
    const limited = (slots: number) =>
      world.write(
        'envs/dev/environment.yaml',
        usualFiles['envs/dev/environment.yaml']!.replace('default: true', `limits: { slots: ${slots} }`),
      );
    limited(8);
    await world.carryOut({ job: 'views', environment: 'dev' });
    await expect(world.planOf([{ job: 'common', environment: 'dev', parallelism: 5 }])).rejects.toThrow(
      'expected at the most 8 slots; 4 are in use and the plan adds 5',
    );
    const plan = await world.planOf([{ job: 'common', environment: 'dev', parallelism: 4 }]);
    limited(2);
    await expect(world.apply(plan)).rejects.toMatchObject({ code: 'LIMIT' });
    expect((await world.carryOut({ verb: 'scale', job: 'views', parallelism: 3 })).status).toBe('applied');
  });

  it('makes at the most 120 plans an hour for one actor', async () => {
    for (let i = 0; i < 120; i++) await world.planOf([{ job: 'views' }]);
    await expect(world.planOf([{ job: 'views' }])).rejects.toMatchObject({ code: 'LIMIT' });
    world.clock.time += 3_600_001;
    expect((await world.planOf([{ job: 'views' }])).status).toBe('pending');
  });

  it('tells the parser who asks and whether a model may be, and logs what it took', async () => {
    await world.service.ask('rain?', null, local);
    world.service.turnSwitch('llm.enabled', false, local.actor, null);
    await world.service.ask('rain?', null, local);
    expect(world.requests).toEqual([
      { actor: 'local', isModelEnabled: true },
      { actor: 'local', isModelEnabled: false },
    ]);
    expect(logEvents()[0]).toMatchObject({
      event: 'asked',
      calls: [{ model: 'small', inputTokens: 7, outputTokens: 3 }],
    });
    expect(() => world.service.turnSwitch('llm.enabled', true, person('binh').actor, null)).toThrow(
      'takes the role admin',
    );
  });
});

describe('apply', () => {
  it('repeats what failed for a passing reason, and stops at what did not', async () => {
    world.control.faults = [new EngineError('CONNECTION', 'refused'), new EngineError('TIMEOUT', 'slow')];
    expect((await world.carryOut({ job: 'views' })).status).toBe('applied');
    expect(world.control.performed).toHaveLength(1);
    world.control.faults = [new EngineError('INVALID_OPTION', 'password=hunter2 is wrong')];
    const failed = await world.carryOut({ verb: 'stop', job: 'views' }, { verb: 'start', job: 'views' });
    expect(failed).toMatchObject({ status: 'failed', progress: [{ step: 0, state: 'failed' }] });
    expect(JSON.stringify([failed.progress, logEvents()])).not.toContain('hunter2');
  });

  it('stops between two steps when changes are switched off', async () => {
    await world.carryOut({ job: 'views' });
    world.control.conditions = async () => {
      world.service.switches.set('mutations.enabled', false, { name: 'local', time: 0, reason: null });
      return 'it holds';
    };
    const plan = await world.carryOut(
      { verb: 'stop', job: 'views', until: { kind: 'running' } },
      { verb: 'start', job: 'views' },
    );
    expect(plan).toMatchObject({ status: 'failed', progress: [{ state: 'done' }, { state: 'failed' }] });
    expect(world.control.performed).toHaveLength(2);
  });
});
