/** All that the server answers: Flink's REST paths, probes, metrics, Millrace's own API. */
import { randomBytes } from 'node:crypto';
import type { JobStatus } from '../model/job-status.ts';
import { checkpoint, checkpoints } from './flink-checkpoints.ts';
import { jobDetails, jobExceptions, jobPlan, vertexWatermarks } from './flink-job.ts';
import { config, isOver, jobIds, jobsOverview, overview } from './flink-overview.ts';
import { type JobControl, SavepointTriggers } from './job-control.ts';
import type { JobMetrics } from './job-metrics.ts';
import { failure, type Handler, ok, type Reply, type Request, type Route } from './router.ts';

export type RouteContext = Readonly<{
  status: () => readonly JobStatus[];
  version: string;
  metrics: JobMetrics;
  control: JobControl;
  pages: readonly WebPage[];
}>;

/** A file for the browser. */
export type WebPage = Readonly<{ path: string; contentType: string; text: string }>;

export function createRoutes(ctx: RouteContext): Route[] {
  const { status, version, control } = ctx;
  const get = (pattern: string, handle: Handler): Route => ({ method: 'GET', pattern, handle });
  const ofJob = (
    answer: (job: JobStatus, params: Readonly<Record<string, string>>, request: Request) => Reply,
  ): Handler => {
    return (request, params) => {
      const job = status().find((candidate) => candidate.id === params.id);
      return job === undefined ? failure(404, `Job ${params.id} not found`) : answer(job, params, request);
    };
  };
  return [
    get('/healthz', () => ok({ status: 'ok' })),
    get('/readyz', () => readiness(status())),
    get('/metrics', async () => ({
      status: 200,
      text: await ctx.metrics.render(status()),
      contentType: ctx.metrics.contentType,
    })),
    get('/overview', () => ok(overview(status(), version))),
    get('/config', () => ok(config(version, control.cancel !== undefined))),
    get('/jobs', () => ok(jobIds(status()))),
    get('/jobs/overview', () => ok(jobsOverview(status()))),
    get(
      '/jobs/:id',
      ofJob((job) => ok(jobDetails(job, control.stopWithSavepoint !== undefined))),
    ),
    get(
      '/jobs/:id/status',
      ofJob((job) => ok({ status: job.state })),
    ),
    get(
      '/jobs/:id/plan',
      ofJob((job) => ok(jobPlan(job))),
    ),
    get(
      '/jobs/:id/checkpoints',
      ofJob((job) => ok(checkpoints(job))),
    ),
    get('/jobs/:id/checkpoints/details/:checkpoint', ofJob(checkpointDetails)),
    get(
      '/jobs/:id/exceptions',
      ofJob((job, _params, { query }) => exceptions(job, query.get('maxExceptions'))),
    ),
    get('/jobs/:id/vertices/:vertex/watermarks', ofJob(watermarks)),
    get('/api/v1/jobs', () => ok({ jobs: status() })),
    get(
      '/api/v1/jobs/:id/audit',
      ofJob((job) => ok(job.audit)),
    ),
    ...ctx.pages.map(({ path, ...page }) => get(path, () => ({ status: 200, ...page }))),
    ...controlRoutes(ctx, ofJob),
  ];
}

/** Ready: every job runs or has ended well. */
function readiness(jobs: readonly JobStatus[]): Reply {
  const waiting = jobs.filter((job) => job.state !== 'RUNNING' && job.state !== 'FINISHED');
  const states = jobs.map(({ name, state }) => ({ name, state }));
  return waiting.length === 0
    ? ok({ status: 'ready', jobs: states })
    : { status: 503, json: { status: 'not ready', jobs: states } };
}

function checkpointDetails(job: JobStatus, params: Readonly<Record<string, string>>): Reply {
  const entry = job.checkpoints.history.find((candidate) => String(candidate.id) === params.checkpoint);
  if (entry === undefined)
    return failure(404, `Could not find checkpointing statistics for checkpoint ${params.checkpoint}.`);
  return ok(checkpoint(entry));
}

function exceptions(job: JobStatus, wanted: string | null): Reply {
  if (wanted === null) return ok(jobExceptions(job));
  const count = Number(wanted);
  if (!Number.isInteger(count) || count < 1)
    return failure(400, `maxExceptions: expected a whole number from 1, got '${wanted}'`);
  return ok(jobExceptions(job, count));
}

function watermarks(job: JobStatus, params: Readonly<Record<string, string>>): Reply {
  const vertex = job.vertices.find((candidate) => candidate.id === params.vertex);
  return vertex === undefined ? failure(404, `Vertex ${params.vertex} not found`) : ok(vertexWatermarks(vertex));
}

type OfJob = (answer: (job: JobStatus, params: Readonly<Record<string, string>>, request: Request) => Reply) => Handler;

function controlRoutes({ control }: RouteContext, ofJob: OfJob): Route[] {
  const triggers = new SavepointTriggers();
  const { cancel, savepoint, stopWithSavepoint } = control;
  const routes: Route[] = [];
  if (savepoint !== undefined) {
    const handle = ofJob((job, _params, { body }) => {
      const take = body['cancel-job'] === true ? stopWithSavepoint : savepoint;
      const { 'target-directory': targetDirectory, triggerId } = body;
      if (take === undefined) return failure(400, 'cancel-job: this server does not end jobs');
      return trigger(job, { targetDirectory, triggerId }, triggers, take);
    });
    routes.push({ method: 'POST', pattern: '/jobs/:id/savepoints', handle });
  }
  if (cancel !== undefined) {
    const handle = ofJob((job, _params, { query }) => {
      const mode = query.get('mode') ?? 'cancel';
      if (mode !== 'cancel') return failure(400, `mode: expected 'cancel', got '${mode}'`);
      if (!isOver(job.state)) void cancel(job.id).catch(() => undefined); // the job's status says what became of it
      return { status: 202, json: {} };
    });
    routes.push({ method: 'PATCH', pattern: '/jobs/:id', handle });
  }
  if (stopWithSavepoint !== undefined) {
    const handle = ofJob((job, _params, { body }) => stop(job, body, triggers, stopWithSavepoint));
    routes.push({ method: 'POST', pattern: '/jobs/:id/stop', handle });
    const poll = ofJob((job, params) => {
      const found = triggers.find(job.id, params.trigger!);
      return found === undefined ? failure(404, `Operation ${params.trigger} not found`) : ok(found);
    });
    routes.push({ method: 'GET', pattern: '/jobs/:id/savepoints/:trigger', handle: poll });
  }
  return routes;
}

function stop(
  job: JobStatus,
  body: Request['body'],
  triggers: SavepointTriggers,
  stopWithSavepoint: (jobId: string) => Promise<string>,
): Reply {
  if (body.drain === true)
    return failure(400, "drain: expected false, got true: a drained job can't go on from its savepoint");
  return trigger(job, body, triggers, stopWithSavepoint);
}

/** Begins what gives a savepoint, or finds it begun: the same trigger id again asks for the same savepoint. */
function trigger(
  job: JobStatus,
  { targetDirectory = null, triggerId = null }: Request['body'],
  triggers: SavepointTriggers,
  take: (jobId: string) => Promise<string>,
): Reply {
  if (targetDirectory !== null) {
    return failure(
      400,
      `targetDirectory: expected none, got '${targetDirectory}': savepoints go where 'execution.checkpointing.savepoint-dir' says`,
    );
  }
  if (triggerId !== null && !(typeof triggerId === 'string' && /^[0-9a-f]{32}$/.test(triggerId))) {
    return failure(400, `triggerId: expected 32 hex digits, got ${JSON.stringify(triggerId)}`);
  }
  const id = triggerId ?? randomBytes(16).toString('hex');
  if (!triggers.has(job.id, id)) {
    if (isOver(job.state))
      return failure(409, `Job ${job.id} is ${job.state}: only a running job has a savepoint taken`);
    triggers.start(job.id, id, take(job.id));
  }
  return { status: 202, json: { 'request-id': id } };
}
