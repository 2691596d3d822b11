/** The control plane put together in this process: database, engine, deployments, and the deploy service over them. */
import { join } from 'node:path';
import { type ControlSettings, defaultControlSettings } from '../deploy/control/control-settings.ts';
import { DeploymentStore } from '../deploy/control/deployment-store.ts';
import { LocalControlPlane } from '../deploy/control/local-control-plane.ts';
import { targetsOf } from '../deploy/control/targets.ts';
import { type ChildLimits, defaultChildLimits, MillraceTarget } from '../deploy/millrace-target/millrace-target.ts';
import { openControlDatabase } from '../deploy/store/database.ts';
import type { ControlPlane } from '../model/change-plan.ts';
import type { DeployService } from '../model/deploy-service.ts';
import type { TokenHolder } from '../server/access.ts';
import type { CommandContext } from './dependencies.ts';

/** The deploy service as a process holds it. */
export type HeldService = DeployService &
  Readonly<{
    /** Goes on with plans whose process was killed: for the one that applies plans. */
    resume: () => void;
    /** Who has been given a token; null: nobody, and the person at this machine may do everything. */
    holders: () => readonly TokenHolder[] | null;
    close: () => void;
  }>;

/** Makes the service over a control plane. */
export type OpenService = (dataDirectory: string, control: ControlPlane, context: CommandContext) => HeldService;

export type LocalControl = Readonly<{
  service: HeldService;
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
export function openLocalControl(
  options: LocalControlOptions,
  openService: OpenService,
  context: CommandContext,
): LocalControl {
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
  const service = openService(dataDirectory, control, context);
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
