/** From what a script asks for to what the engine takes. */
import type { ConnectorContext, ConnectorRegistry } from '../model/connector.ts';
import type { ExecutionSettings, JobGraph } from '../model/job-graph.ts';
import type { Options } from '../model/options.ts';
import type { Pipeline } from '../model/plan.ts';
import { executionSettings, requestedParallelism, sessionTimeZone } from './execution-settings.ts';
import { buildJobGraph } from './job-builder.ts';

export type JobPlanContext = Readonly<{
  connectors: ConnectorRegistry;
  workingDirectory: string;
  /** Absolute. */
  dataDirectory: string;
  machineTimeZone: string;
  /** ms since 1970. */
  now: () => number;
  warn: (message: string) => void;
  /** Of the command line; null: not given. */
  parallelism: number | null;
  offline?: boolean | undefined;
}>;

export type PlannedJob = Readonly<{
  graph: JobGraph;
  settings: ExecutionSettings;
  connectorContext: ConnectorContext;
  /** `execution.state-recovery.path`; null: not set. */
  restorePath: string | null;
}>;

/** `name` where the script sets no `pipeline.name`. */
export async function planJob(
  pipelines: readonly Pipeline[],
  settings: Options,
  name: string,
  ctx: JobPlanContext,
): Promise<PlannedJob> {
  const jobName = settings.optionalString('pipeline.name') ?? name;
  const connectorContext: ConnectorContext = {
    jobName,
    timeZone: sessionTimeZone(settings, ctx.machineTimeZone),
    workingDirectory: ctx.workingDirectory,
    warn: ctx.warn,
    now: ctx.now,
    settings,
  };
  const graph = await buildJobGraph(pipelines, {
    jobName,
    connectors: ctx.connectors,
    settings,
    parallelism: requestedParallelism(settings, ctx.parallelism),
    connectorContext,
    offline: ctx.offline,
  });
  return {
    graph,
    settings: executionSettings(settings, ctx),
    connectorContext,
    restorePath: settings.optionalString('execution.state-recovery.path') ?? null,
  };
}
