/** A script from its text to a job that can be started. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobFile } from './job-file.ts';
import { type JobPlanContext, type PlannedJob, planJob } from './job-plan.ts';
import { collectJob, openSession, type ScriptContext, type ScriptStep } from './script.ts';

/** Carries the script's declarations out and plans what it asks for, as one job. Rows of SHOW and DESCRIBE are handed to `onRows`. */
export async function planScript(
  file: JobFile,
  ctx: ScriptContext & JobPlanContext,
  onRows: (step: Extract<ScriptStep, { kind: 'rows' }>) => Promise<void>,
): Promise<PlannedJob> {
  const session = openSession(ctx, file);
  try {
    const { pipelines, settings } = await collectJob(file, session, onRows);
    return await planJob(pipelines, settings, file.name, ctx);
  } finally {
    await session.close();
  }
}

/** `latest` and `none` as they are, a path or file: URL as an absolute path. */
export function restorePoint(wanted: string, workingDirectory: string): string {
  if (wanted === 'latest' || wanted === 'none') return wanted;
  return wanted.startsWith('file:') ? fileURLToPath(wanted) : resolve(workingDirectory, wanted);
}
