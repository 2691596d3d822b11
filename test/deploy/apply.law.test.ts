import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyLog } from '../../src/deploy/log/verify-log.ts';
import type { Plan } from '../../src/model/change-plan.ts';
import { EngineError, toErrorData } from '../../src/model/errors.ts';
import type { IntentStep, Verb } from '../../src/model/intent.ts';
import { DeployWorld, local, step } from './deploy-world.ts';
import type { Fault } from './fake-control.ts';

// Whatever is planned, confirmed, forged, killed and gone on with: what is done was confirmed, and done once.

const runs = Number(process.env.LAW_RUNS ?? 40);
const jobs = ['views', 'payments', 'common'] as const;
const changes: readonly Verb[] = [
  'deploy',
  'start',
  'stop',
  'restart',
  'scale',
  'pause',
  'resume',
  'rollback',
  'savepoint',
];

const oneStep: fc.Arbitrary<Partial<IntentStep>> = fc
  .record({
    verb: fc.constantFrom(...changes),
    job: fc.constantFrom(...jobs),
    parallelism: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ verb, job, parallelism }) => {
    const sets = verb === 'deploy' || verb === 'scale' || verb === 'start';
    return { verb, job, environment: 'dev', parallelism: sets ? parallelism : null };
  });

const fault: fc.Arbitrary<Fault | undefined> = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.constantFrom<Fault>('kill-before', 'kill-after') },
  { weight: 1, arbitrary: fc.constant(new EngineError('CONNECTION', 'reset')) },
);

type Move =
  | Readonly<{ kind: 'plan'; steps: readonly Partial<IntentStep>[] }>
  | Readonly<{ kind: 'apply' | 'forge' | 'cancel'; plan: number }>
  | Readonly<{ kind: 'faults'; faults: readonly (Fault | undefined)[] }>
  | Readonly<{ kind: 'restart' }>
  | Readonly<{ kind: 'later'; minutes: number }>;

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('plan' as const),
      steps: fc.array(oneStep, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('apply' as const, 'apply' as const, 'forge' as const, 'cancel' as const),
      plan: fc.nat(20),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('faults' as const), faults: fc.array(fault, { maxLength: 4 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('later' as const), minutes: fc.integer({ min: 1, max: 20 }) }),
  },
);

const expected = ['CONFLICT', 'LIMIT', 'NOT_FOUND', 'INVALID_OPTION'];

/** Plays moves; ids of plans that were confirmed with their hash. */
async function play(world: DeployWorld, moves: readonly Move[]): Promise<ReadonlySet<string>> {
  const plans: Plan[] = [];
  const confirmed = new Set<string>();
  for (const move of moves) {
    try {
      await make(world, move, plans, confirmed);
    } catch (error) {
      if (!expected.includes(toErrorData(error).code)) throw error;
    }
  }
  world.control.faults = [];
  world.restart();
  await world.service.idle();
  return confirmed;
}

async function make(world: DeployWorld, move: Move, plans: Plan[], confirmed: Set<string>): Promise<void> {
  const plan = 'plan' in move && plans.length > 0 ? plans[move.plan % plans.length]! : null;
  switch (move.kind) {
    case 'plan': {
      const answer = await world.service.plan(move.steps.map(step), local);
      if (answer.kind === 'plan') plans.push(answer.plan);
      return;
    }
    case 'apply':
      if (plan === null) return;
      confirmed.add(plan.id);
      await world.apply(plan);
      if ((await Promise.race([world.service.idle(), world.control.killed.then(() => 'killed')])) === 'killed') {
        world.restart();
      }
      return;
    case 'forge':
      if (plan !== null)
        await world.apply(plan, local, { hash: plan.hash.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) });
      return;
    case 'cancel':
      if (plan !== null) await world.service.cancelPlan(plan.id, local);
      return;
    case 'faults':
      world.control.faults = [...move.faults];
      return;
    case 'restart':
      return world.restart();
    case 'later':
      world.clock.time += move.minutes * 60_000;
  }
}

describe('plans, applies and kills in any order', () => {
  it(
    'do what was confirmed, each step once, in order, and leave no plan half done',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(move, { minLength: 4, maxLength: 14 }), async (moves) => {
          const world = new DeployWorld();
          try {
            const confirmed = await play(world, moves);
            const ids = world.control.performed.map(({ stepId }) => stepId);
            expect(new Set(ids).size).toBe(ids.length);
            for (const id of ids) expect(confirmed).toContain(id.split('/')[0]);
            for (const plan of await world.service.listPlans(local)) {
              expect(plan.status).not.toBe('applying');
              const done = ids.filter((id) => id.startsWith(`${plan.id}/`));
              expect(done).toEqual(plan.steps.slice(0, done.length).map((_, index) => `${plan.id}/${index}`));
              if (plan.status === 'applied') expect(done).toHaveLength(plan.steps.length);
              if (plan.status === 'pending' || plan.status === 'cancelled' || plan.status === 'expired')
                expect(done).toEqual([]);
            }
            const log = await verifyLog(`${world.dataDirectory}/deploy-log.jsonl`, null).catch(() => null);
            expect(log?.fault ?? null).toBeNull();
          } finally {
            world.end();
          }
        }),
        { numRuns: runs },
      );
    },
    30_000 + runs * 500,
  );

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('ends the same after a kill at place %i of three steps', async (place) => {
    const world = new DeployWorld();
    try {
      const steps = [
        { verb: 'deploy', job: 'views', environment: 'dev' },
        { verb: 'scale', job: 'views', parallelism: 6 },
        { verb: 'stop', job: 'views' },
      ] as const;
      const at = Math.floor(place / 2);
      world.control.faults = [...Array(at).fill(undefined), place % 2 === 0 ? 'kill-before' : 'kill-after'];
      const plan = await world.planOf(steps);
      await world.apply(plan);
      const isKilled = (await Promise.race([world.service.idle(), world.control.killed.then(() => true)])) === true;
      expect(isKilled).toBe(place < 6);
      if (isKilled) world.restart();
      await world.service.idle();
      expect((await world.service.getPlan(plan.id, local)).status).toBe('applied');
      expect(world.control.performed.map(({ stepId }) => stepId)).toEqual([0, 1, 2].map((i) => `${plan.id}/${i}`));
      expect(world.control.views.get('dev/views')).toMatchObject({
        version: 3,
        wanted: 'suspended',
        release: { parallelism: 6 },
      });
    } finally {
      world.end();
    }
  });
});
