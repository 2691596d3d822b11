/** The HTTP server of the control plane: its API and pages, and Flink's paths and metrics over the jobs that run here. */
import type { JobStatus } from '../model/job-status.ts';
import { type ControlBackend, controlRoutes } from './control-api.ts';
import { type ListenOptions, serveRoutes } from './http-server.ts';
import { JobMetrics } from './job-metrics.ts';
import type { RunningServer } from './listening.ts';
import { type McpDoor, mcpRoutes } from './mcp-route.ts';
import { failure, ok, type Route } from './router.ts';
import { createRoutes, type WebPage } from './routes.ts';

export type ControlServerOptions = ListenOptions &
  Readonly<{
    backend: ControlBackend;
    /** Of the jobs that run in processes of this one. */
    statuses: () => readonly JobStatus[];
    pages: readonly WebPage[];
    /** Absent: there is none. */
    mcp?: McpDoor | undefined;
  }>;

/** Throws INVALID_OPTION for an open address without a token, CONFLICT for a taken port. */
export async function startControlServer(options: ControlServerOptions): Promise<RunningServer> {
  const { backend, statuses, pages, mcp } = options;
  const { version } = backend.info;
  const metrics = new JobMetrics(version);
  // Changes go through plans alone: nothing is offered here to control a job by.
  const read = createRoutes({ status: statuses, version, metrics, control: {}, pages });
  const files = pages.map((page) => page.path);
  const open = [...files, ...probes];
  // Of two routes for a path the first one answers: /api/v1/jobs are the deployments here.
  return await serveRoutes({ ...options, openPaths: files }, [
    ...controlRoutes(backend),
    ...(mcp === undefined ? [] : mcpRoutes(mcp)),
    { method: 'GET', pattern: '/readyz', handle: () => ok({ status: 'ready' }) },
    ...read.map((route) => (open.includes(route.pattern) ? route : forOwner(route, options))),
  ]);
}

const probes: readonly string[] = ['/healthz', '/readyz', '/metrics'];

/** Flink's paths know no teams: what all jobs say of themselves is not for those who may see some of them. */
function forOwner(route: Route, { owner, holders }: ListenOptions): Route {
  const handle: Route['handle'] = (request, params) =>
    (holders?.() ?? null) !== null && request.actor !== owner
      ? failure(403, `${request.path}: expected this server's own token; others use /api/v1/`)
      : route.handle(request, params);
  return { ...route, handle };
}
