/**
 * Facts from JSON that was saved or sent: of `GET /api/v1/jobs` of a job's own server or of `millrace serve`, one of their jobs, or facts as
 * `diagnose --save` writes them. What has another shape is refused before a rule sees it.
 */
import { z } from 'zod';
import type { DeploymentView } from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';
import { type JobStatus, jobStates } from '../../model/job-status.ts';
import { factsOfDeployment, factsOfStatus, type JobFacts } from './job-facts.ts';

const maxJobs = 1_000;
const count = z
  .number()
  .nullable()
  .transform((value) => value ?? 0); // JSON has no Infinity
const state = z.enum(jobStates);
const time = z.number().nullable();

const subtask = z.looseObject({
  startTime: count,
  recordsIn: count,
  recordsOut: count,
  busyMs: count,
  idleMs: count,
  backPressuredMs: count,
  stateBytes: count,
  counters: z.record(z.string(), count),
  splits: z.array(z.looseObject({ splitId: z.string(), records: count })),
  splitTimes: z.array(
    z.looseObject({ splitId: z.string(), watermark: time, idle: z.boolean(), ended: z.boolean(), quietMs: count }),
  ),
});

const status = z.looseObject({
  name: z.string(),
  state,
  startTime: count,
  now: z.number(),
  parallelism: count,
  restarts: count,
  vertices: z.array(
    z.looseObject({
      id: z.string(),
      name: z.string(),
      source: z.boolean(),
      sink: z.boolean(),
      subtasks: z.array(subtask),
    }),
  ),
  checkpoints: z.looseObject({
    intervalMs: count,
    counts: z.looseObject({ completed: count }),
    history: z.array(
      z.looseObject({
        id: z.number(),
        status: z.enum(['IN_PROGRESS', 'COMPLETED', 'FAILED']),
        savepoint: z.boolean(),
        triggerTime: z.number(),
        durationMs: count,
        failure: z.string().nullable(),
      }),
    ),
  }),
  exceptions: z.array(
    z.looseObject({
      timestamp: z.number(),
      taskName: z.string().nullable(),
      error: z.looseObject({ code: z.string(), message: z.string(), causes: z.array(z.string()) }),
    }),
  ),
  audit: z.looseObject({
    epochs: count,
    unbalanced: count,
    findings: z.array(z.looseObject({ imbalances: z.array(z.looseObject({})) })),
  }),
  eventLoopLagMs: count,
});

const observed = z.looseObject({
  state: z.enum([...jobStates, 'ABSENT']),
  parallelism: time,
  restarts: count,
  checkpoints: z.looseObject({ failed: count, latestTime: time }),
  lagRecords: time,
  exceptions: z.array(z.looseObject({ time: z.number(), task: z.string().nullable(), text: z.string() })),
});

const health = z.array(z.looseObject({ name: z.string(), verdict: z.string(), text: z.string() }));

const view = z.looseObject({
  job: z.string(),
  environment: z.string(),
  engine: z.enum(['millrace', 'flink']),
  state: z.string(),
  wanted: z.enum(['running', 'suspended']),
  release: z.looseObject({ parallelism: time }),
  observed: observed.nullable(),
  health,
  error: z.string().nullable(),
  updatedAt: z.number(),
});

const facts = z.looseObject({
  at: z.number(),
  name: z.string(),
  engine: z.enum(['millrace', 'flink']),
  status: status.nullable(),
  earlier: status.nullable(),
  observed: observed.nullable(),
  deployment: z
    .looseObject({
      environment: z.string(),
      state: z.string(),
      wanted: z.enum(['running', 'suspended']),
      parallelism: time,
      health,
      error: z.string().nullable(),
    })
    .nullable(),
  logs: z.array(z.string()),
});

const list = z.looseObject({ jobs: z.array(z.unknown()).max(maxJobs) });

/** INVALID_OPTION for anything else. `where` names the file or the address. */
export function readFacts(value: unknown, where: string): JobFacts[] {
  const jobs = list.safeParse(value);
  return (jobs.success ? jobs.data.jobs : [value]).map((job) => oneOf(job, where));
}

export function readStatus(value: unknown): JobStatus | null {
  const parsed = status.safeParse(value);
  return parsed.success ? (parsed.data as unknown as JobStatus) : null;
}

/** null: no deployment. */
export function readView(value: unknown): DeploymentView | null {
  const parsed = view.safeParse(value);
  return parsed.success ? (parsed.data as unknown as DeploymentView) : null;
}

function oneOf(value: unknown, where: string): JobFacts {
  const job = readStatus(value);
  if (job !== null) return factsOfStatus(job);
  const deployment = readView(value);
  if (deployment !== null) return factsOfDeployment(deployment, { at: deployment.updatedAt, status: null, logs: [] });
  const saved = facts.safeParse(value);
  if (saved.success) return saved.data as unknown as JobFacts;
  throw new EngineError(
    'INVALID_OPTION',
    `${where}: expected the state of a job as JSON, found another shape: ${nearest(value)}`,
    {
      hint: 'As GET /api/v1/jobs answers it, or as millrace diagnose --save writes it.',
    },
  );
}

/** What the first thing is that keeps it from being what it is closest to. */
function nearest(value: unknown): string {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const shape = keys.includes('vertices') ? status : keys.includes('release') ? view : facts;
  const issue = shape.safeParse(value).error?.issues[0];
  return issue === undefined ? 'no object' : `${issue.path.join('.') || 'it'}: ${issue.message}`.slice(0, 200);
}
