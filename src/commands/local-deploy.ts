/** The deploy service of this process, over the control plane that it is given: that of `serve`, or one that only looks. */
import { type LocalDeployService, openDeployService } from '../deploy/deploy-service.ts';
import { createRulesParser } from '../deploy/intent/rules-parser.ts';
import type { Clock } from '../engine/clock.ts';
import type { ControlPlane } from '../model/change-plan.ts';

export type LocalDeployOptions = Readonly<{
  workingDirectory: string;
  packageDirectory: string;
  clock: Clock;
}>;

export type OpenDeploy = (dataDirectory: string, control: ControlPlane) => LocalDeployService;

export function localDeploy(options: LocalDeployOptions): OpenDeploy {
  return (dataDirectory, control) =>
    openDeployService({ ...options, dataDirectory, control, createParser: createRulesParser });
}
