/**
 * The few numbers of a job that a deployment is judged by, out of Flink's metrics: what its sources have read and what lies before them, what
 * its sinks were given, how far event time has come.
 */
import type { TargetJob } from '../model/deployment.ts';
import type { FlinkHttp } from './flink-http.ts';
import type { JobDetails, JobVertex, Metric } from './rest-answers.ts';

export type JobMetrics = Pick<TargetJob, 'lagRecords' | 'recordsIn' | 'recordsOut' | 'watermark'> &
  Readonly<{ restarts: number | null }>;

/** More are not asked: a plan of so many chains is judged by the first. */
const maxVertices = 64;
const maxNames = 200; // of one vertex, so that the request stays a line
const latestTimeMs = 8.64e15; // beyond it there is no Date: Flink's "none yet" and "at the end"

type VertexMetrics = Readonly<{ vertex: JobVertex; metrics: readonly Metric[] }>;

/** Never fails for what is missing: metrics come some seconds after the job, and go with it. */
export async function readJobMetrics(rest: FlinkHttp, job: JobDetails): Promise<JobMetrics> {
  const path = `/jobs/${job.jid}`;
  const vertices = (job.vertices ?? []).slice(0, maxVertices);
  const [restarts, ...ofVertices] = await Promise.all([
    rest.find(`${path}/metrics?get=numRestarts`) as Promise<readonly Metric[] | null>,
    ...vertices.map(async (vertex) => ({
      vertex,
      metrics: await vertexMetrics(rest, `${path}/vertices/${vertex.id}`),
    })),
  ]);
  return { restarts: numberOf(restarts?.[0]?.value), ...summarize(job, ofVertices) };
}

/** Names first: those of sources and sinks carry the table's. */
async function vertexMetrics(rest: FlinkHttp, path: string): Promise<readonly Metric[]> {
  const names = ((await rest.find(`${path}/subtasks/metrics`)) as readonly Metric[] | null) ?? [];
  const wanted = names.map(({ id }) => id).filter((id) => read.some((pattern) => pattern.test(id)));
  if (wanted.length === 0) return [];
  const query = new URLSearchParams({ get: wanted.slice(0, maxNames).join(','), agg: 'min,max,sum' });
  return ((await rest.find(`${path}/subtasks/metrics?${query}`)) as readonly Metric[] | null) ?? [];
}

const pending = /^Source__.*\.pendingRecords$/;
const sourceIn = /^Source__.*\.numRecordsIn$/;
const sourceOut = /^Source__.*\.numRecordsOut$/;
const sinkIn = /(?:__Writer|^Sink__[^.]*)\.numRecordsIn$/;
const inputWatermark = /^currentInputWatermark$/;
const sourceWatermark = /^Source__.*\.currentOutputWatermark$/;
const read = [pending, sourceIn, sourceOut, sinkIn, inputWatermark, sourceWatermark];

/** Pure. A source that counts nothing read has what it gave; a chain without metrics (the job has ended) what the archive counted at its ends. */
function summarize(job: JobDetails, vertices: readonly VertexMetrics[]): Omit<JobMetrics, 'restarts'> {
  const all = vertices.flatMap(({ metrics }) => metrics);
  const sum = (pattern: RegExp): number | null =>
    total(all.filter(({ id }) => pattern.test(id)).map((metric) => metric.sum));
  const least = (pattern: RegExp): number | null => {
    const times = all.filter(({ id }) => pattern.test(id)).map((metric) => metric.min ?? Number.NaN);
    const known = times.filter((time) => Math.abs(time) < latestTimeMs);
    return known.length === 0 || known.length < times.length ? null : Math.min(...known);
  };
  return {
    lagRecords: sum(pending),
    recordsIn: sum(sourceIn) || sum(sourceOut) || archived(job, 'write-records'),
    recordsOut: sum(sinkIn) ?? archived(job, 'read-records'),
    // A job that is one chain has no inputs: its sources tell.
    watermark: least(all.some(({ id }) => inputWatermark.test(id)) ? inputWatermark : sourceWatermark),
  };
}

/** What went over the exchanges at the sources' or at the sinks' end. */
function archived(job: JobDetails, field: 'write-records' | 'read-records'): number | null {
  const nodes = job.plan?.nodes ?? [];
  const read = new Set(nodes.flatMap((node) => (node.inputs ?? []).map((input) => input.id)));
  const fed = new Set(nodes.filter((node) => (node.inputs ?? []).length > 0).map((node) => node.id));
  const ends = (job.vertices ?? []).filter(({ id }) =>
    field === 'write-records' ? !fed.has(id) && read.has(id) : fed.has(id) && !read.has(id),
  );
  return total(ends.map((vertex) => vertex.metrics?.[field]));
}

function total(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined && !Number.isNaN(value)) as number[];
  return known.length === 0 ? null : known.reduce((all, value) => all + value, 0);
}

function numberOf(text: string | undefined): number | null {
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}
