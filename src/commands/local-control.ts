/** The control plane put together in this process: database, engine, deployments, and the deploy service over them. */
import { join } from 'node:path';
import { type ControlSettings, defaultControlSettings } from '../deploy/control/control-settings.ts';
import { DeploymentStore } from '../deploy/control/deployment-store.ts';
import { LocalControlPlane } from '../deploy/control/local-control-plane.ts';
import { targetsOf } from '../deploy/control/targets.ts';
import type { LocalDeployService } from '../deploy/deploy-service.ts';
import { type ChildLimits, defaultChildLimits, MillraceTarget } from '../deploy/millrace-target/millrace-target.ts';
import { openControlDatabase } from '../deploy/store/database.ts';
import type { CommandContext } from './dependencies.ts';

export type LocalControl = Readonly<{
  service: LocalDeployService;
  control: LocalControlPlane;
  target: MillraceTarget;
  close: () => void;
}>;

export type LocalControlOptions = Readonly<{
  dataDirectory: string;
  settings?: Partial<ControlSettings> | undefined;
  limits?: Partial<ChildLimits> | undefined;
}>;

const pollMs = 1_000; // between two looks at a deployment

/** Nothing is started: that is for `serve` to ask for. */
export function openLocalControl(options: LocalControlOptions, context: CommandContext): LocalControl {
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
  const control = new LocalControlPlane({
    store: new DeploymentStore(database),
    targets: targetsOf({ millrace: () => target }),
    clock,
    settings,
    pollMs: Math.min(pollMs, settings.stableAfterMs),
    warn: (text) => context.say(`warning: ${text}`),
  });
  const service = context.openDeploy(dataDirectory, control);
  return {
    service,
    control,
    target,
    close: () => {
      service.close();
      database.close();
    },
  };
}
