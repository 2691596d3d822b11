/** The options that commands over deployments share. */
import { type Command, InvalidArgumentError } from 'commander';
import type { DeploymentView } from '../model/deployment.ts';
import { EngineError } from '../model/errors.ts';
import { type ControlClient, commandCaller, connectControl } from './control-client.ts';
import type { CommandContext } from './dependencies.ts';
import { defaultDataDirectory } from './job-options.ts';
import type { OpenService } from './local-control.ts';

export type ControlOptions = Readonly<{ server?: string; dataDir: string; output: 'text' | 'json' }>;

export function addControlOptions(command: Command): Command {
  return command
    .option(
      '--server <url>',
      'of a running serve; its token in MILLRACE_TOKEN (default: MILLRACE_SERVER, else that of the data directory)',
    )
    .option('--data-dir <dir>', 'of the control plane', defaultDataDirectory)
    .option('--output <text|json>', 'form of the answer', outputForm, 'text');
}

function outputForm(text: string): string {
  if (text === 'text' || text === 'json') return text;
  throw new InvalidArgumentError(`expected text or json, got '${text}'.`);
}

export async function withControl<T>(
  options: ControlOptions,
  openService: OpenService,
  context: CommandContext,
  work: (client: ControlClient) => Promise<T>,
): Promise<T> {
  const client = await connectControl(context, options, openService);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** The deployment of a job; in which environment has to be said where there are several. `name` may be `environment/job`. */
export async function findDeployment(
  client: ControlClient,
  name: string,
  environment: string | undefined,
): Promise<DeploymentView> {
  const [job, wanted] = name.includes('/')
    ? [name.slice(name.indexOf('/') + 1), name.slice(0, name.indexOf('/'))]
    : [name, environment];
  const all = (await client.deployments(commandCaller())).filter((each) => each.job === job);
  const found = all.filter((each) => wanted === undefined || each.environment === wanted);
  if (found.length === 1) return found[0]!;
  const places = all.map((each) => each.environment).join(', ');
  if (found.length === 0) {
    const hint = places === '' ? 'millrace jobs list shows those that there are.' : `It is deployed in: ${places}.`;
    throw new EngineError(
      'NOT_FOUND',
      `job '${name}': expected a deployment${wanted === undefined ? '' : ` in ${wanted}`}, found none`,
      { hint },
    );
  }
  throw new EngineError('INVALID_OPTION', `job '${name}': expected one deployment, found several (${places})`, {
    hint: 'Say which with --environment.',
  });
}
