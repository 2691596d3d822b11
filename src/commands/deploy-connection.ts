/** How commands reach the deploy service: where it is, and who calls. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { identify } from '../deploy/catalogue/access.ts';
import type { LocalDeployService } from '../deploy/deploy-service.ts';
import type { Caller, DeployService } from '../model/deploy-service.ts';
import type { CommandContext } from './dependencies.ts';
import { defaultDataDirectory } from './job-options.ts';
import { type OutputOptions, outputOption } from './topology-options.ts';

export type DeployOptions = OutputOptions & Readonly<{ dataDir: string }>;

export function addDeployOptions(command: Command): Command {
  return command
    .addOption(outputOption())
    .addOption(new Option('--data-dir <dir>', 'where plans and the deploy log are').default(defaultDataDirectory));
}

export type DeployAccess = Readonly<{ service: DeployService; caller: Caller }>;

/** Does something with the service; it is closed after, once what was begun here has ended. */
export async function withDeploy<T>(
  options: Pick<DeployOptions, 'dataDir'>,
  context: CommandContext,
  work: (access: DeployAccess) => Promise<T>,
): Promise<T> {
  return await withLocalDeploy(options, context, async (service, caller) => {
    const result = await work({ service, caller });
    await service.idle();
    return result;
  });
}

/** In this process, on the data directory. PERMISSION without a token where tokens have been given out. */
export async function withLocalDeploy<T>(
  { dataDir }: Pick<DeployOptions, 'dataDir'>,
  context: CommandContext,
  work: (service: LocalDeployService, caller: Caller) => Promise<T>,
): Promise<T> {
  const service = context.openDeploy(resolve(context.workingDirectory, dataDir));
  try {
    const actor = identify(service.catalogue().access, context.env.MILLRACE_TOKEN, true);
    return await work(service, { actor, surface: 'cli' });
  } finally {
    service.close();
  }
}
