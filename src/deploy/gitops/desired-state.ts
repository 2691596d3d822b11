/** What a commit wants to run: every `kind: Deployment` below `envs/`. */
import { type DeploymentKey, deploymentNamePattern } from '../../model/deployment.ts';
import { EngineError, isEngineError } from '../../model/errors.ts';
import type { GitRepository } from './git-repository.ts';
import { parseWanted, type WantedDeployment } from './wanted-deployment.ts';

export type DesiredState = Readonly<{
  /** The full id. */
  commit: string;
  deployments: readonly WantedDeployment[];
  /** Environments of which the commit has deployments: what else runs there is not wanted. */
  environments: readonly string[];
}>;

const maxFiles = 2_000; // more is a mistake of folder
const folders = ['envs', 'jobs'];

/** Throws NOT_FOUND for the commit, INVALID_OPTION for a file that can't be read: what is half understood is not applied. */
export async function readDesiredState(repository: GitRepository, rev: string): Promise<DesiredState> {
  const commit = await repository.resolve(rev);
  const keys = (await repository.list(commit, 'envs')).flatMap((path) => keyOf(path) ?? []);
  if (keys.length > maxFiles) {
    throw new EngineError(
      'LIMIT',
      `commit ${commit}: expected at the most ${maxFiles} deployments, found ${keys.length}`,
    );
  }
  const deployments: WantedDeployment[] = [];
  for (const key of keys) deployments.push(await readWanted(repository, commit, key));
  return { commit, deployments, environments: [...new Set(keys.map(({ environment }) => environment))] };
}

/**
 * The jobs themselves are read from the work tree. Throws CONFLICT where that is not as the commit: it would be another state that is planned.
 */
export async function checkWorkTree(repository: GitRepository, commit: string): Promise<void> {
  const differing = await repository.differing(commit, folders);
  if (differing.length === 0) return;
  const shown = differing.slice(0, 5).join(', ');
  const more = differing.length > 5 ? ` and ${differing.length - 5} more` : '';
  throw new EngineError(
    'CONFLICT',
    `commit ${commit.slice(0, 12)}: expected jobs/ and envs/ as they are in it, found others: ${shown}${more}`,
    {
      hint: `Check it out first: git checkout ${commit.slice(0, 12)}`,
    },
  );
}

async function readWanted(repository: GitRepository, commit: string, key: DeploymentKey): Promise<WantedDeployment> {
  const path = `envs/${key.environment}/${key.job}.yaml`;
  try {
    return parseWanted(await repository.show(commit, path), key);
  } catch (error) {
    if (!isEngineError(error)) throw error;
    const { code, message, hint, position } = error;
    throw new EngineError(code, `commit ${commit.slice(0, 12)}: ${message}`, { hint, position });
  }
}

/** `envs/<environment>/<job>.yaml`; the environment's own file is none. */
function keyOf(path: string): DeploymentKey | null {
  const [, environment, file, ...deeper] = path.split('/');
  const job = file?.replace(/\.yaml$/, '');
  if (environment === undefined || job === undefined || job === file || deeper.length > 0) return null;
  if (job === 'environment' || !deploymentNamePattern.test(environment) || !deploymentNamePattern.test(job))
    return null;
  return { environment, job };
}
