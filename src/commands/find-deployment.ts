/** The deployment that a name on the command line means. */
import type { Command } from 'commander';
import type { DeploymentView } from '../model/deployment.ts';
import { EngineError } from '../model/errors.ts';
import type { DeployAccess } from './deploy-connection.ts';

export function addNameArgument(command: Command): Command {
  return command
    .argument('<job>', 'its name, or environment/name')
    .option('--environment <name>', 'where it is deployed; needed where there are several');
}

/** `name` may be `environment/job`. NOT_FOUND, or INVALID_OPTION where the environment has to be said. */
export async function findDeployment(
  { service, caller }: DeployAccess,
  name: string,
  environment: string | undefined,
): Promise<DeploymentView> {
  const slash = name.indexOf('/');
  const [job, wanted] = slash < 0 ? [name, environment] : [name.slice(slash + 1), name.slice(0, slash)];
  const all = (await service.deployments(caller)).filter((each) => each.job === job);
  const found = all.filter((each) => wanted === undefined || each.environment === wanted);
  if (found.length === 1) return found[0]!;
  const places = all.map((each) => each.environment).join(', ');
  if (found.length > 1) {
    throw new EngineError('INVALID_OPTION', `job '${name}': expected one deployment, found several (${places})`, {
      hint: 'Say which with --environment.',
    });
  }
  const where = wanted === undefined ? '' : ` in ${wanted}`;
  throw new EngineError('NOT_FOUND', `job '${name}': expected a deployment${where}, found none`, {
    hint: places === '' ? 'millrace jobs list shows those that there are.' : `It is deployed in: ${places}.`,
  });
}
