import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkWorkTree, readDesiredState } from '../../src/deploy/gitops/desired-state.ts';
import { type DriftContext, driftOf, driftText } from '../../src/deploy/gitops/drift.ts';
import { GitRepository } from '../../src/deploy/gitops/git-repository.ts';
import { gitOpsControlPlane } from '../../src/deploy/gitops/gitops-control-plane.ts';
import { promote } from '../../src/deploy/gitops/promotion.ts';
import { parseWanted, printWanted, type WantedDeployment } from '../../src/deploy/gitops/wanted-deployment.ts';
import type { ControlPlane, PlanStep } from '../../src/model/change-plan.ts';
import type { DeploymentView } from '../../src/model/deployment.ts';

const key = { job: 'creator-analytics', environment: 'staging' };
const wish: WantedDeployment = {
  ...key,
  engine: 'flink',
  parallelism: 4,
  parameters: { window: '5m' },
  state: 'running',
};

function viewOf(more: Partial<DeploymentView> = {}): DeploymentView {
  return {
    ...key,
    engine: 'flink',
    team: null,
    state: 'STABLE',
    wanted: 'running',
    version: 3,
    release: {
      number: 1,
      digest: 'd'.repeat(64),
      parameters: { window: '5m', topic: 'staging-events' },
      parallelism: 4,
    },
    lastStableRelease: 1,
    jobId: null,
    observed: null,
    health: [],
    savepoints: [],
    error: null,
    updatedAt: 0,
    ...more,
  };
}

const ctx: DriftContext = {
  inherited: () => ({ topic: 'staging-events' }),
  newestDigest: () => null,
  environments: ['staging'],
};

describe('a wish as a file', () => {
  it.each<WantedDeployment>([
    wish,
    { ...key, engine: null, parallelism: null, parameters: {}, state: 'suspended' },
    { ...wish, parameters: { b: 'yes', a: '010', c: "it's: [x]", d: 'null' } },
  ])('is read as it was written: %j', (wanted) => {
    expect(parseWanted(printWanted(wanted), key)).toEqual(wanted);
  });

  it.each([
    ['metadata: { name: other }', /metadata\.name: expected the file's name, 'creator-analytics'/],
    [
      'metadata: { name: creator-analytics }\nspec: { state: paused }',
      /line 4: spec\.state: expected 'running' or 'suspended'/,
    ],
    ['metadata: { name: creator-analytics }\nspec: { sql: "DROP TABLE x" }', /spec\.sql: unknown field/],
    ['metadata: { name: creator-analytics }\nspec: { parallelism: 0 }', /spec\.parallelism: expected a whole number/],
  ])('is refused: %s', (text, message) => {
    expect(() => parseWanted(`apiVersion: millrace/v1\nkind: Deployment\n${text}\n`, key)).toThrow(message);
  });
});

describe('drift', () => {
  const one = (view: DeploymentView | null, wanted: WantedDeployment = wish, more: Partial<DriftContext> = {}) =>
    driftOf([wanted], view === null ? [] : [view], { ...ctx, ...more });

  it('is nothing where all is as wanted, also what the environment gives', () => {
    expect(one(viewOf())).toEqual([]);
    expect(one(null, { ...wish, state: 'suspended' })).toEqual([]);
    expect(driftText([])).toBe('everything runs as it is wanted\n');
  });

  it.each([
    ['a job that is not there', null, wish, 'deploy', ['state: running ≠ null']],
    ['one that was stopped', viewOf({ wanted: 'suspended' }), wish, 'start', ['state: running ≠ suspended']],
    ['one that is to be', viewOf(), { ...wish, state: 'suspended' } as const, 'pause', ['state: suspended ≠ running']],
    ['another parallelism', viewOf(), { ...wish, parallelism: 8 }, 'scale', ['parallelism: 8 ≠ 4']],
    ['another value', viewOf(), { ...wish, parameters: { window: '1m' } }, 'deploy', ['parameters.window: 1m ≠ 5m']],
    [
      'a value that nobody wrote down',
      viewOf(),
      { ...wish, parameters: {} },
      'deploy',
      ['parameters.window: null ≠ 5m'],
    ],
    ['another engine', viewOf({ engine: 'millrace' }), wish, 'deploy', ['engine: flink ≠ millrace']],
    [
      'several',
      viewOf({ wanted: 'suspended' }),
      { ...wish, parallelism: 8 },
      'deploy',
      ['state: running ≠ suspended', 'parallelism: 8 ≠ 4'],
    ],
    [
      'a stopped one whose values are other ones',
      viewOf({ wanted: 'suspended' }),
      { ...wish, state: 'suspended', parallelism: 8 } as const,
      null,
      ['parallelism: 8 ≠ 4'],
    ],
  ])('is %s', (_, view, wanted, verb, differences) => {
    const [drift, ...more] = one(view, wanted);
    expect(more).toEqual([]);
    expect(drift!.step?.verb ?? null).toBe(verb);
    expect(drift!.differences.map(({ field, wanted: want, found }) => `${field}: ${want} ≠ ${found}`)).toEqual(
      differences,
    );
    if (verb === 'deploy')
      expect(drift!.step).toMatchObject({
        job: wanted.job,
        environment: 'staging',
        engine: 'flink',
        parallelism: wanted.parallelism,
        parameters: wanted.parameters,
      });
  });

  it('is a script that has changed since, and a job that no file wants, which is left to a person', () => {
    expect(one(viewOf(), wish, { newestDigest: () => 'e'.repeat(64) })[0]).toMatchObject({
      step: { verb: 'deploy' },
      differences: [{ field: 'release' }],
    });
    const other = viewOf({ job: 'unknown' });
    const elsewhere = viewOf({ environment: 'dev' });
    expect(driftOf([wish], [viewOf(), other, elsewhere], ctx)).toMatchObject([
      { job: 'unknown', kind: 'unmanaged', step: null },
    ]);
  });
});

describe('promotion', () => {
  it('carries over what is not the environment’s own', () => {
    const source: WantedDeployment = { ...wish, parameters: { window: '1m', bootstrap_servers: 'staging:9092' } };
    const target: WantedDeployment = {
      ...wish,
      environment: 'production',
      parameters: { window: '5m', bootstrap_servers: 'prod:9092' },
    };
    const { wanted, differences } = promote(source, 'production', { target, own: ['bootstrap_servers'] });
    expect(wanted).toEqual({
      ...source,
      environment: 'production',
      parameters: { window: '1m', bootstrap_servers: 'prod:9092' },
    });
    expect(differences).toEqual([{ field: 'parameters.window', wanted: '1m', found: '5m' }]);
    expect(() => promote(source, 'staging', { target: null, own: [] })).toThrow(/two environments/);
  });
});

describe('a repository', () => {
  let root: string;
  let repository: GitRepository;
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'millrace-gitops-'));
    git('init', '-q', '-b', 'main');
    git('config', 'user.name', 'A Person');
    git('config', 'user.email', 'a@example.com');
    await put(
      'envs/staging/environment.yaml',
      'apiVersion: millrace/v1\nkind: Environment\nmetadata: { name: staging }\n',
    );
    await put('envs/staging/creator-analytics.yaml', printWanted(wish));
    await put('jobs/creator-analytics.yaml', 'kind: Job\n');
    git('add', '.');
    git('commit', '-qm', 'first');
    repository = new GitRepository(root, process.env);
  });
  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  it('tells what a commit wants, whatever the work tree holds', async () => {
    const first = git('rev-parse', 'HEAD');
    await put('envs/staging/creator-analytics.yaml', printWanted({ ...wish, parallelism: 9 }));
    expect(await readDesiredState(repository, 'HEAD')).toEqual({
      commit: first,
      deployments: [wish],
      environments: ['staging'],
    });
    await expect(checkWorkTree(repository, first)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('envs/staging/creator-analytics.yaml'),
    });
    git('commit', '-qam', 'second');
    expect((await readDesiredState(repository, 'HEAD')).deployments).toEqual([{ ...wish, parallelism: 9 }]);
    expect((await readDesiredState(repository, first.slice(0, 10))).deployments).toEqual([wish]);
    await put('jobs/unknown.yaml', 'x');
    await expect(checkWorkTree(repository, git('rev-parse', 'HEAD'))).rejects.toMatchObject({
      message: expect.stringContaining('jobs/unknown.yaml'),
    });
  });

  it.each(['--upload-pack=touch x', '-h', 'nowhere', 'HEAD; touch x', '$(touch x)', 'HEAD:envs', ''])(
    'takes %j for no commit',
    async (rev) => {
      await expect(readDesiredState(repository, rev)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    },
  );

  it('names commit, file and line of a wish that can’t be read', async () => {
    await put('envs/staging/creator-analytics.yaml', `${printWanted(wish)}  sql: x\n`);
    git('commit', '-qam', 'bad');
    await expect(readDesiredState(repository, 'HEAD')).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(
        /^commit [0-9a-f]{12}: envs\/staging\/creator-analytics\.yaml, line \d+: spec\.sql: unknown field/,
      ),
    });
  });

  describe('in the mode gitops', () => {
    const step: PlanStep = {
      ...key,
      action: 'scale',
      engine: 'flink',
      parameters: {},
      parallelism: 8,
      restore: { kind: 'latest' },
      savepoint: true,
      until: null,
      diff: [],
      text: 'Scale creator-analytics to 8.',
      release: {
        ...key,
        engine: 'flink',
        digest: 'x',
        spec: '',
        script: '',
        directory: '/',
        parameters: { window: '5m', topic: 'staging-events' },
        parallelism: 8,
        team: null,
      },
    };
    const touched: string[] = [];
    const below = {
      get: async () => viewOf(),
      perform: async (wanted: PlanStep) => {
        touched.push(wanted.environment);
        return { text: 'done', version: 4 };
      },
    } as unknown as ControlPlane;
    const plane = (): ControlPlane =>
      gitOpsControlPlane({
        control: below,
        repository,
        isGitOps: (environment) => environment === 'staging',
        inherited: () => ({ topic: 'staging-events' }),
        author: 'millrace <millrace@example.com>',
      });
    const fileNow = (): string => git('show', 'HEAD:envs/staging/creator-analytics.yaml');

    it('a step is a commit, once, and nothing else is', async () => {
      await put('envs/staging/half-done.yaml', 'x'); // another's, not ours to commit
      git('add', '.');
      const one = plane();
      const [first, second] = await Promise.all([one.perform(step, 'plan-1/0', 3), one.perform(step, 'plan-1/0', 3)]);
      expect(first.text).toMatch(/^committed as [0-9a-f]{12}/);
      expect(second.text.slice(0, 25)).toBe(first.text.slice(0, 25));
      expect(parseWanted(fileNow(), key)).toEqual({ ...wish, parallelism: 8 });
      expect(git('log', '--format=%an %s', '-1')).toBe('millrace scale staging/creator-analytics');
      expect(git('log', '--format=%H').split('\n')).toHaveLength(2);
      expect(git('status', '--porcelain')).toBe('A  envs/staging/half-done.yaml');
      expect(touched).toEqual([]);
      expect(await readFile(join(root, 'envs/staging/creator-analytics.yaml'), 'utf8')).toBe(`${fileNow()}\n`);
    });

    it('what a commit wants already is carried out, by whichever plan', async () => {
      await plane().perform(step, 'plan-1/0', 3);
      const commits = git('log', '--format=%H');
      const before = touched.length;
      expect(await plane().perform(step, 'plan-6/0', 3)).toEqual({ text: 'done', version: 4 });
      // Once more after a kill, the world moved by the step itself: the control plane knows the step by its id.
      expect(await plane().perform(step, 'plan-6/0', 2)).toEqual({ text: 'done', version: 4 });
      expect(touched).toHaveLength(before + 2);
      expect(git('log', '--format=%H')).toBe(commits);
    });

    it('stops by a file that says so, refuses what a file can’t say, and a world that has moved', async () => {
      await plane().perform({ ...step, action: 'stop', release: null }, 'plan-2/0', 3);
      expect(parseWanted(fileNow(), key)).toEqual({ ...wish, state: 'suspended' });
      await expect(plane().perform({ ...step, action: 'savepoint' }, 'plan-3/0', 3)).rejects.toMatchObject({
        code: 'UNSUPPORTED',
      });
      await expect(plane().perform(step, 'plan-4/0', 2)).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await plane().perform({ ...step, environment: 'dev' }, 'plan-5/0', 3)).toEqual({
        text: 'done',
        version: 4,
      });
    });
  });
});
