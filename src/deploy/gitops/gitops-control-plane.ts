/**
 * The mode in which a confirmed plan becomes a commit: what is wanted is written to `envs/<environment>/<job>.yaml` and committed, and nothing is
 * changed that runs. A step whose wish is committed already is carried out: that of `apply --from-git`, after the commit's review.
 */
import type { ControlPlane, PlanStep } from '../../model/change-plan.ts';
import { type DeploymentView, deploymentId } from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';
import type { GitRepository } from './git-repository.ts';
import { parseWanted, printWanted, type WantedDeployment, wantedPath } from './wanted-deployment.ts';

export type GitOpsOptions = Readonly<{
  /** For reading, and for environments that are changed outright. */
  control: ControlPlane;
  repository: GitRepository;
  isGitOps: (environment: string) => boolean;
  /** What the environment gives to every job, and so does not stand in its files. */
  inherited: (environment: string) => Readonly<Record<string, string>>;
  /** `Name <address>` of the commits. */
  author: string;
}>;

/** By the step's own line in the commit's message, a step that is carried out again finds what it came to. */
const trailer = 'Millrace-Step';

export function gitOpsControlPlane(options: GitOpsOptions): ControlPlane {
  const { control, isGitOps } = options;
  let last: Promise<unknown> = Promise.resolve(); // one commit at a time: git's index takes no two
  return {
    get: (key) => control.get(key),
    list: () => control.list(),
    waitFor: (key, condition, timeoutMs) => control.waitFor(key, condition, timeoutMs),
    logs: (key, lines) => control.logs(key, lines),
    perform: (step, stepId, expectedVersion) => {
      if (!isGitOps(step.environment)) return control.perform(step, stepId, expectedVersion);
      const done = last.then(() => commitStep(step, stepId, expectedVersion, options));
      last = done.catch(() => undefined);
      return done;
    },
  };
}

async function commitStep(
  step: PlanStep,
  stepId: string,
  expectedVersion: number,
  { control, repository, inherited, author }: GitOpsOptions,
): Promise<Readonly<{ text: string; version: number }>> {
  const line = `${trailer}: ${stepId}`;
  const known = await repository.findCommit(line);
  if (known !== null) return { text: `committed as ${known.slice(0, 12)}`, version: expectedVersion };
  const before = await committedWish(repository, step);
  const ofFile = before === null ? null : wishAfter(step, before, inherited(step.environment));
  // Already wanted: it is carried out, and whether the world has moved, or this very step was done before, is the control plane's to say.
  if (before !== null && ofFile !== null && printWanted(before) === printWanted(ofFile)) {
    return await control.perform(step, stepId, expectedVersion);
  }
  const view = await control.get(step);
  if ((view?.version ?? 0) !== expectedVersion) {
    const found = `found ${view?.version ?? 0}`;
    throw new EngineError(
      'CONFLICT',
      `${deploymentId(step)}: expected version ${expectedVersion}, ${found}: plan it again`,
    );
  }
  const wanted = ofFile ?? wishAfter(step, wishOf(view), inherited(step.environment));
  const message = `${step.action} ${deploymentId(step)}\n\n${step.text}\n\n${line}\n`;
  const commit = await repository.commit({
    files: new Map([[wantedPath(step), printWanted(wanted)]]),
    message,
    author,
  });
  return { text: `committed as ${commit.slice(0, 12)}; nothing that runs has changed`, version: expectedVersion };
}

async function committedWish(repository: GitRepository, step: PlanStep): Promise<WantedDeployment | null> {
  const head = await repository.resolve('HEAD');
  const path = wantedPath(step);
  const there = await repository.list(head, `envs/${step.environment}`);
  return there.includes(path) ? parseWanted(await repository.show(head, path), step) : null;
}

function wishOf(view: DeploymentView | null): WantedDeployment | null {
  if (view === null) return null;
  const { job, environment, engine, wanted, release } = view;
  return { job, environment, engine, parallelism: release.parallelism, parameters: release.parameters, state: wanted };
}

/** The file after the step. Throws UNSUPPORTED for what is no state but an event: a file can't say it. */
function wishAfter(
  step: PlanStep,
  before: WantedDeployment | null,
  inherited: Readonly<Record<string, string>>,
): WantedDeployment {
  const { job, environment, engine, parallelism, action } = step;
  const own = (parameters: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(parameters).filter(([name, value]) => inherited[name] !== value));
  switch (action) {
    case 'stop':
    case 'pause':
      return {
        ...(before ?? { job, environment, engine, parallelism, parameters: own(step.parameters) }),
        state: 'suspended',
      };
    case 'start':
    case 'resume':
    case 'deploy':
    case 'scale': {
      const parameters = own(step.release?.parameters ?? step.parameters);
      return {
        job,
        environment,
        engine,
        parallelism: step.release?.parallelism ?? parallelism,
        parameters,
        state: 'running',
      };
    }
    default:
      throw new EngineError(
        'UNSUPPORTED',
        `${action} ${deploymentId(step)}: expected a change that a file can say, in an environment of mode gitops`,
        {
          hint: 'Take the last commit of the file back for an older state (git revert); restart and savepoint change none.',
        },
      );
  }
}
