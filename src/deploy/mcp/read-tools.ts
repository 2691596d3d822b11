/** The tools that tell. What they tell is the caller's to see, and is quoted. */
import { z } from 'zod';
import type { DeploymentView } from '../../model/deployment.ts';
import type { IntentStep } from '../../model/intent.ts';
import type { JobStatus } from '../../model/job-status.ts';
import { diagnose } from '../diagnose/diagnose.ts';
import { factsOfDeployment } from '../diagnose/job-facts.ts';
import { quoted } from '../quoted-data.ts';
import { callerOf, findDeployment, type McpSession } from './mcp-backend.ts';
import { deploymentInput, type McpTool, nameInput, refused, told, tool } from './tool.ts';

const shownHistory = 20; // checkpoints, exceptions
const logLines = 200; // for a diagnosis

const listStep: IntentStep = {
  verb: 'list',
  job: null,
  environment: null,
  engine: null,
  parameters: {},
  parallelism: null,
  savepoint: null,
  until: null,
};

/** A tool about one deployment. */
function aboutJob(
  name: string,
  title: string,
  description: string,
  tell: (view: DeploymentView, session: McpSession) => unknown,
): McpTool {
  return tool({
    name,
    kind: 'read',
    title,
    description,
    input: deploymentInput,
    run: async (key, session) => told(quoted(await tell(await findDeployment(session, key), session))),
  });
}

async function statusOf(view: DeploymentView, session: McpSession): Promise<JobStatus | null> {
  return await session.backend.status(view, callerOf(session));
}

function summary({ job, environment, engine, state, wanted, release, observed, error }: DeploymentView): unknown {
  const { lagRecords = null, restarts = null } = observed ?? {};
  return { job, environment, engine, state, wanted, parallelism: release.parallelism, lagRecords, restarts, error };
}

async function lagOf(view: DeploymentView, session: McpSession): Promise<unknown> {
  const status = await statusOf(view, session);
  const splits = (status?.vertices ?? []).flatMap(({ name, subtasks }) =>
    subtasks.flatMap((subtask) =>
      subtask.splits.map(({ splitId, records, seconds }) => ({ source: name, split: splitId, records, seconds })),
    ),
  );
  return { records: view.observed?.lagRecords ?? null, watermark: view.observed?.watermark ?? null, splits };
}

async function checkpointsOf(view: DeploymentView, session: McpSession): Promise<unknown> {
  const status = await statusOf(view, session);
  const { intervalMs = null, counts = null, history = [] } = status?.checkpoints ?? {};
  return {
    ...(view.observed?.checkpoints ?? {}),
    intervalMs,
    counts,
    history: history.slice(0, shownHistory),
    savepoints: view.savepoints.slice(0, shownHistory),
  };
}

async function exceptionsOf(view: DeploymentView, session: McpSession): Promise<unknown> {
  const status = await statusOf(view, session);
  const own = status?.exceptions.map(({ timestamp, taskName, error: { code, message, hint, causes } }) => {
    return { time: timestamp, task: taskName, code, message, hint, causes };
  });
  return { newestFirst: (own ?? view.observed?.exceptions ?? []).slice(0, shownHistory), error: view.error };
}

async function diagnosisOf(view: DeploymentView, session: McpSession): Promise<unknown> {
  const caller = callerOf(session);
  const [status, logs] = await Promise.all([
    statusOf(view, session),
    session.backend.logs(view, logLines, caller).catch(() => []),
  ]);
  return diagnose(factsOfDeployment(view, { at: session.backend.now(), status, logs }));
}

export const readTools: readonly McpTool[] = [
  tool({
    name: 'list_catalog',
    kind: 'read',
    title: 'Catalogue',
    description: 'The jobs that there are to deploy, and where each is deployed.',
    input: z.strictObject({}),
    run: async (_input, session) => {
      const answer = await session.backend.service.plan([listStep], callerOf(session));
      if (answer.kind === 'answer') return told(quoted(answer.data));
      return refused(quoted(answer));
    },
  }),
  tool({
    name: 'list_jobs',
    kind: 'read',
    title: 'Deployments',
    description: 'The deployments that you may see, with state, lag and restarts.',
    input: z.strictObject({ environment: nameInput.optional().describe('only there') }),
    run: async ({ environment }, session) => {
      const views = await session.backend.service.deployments(callerOf(session));
      const wanted = views.filter((view) => environment === undefined || view.environment === environment);
      return told(quoted(wanted.map(summary)));
    },
  }),
  aboutJob('get_job', 'Deployment', 'All of one deployment: state, release, what was seen of it.', (view) => view),
  aboutJob('get_job_health', 'Health', 'Liveness, progress, age of the checkpoint, lag, restarts.', (view) => ({
    state: view.state,
    checks: view.health,
  })),
  aboutJob('get_lag', 'Lag', 'How far it is behind, by split where the engine says it.', lagOf),
  aboutJob('get_checkpoints', 'Checkpoints', 'Checkpoints, newest first, and savepoints.', checkpointsOf),
  aboutJob('get_exceptions', 'Exceptions', 'Failures, newest first; the last one began it.', exceptionsOf),
  aboutJob(
    'diagnose_job',
    'Diagnosis',
    'Ranked causes of what is wrong, with evidence and a safe next step, by rules. Nothing is carried out.',
    diagnosisOf,
  ),
];
