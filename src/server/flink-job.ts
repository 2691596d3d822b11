/** Flink's REST shapes for one job: `/jobs/:id`, its plan, vertices' watermarks and exceptions. */
import type { ErrorData } from '../model/errors.ts';
import type { ExceptionStatus, JobStatus, SubtaskStatus, VertexStatus } from '../model/job-status.ts';
import { durationOf, isOver } from './flink-overview.ts';
import { taskCounts, vertexState } from './task-state.ts';

const slotSharingGroup = '0'.repeat(32); // all vertices share the slots

export function jobDetails(job: JobStatus, canStop: boolean): unknown {
  return {
    jid: job.id,
    name: job.name,
    isStoppable: canStop && !isOver(job.state),
    state: job.state,
    'job-type': 'STREAMING',
    schedulerType: 'Default',
    'start-time': job.startTime,
    'end-time': job.endTime,
    duration: durationOf(job.startTime, job.endTime, job.now),
    maxParallelism: job.maxParallelism,
    now: job.now,
    timestamps: { RECONCILING: 0, ...job.timestamps },
    vertices: job.vertices.map((vertex) => vertexSummary(vertex, job)),
    'status-counts': taskCounts(
      job.vertices.flatMap((vertex) => vertex.subtasks),
      'upper',
    ),
    ...jobPlan(job),
    'pending-operators': 0,
  };
}

function vertexSummary(vertex: VertexStatus, job: JobStatus): unknown {
  const startTime = vertex.subtasks.reduce((least, subtask) => Math.min(least, subtask.startTime), job.now);
  const isDone = vertex.subtasks.length > 0 && vertexState(vertex.subtasks) === 'FINISHED';
  const endTime = isDone ? (job.endTime < 0 ? job.now : job.endTime) : -1;
  return {
    id: vertex.id,
    slotSharingGroupId: slotSharingGroup,
    name: vertex.name,
    maxParallelism: job.maxParallelism,
    parallelism: vertex.parallelism,
    status: vertexState(vertex.subtasks),
    'start-time': startTime,
    'end-time': endTime,
    duration: durationOf(startTime, endTime, job.now),
    tasks: taskCounts(vertex.subtasks, 'upper'),
    metrics: vertexMetrics(vertex.subtasks),
  };
}

function vertexMetrics(subtasks: readonly SubtaskStatus[]): unknown {
  const sum = (figure: (subtask: SubtaskStatus) => number): number =>
    Math.round(subtasks.reduce((total, subtask) => total + figure(subtask), 0));
  return {
    'read-bytes': sum((subtask) => subtask.bytesIn),
    'read-bytes-complete': true,
    'write-bytes': sum((subtask) => subtask.bytesOut),
    'write-bytes-complete': true,
    'read-records': sum((subtask) => subtask.recordsIn),
    'read-records-complete': true,
    'write-records': sum((subtask) => subtask.recordsOut),
    'write-records-complete': true,
    'accumulated-backpressured-time': sum((subtask) => subtask.backPressuredMs),
    'accumulated-idle-time': sum((subtask) => subtask.idleMs),
    'accumulated-busy-time': sum((subtask) => subtask.busyMs),
  };
}

/** Sinks first, as in Flink's answers. */
export function jobPlan(job: JobStatus): { plan: unknown } {
  const nodes = job.vertices.toReversed().map((vertex) => ({
    id: vertex.id,
    operator: '',
    parallelism: vertex.parallelism,
    operator_strategy: '',
    description: vertex.operators
      .map((operator, depth) => `${indent(depth)}${escapeHtml(operator.name)}`)
      .join('<br/>'),
    optimizer_properties: {},
    ...(vertex.inputs.length === 0 ? {} : { inputs: vertex.inputs.map(planInput) }),
  }));
  return { plan: { jid: job.id, name: job.name, type: 'STREAMING', nodes } };
}

function planInput(input: VertexStatus['inputs'][number], num: number): unknown {
  return { num, id: input.vertexId, ship_strategy: input.shipStrategy, exchange: 'pipelined_bounded' };
}

function indent(depth: number): string {
  return depth === 0 ? '' : `${'   '.repeat(depth - 1)}+- `;
}

/** Flink's page shows descriptions as HTML. */
function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Subtasks without a watermark are left out. */
export function vertexWatermarks(vertex: VertexStatus): unknown {
  return vertex.subtasks.flatMap(({ index, watermark }) =>
    watermark === null ? [] : [{ id: `${index}.currentInputWatermark`, value: watermarkText(watermark) }],
  );
}

/** Java's Long.MAX_VALUE and MIN_VALUE stand for the ends of time. */
function watermarkText(watermark: number): string {
  if (watermark === Infinity) return '9223372036854775807';
  return watermark === -Infinity ? '-9223372036854775808' : String(watermark);
}

const defaultExceptions = 20; // Flink's, where maxExceptions is not asked for

/** Newest first. The first fault, which is kept for good, is the last entry; without it the list is marked truncated. */
export function jobExceptions(job: JobStatus, maxExceptions: number = defaultExceptions): unknown {
  return {
    exceptionHistory: {
      entries: job.exceptions.slice(0, maxExceptions).map(exceptionEntry),
      truncated: job.exceptions.length > maxExceptions,
    },
  };
}

function exceptionEntry({ timestamp, error, taskName }: ExceptionStatus): unknown {
  return {
    exceptionName: `millrace.${error.code}`,
    stacktrace: exceptionText(error),
    timestamp,
    failureLabels: {},
    taskName,
    endpoint: null,
    taskManagerId: null,
    concurrentExceptions: [],
  };
}

/** What a person needs, in the place where Flink has a stack trace. */
function exceptionText(error: ErrorData): string {
  const lines = [error.message, ...error.causes.map((cause) => `Caused by: ${cause}`)];
  return [...lines, ...(error.hint === undefined ? [] : [error.hint])].join('\n');
}
