import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterFailedStop, afterStop } from '../../../src/deploy/control/after-stop.ts';
import { type ControlSettings, defaultControlSettings } from '../../../src/deploy/control/control-settings.ts';
import type { DeploymentRecord } from '../../../src/deploy/control/deployment-record.ts';
import { nextAction } from '../../../src/deploy/control/next-action.ts';
import { unseenJob } from '../../../src/deploy/millrace-target/target-job.ts';
import type { TargetJob } from '../../../src/model/deployment.ts';
import { EngineError } from '../../../src/model/errors.ts';

const settings: ControlSettings = {
  ...defaultControlSettings,
  stableAfterMs: 60,
  stableWithinMs: 300,
  rolloutFailures: 3,
  giveUpFailures: 5,
  backOffMs: 10,
};
const now = 1_000;
const jobId = 'a'.repeat(32);
const savepoint = { kind: 'savepoint', path: '/sp-1' } as const;

/** Submitted at 900 and seen to run since 910, its rollout not over. */
function record(more: Partial<DeploymentRecord> = {}): DeploymentRecord {
  return {
    job: 'j',
    environment: 'dev',
    engine: 'millrace',
    team: null,
    version: 3,
    revision: 9,
    wanted: 'running',
    state: 'DEPLOYED',
    release: 2,
    lastStableRelease: 1,
    rolledBack: false,
    restore: { kind: 'latest' },
    rollbackRestore: savepoint,
    checkpointed: false,
    latestPath: null,
    run: { jobId, release: 2, restore: savepoint, submittedAt: 900, runningSince: 910 },
    lastJobId: jobId,
    stopping: null,
    finished: false,
    failures: 0,
    retryAt: null,
    rolloutSince: 890,
    error: null,
    updatedAt: 900,
    ...more,
  };
}

const starting = { jobId, release: 2, restore: savepoint, submittedAt: 900, runningSince: null };
const stopOf = (purpose: 'suspend' | 'replace' | 'roll-back' | 'give-up' | 'park', more = {}) =>
  ({
    triggerId: 'b'.repeat(32),
    purpose,
    savepoint: true,
    next: { kind: 'latest' },
    failedAttempts: 0,
    ...more,
  }) as const;

function job(state: TargetJob['state'], more: Partial<TargetJob> = {}): TargetJob {
  return { ...unseenJob(jobId, 'j', state), ...more };
}

const withCheckpoint = { checkpoints: { completed: 2, failed: 0, latestTime: 980, latestPath: '/chk-2' } };
const failed = { exceptions: [{ time: 990, task: null, text: 'boom' }] };

type Case = Readonly<{
  name: string;
  deployment: DeploymentRecord;
  observed?: TargetJob | null;
  restarting?: boolean;
  at?: number;
  action: object;
}>;

const cases: readonly Case[] = [
  { name: 'what is wanted and not there is started', deployment: record({ run: null }), action: { kind: 'start' } },
  {
    name: 'not before its time',
    deployment: record({ run: null, retryAt: 1_010 }),
    action: { kind: 'wait', at: 1_010 },
  },
  {
    name: 'what is suspended rests',
    deployment: record({ run: null, wanted: 'suspended', state: 'SUSPENDED' }),
    action: { kind: 'wait', at: null },
  },
  {
    name: 'what has failed for good rests',
    deployment: record({ run: null, state: 'FAILED' }),
    action: { kind: 'wait', at: null },
  },
  {
    name: 'what came to its end and was stopped is not started again',
    deployment: record({ run: null, finished: true }),
    action: { kind: 'wait', at: null },
  },
  {
    name: 'a run that was written down is handed over',
    deployment: record({ run: { ...starting, submittedAt: null } }),
    action: { kind: 'submit' },
  },
  {
    name: 'a stop comes before everything else',
    deployment: record({ stopping: stopOf('suspend') }),
    observed: job('RUNNING'),
    action: { kind: 'stop' },
  },
  {
    name: 'a stop that failed waits',
    deployment: record({ stopping: stopOf('suspend'), retryAt: 1_001 }),
    action: { kind: 'wait', at: 1_001 },
  },
  {
    name: 'without an answer nothing is concluded',
    deployment: record(),
    observed: null,
    action: { kind: 'wait', at: null },
  },
  {
    name: 'it is seen to run',
    deployment: record({ run: starting }),
    observed: job('RUNNING'),
    action: { kind: 'record', to: { state: 'DEPLOYED', run: { runningSince: now } }, event: { kind: 'running' } },
  },
  {
    name: 'running is not yet stable: time',
    deployment: record({ run: { ...starting, runningSince: 950 } }),
    observed: job('RUNNING', withCheckpoint),
    action: { kind: 'record', to: { state: 'DEPLOYED', checkpointed: true, latestPath: '/chk-2' }, event: null },
  },
  {
    name: 'running is not yet stable: checkpoint',
    deployment: record(),
    observed: job('RUNNING'),
    action: { kind: 'wait', at: null },
  },
  {
    name: 'time and a checkpoint make it stable, and one to go back to',
    deployment: record(),
    observed: job('RUNNING', withCheckpoint),
    action: {
      kind: 'record',
      to: { state: 'STABLE', lastStableRelease: 2, rolloutSince: null, error: null },
      event: { kind: 'stable' },
    },
  },
  {
    name: 'a bounded job that ends is stable, and stays ended',
    deployment: record({ run: starting }),
    observed: job('FINISHED'),
    action: {
      kind: 'record',
      to: { state: 'STABLE', finished: true, lastStableRelease: 2 },
      event: { kind: 'finished' },
    },
  },
  {
    name: 'a failure is tried again, from its checkpoints once it ran',
    deployment: record(),
    observed: job('FAILED', failed),
    action: {
      kind: 'record',
      to: { state: 'DEPLOYED', run: null, failures: 1, retryAt: 1_010, error: 'boom', restore: { kind: 'latest' } },
    },
  },
  {
    name: 'a start that failed is tried again from where it was told to start',
    deployment: record({ run: starting }),
    observed: job('FAILED', failed),
    action: { kind: 'record', to: { run: null, restore: savepoint } },
  },
  {
    name: 'the pause doubles',
    deployment: record({ rolloutSince: null, failures: 3 }),
    observed: job('FAILED', failed),
    action: { kind: 'record', to: { failures: 4, retryAt: 1_080 } },
  },
  {
    name: 'a cancel from elsewhere is a failure',
    deployment: record(),
    observed: job('CANCELED'),
    action: { kind: 'record', to: { failures: 1, error: 'it was cancelled from elsewhere' } },
  },
  {
    name: 'the third failure of a new release takes it back, to where the old one stopped',
    deployment: record({ failures: 2, run: starting }),
    observed: job('FAILED', failed),
    action: {
      kind: 'record',
      to: {
        state: 'ROLLING_BACK',
        rolledBack: true,
        run: null,
        stopping: null,
        restore: savepoint,
        failures: 0,
        error: 'boom',
      },
      event: { kind: 'rolling-back' },
    },
  },
  {
    name: 'once it has completed a checkpoint, going back does not go behind it',
    deployment: record({ failures: 2, checkpointed: true }),
    observed: job('FAILED', failed),
    action: { kind: 'record', to: { state: 'ROLLING_BACK', restore: { kind: 'latest' } } },
  },
  {
    name: 'the third failure of the first release is the end',
    deployment: record({ failures: 2, release: 1, lastStableRelease: null }),
    observed: job('FAILED', failed),
    action: { kind: 'record', to: { state: 'FAILED', run: null, error: 'boom' } },
  },
  {
    name: 'a stable one has more patience',
    deployment: record({ failures: 3, rolloutSince: null }),
    observed: job('FAILED', failed),
    action: { kind: 'record', to: { state: 'DEPLOYED', failures: 4 } },
  },
  {
    name: 'but not without end',
    deployment: record({ failures: 4, rolloutSince: null, lastStableRelease: 2 }),
    observed: job('FAILED', failed),
    action: { kind: 'record', to: { state: 'FAILED' } },
  },
  {
    name: 'one that is not stable in time is stopped and taken back',
    deployment: record(),
    observed: job('RUNNING'),
    at: 1_190,
    action: {
      kind: 'record',
      to: {
        state: 'ROLLING_BACK',
        run: { jobId },
        stopping: { purpose: 'roll-back', savepoint: false },
        restore: savepoint,
      },
    },
  },
  {
    name: 'a Flink job without checkpoints is stable by time alone',
    deployment: record({ engine: 'flink' }),
    observed: job('RUNNING'),
    at: 1_190,
    action: { kind: 'record', to: { state: 'STABLE' } },
  },
  {
    name: 'not where its checkpoints fail',
    deployment: record({ engine: 'flink' }),
    observed: job('RUNNING', { checkpoints: { completed: 0, failed: 3, latestTime: null, latestPath: null } }),
    at: 1_190,
    action: { kind: 'record', to: { state: 'ROLLING_BACK' } },
  },
  {
    name: 'one that restarts again and again is taken back before its time',
    deployment: record(),
    observed: job('RESTARTING', { restarts: 12 }),
    restarting: true,
    action: { kind: 'record', to: { state: 'ROLLING_BACK' } },
  },
  {
    name: 'a stable one that restarts again and again is left to its engine',
    deployment: record({ rolloutSince: null, state: 'STABLE' }),
    observed: job('RESTARTING', { restarts: 12 }),
    restarting: true,
    action: { kind: 'wait', at: null },
  },
  {
    name: 'what was taken back and is not stable either is the end',
    deployment: record({ rolledBack: true, rolloutSince: null, failures: 4 }),
    observed: job('FAILED', failed),
    action: { kind: 'record', to: { state: 'FAILED' } },
  },
  {
    name: 'what was taken back stays marked when it is stable',
    deployment: record({ rolledBack: true, rolloutSince: null, failures: 1, state: 'ROLLED_BACK', error: 'why' }),
    observed: job('RUNNING', withCheckpoint),
    action: { kind: 'record', to: { state: 'ROLLED_BACK', failures: 0, error: 'why', lastStableRelease: 1 } },
  },
  {
    name: 'a job that is gone is started again from its newest checkpoint',
    deployment: record(),
    observed: job('ABSENT'),
    action: { kind: 'record', to: { run: null, failures: 0, restore: { kind: 'latest' } }, event: { kind: 'lost' } },
  },
  {
    name: 'one that never got going is handed over again under its id',
    deployment: record({ run: starting }),
    observed: job('ABSENT'),
    action: { kind: 'record', to: { run: { jobId, submittedAt: null, restore: savepoint } } },
  },
  {
    name: 'Flink is given a moment to know it',
    deployment: record({ engine: 'flink', run: starting }),
    observed: job('ABSENT'),
    action: { kind: 'wait', at: 10_900 },
  },
  {
    name: 'a new checkpoint is remembered',
    deployment: record({ rolloutSince: null, state: 'STABLE', checkpointed: true, latestPath: '/chk-1' }),
    observed: job('RUNNING', withCheckpoint),
    action: { kind: 'record', to: { state: 'STABLE', latestPath: '/chk-2' }, event: null },
  },
  {
    name: 'a stable release that was started again is stable again in its time',
    deployment: record({ rolloutSince: null, state: 'DEPLOYED' }),
    observed: job('RUNNING', withCheckpoint),
    action: { kind: 'record', to: { state: 'STABLE' }, event: { kind: 'stable' } },
  },
  {
    name: 'without news nothing is written',
    deployment: record({ rolloutSince: null, state: 'STABLE', checkpointed: true, latestPath: '/chk-2' }),
    observed: job('RUNNING', withCheckpoint),
    action: { kind: 'wait', at: null },
  },
];

describe('the next action', () => {
  it.each(cases)('$name', ({ deployment, observed = null, restarting = false, at = now, action }) => {
    expect(nextAction(deployment, observed, restarting, at, settings)).toMatchObject(action);
  });

  it('comes to rest: what is observed and does not change is written down at the most a few times', () => {
    const states = ['RUNNING', 'FAILED', 'FINISHED', 'CANCELED', 'ABSENT', 'INITIALIZING', 'RESTARTING'] as const;
    fc.assert(
      fc.property(
        fc.record({
          state: fc.constantFrom(...states),
          completed: fc.nat({ max: 3 }),
          failures: fc.nat({ max: 6 }),
          rolledBack: fc.boolean(),
          stable: fc.option(fc.constantFrom(1, 2)),
          rollout: fc.option(fc.nat({ max: 1_000 })),
          running: fc.option(fc.nat({ max: 1_000 })),
          engine: fc.constantFrom('millrace' as const, 'flink' as const),
        }),
        ({ state, completed, failures, rolledBack, stable, rollout, running, engine }) => {
          const observed = job(state, { checkpoints: { completed, failed: 0, latestTime: null, latestPath: null } });
          const run = { ...starting, runningSince: running };
          let deployment = record({
            failures,
            rolledBack,
            lastStableRelease: stable,
            rolloutSince: rollout,
            run,
            engine,
          });
          let rounds = 0;
          for (; rounds < 6; rounds++) {
            const action = nextAction(deployment, deployment.run === null ? null : observed, false, now, settings);
            if (action.kind !== 'record') break;
            deployment = action.to;
          }
          expect(rounds).toBeLessThan(6);
          // Nobody is told that all is well while nothing runs.
          if (deployment.state === 'STABLE') expect(deployment.finished || deployment.run !== null).toBe(true);
          if (deployment.rolledBack) expect(deployment.lastStableRelease ?? stable).toBe(stable);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('after a stop', () => {
  const end = job('FINISHED');
  it.each([
    [
      'suspend',
      '/sp-9',
      {
        state: 'SUSPENDED',
        run: null,
        stopping: null,
        restore: { kind: 'savepoint', path: '/sp-9' },
        latestPath: '/sp-9',
      },
    ],
    [
      'replace',
      '/sp-9',
      {
        run: null,
        restore: { kind: 'savepoint', path: '/sp-9' },
        rollbackRestore: { kind: 'savepoint', path: '/sp-9' },
      },
    ],
    ['roll-back', null, { run: null, restore: { kind: 'latest' } }],
    ['give-up', null, { state: 'FAILED', run: null }],
    ['park', '/sp-9', { run: null, finished: false, restore: { kind: 'savepoint', path: '/sp-9' }, state: 'DEPLOYED' }],
    ['park', null, { run: null, finished: true }],
  ] as const)('%s with savepoint %s', (purpose, path, to) => {
    expect(afterStop(record({ stopping: stopOf(purpose) }), path, end, now).to).toMatchObject(to);
  });

  it('a start without state is not given that of the stop', () => {
    const { to } = afterStop(record({ stopping: stopOf('replace', { next: { kind: 'none' } }) }), '/sp-9', end, now);
    expect(to).toMatchObject({ restore: { kind: 'none' }, rollbackRestore: { kind: 'savepoint', path: '/sp-9' } });
  });

  it.each([
    [
      'a passing fault is tried again',
      'suspend',
      0,
      'TIMEOUT',
      { stopping: { failedAttempts: 1, savepoint: true }, retryAt: 1_010 },
    ],
    [
      'for another start the newest checkpoint will do',
      'replace',
      2,
      'TIMEOUT',
      { stopping: { savepoint: false, failedAttempts: 0 } },
    ],
    ['at once where it would fail again', 'replace', 0, 'CHECKPOINT', { stopping: { savepoint: false } }],
    [
      'a person who asked for a savepoint gets one, or the job goes on',
      'suspend',
      0,
      'CHECKPOINT',
      { stopping: null, wanted: 'running' },
    ],
  ] as const)('%s', (_, purpose, failedAttempts, code, to) => {
    const deployment = record({
      stopping: stopOf(purpose, { failedAttempts }),
      wanted: purpose === 'suspend' ? 'suspended' : 'running',
    });
    expect(afterFailedStop(deployment, new EngineError(code, 'no'), now, settings).to).toMatchObject(to);
  });
});
