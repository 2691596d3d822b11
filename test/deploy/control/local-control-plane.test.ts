import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { defaultControlSettings } from '../../../src/deploy/control/control-settings.ts';
import { DeploymentStore } from '../../../src/deploy/control/deployment-store.ts';
import { LocalControlPlane } from '../../../src/deploy/control/local-control-plane.ts';
import { targetsOf } from '../../../src/deploy/control/targets.ts';
import type { PlanStep } from '../../../src/model/change-plan.ts';
import type { DeploymentView } from '../../../src/model/deployment.ts';
import { releaseOf, stepOf } from '../releases.ts';
import { FakeTarget, VirtualClock } from './fake-world.ts';

const settings = { ...defaultControlSettings, stableAfterMs: 1_000, stableWithinMs: 5_000, backOffMs: 100 };
const key = { job: 'counter', environment: 'dev' };
const first = releaseOf();
const second = releaseOf({ parallelism: 2 });
const deploy = (release = first, more: Partial<PlanStep> = {}): PlanStep => stepOf('deploy', release, more);

type Process = Readonly<{ control: LocalControlPlane; kill: () => void }>;

/** One engine and one database, for processes that come and go. */
function world() {
  const clock = new VirtualClock();
  const target = new FakeTarget(clock);
  const store = new DeploymentStore(new DatabaseSync(':memory:'));
  const warnings: string[] = [];
  const start = (): Process => {
    const own = clock.ofProcess();
    const targets = targetsOf({ millrace: () => target });
    const control = new LocalControlPlane({
      store,
      targets,
      clock: own,
      settings,
      pollMs: 50,
      warn: (text) => warnings.push(text),
    });
    control.start();
    return { control, kill: own.kill };
  };
  const until = async (fits: (view: DeploymentView) => boolean, { control }: Process): Promise<DeploymentView> => {
    for (let looks = 0; looks < 2_000; looks++) {
      const view = await control.get(key);
      if (view !== null && fits(view)) return view;
      await clock.sleep(20);
    }
    throw new Error(`not reached: ${JSON.stringify(await control.get(key))}`);
  };
  return { clock, target, store, start, until, warnings };
}

describe('a step', () => {
  it('is done once, at the version that was seen', async () => {
    const { start, target } = world();
    const { control } = start();
    const once = await control.perform(deploy(), 'p/0', 0);
    expect(once).toMatchObject({ version: 1, text: expect.stringContaining('release 1 runs') });
    expect(await control.perform(deploy(), 'p/0', 0)).toEqual(once);
    await expect(control.perform(deploy(second), 'q/0', 0)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(target.calls).toEqual(['start 1 from latest']);
    await control.close({ park: false });
  });

  it('deploys, scales, takes savepoints, stops and starts where it stopped', async () => {
    const { start, target, until } = world();
    const process = start();
    const { control } = process;
    await control.perform(deploy(), 'p/0', 0);
    expect(await control.waitFor(key, { kind: 'running' }, 60_000)).toBe('it is stable');
    await control.perform(stepOf('savepoint', first), 'p/1', 1);
    await control.perform(stepOf('scale', second), 'p/2', 1);
    await until((view) => view.state === 'STABLE', process);
    const stopped = await control.perform(stepOf('stop', first), 'p/3', 2);
    expect(stopped.text).toMatch(/savepoint \/sp\//);
    expect(await control.get(key)).toMatchObject({
      state: 'SUSPENDED',
      wanted: 'suspended',
      jobId: null,
      release: { number: 2, parallelism: 2 },
      savepoints: { length: 3 },
    });
    await control.perform(stepOf('resume', first, { release: null }), 'p/4', 3);
    const [, , , from2, , from3] = target.calls;
    expect(target.calls.map((call) => call.split(' ')[0])).toEqual([
      'start',
      'savepoint',
      'stop',
      'start',
      'stop',
      'start',
    ]);
    expect(from2).toMatch(/^start 2 from \/sp\//);
    expect(from3).toMatch(/^start 2 from \/sp\//);
    expect(from3).not.toBe(from2);
    expect((await control.events(key, 100)).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([
        'wanted',
        'starting',
        'submitted',
        'running',
        'stable',
        'stopped',
        'suspended',
        'savepoint',
      ]),
    );
    await control.close({ park: false });
  });

  it.each([
    ['of a deployment that is not there', stepOf('stop', first), 'NOT_FOUND'],
    ['on an engine that is not there', deploy({ ...first, engine: 'flink' }), 'CONFLICT'],
  ])('%s fails', async (_, step, code) => {
    const { start } = world();
    const { control } = start();
    await expect(control.perform(step, 'p/0', 0)).rejects.toMatchObject({ code });
    await control.close({ park: false });
  });

  it('that waits for less lag or for stability times out, or fails when it won’t come', async () => {
    const { start, target } = world();
    const { control } = start();
    await control.perform(deploy(), 'p/0', 0);
    expect(await control.waitFor(key, { kind: 'lag-below', records: 6 }, 10_000)).toBe('it is 5 records behind');
    await expect(control.waitFor(key, { kind: 'lag-below', records: 5 }, 1_000)).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    target.bad.set(first.digest, 'boom');
    target.lose('FAILED');
    target.bad.set(second.digest, 'boom');
    await expect(control.waitFor({ ...key, job: 'other' }, { kind: 'running' }, 1_000)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await control.close({ park: false });
  });
});

describe('a release that is not fit', () => {
  it('is taken back to the last stable one, from where that stopped', async () => {
    const { start, target, until } = world();
    const process = start();
    await process.control.perform(deploy(), 'p/0', 0);
    await until((view) => view.state === 'STABLE', process);
    target.bad.set(second.digest, 'boom');
    await process.control.perform(deploy(second), 'p/1', 1);
    const view = await until(({ state }) => state === 'ROLLED_BACK', process);
    expect(view).toMatchObject({ error: 'boom', lastStableRelease: 1, release: { number: 2 }, wanted: 'running' });
    const starts = target.calls.filter((call) => call.startsWith('start'));
    expect(starts.map((call) => call.slice(0, 12))).toEqual([
      'start 1 from',
      ...Array(3).fill('start 2 from'),
      'start 1 from',
    ]);
    expect(starts.at(-1)).toBe(starts[1]!.replace('start 2', 'start 1'));
    expect(starts.at(-1)).toMatch(/\/sp\//);
    expect(target.running()).toHaveLength(1);
    await process.control.close({ park: false });
  });

  it('by time is stopped first', async () => {
    const { start, target, until } = world();
    const process = start();
    await process.control.perform(deploy(), 'p/0', 0);
    await until((view) => view.state === 'STABLE', process);
    target.stuck.add(second.digest);
    await process.control.perform(deploy(second), 'p/1', 1);
    const view = await until(({ state }) => state === 'ROLLED_BACK', process);
    expect(view.error).toContain('not stable after 5 s');
    expect(target.calls.at(-2)).toBe('cancel');
    expect(target.running()[0]!.submission.release.digest).toBe(first.digest);
    await process.control.close({ park: false });
  });

  it('without one to go back to has failed, and says of what', async () => {
    const { start, target, until } = world();
    const process = start();
    target.bad.set(first.digest, 'no such topic');
    await process.control.perform(deploy(), 'p/0', 0);
    const view = await until(({ state }) => state === 'FAILED', process);
    expect(view).toMatchObject({
      error: 'no such topic',
      health: expect.arrayContaining([{ name: 'liveness', verdict: 'failing', text: 'no such topic' }]),
    });
    expect(target.calls).toHaveLength(3);
    await expect(process.control.waitFor(key, { kind: 'running' }, 1_000)).rejects.toMatchObject({ code: 'CONFLICT' });
    await process.control.close({ park: false });
  });
});

/** What has to come out of it, killed or not. */
async function story(control: LocalControlPlane): Promise<void> {
  await control.perform(deploy(), 'p/0', 0);
  await control.perform(stepOf('savepoint', first), 'p/1', 1);
  await control.perform(stepOf('scale', second), 'p/2', 1);
  await control.perform(stepOf('stop', second), 'p/3', 2);
  await control.perform(stepOf('resume', second), 'p/4', 3);
}

describe('a kill between any two effects', () => {
  const places = ['start', 'stop', 'savepoint'].flatMap((call) => [`before ${call}`, `after ${call}`]);
  const cases = places.flatMap((place) =>
    [1, 2, 3].flatMap((time) => [false, true].map((jobsDie) => ({ place, time, jobsDie }))),
  );

  it.each(cases)('$place, time $time, jobs die with it: $jobsDie', async ({ place, time, jobsDie }) => {
    const { start, target, until, store, warnings } = world();
    let process = start();
    const died = Promise.withResolvers<void>();
    let seen = 0;
    target.around = async (at) => {
      if (at !== place || ++seen !== time) return;
      process.kill();
      died.resolve();
      await new Promise(() => {});
    };
    const whole = story(process.control).then(() => 'whole' as const);
    if ((await Promise.race([whole, died.promise])) !== 'whole') {
      if (jobsDie) target.lose('ABSENT');
      process = start();
      await story(process.control);
    }
    const view = await until(({ state }) => state === 'STABLE', process);
    expect(view).toMatchObject({ wanted: 'running', version: 4, release: { number: 2, parallelism: 2 }, error: null });
    expect(target.running().map(({ submission }) => submission.release.digest)).toEqual([second.digest]);
    expect(store.openSteps(key)).toEqual([]);
    expect(warnings).toEqual([]);
    // Where jobs outlive the one who watches them, nothing was done twice either.
    const count = (what: string): number => target.calls.filter((call) => call.startsWith(what)).length;
    if (!jobsDie) expect([count('start'), count('stop')]).toEqual([3, 2]);
    await process.control.close({ park: false });
  });
});

describe('the end of the control plane', () => {
  it('stops jobs with a savepoint, and its successor starts them there', async () => {
    const { start, target, until } = world();
    const before = start();
    await before.control.perform(deploy(), 'p/0', 0);
    await until((view) => view.state === 'STABLE', before);
    await before.control.close({ park: true });
    expect(target.running()).toEqual([]);
    const after = start();
    const view = await until(({ state, jobId }) => state === 'STABLE' && jobId !== null, after);
    expect(view).toMatchObject({ wanted: 'running', version: 1 });
    expect(target.calls).toEqual([
      'start 1 from latest',
      'stop with savepoint',
      expect.stringMatching(/^start 1 from \/sp\//),
    ]);
    await after.control.close({ park: false });
  });

  it('an engine that does not answer stops nothing and is seen in the health', async () => {
    const { start, target, until } = world();
    const process = start();
    await process.control.perform(deploy(), 'p/0', 0);
    await until((view) => view.state === 'STABLE', process);
    target.observe = async () => {
      throw new Error('no route');
    };
    const view = await until(({ health }) => health[0]!.verdict === 'failing', process);
    expect(view.health[0]!.text).toMatch(/has not answered for 3\d s/);
    expect(view.state).toBe('STABLE');
    expect(target.calls).toHaveLength(1);
    await process.control.close({ park: false });
  });
});
