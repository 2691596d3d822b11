/** The control plane's own API: what is asked, planned, confirmed and seen over HTTP. One table, of which the OpenAPI document is made too. */

import { diagnose } from '../deploy/diagnose/diagnose.ts';
import { factsOfDeployment } from '../deploy/diagnose/job-facts.ts';
import type { Actor, Surface } from '../model/change-plan.ts';
import type { Caller, DeployService } from '../model/deploy-service.ts';
import { type DeploymentKey, type DeploymentView, deploymentId } from '../model/deployment.ts';
import { EngineError } from '../model/errors.ts';
import type { JobStatus } from '../model/job-status.ts';
import { askBody, confirmationBody, countOf, emptyBody, stepsBody } from './api-body.ts';
import { errorReply } from './api-error.ts';
import { openApiDocument, openApiPage } from './openapi.ts';
import { type Method, ok, type Reply, type Request, type Route } from './router.ts';

/** What the API stands on. */
export type ControlBackend = Readonly<{
  service: DeployService;
  logs: (key: DeploymentKey, lines: number) => Promise<readonly string[]>;
  events: (
    key: DeploymentKey,
    limit: number,
  ) => Promise<readonly Readonly<{ time: number; kind: string; text: string }>[]>;
  /** All that its engine shows of a job that runs here; null: it runs elsewhere, or not. */
  status: (jobId: string) => JobStatus | null;
  now: () => number;
  /** Of this process: tells one serve from its successor. */
  info: Readonly<{ version: string; instance: string; startedAt: number }>;
}>;

export type ApiOperation = Readonly<{
  method: Method;
  /** Below /api/v1: `/plans/:id`. */
  pattern: string;
  summary: string;
  /** Name of the body's schema; absent: it has none. */
  body?: string | undefined;
  /** Numbers of the query, with their defaults and largest values. */
  query?: readonly Readonly<{ name: string; preset: number; max: number; description: string }>[] | undefined;
  /** Name of the answer's schema. */
  answer: string;
  handle: (request: Request, params: Readonly<Record<string, string>>, caller: Caller) => Promise<unknown>;
}>;

/** Sent by the command line and the page, to be kept with the plan; it opens nothing. */
const surfaceHeader = 'x-millrace-surface';
const surfaces: readonly Surface[] = ['cli', 'page', 'mcp'];

const logLines = { name: 'lines', preset: 200, max: 10_000, description: 'of the end of the log' };
const diagnosedLines = 200; // of the log
const eventLimit = { name: 'limit', preset: 100, max: 1_000, description: 'newest first' };

export function controlOperations(backend: ControlBackend): ApiOperation[] {
  return [...planOperations(backend), ...jobOperations(backend)];
}

function planOperations({ service, info }: ControlBackend): ApiOperation[] {
  return [
    { method: 'GET', pattern: '/serve', summary: 'This process', answer: 'Serve', handle: async () => info },
    {
      method: 'POST',
      pattern: '/ask',
      summary: 'Plain language to an answer, or to a plan that waits for confirmation: nothing is changed',
      body: 'Ask',
      answer: 'AskAnswer',
      handle: async ({ body }, _params, caller) => {
        const { text, environment } = askBody(body);
        return await service.ask(text, environment, caller);
      },
    },
    {
      method: 'POST',
      pattern: '/plans',
      summary: 'Steps that are written out to a plan that waits for confirmation: nothing is changed',
      body: 'Steps',
      answer: 'AskAnswer',
      handle: async ({ body }, _params, caller) => await service.plan(stepsBody(body), caller),
    },
    {
      method: 'GET',
      pattern: '/plans',
      summary: 'Plans, newest first',
      answer: 'Plans',
      handle: async (_request, _params, caller) => ({ plans: await service.listPlans(caller) }),
    },
    {
      method: 'GET',
      pattern: '/plans/:id',
      summary: 'A plan and how far it came',
      answer: 'Plan',
      handle: async (_request, { id }, caller) => await service.getPlan(id!, caller),
    },
    {
      method: 'POST',
      pattern: '/plans/:id/apply',
      summary: 'Confirms the plan that was shown, by its hash, and has it carried out',
      body: 'Confirmation',
      answer: 'Plan',
      handle: async ({ body }, { id }, caller) => await service.applyPlan(id!, confirmationBody(body), caller),
    },
    {
      method: 'POST',
      pattern: '/plans/:id/cancel',
      summary: 'Lets a plan go that waits for confirmation',
      body: 'Nothing',
      answer: 'Plan',
      handle: async ({ body }, { id }, caller) => {
        emptyBody(body);
        return await service.cancelPlan(id!, caller);
      },
    },
  ];
}

function jobOperations({ service, logs, events, status, now }: ControlBackend): ApiOperation[] {
  const find = async (
    { environment, job }: Readonly<Record<string, string>>,
    caller: Caller,
  ): Promise<DeploymentView> => {
    const key = { environment: environment!, job: job! };
    const found = (await service.deployments(caller)).find((each) => deploymentId(each) === deploymentId(key));
    if (found !== undefined) return found;
    throw new EngineError('NOT_FOUND', `${deploymentId(key)}: there is no such deployment`);
  };
  const statusOf = ({ jobId }: DeploymentView): JobStatus | null => (jobId === null ? null : status(jobId));
  return [
    {
      method: 'GET',
      pattern: '/jobs',
      summary: 'Deployments',
      answer: 'Deployments',
      handle: async (_request, _params, caller) => ({ jobs: await service.deployments(caller) }),
    },
    {
      method: 'GET',
      pattern: '/jobs/:environment/:job',
      summary: 'A deployment',
      answer: 'Deployment',
      handle: async (_request, params, caller) => await find(params, caller),
    },
    {
      method: 'GET',
      pattern: '/jobs/:environment/:job/logs',
      summary: 'The end of its log, oldest line first',
      query: [logLines],
      answer: 'Logs',
      handle: async ({ query }, params, caller) => {
        const lines = countOf(query, logLines.name, logLines.preset, logLines.max);
        return { lines: await logs(await find(params, caller), lines) };
      },
    },
    {
      method: 'GET',
      pattern: '/jobs/:environment/:job/health',
      summary: 'Its health: liveness, progress, age of the checkpoint, lag, restarts',
      answer: 'Health',
      handle: async (_request, params, caller) => {
        const { state, health } = await find(params, caller);
        return { state, checks: health };
      },
    },
    {
      method: 'GET',
      pattern: '/jobs/:environment/:job/status',
      summary: 'All that its engine shows of it: operators, checkpoints, failures; null where it runs elsewhere',
      answer: 'Status',
      handle: async (_request, params, caller) => ({ status: statusOf(await find(params, caller)) }),
    },
    {
      method: 'GET',
      pattern: '/jobs/:environment/:job/diagnosis',
      summary: 'Ranked causes of what is wrong with it, each with evidence and a safe next step',
      answer: 'Diagnosis',
      handle: async (_request, params, caller) => {
        const view = await find(params, caller);
        const lines = await logs(view, diagnosedLines).catch(() => []);
        return diagnose(factsOfDeployment(view, { at: now(), status: statusOf(view), logs: lines }));
      },
    },
    {
      method: 'GET',
      pattern: '/jobs/:environment/:job/events',
      summary: 'What happened to it, newest first',
      query: [eventLimit],
      answer: 'Events',
      handle: async ({ query }, params, caller) => {
        const limit = countOf(query, eventLimit.name, eventLimit.preset, eventLimit.max);
        return { events: await events(await find(params, caller), limit) };
      },
    },
  ];
}

/** The operations as routes, with the document that describes them. */
export function controlRoutes(backend: ControlBackend): Route[] {
  const operations = controlOperations(backend);
  const document = openApiDocument(operations, backend.info.version);
  const page: Reply = { status: 200, contentType: 'text/html; charset=utf-8', text: openApiPage(operations) };
  return [
    ...operations.map(
      ({ method, pattern, handle }): Route => ({
        method,
        pattern: `/api/v1${pattern}`,
        handle: async (request, params) => {
          try {
            return ok(await handle(request, params, callerOf(request)));
          } catch (error) {
            return errorReply(error);
          }
        },
      }),
    ),
    { method: 'GET', pattern: '/api/v1/openapi.json', handle: () => ok(document) },
    { method: 'GET', pattern: '/api/v1/', handle: () => page },
    { method: 'GET', pattern: '/api/v1', handle: () => page },
  ];
}

const nobody: Actor = { name: 'nobody', team: null, roles: [] };

function callerOf({ actor, headers }: Request): Caller {
  const surface = surfaces.find((known) => known === headers[surfaceHeader]) ?? 'http';
  return { actor: actor ?? nobody, surface };
}
