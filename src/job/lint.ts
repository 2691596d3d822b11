/** Checks a job without running it: every fault of the script with its place, and nothing left behind. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { EngineError, isEngineError, toErrorData } from '../model/errors.ts';
import type { Pipeline } from '../model/plan.ts';
import { located } from '../sql/excerpt.ts';
import { lintScript, parseScript } from '../sql/parser.ts';
import type { SqlSession } from '../sql/session.ts';
import type { Statement } from '../sql/statement.ts';
import type { JobFile } from './job-file.ts';
import { type JobPlanContext, type PlannedJob, planJob } from './job-plan.ts';
import { isAbsence, OverlayCatalog } from './overlay-catalog.ts';
import { type CatalogFactory, openSession, type ScriptContext, settingsOf } from './script.ts';

/** The faults, in the order of the text. */
export async function lintJob(file: JobFile, ctx: ScriptContext & JobPlanContext): Promise<EngineError[]> {
  const syntax = lintScript(file.script);
  if (syntax.length > 0) return syntax;
  const faults: EngineError[] = [];
  const { session } = await checkScript(file, ctx, (error) => faults.push(error));
  await session.close();
  return faults;
}

export type CheckedScript = Readonly<{
  session: SqlSession;
  pipelines: readonly Pipeline[];
  planned: PlannedJob | null;
}>;

/**
 * Runs every statement over catalogs that keep nothing, and plans the job without asking the outside. What fails is handed to `onFault`
 * and left out. `planned` is null where the script asks for nothing.
 */
export async function checkScript(
  file: JobFile,
  ctx: ScriptContext & JobPlanContext,
  onFault: (error: EngineError) => void,
): Promise<CheckedScript> {
  const session = openSession({ ...ctx, catalogFactory: overlaid(ctx) }, file);
  const pipelines: Pipeline[] = [];
  for (const statement of parseScript(file.script)) {
    const found = await guarded(statement, onFault, async () => {
      const result = await session.execute(statement);
      if (result.kind !== 'pipelines') return [];
      await planJob(result.pipelines, settingsOf(file, session), file.name, {
        ...ctx,
        offline: true,
        warn: () => undefined,
      });
      return result.pipelines;
    });
    pipelines.push(...(found ?? []));
  }
  if (pipelines.length === 0) return { session, pipelines, planned: null };
  const planned = await planJob(pipelines, settingsOf(file, session), file.name, { ...ctx, offline: true });
  return { session, pipelines, planned };
}

/** An error without a place gets the statement's. */
async function guarded<T>(
  statement: Statement,
  onFault: (error: EngineError) => void,
  step: () => Promise<T>,
): Promise<T | null> {
  try {
    return await step();
  } catch (error) {
    const { code, message, hint } = toErrorData(error);
    if (!isEngineError(error) || code === 'INTERNAL') throw error;
    if (error.position !== undefined) onFault(error);
    else {
      const { line, column, start, end } = statement.position;
      const firstLine = statement.script.indexOf('\n', start);
      const position = { line, column, start, end: firstLine < 0 ? end : Math.min(end, firstLine) };
      onFault(located(new EngineError(code, message, { hint, position }), statement.script) as EngineError);
    }
    return null;
  }
}

/** A catalog that isn't reached is seen as empty; wrong options are faults all the same. */
function overlaid({ catalogFactory, workingDirectory, warn }: ScriptContext & JobPlanContext): CatalogFactory {
  return async (name, options) => {
    const defaultDatabase = options.get('default-database') ?? 'default';
    if (isUnmade(options, workingDirectory))
      return new OverlayCatalog(name, defaultDatabase, nothingBelow, () => undefined);
    const below = catalogFactory(name, options);
    const fault: unknown = await below.then(
      () => null,
      (error: unknown) => error,
    );
    if (fault !== null && !isAbsence(fault)) throw fault;
    return new OverlayCatalog(name, defaultDatabase, () => below, warn);
  };
}

async function nothingBelow(): Promise<never> {
  throw new EngineError('NOT_FOUND', 'the catalog has not been made yet');
}

/** The embedded catalog makes its file when it is opened: a check leaves that to the run. */
function isUnmade(options: ReadonlyMap<string, string>, workingDirectory: string): boolean {
  const path = /^jdbc:sqlite:(?:file:)?([^?]+)/.exec(options.get('uri') ?? '')?.[1];
  return path !== undefined && !existsSync(resolve(workingDirectory, path));
}
