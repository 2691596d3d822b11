/** A look at the jobs behind an HTTP address: of `millrace run`, of `millrace sql`, or of `millrace serve`. */

import { readFacts, readStatus, readView } from '../deploy/diagnose/facts-reader.ts';
import { factsOfDeployment, factsOfStatus, type JobFacts } from '../deploy/diagnose/job-facts.ts';
import type { DeploymentView } from '../model/deployment.ts';
import { EngineError } from '../model/errors.ts';
import type { JobStatus } from '../model/job-status.ts';
import type { CommandContext } from './dependencies.ts';

const timeoutMs = 10_000;
const logLines = 200;

export type JobAddress = Readonly<{
  /** `http://127.0.0.1:8081`. */
  url: string;
  /** Between the two looks, ms; 0: one look. */
  betweenMs: number;
  /** The job's name, `environment/name`, or id; undefined: all. */
  job: string | undefined;
  environment: string | undefined;
}>;

/** NOT_FOUND where there is no such job, CONNECTION where nobody answers. */
export async function lookAtJobs(address: JobAddress, context: CommandContext): Promise<readonly JobFacts[]> {
  const { url, betweenMs } = address;
  const ask = (path: string): Promise<unknown> => getJson(`${url}${path}`, context.env.MILLRACE_TOKEN);
  const jobs = await jobsOf(ask);
  const views = jobs.map(readView);
  if (views.length > 0 && views.every((view) => view !== null)) {
    const wanted = views.filter((view) => isMeant(view, address));
    const before = await Promise.all(wanted.map((view) => statusOf(view, ask)));
    if (betweenMs > 0 && before.some((status) => status !== null)) await context.clock.sleep(betweenMs);
    const facts = wanted.map((view, index) => factsOfView(view, before[index]!, betweenMs > 0, ask, context));
    return found(await Promise.all(facts), address);
  }
  const first = readFacts({ jobs }, url).filter(({ name, status }) => isNamed(address.job, name, status?.id));
  if (betweenMs === 0 || first.length === 0) return found(first, address);
  await context.clock.sleep(betweenMs);
  const later = (await jobsOf(ask)).map(readStatus).filter((status) => status !== null);
  const pairs = first.map((facts) => {
    const status = later.find(({ id }) => id === facts.status?.id);
    return status === undefined ? facts : factsOfStatus(status, facts.status);
  });
  return found(pairs, address);
}

function isMeant(view: DeploymentView, { job, environment }: JobAddress): boolean {
  if (environment !== undefined && view.environment !== environment) return false;
  return isNamed(job, view.job, view.jobId) || job === `${view.environment}/${view.job}`;
}

function isNamed(wanted: string | undefined, name: string, id: string | null | undefined): boolean {
  return wanted === undefined || wanted === name || wanted === id;
}

function found(facts: readonly JobFacts[], { job, url }: JobAddress): readonly JobFacts[] {
  if (facts.length > 0) return facts;
  const what = job === undefined ? 'a job' : `the job '${job}'`;
  throw new EngineError('NOT_FOUND', `${url}: expected ${what} there, found none`);
}

async function jobsOf(ask: (path: string) => Promise<unknown>): Promise<readonly unknown[]> {
  const { jobs } = (await ask('/api/v1/jobs')) as Readonly<{ jobs?: unknown }>;
  return Array.isArray(jobs) ? jobs : [];
}

/** Of a deployment: its log as well, and all of its status where its engine gives one. */
async function factsOfView(
  view: DeploymentView,
  before: JobStatus | null,
  isTwice: boolean,
  ask: (path: string) => Promise<unknown>,
  context: CommandContext,
): Promise<JobFacts> {
  const log = await ask(`${pathOf(view)}/logs?lines=${logLines}`).catch(() => null);
  const status = before !== null && isTwice ? await statusOf(view, ask) : before;
  const { lines } = (log ?? {}) as Readonly<{ lines?: unknown }>;
  const logs = Array.isArray(lines) ? lines.filter((line): line is string => typeof line === 'string') : [];
  const earlier = status !== null && status.id === before?.id && isTwice ? before : null;
  return factsOfDeployment(view, { at: context.clock.now(), status, earlier, logs });
}

async function statusOf(view: DeploymentView, ask: (path: string) => Promise<unknown>): Promise<JobStatus | null> {
  const answer = (await ask(`${pathOf(view)}/status`).catch(() => null)) as Readonly<{ status?: unknown }> | null;
  return readStatus(answer?.status);
}

function pathOf({ environment, job }: DeploymentView): string {
  return `/api/v1/jobs/${encodeURIComponent(environment)}/${encodeURIComponent(job)}`;
}

async function getJson(url: string, token: string | undefined): Promise<unknown> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { headers, signal, redirect: 'error' }).catch((cause: unknown) => {
    throw new EngineError('CONNECTION', `expected the server of a job, or of millrace serve, at ${url}, found none`, {
      hint: 'Give its --port, or its --server; `millrace run` and `millrace serve` say where they listen.',
      cause,
    });
  });
  if (response.status === 401 || response.status === 403) {
    throw new EngineError('PERMISSION', `${url}: it refused: HTTP status ${response.status}`, {
      hint: 'Its token goes into MILLRACE_TOKEN.',
    });
  }
  if (!response.ok) throw new EngineError('CONNECTION', `${url}: expected status 200, got ${response.status}`);
  return await response.json().catch((cause: unknown) => {
    throw new EngineError('CONNECTION', `${url}: expected JSON, got other text`, { cause });
  });
}
