/** The deploy service of one command's process: it plans and looks. What is applied is carried out by `millrace serve`. */
import { type LocalDeployService, openDeployService } from '../deploy/deploy-service.ts';
import type { Clock } from '../engine/clock.ts';
import type { ControlPlane } from '../model/change-plan.ts';
import { EngineError } from '../model/errors.ts';
import type { IntentParser } from '../model/intent.ts';

export type LocalDeployOptions = Readonly<{
  workingDirectory: string;
  packageDirectory: string;
  clock: Clock;
}>;

export function localDeploy(options: LocalDeployOptions): (dataDirectory: string) => LocalDeployService {
  return (dataDirectory) =>
    openDeployService({ ...options, dataDirectory, control: noServe, createParser: () => noWords });
}

async function needsServe(): Promise<never> {
  throw new EngineError('UNSUPPORTED', 'expected a running `millrace serve` to carry it out, found none');
}

const noServe: ControlPlane = {
  get: async () => null,
  list: async () => [],
  perform: needsServe,
  waitFor: needsServe,
  logs: needsServe,
};

const noWords: IntentParser = {
  name: 'rules',
  parse: async () => ({
    kind: 'question',
    parser: 'rules',
    question: 'Say it as a command: millrace plan deploy JOB --environment ENVIRONMENT.',
    candidates: [],
  }),
};
