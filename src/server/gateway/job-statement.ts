/** The statements about jobs, which a session's catalogs know nothing of: SHOW JOBS, DESCRIBE JOB, STOP JOB. */
import { EngineError } from '../../model/errors.ts';
import type { JobStatus } from '../../model/job-status.ts';
import { type Field, types } from '../../model/types.ts';
import type { WholeJobControl } from '../job-control.ts';

export type JobStatement =
  | Readonly<{ kind: 'show' }>
  | Readonly<{ kind: 'describe'; id: string }>
  | Readonly<{ kind: 'stop'; id: string; savepoint: boolean; drain: boolean }>;

const forms = {
  show: /^SHOW\s+JOBS$/i,
  describe: /^(?:DESCRIBE|DESC)\s+JOB\s+'([0-9a-f]{32})'$/i,
  stop: /^STOP\s+JOB\s+'([0-9a-f]{32})'(\s+WITH\s+SAVEPOINT)?(\s+WITH\s+DRAIN)?$/i,
} as const;

/** null: the text is none of them. */
export function jobStatement(text: string): JobStatement | null {
  const plain = text.trim().replace(/;\s*$/, '').trim();
  if (forms.show.test(plain)) return { kind: 'show' };
  const described = forms.describe.exec(plain);
  if (described !== null) return { kind: 'describe', id: described[1]! };
  const stopped = forms.stop.exec(plain);
  if (stopped === null) return null;
  return { kind: 'stop', id: stopped[1]!, savepoint: stopped[2] !== undefined, drain: stopped[3] !== undefined };
}

export type JobRows = Readonly<{ fields: readonly Field[]; rows: readonly (readonly unknown[])[] }>;

const jobFields: readonly Field[] = [
  { name: 'job id', type: types.string() },
  { name: 'job name', type: types.string() },
  { name: 'status', type: types.string() },
  { name: 'start time', type: types.timestampLtz(3) },
];

/** EngineError NOT_FOUND for a job that is not there, UNSUPPORTED for WITH DRAIN. */
export async function runJobStatement(
  statement: JobStatement,
  jobs: readonly JobStatus[],
  control: WholeJobControl,
): Promise<JobRows> {
  if (statement.kind === 'show') return { fields: jobFields, rows: jobs.map(rowOf) };
  const job = jobs.find(({ id }) => id === statement.id);
  if (job === undefined) throw new EngineError('NOT_FOUND', `job '${statement.id}': there is none`);
  if (statement.kind === 'describe') return { fields: jobFields, rows: [rowOf(job)] };
  if (statement.drain) {
    throw new EngineError('UNSUPPORTED', 'STOP JOB … WITH DRAIN: a drained job could not go on from its savepoint');
  }
  if (!statement.savepoint) {
    await control.cancel(job.id);
    return { fields: [{ name: 'result', type: types.string() }], rows: [['OK']] };
  }
  const savepoint = await control.stopWithSavepoint(job.id);
  return { fields: [{ name: 'savepoint path', type: types.string() }], rows: [[savepoint]] };
}

function rowOf(job: JobStatus): unknown[] {
  return [job.id, job.name, job.state, new Date(job.startTime).toISOString()];
}
