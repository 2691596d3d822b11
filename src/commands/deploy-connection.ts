/** How commands reach the deploy service: where it is, and who calls. */
import { type Command, Option } from 'commander';
import { identify } from '../deploy/catalogue/access.ts';
import type { LocalDeployService } from '../deploy/deploy-service.ts';
import type { Caller } from '../model/deploy-service.ts';
import { type ControlClient, commandCaller, connectControl } from './control-client.ts';
import type { CommandContext } from './dependencies.ts';
import { dataDirectoryOf, defaultDataDirectory } from './job-options.ts';
import { openLocalControl } from './local-control.ts';
import { type OutputOptions, outputOption } from './topology-options.ts';

export type DeployOptions = OutputOptions & Readonly<{ dataDir: string; server?: string | undefined }>;

export function addDeployOptions(command: Command): Command {
  return command
    .addOption(outputOption())
    .option('--server <url>', 'of a serve, its token in MILLRACE_TOKEN (default: MILLRACE_SERVER, else by --data-dir)')
    .addOption(new Option('--data-dir <dir>', 'of the control plane').default(defaultDataDirectory));
}

export type DeployAccess = Readonly<{ service: ControlClient; caller: Caller }>;

/** Does something with the service, wherever it is. */
export async function withDeploy<T>(
  options: Pick<DeployOptions, 'dataDir' | 'server'>,
  context: CommandContext,
  work: (access: DeployAccess) => Promise<T>,
): Promise<T> {
  const service = await connectControl(context, options);
  try {
    return await work({ service, caller: commandCaller() });
  } finally {
    await service.close();
  }
}

/** In this process, on the data directory. PERMISSION without a token where tokens have been given out. */
export async function withLocalDeploy<T>(
  options: Pick<DeployOptions, 'dataDir'>,
  context: CommandContext,
  work: (service: LocalDeployService, caller: Caller) => Promise<T>,
): Promise<T> {
  const local = await openLocalControl({ dataDirectory: dataDirectoryOf(options, context) }, context);
  try {
    const actor = identify(local.service.catalogue().access, context.env.MILLRACE_TOKEN, true);
    return await work(local.service, { actor, surface: 'cli' });
  } finally {
    await local.close();
  }
}
