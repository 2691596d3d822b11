/** The control plane put together in this process: database, engine, deployments, and the deploy service over them. */
import { join } from 'node:path';
import type { Catalogue } from '../deploy/catalogue/catalogue.ts';
import type { Environment } from '../deploy/catalogue/environment.ts';
import { type ControlSettings, defaultControlSettings } from '../deploy/control/control-settings.ts';
import { DeploymentStore } from '../deploy/control/deployment-store.ts';
import { LocalControlPlane } from '../deploy/control/local-control-plane.ts';
import { targetsOf } from '../deploy/control/targets.ts';
import type { LocalDeployService } from '../deploy/deploy-service.ts';
import { GitRepository } from '../deploy/gitops/git-repository.ts';
import { gitOpsControlPlane } from '../deploy/gitops/gitops-control-plane.ts';
import { type ChildLimits, defaultChildLimits, MillraceTarget } from '../deploy/millrace-target/millrace-target.ts';
import { openControlDatabase } from '../deploy/store/database.ts';
import type { CommandContext } from './dependencies.ts';
import { FlinkTargets } from './flink-targets.ts';

export type LocalControl = Readonly<{
  service: LocalDeployService;
  control: LocalControlPlane;
  target: MillraceTarget;
  /** Ends what speaks to engines, not what runs there. */
  close: () => Promise<void>;
}>;

export type LocalControlOptions = Readonly<{
  dataDirectory: string;
  settings?: Partial<ControlSettings> | undefined;
  limits?: Partial<ChildLimits> | undefined;
}>;

const pollMs = 1_000; // between two looks at a deployment
const author = 'Millrace <millrace@localhost>'; // of commits that are made of plans

/** Nothing is started: that is for `serve` to ask for. */
export async function openLocalControl(options: LocalControlOptions, context: CommandContext): Promise<LocalControl> {
  const { dataDirectory } = options;
  const { clock, env, workingDirectory, packageDirectory } = context;
  const settings = { ...defaultControlSettings, ...options.settings };
  const database = openControlDatabase(dataDirectory);
  const target = new MillraceTarget({
    directory: dataDirectory,
    program: [process.execPath, join(packageDirectory, 'engine.js')],
    workingDirectory,
    env,
    clock,
    limits: { ...defaultChildLimits, ...options.limits },
  });
  const catalogue = (): Catalogue => service.catalogue();
  const flink = new FlinkTargets(catalogue, { clock, env, connectors: context.connectors });
  const control = new LocalControlPlane({
    store: new DeploymentStore(database),
    targets: targetsOf({ millrace: () => target, flink: flink.of }),
    clock,
    settings,
    pollMs: Math.min(pollMs, settings.stableAfterMs),
    warn: (text) => context.say(`warning: ${text}`),
  });
  const environmentOf = (name: string): Environment | undefined =>
    catalogue().environments.find((environment) => environment.name === name);
  const changes = gitOpsControlPlane({
    control,
    repository: new GitRepository(workingDirectory, env),
    isGitOps: (name) => environmentOf(name)?.mode === 'gitops',
    inherited: (name) => Object.fromEntries(environmentOf(name)?.parameters ?? []),
    author,
  });
  const service: LocalDeployService = await context.openDeploy(dataDirectory, changes);
  return {
    service,
    control,
    target,
    close: async () => {
      await flink.close();
      service.close();
      database.close();
    },
  };
}
