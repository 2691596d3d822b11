/** What the MCP server stands on. It has no rights of its own: every call is made as the caller. */
import type { Actor } from '../../model/change-plan.ts';
import type { Caller, DeployService } from '../../model/deploy-service.ts';
import { type DeploymentKey, type DeploymentView, deploymentId } from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';
import type { JobStatus } from '../../model/job-status.ts';

export type McpBackend = Readonly<{
  service: DeployService;
  /** The last lines of a deployment's log, oldest first. Only asked for deployments that the caller may see. */
  logs: (key: DeploymentKey, lines: number, caller: Caller) => Promise<readonly string[]>;
  /** All that the engine shows of a deployment's job; null where it shows less. Only asked for what the caller may see. */
  status: (view: DeploymentView, caller: Caller) => Promise<JobStatus | null>;
  now: () => number;
  version: string;
}>;

/** One connection, or one HTTP request: who calls, with what. */
export type McpSession = Readonly<{
  backend: McpBackend;
  actor: Actor;
  /** Nothing that changes anything is offered, whatever the caller's roles are. */
  readOnly: boolean;
}>;

export function callerOf({ actor }: McpSession): Caller {
  return { actor, surface: 'mcp' };
}

/** NOT_FOUND for what is not there, or not the caller's to see; which of the two is not said. */
export async function findDeployment(session: McpSession, key: DeploymentKey): Promise<DeploymentView> {
  const all = await session.backend.service.deployments(callerOf(session));
  const found = all.find((view) => deploymentId(view) === deploymentId(key));
  if (found !== undefined) return found;
  throw new EngineError('NOT_FOUND', `${deploymentId(key)}: there is no such deployment`);
}
