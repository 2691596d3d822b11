/** The commands over files in git, given the deploy service and the catalogue of the work tree. */
import { type Catalogue, readCatalogue } from '../deploy/catalogue/catalogue.ts';
import type { Environment } from '../deploy/catalogue/environment.ts';
import type { DriftContext } from '../deploy/gitops/drift.ts';
import { GitRepository } from '../deploy/gitops/git-repository.ts';
import { mergeParameters } from '../deploy/plan/parameters.ts';
import { buildRelease } from '../deploy/plan/release.ts';
import type { CommandContext } from './dependencies.ts';
import { withDeploy } from './deploy-connection.ts';
import type { WithGitOps } from './gitops-access.ts';

/** At the serve of a data directory, or on its store. */
export function gitOpsOf(context: CommandContext): WithGitOps {
  const { workingDirectory, packageDirectory, env } = context;
  return async (dataDir, work) => {
    const catalogue = readCatalogue({ workingDirectory, packageDirectory });
    const repository = new GitRepository(workingDirectory, env);
    return await withDeploy({ dataDir }, context, ({ service, caller }) =>
      work({ service, caller, repository, ...driftContext(catalogue) }),
    );
  };
}

function driftContext(catalogue: Catalogue): Pick<DriftContext, 'inherited' | 'newestDigest'> {
  const environmentOf = (name: string): Environment | undefined =>
    catalogue.environments.find((environment) => environment.name === name);
  return {
    inherited: (name) => Object.fromEntries(environmentOf(name)?.parameters ?? []),
    newestDigest: ({ job: name, environment, engine: wanted, parameters, parallelism }, view) => {
      const job = catalogue.jobs.find(({ spec }) => spec.name === name);
      if (job === undefined) return null;
      const ofEnvironment = environmentOf(environment)?.parameters ?? new Map<string, string>();
      const merged = mergeParameters(job.spec.parameters, ofEnvironment, parameters);
      if (merged.kind === 'missing') return null;
      const engine = wanted ?? view.engine;
      return buildRelease(job, { environment, engine, parameters: merged.values, parallelism }).digest;
    },
  };
}
