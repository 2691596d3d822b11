/**
 * A release as Flink takes it: the script with its parameters in it, statement by statement, and the settings under and over it. What makes
 * a job is known beforehand: Flink starts one for each INSERT on its own, and a deployment is one job.
 */
import { type JobFile, jobFileOf } from '../job/job-file.ts';
import { deploymentId, type Release } from '../model/deployment.ts';
import { EngineError } from '../model/errors.ts';
import { located } from '../sql/excerpt.ts';
import { parseScript, type ScriptPart, splitScript } from '../sql/parser.ts';
import { redacted } from './job-secrets.ts';

export type FlinkScript = Readonly<{
  /** The job's name in Flink: the deployment's. */
  name: string;
  /** Up to the one that makes the job. Without semicolons. */
  statements: readonly ScriptPart[];
  job: ScriptPart;
  /** Below the script's own SET. */
  settings: ReadonlyMap<string, string>;
  /** Texts that must never be shown. */
  secrets: readonly string[];
}>;

/** What the engine would do without a word where Flink does not: a deployment can always go on where it was. */
const defaults: ReadonlyMap<string, string> = new Map([
  ['execution.checkpointing.interval', '10 s'],
  ['execution.checkpointing.externalized-checkpoint-retention', 'RETAIN_ON_CANCELLATION'],
  ['table.exec.sink.require-on-conflict', 'false'],
]);

/**
 * Throws INVALID_OPTION for parameters, SQL_SYNTAX for a script that can't be cut into statements, UNSUPPORTED where it makes no job, or
 * more than one, or asks for rows.
 */
export function flinkScript(release: Release, env: Readonly<Record<string, string | undefined>>): FlinkScript {
  const parameters = new Map(Object.entries(release.parameters));
  return scriptOf(jobFileOf(release, { parameters, env }), deploymentId(release));
}

/** The same of a file; `name`: the job's in Flink. */
export function scriptOf(file: JobFile, name: string): FlinkScript {
  try {
    const { statements, job } = partsOf(file.script, file.name);
    const settings = new Map([...defaults, ...file.settings, ['pipeline.name', name]]);
    return { name, job, statements, settings, secrets: file.secrets };
  } catch (error) {
    throw redacted(error, file.secrets);
  }
}

/** What stands before the job, and the job. */
export function partsOf(
  script: string,
  name: string,
): Readonly<{ statements: readonly ScriptPart[]; job: ScriptPart }> {
  const parts = splitScript(script);
  refuseRows(parts, script, name);
  const job = soleJob(parts, script, name);
  const behind = parts
    .slice(parts.indexOf(job) + 1)
    .find(({ words }) => !/^(?:SHOW|DESC|DESCRIBE|EXPLAIN)$/.test(words[0]!));
  if (behind === undefined) return { job, statements: parts.slice(0, parts.indexOf(job)) };
  const message = `job ${name}: expected nothing behind the INSERT, found ${headOf(behind.text)}`;
  const details = {
    position: behind.position,
    hint: 'On Flink the job is under way by then: put it before the INSERT.',
  };
  throw located(new EngineError('UNSUPPORTED', message, details), script);
}

/** Settings that win over the script's, for the statement that makes the job. */
export function overrides(
  script: Pick<FlinkScript, 'name'>,
  jobId: string,
  restorePath: string | null,
  parallelism: number | null,
): Record<string, string> {
  return {
    [fixedJobIdKey]: jobId,
    'pipeline.name': script.name,
    ...(restorePath === null ? {} : { 'execution.state-recovery.path': restorePath }),
    ...(parallelism === null ? {} : { 'parallelism.default': String(parallelism) }),
  };
}

/** Flink's own, for the clients that submit to a cluster: the cluster refuses a second job of that id, also after the first has ended. */
const fixedJobIdKey = '$internal.pipeline.job-id';

/** INSERT, EXECUTE [STATEMENT SET], CREATE TABLE … AS, BEGIN STATEMENT SET. */
function makesJob(part: ScriptPart): boolean {
  const [first, second] = part.words;
  if (first === 'INSERT' || first === 'EXECUTE' || first === 'BEGIN') return true;
  return (first === 'CREATE' || first === 'REPLACE') && second !== 'VIEW' && isTableAsQuery(part);
}

function isTableAsQuery({ text, words }: ScriptPart): boolean {
  if (!words.includes('TABLE')) return false;
  try {
    return parseScript(text).some((statement) => statement.kind === 'create_table' && statement.query !== null);
  } catch {
    return /\)\s*AS\s+(?:SELECT|WITH)\b/i.test(text); // written for a dialect that goes further
  }
}

function soleJob(parts: readonly ScriptPart[], script: string, job: string): ScriptPart {
  const jobs = parts.filter(makesJob);
  const [only, another] = jobs;
  if (only !== undefined && another === undefined) return only;
  if (only === undefined || another === undefined) {
    throw new EngineError('UNSUPPORTED', `job ${job}: expected an INSERT, found none in the script`);
  }
  const names = jobs.map(({ text, position }) => `${headOf(text)} (line ${position.line})`).join(', ');
  throw located(
    new EngineError(
      'UNSUPPORTED',
      `job ${job}: expected one job, found ${jobs.length}: Flink starts one for each of ${names}`,
      {
        position: another.position,
        hint: 'Put the INSERTs into one EXECUTE STATEMENT SET BEGIN …; …; END: it is one job here as well.',
      },
    ),
    script,
  );
}

function refuseRows(parts: readonly ScriptPart[], script: string, job: string): void {
  const query = parts.find(({ words }) => /^(?:SELECT|WITH|VALUES|TABLE|\()$/.test(words[0] ?? ''));
  if (query === undefined) return;
  const message = `job ${job}: expected statements that write to tables, found a query whose rows nobody takes`;
  throw located(
    new EngineError('UNSUPPORTED', message, { position: query.position, hint: 'Write INSERT INTO … before it.' }),
    script,
  );
}

function headOf(text: string): string {
  return text.split(/\s+/, 3).join(' ');
}
