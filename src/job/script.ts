/** A script, statement by statement: what it declares stays in the session, what it asks for is handed out. */
import { resolve } from 'node:path';
import { loadUserFunction } from '../engine/user-module.ts';
import type { ConnectorRegistry } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { Options } from '../model/options.ts';
import type { Pipeline } from '../model/plan.ts';
import type { Field } from '../model/types.ts';
import { parseScript } from '../sql/parser.ts';
import { type SessionOptions, SqlSession } from '../sql/session.ts';
import type { Statement } from '../sql/statement.ts';
import type { JobFile } from './job-file.ts';
import { checkSetting, checkSettings } from './settings.ts';

export type CatalogFactory = SessionOptions['catalogFactory'];

export type ScriptContext = Readonly<{
  connectors: ConnectorRegistry;
  catalogFactory: CatalogFactory;
  metadataColumns: SessionOptions['metadataColumns'];
  workingDirectory: string;
  warn: (message: string) => void;
  /** Throws for a module that functions must not be loaded from; absolute. Absent: from anywhere. */
  checkFunction?: ((path: string) => void) | undefined;
}>;

/** What a statement gave. `settings` are those in force at it, the job spec's below them. */
export type ScriptStep =
  | Readonly<{ kind: 'rows'; statement: Statement; fields: readonly Field[]; rows: readonly (readonly unknown[])[] }>
  | Readonly<{ kind: 'pipelines'; statement: Statement; pipelines: readonly Pipeline[]; settings: Options }>;

/** A session for the script, with this engine's settings. */
export function openSession(ctx: ScriptContext, { directory }: Pick<JobFile, 'directory'>): SqlSession {
  const base = directory ?? ctx.workingDirectory;
  const { connectors, catalogFactory, metadataColumns, warn, checkFunction } = ctx;
  const own = Object.values(connectors).filter((connector) => !connector.portable);
  const nonPortableConnectors = new Set(own.map((connector) => connector.name));
  return new SqlSession({
    catalogFactory,
    metadataColumns,
    warn,
    checkSetting,
    loadFunction: (source, typeOf) => {
      const path = resolve(base, source.path);
      checkFunction?.(path);
      return loadUserFunction({ ...source, path }, typeOf);
    },
    nonPortableConnectors,
  });
}

/** Runs the statements in order; yields those that give rows or a job. Ends at the first error. */
export async function* runScript(file: JobFile, session: SqlSession): AsyncGenerator<ScriptStep> {
  for (const statement of [...parseScript(file.declarations ?? ''), ...parseScript(file.script)]) {
    const result = await session.execute(statement);
    if (result.kind === 'rows') yield { ...result, statement };
    else if (result.kind === 'pipelines') {
      const settings = settingsOf(file, session);
      yield { kind: 'pipelines', statement, pipelines: result.pipelines, settings };
    }
  }
}

export function settingsOf(file: JobFile, session: SqlSession): Options {
  return checkSettings(new Map([...file.settings, ...session.settings]));
}

/** The whole script as one job. */
export type ScriptJob = Readonly<{ pipelines: readonly Pipeline[]; settings: Options }>;

/** Throws SQL_VALIDATION where the script asks for nothing. Rows of SHOW and DESCRIBE are handed to `onRows`. */
export async function collectJob(
  file: JobFile,
  session: SqlSession,
  onRows: (step: Extract<ScriptStep, { kind: 'rows' }>) => Promise<void>,
): Promise<ScriptJob> {
  const pipelines: Pipeline[] = [];
  let settings: Options | null = null;
  for await (const step of runScript(file, session)) {
    if (step.kind === 'rows') await onRows(step);
    else {
      pipelines.push(...step.pipelines);
      settings = step.settings;
    }
  }
  if (settings !== null) return { pipelines, settings };
  throw new EngineError(
    'SQL_VALIDATION',
    `job '${file.name}': expected an INSERT or a SELECT, found none in the script`,
    {
      hint: 'A job is what an INSERT INTO … SELECT asks for.',
    },
  );
}
