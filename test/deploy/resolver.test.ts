import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AskAnswer } from '../../src/model/deploy-service.ts';
import type { IntentStep } from '../../src/model/intent.ts';
import { DeployWorld, jobText, local, step, usualFiles } from './deploy-world.ts';
import { view } from './fake-control.ts';

// What steps come to, over a world where `views` runs in dev and staging, `common` is stopped in dev and `old` is no longer in the catalogue.

let world: DeployWorld;
beforeAll(async () => {
  const parameters =
    'topic: { type: topic }\n    size: { type: integer, default: 5, min: 1, max: 10 }\n    mode: { type: enum, values: [a, b], default: a }\n    key: { type: secret, env: KEY }';
  world = new DeployWorld({
    ...usualFiles,
    'jobs/clicks.yaml': jobText('clicks', ', aliases: [click stream, the views]', parameters),
    'jobs/only-dev.yaml': jobText('only-dev', ', environments: [dev]'),
    'jobs/broken.yaml': 'kind: Job',
    'jobs/twin.yaml': jobText('twin', ', aliases: [the views]'),
    'envs/dev/environment.yaml': usualFiles['envs/dev/environment.yaml']!.replace(
      'default: true',
      'default: true, parameters: { size: 3, unrelated: x }',
    ),
  });
  await world.carryOut({ job: 'views', environment: 'dev' });
  await world.carryOut({ job: 'views', environment: 'staging', parallelism: 2 });
  await world.carryOut({ job: 'common', environment: 'dev' }, { verb: 'stop', job: 'common' });
  world.control.views.set(
    'dev/old',
    view({
      job: 'old',
      version: 4,
      release: { number: 2, digest: 'x', parameters: {}, parallelism: 3 },
      lastStableRelease: 1,
    }),
  );
});
afterAll(() => world.end());

const outcome = async (...steps: readonly Partial<IntentStep>[]): Promise<AskAnswer> =>
  await world.service.plan(steps.map(step), local);

type Wanted = readonly (readonly [readonly Partial<IntentStep>[], readonly unknown[]])[];
const plans: Wanted = [
  [
    [{ job: 'Click_Stream', parameters: { topic: 't' } }],
    [{ action: 'deploy', job: 'clicks', environment: 'dev', parameters: { size: '3', topic: 't' } }],
  ],
  [
    [{ job: 'clicks', parameters: { topic: 't', size: '9' } }],
    [{ parameters: { size: '9', topic: 't' }, restore: { kind: 'latest' }, savepoint: false }],
  ],
  [
    [{ job: 'twin', engine: 'flink', parallelism: 6 }],
    [{ engine: 'flink', parallelism: 6, release: { engine: 'flink', parallelism: 6 } }],
  ],
  [[{ verb: 'start', job: 'twin' }], [{ action: 'deploy', text: 'Start twin in dev on millrace, for the first time' }]],
  [
    [{ job: 'common' }],
    [{ action: 'deploy', text: 'Start common in dev on millrace again, with the release that it had' }],
  ],
  [[{ verb: 'start', job: 'common' }], [{ action: 'start', release: { job: 'common' } }]],
  [[{ verb: 'resume', job: 'common', parallelism: 5 }], [{ action: 'resume', parallelism: 5 }]],
  [
    [{ verb: 'start', job: 'common', parameters: { window: '2 min' } }],
    [{ action: 'deploy', parameters: { window: '2 min' } }],
  ],
  [
    [{ job: 'common', engine: 'flink' }],
    [
      {
        action: 'deploy',
        restore: { kind: 'none' },
        text: 'Bring common in dev to another release on flink: start, WITHOUT its state',
      },
    ],
  ],
  [[{ verb: 'stop', job: 'views', environment: 'dev' }], [{ action: 'stop', savepoint: true, release: null }]],
  [
    [{ verb: 'stop', job: 'views', environment: 'dev', savepoint: false }],
    [{ savepoint: false, text: 'Stop views in dev WITHOUT a savepoint' }],
  ],
  [
    [{ verb: 'scale', job: 'views', environment: 'staging', parallelism: 8 }],
    [
      {
        action: 'scale',
        parallelism: 8,
        diff: [{ field: 'state' }, { field: 'release' }, { field: 'parallelism', before: '2', after: '8' }],
      },
    ],
  ],
  [[{ verb: 'restart', job: 'views', environment: 'dev' }], [{ action: 'restart', savepoint: true }]],
  [
    [{ verb: 'rollback', job: 'old' }],
    [{ action: 'rollback', diff: [{ field: 'state' }, { field: 'release', before: '#2', after: '#1' }] }],
  ],
  [[{ verb: 'savepoint', job: 'old' }], [{ action: 'savepoint' }]],
  [
    [
      { verb: 'stop', job: 'views', environment: 'staging' },
      { verb: 'savepoint' },
      { verb: 'start', parallelism: 8 },
      { verb: 'lag', until: { kind: 'lag-below', records: 1_000 } },
    ],
    [
      { action: 'stop', environment: 'staging' },
      { action: 'start', parallelism: 8, diff: [{ before: 'suspended' }, {}, {}] },
      { action: 'lag', until: { records: 1_000 } },
    ],
  ],
  [
    [
      { verb: 'stop', job: 'views', environment: 'dev' },
      { verb: 'deploy', job: 'views', environment: 'dev', engine: 'flink' },
    ],
    [{ action: 'stop' }, { action: 'deploy', engine: 'flink', restore: { kind: 'none' } }],
  ],
  [[{ job: 'twin' }, { verb: 'status', job: 'twin' }], [{ action: 'deploy' }]],
];

const questions: readonly (readonly [readonly Partial<IntentStep>[], string, readonly string[]])[] = [
  [[{ job: 'vews' }], "There is no job 'vews'. Did you mean 'views'?", ['views']],
  [[{ job: 'the views' }], "'the views' may be any of 2 jobs. Which one?", ['clicks', 'twin']],
  [
    [{ job: null }],
    "Which job is to be meant by 'deploy'?",
    ['clicks', 'common', 'old', 'only-dev', 'payments', 'twin', 'views'],
  ],
  [[{ job: 'vi\u0435ws' }], "There is no job 'vi\u0435ws'. Did you mean 'views'?", ['views']],
  [
    [{ job: 'views', environment: 'prod' }],
    "There is no environment 'prod'. Which one?",
    ['dev', 'production', 'staging'],
  ],
  [
    [{ verb: 'logs', job: 'payments', environment: 'stagin' }],
    "There is no environment 'stagin'. Did you mean 'staging'?",
    ['staging'],
  ],
  [[{ job: 'clicks' }], "clicks needs a value for 'topic': it has no default. Which one?", []],
  [[{ verb: 'scale', job: 'views', environment: 'dev' }], 'To which parallelism is views in dev to be scaled?', []],
  [
    [{ verb: 'scale', job: 'common', parallelism: 3 }],
    'common is stopped in dev. Is it to be started at parallelism 3?',
    ['start common in dev at parallelism 3'],
  ],
  [
    [{ verb: 'resume', job: 'twin' }],
    'twin is not deployed in dev: there is nothing to resume. Is it to be deployed?',
    ['deploy twin in dev'],
  ],
  [
    [{ verb: 'start', job: 'views', environment: 'dev', parallelism: 4 }],
    'views runs already in dev. Is it to be changed?',
    ['scale views in dev to 4', 'restart views in dev'],
  ],
  [
    [{ job: 'views', environment: 'dev', engine: 'flink' }],
    'views in dev runs on millrace. Is it to be stopped, and started on flink without its state?',
    ['stop views in dev, then deploy views in dev on flink'],
  ],
  [
    [{ verb: 'scale', job: 'old', parallelism: 9 }],
    'What exactly runs of old is not known here. Is its newest release to be deployed?',
    ['deploy old in dev'],
  ],
];

const refused: readonly (readonly [readonly Partial<IntentStep>[], string, string])[] = [
  [[{ job: 'clicks', parameters: { topic: 't', size: '11' } }], 'INVALID_OPTION', "from 1 up to 10, got '11'"],
  [[{ job: 'clicks', parameters: { topic: 'a b' } }], 'INVALID_OPTION', "parameter 'topic': expected"],
  [[{ job: 'clicks', parameters: { topik: 't' } }], 'INVALID_OPTION', "parameter 'topik' is not declared"],
  [[{ job: 'clicks', parameters: { topic: 't', key: 'k' } }], 'INVALID_OPTION', "a secret can't be said"],
  [
    [{ job: 'only-dev', environment: 'production' }],
    'INVALID_OPTION',
    "job 'only-dev' may be deployed in dev, not in production",
  ],
  [
    [{ job: 'broken' }],
    'INVALID_OPTION',
    "job 'broken' can't be deployed: its spec has a fault: job spec jobs/broken.yaml",
  ],
  [[{ job: 'old' }], 'NOT_FOUND', "job 'old': expected a spec in the catalogue"],
  [[{ verb: 'stop', job: 'views', environment: 'dev', parallelism: 3 }], 'INVALID_OPTION', "'stop' takes none"],
  [
    [{ verb: 'scale', job: 'views', environment: 'dev', parallelism: 3, savepoint: false }],
    'INVALID_OPTION',
    'only stop and pause may leave the savepoint out',
  ],
  [
    [{ verb: 'stop', job: 'views', environment: 'dev', engine: 'flink' }],
    'INVALID_OPTION',
    'it is deployed on millrace',
  ],
  [
    [{ job: 'views', parallelism: 0 }],
    'INVALID_OPTION',
    'step 1: parallelism: expected a whole number from 1 to 32768, got 0',
  ],
  [[{ job: 'views', parameters: { window: '1\u202em' } }], 'INVALID_OPTION', 'printable characters'],
  [Array(9).fill({ job: 'views' }), 'INVALID_OPTION', 'expected a list of 1 to 8, got 9'],
];

const answers: readonly (readonly [readonly Partial<IntentStep>[], string])[] = [
  [[{ verb: 'start', job: 'views', environment: 'dev' }], "views in dev runs: 'start' changes nothing."],
  [[{ verb: 'stop', job: 'common' }], "common in dev is stopped: 'stop' changes nothing."],
  [[{ verb: 'stop', job: 'twin' }], "twin in dev is not deployed: 'stop' changes nothing."],
  [
    [{ verb: 'scale', job: 'views', environment: 'staging', parallelism: 2 }],
    "views in staging runs at parallelism 2: 'scale' changes nothing.",
  ],
  [
    [{ verb: 'savepoint', job: 'common' }],
    "common in dev is stopped, and its state is kept from then: 'savepoint' changes nothing.",
  ],
  [
    [{ verb: 'rollback', job: 'views', environment: 'dev' }],
    "views in dev has no other release that was stable to go back to: 'rollback' changes nothing.",
  ],
  [[{ verb: 'lag', job: 'views' }], 'dev/views: lag not known\nstaging/views: lag not known'],
  [[{ verb: 'status', job: 'twin' }], 'twin is not deployed.'],
  [[{ verb: 'status', environment: 'production' }], 'Nothing is deployed in production.'],
];

const shown = (steps: readonly Partial<IntentStep>[]): string => JSON.stringify(steps).slice(0, 100);

describe('steps come to', () => {
  it.each(plans.map((one) => [shown(one[0]), ...one] as const))('a plan: %s', async (_shown, steps, wanted) => {
    const answer = await outcome(...steps);
    expect(answer.kind === 'plan' ? answer.plan.steps : answer).toMatchObject(wanted);
  });

  it.each(questions.map((one) => [shown(one[0]), ...one] as const))(
    'a question: %s',
    async (_shown, steps, question, candidates) => {
      expect(await outcome(...steps)).toMatchObject({ kind: 'question', question, candidates });
    },
  );

  it.each(refused.map((one) => [shown(one[0]), ...one] as const))(
    'an error: %s',
    async (_shown, steps, code, message) => {
      await expect(outcome(...steps)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    },
  );

  it.each(answers.map((one) => [shown(one[0]), ...one] as const))('an answer: %s', async (_shown, steps, text) => {
    expect(await outcome(...steps)).toMatchObject({ kind: 'answer', text });
  });

  it('asks where two environments were said', async () => {
    world.intent = {
      kind: 'steps',
      parser: 'rules',
      confidence: 1,
      steps: [step({ job: 'twin', environment: 'staging' })],
    };
    const answer = await world.service.ask('deploy twin in staging', 'production', local);
    expect(answer).toMatchObject({ kind: 'question', candidates: ['staging', 'production'] });
  });

  it('takes the environment said beside the words', async () => {
    world.intent = {
      kind: 'steps',
      parser: 'model',
      confidence: 1,
      steps: [step({ job: 'clicks', parameters: { topic: 't' } })],
    };
    const answer = await world.service.ask('deploy clicks', 'production', local);
    expect(answer).toMatchObject({
      kind: 'plan',
      parser: 'model',
      plan: { steps: [{ environment: 'production', parameters: { topic: 't' } }] },
    });
    expect(answer.kind === 'plan' && answer.plan.decisions.at(-1)).toMatchObject({ rule: 'free-text-parameter' });
  });
});
