import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandContext } from '../../src/commands/dependencies.ts';
import { applyFromGit, driftCommand } from '../../src/commands/drift.ts';
import type { GitOpsAccess } from '../../src/commands/gitops-access.ts';
import { promoteCommand } from '../../src/commands/promote.ts';
import { GitRepository } from '../../src/deploy/gitops/git-repository.ts';
import { printWanted } from '../../src/deploy/gitops/wanted-deployment.ts';
import type { AskAnswer, Caller, DeployService } from '../../src/model/deploy-service.ts';
import type { IntentStep } from '../../src/model/intent.ts';

let root: string;
let planned: (readonly IntentStep[])[];
let surfaces: string[];
let out: string;
let code: number;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-gitops-command-'));
  [planned, surfaces, out, code] = [[], [], '', -1];
  execFileSync('git', ['init', '-q', '-b', 'main'], { cwd: root });
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

async function commit(jobs: number, environment = 'staging'): Promise<void> {
  for (let index = 1; index <= jobs; index++) {
    const job = `job-${index}`;
    const path = join(root, `envs/${environment}/${job}.yaml`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(
      path,
      printWanted({
        job,
        environment,
        engine: 'flink',
        parallelism: 2,
        parameters: { bucket: environment, n: '1' },
        state: 'running',
      }),
    );
  }
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  execFileSync('git', ['add', '.'], { cwd: root });
  execFileSync('git', [...who, 'commit', '-qm', 'x'], { cwd: root });
}

const context = (): CommandContext =>
  ({
    workingDirectory: root,
    stdout: {
      write: async (text: string) => {
        out += text;
      },
    },
    exit: (given: number) => {
      code = given;
    },
  }) as unknown as CommandContext;

function access(): GitOpsAccess {
  const service = {
    deployments: async () => [],
    plan: async (steps: readonly IntentStep[], { surface }: Caller): Promise<AskAnswer> => {
      planned.push(steps);
      surfaces.push(surface);
      const plan = {
        id: `plan-${planned.length}`,
        hash: 'abc',
        risk: 'low',
        steps: steps.map(({ verb, job }) => ({ text: `${verb} ${job}` })),
      };
      return { kind: 'plan', plan, command: '', parser: 'rules' } as unknown as AskAnswer;
    },
  } as unknown as DeployService;
  const caller = { actor: { name: 'ada', team: null, roles: [] }, surface: 'cli' } as const;
  return {
    service,
    caller,
    repository: new GitRepository(root, process.env),
    newestDigest: () => null,
    inherited: (environment): Readonly<Record<string, string>> =>
      environment === 'staging' || environment === 'production' ? { bucket: environment } : {},
  };
}

const withGitOps = <T>(_: string, work: (given: GitOpsAccess) => Promise<T>): Promise<T> => work(access());

describe('the commands over files in git', () => {
  it('drift says what runs otherwise, and plans nothing', async () => {
    await commit(1);
    await driftCommand(context(), withGitOps).parseAsync(['node', 'drift', '--output', 'json']);
    expect(code).toBe(8);
    expect(JSON.parse(out)).toMatchObject({
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      drift: [{ job: 'job-1', kind: 'missing', step: { verb: 'deploy' } }],
    });
    expect(planned).toEqual([]);
    out = '';
    await driftCommand(context(), withGitOps).parseAsync(['node', 'drift', '--environment', 'production']);
    expect([code, out]).toEqual([0, expect.stringMatching(/everything runs as it is wanted\n$/)]);
  });

  it('apply --from-git plans the way there, in plans of the size that a plan may have, and confirms none', async () => {
    await commit(10);
    expect(await applyFromGit('HEAD', { output: 'text' }, access(), context())).toBe(6);
    expect(planned.map((steps) => steps.length)).toEqual([8, 2]);
    expect(surfaces).toEqual(['gitops', 'gitops']);
    expect(out).toContain('millrace apply plan-2 --plan-hash abc --yes');
  });

  it('apply --from-git refuses a work tree that is not the commit’s', async () => {
    await commit(1);
    await writeFile(join(root, 'envs/staging/job-1.yaml'), 'x');
    await expect(applyFromGit('HEAD', { output: 'text' }, access(), context())).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(planned).toEqual([]);
  });

  it('promote plans for the other environment, and writes its file where told', async () => {
    await commit(1);
    const path = join(root, 'envs/production/job-1.yaml');
    const promotion = ['node', 'promote', 'job-1', '--from', 'staging', '--to', 'production'];
    await promoteCommand(context(), withGitOps).parseAsync(promotion);
    expect(code).toBe(6);
    expect(planned).toMatchObject([
      [
        {
          verb: 'deploy',
          job: 'job-1',
          environment: 'production',
          engine: 'flink',
          parallelism: 2,
          parameters: { n: '1' },
        },
      ],
    ]);
    expect(planned[0]![0]!.parameters).toEqual({ n: '1' });
    expect(out).toContain('parameters.n: none → 1');
    await expect(readFile(path)).rejects.toThrow(/ENOENT/);
    await promoteCommand(context(), withGitOps).parseAsync([...promotion, '--write']);
    expect(await readFile(path, 'utf8')).toContain('n: "1"');
  });

  it.each(['../../etc', 'nothing'])('promote knows no job %s', async (job) => {
    await commit(1);
    const run = promoteCommand(context(), withGitOps).parseAsync([
      'node',
      'promote',
      job,
      '--from',
      'staging',
      '--to',
      'production',
    ]);
    await expect(run).rejects.toMatchObject({ code: job === 'nothing' ? 'NOT_FOUND' : 'INVALID_OPTION' });
  });
});
