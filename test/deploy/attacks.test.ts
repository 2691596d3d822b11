import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maySee } from '../../src/deploy/policy/grant.ts';
import type { Plan } from '../../src/model/change-plan.ts';
import { toErrorData } from '../../src/model/errors.ts';
import type { Intent } from '../../src/model/intent.ts';
import { verbs } from '../../src/model/intent.ts';
import { caller, DeployWorld, environmentText, jobText, local, usualFiles } from './deploy-world.ts';
import { view } from './fake-control.ts';

// A parser in an attacker's hands: it may give any intent at all. Nothing is done that nobody confirmed, nothing of another team is seen, and
// what a plan says of itself is what it would do.

const attacks = Number(process.env.ATTACKS ?? 1_000);
const mallory = caller('mallory', 'growth', 'developer', 'operator@staging');

const hostile = [
  'views',
  'payments',
  'common',
  'vi\u0435ws', // a Cyrillic e
  'views\u200b',
  'Views ',
  '../../etc/passwd',
  'http://evil.example/job.jar',
  '$(rm -rf /)',
  "views'; DROP TABLE deploy_plans; --",
  '__proto__',
  'constructor',
  '\u001b[2Jviews',
  '\ud800',
  'x'.repeat(5_000),
  '',
];
const name = fc.oneof(fc.constantFrom(...hostile), fc.string({ maxLength: 20 }), fc.constant(null));
const environment = fc.oneof(fc.constantFrom('dev', 'staging', 'production', 'prоduction', 'dev/../production'), name);
const number = fc.oneof(
  fc.integer(),
  fc.constantFrom(1e308, -1, 0, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 32_768, 32_769),
  fc.constant(null),
);
const value = fc.oneof(
  fc.constantFrom("1 min'; DROP TABLE t; --", ['$', '{window}'].join(''), '9e99 d', '\u202e1 m', '5m', 'kafka:9092'),
  fc.string(),
  fc.anything(),
);

const hostileStep = fc.record(
  {
    verb: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...verbs) }, { weight: 1, arbitrary: fc.anything() }),
    job: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('views', 'payments', 'common') },
      { weight: 3, arbitrary: name },
    ),
    environment: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('dev', 'staging', 'production') },
      { weight: 2, arbitrary: environment },
    ),
    engine: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('millrace', 'flink', null) },
      { weight: 1, arbitrary: fc.string() },
    ),
    parameters: fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      {
        weight: 2,
        arbitrary: fc.dictionary(fc.constantFrom('window', 'brokers', 'secret', '__proto__', 'sql'), value, {
          maxKeys: 2,
        }),
      },
      { weight: 1, arbitrary: fc.anything() },
    ),
    parallelism: fc.oneof(
      { weight: 6, arbitrary: fc.constant(null) },
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 32_768 }) },
      { weight: 1, arbitrary: number },
    ),
    savepoint: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(null, true, false) },
      { weight: 1, arbitrary: fc.anything() },
    ),
    until: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(null, { kind: 'lag-below', records: 5 }) },
      { weight: 1, arbitrary: fc.anything() },
    ),
    confirmed: fc.constant(true),
    hash: fc.string(),
  },
  { requiredKeys: ['verb', 'job', 'environment', 'parameters'] },
);
/** As well formed as a real one, and meant to harm. */
const plausibleStep = fc
  .record({
    verb: fc.constantFrom(...verbs),
    job: fc.constantFrom('views', 'views', 'views', 'common', 'common', 'common', 'payments'),
    environment: fc.constantFrom('dev', 'staging', 'production', null),
    engine: fc.constantFrom(null, null, null, null, 'flink'),
    parallelism: fc.constantFrom(1, 7, 16, 32_768),
    parameters: fc.constantFrom({}, {}, { brokers: 'evil.example:9092' }, { window: '1 h' }, { window: '2 h' }),
    until: fc.constantFrom(null, null, { kind: 'lag-below', records: Number.MAX_SAFE_INTEGER }),
  })
  .map(({ parallelism, parameters, ...step }) => ({
    ...step,
    savepoint: step.verb === 'stop' || step.verb === 'pause' ? false : null,
    parallelism: step.verb === 'scale' || step.verb === 'deploy' ? parallelism : null,
    parameters: step.verb === 'deploy' || step.verb === 'start' ? parameters : {},
  }));
const plain = hostileStep.map(({ confirmed, hash, ...step }) => step);
const intents: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('steps'),
      parser: fc.constantFrom('rules', 'model'),
      steps: fc.array(plausibleStep, { minLength: 1, maxLength: 2 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('steps'),
      parser: fc.constantFrom('rules', 'model'),
      confidence: fc.double(),
      steps: fc.array(plain, { maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('steps'),
      parser: fc.anything(),
      steps: fc.array(hostileStep, { maxLength: 12 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('question', 'out-of-scope', 'apply', 'plan'),
      question: fc.anything(),
      candidates: fc.anything(),
    }),
  },
  { weight: 1, arbitrary: fc.anything() },
);

const parameters = [
  'window: { type: duration, default: 1 min, max: 1 h }',
  'brokers: { type: string, default: localhost }',
  'secret: { type: secret, env: PASSWORD }',
];

describe('a parser in an attacker’s hands', () => {
  let world: DeployWorld;
  beforeAll(async () => {
    world = new DeployWorld({
      ...usualFiles,
      'jobs/views.yaml': jobText('views', ', team: growth', parameters.join('\n    ')),
      'envs/staging/environment.yaml': environmentText('staging', '{ class: staging, limits: { slots: 64 } }'),
    });
    for (const environment of ['dev', 'staging', 'production']) {
      for (const job of ['views', 'common', 'payments']) await world.carryOut({ job, environment });
    }
    const token = createHash('sha256').update('mallory').digest('hex');
    world.write(
      'envs/access.yaml',
      `{ apiVersion: millrace/v1, kind: Access, tokens: { mallory: { sha256: ${token}, team: growth, roles: [developer, "operator@staging"] } } }`,
    );
    world.control.views.set('dev/foreign', view({ job: 'foreign', team: 'money', environment: 'dev' }));
  });
  afterAll(() => world.end());

  it(
    `makes nothing happen in ${attacks} attempts, and every plan of it is the caller's to make`,
    async () => {
      const before = world.control.calls;
      const outcomes = new Map<string, number>();
      await fc.assert(
        fc.asyncProperty(intents, async (intent) => {
          world.intent = intent as Intent;
          world.clock.time += 60_000; // below the limit of plans an hour
          const outcome = await world.service.ask('deploy my job', null, mallory).then(
            (answer) => {
              if (answer.kind === 'plan') checkPlan(answer.plan);
              else expect(JSON.stringify({ ...answer, question: '' })).not.toMatch(/payments|foreign/);
              return answer.kind;
            },
            (error: unknown) => toErrorData(error).code,
          );
          expect(outcome).not.toBe('INTERNAL');
          expect(world.control.calls).toBe(before);
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }),
        { numRuns: attacks },
      );
      // The attacks get somewhere: else they would prove nothing.
      expect(outcomes.get('plan')).toBeGreaterThan(attacks / 50);
      expect(outcomes.get('INVALID_OPTION')).toBeGreaterThan(attacks / 50);
      expect(outcomes.get('question')).toBeGreaterThan(attacks / 50);
    },
    30_000 + attacks * 20,
  );

  function checkPlan(plan: Plan): void {
    expect(plan).toMatchObject({ status: 'pending', confirmedBy: [] });
    expect(plan.confirmation).not.toBe('none');
    for (const step of plan.steps) {
      expect(['views', 'common']).toContain(step.job);
      expect(
        maySee(mallory.actor, { team: step.job === 'views' ? 'growth' : null, environment: step.environment }),
      ).toBe(true);
      expect(Object.keys(step.parameters)).not.toContain('secret');
      expect(step.text).toContain(step.job);
      expect(`${step.text}${plan.command}${JSON.stringify(step.diff)}`).not.toMatch(/\p{Cc}|\p{Cf}/u);
      if (step.release !== null) expect(step.release).toMatchObject({ job: step.job, environment: step.environment });
    }
  }

  it('can’t have its plan applied by anyone who has not its hash', async () => {
    const plans = (await world.service.listPlans(mallory)).slice(0, 20);
    for (const plan of plans) {
      await expect(world.apply(plan, mallory, { hash: 'a'.repeat(64) })).rejects.toMatchObject({ code: 'CONFLICT' });
    }
    await expect(world.service.listPlans(local)).resolves.toBeDefined();
  });
});
