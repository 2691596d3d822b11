/**
 * The log of a job: Flink writes one a process, not one a job. Read are the ends of the logs of the task managers that run it, and what the
 * JobManager's says of it, put in the order of time.
 */
import { EngineError } from '../model/errors.ts';
import { plainText } from '../model/plain-text.ts';
import type { FlinkHttp } from './flink-http.ts';
import type { JobDetails } from './rest-answers.ts';

const maxTaskManagers = 8;
const maxVertices = 64;
const tailBytes = 256 * 1024; // of each log
const maxLineLength = 2_000;

/** An event is a line that begins with a time, and the lines behind it (a stack trace) up to the next. */
type LogEvent = Readonly<{ time: string; lines: readonly string[] }>;

const stamp = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,]\d{3}/;

/** Throws UNSUPPORTED where the processes write no file (images that log to the console), NOT_FOUND for a job that isn't there. */
export async function readJobLogs(rest: FlinkHttp, jobId: string, lines: number): Promise<readonly string[]> {
  const job = (await rest.call('GET', `/jobs/${jobId}`)) as JobDetails;
  const managers = await taskManagersOf(rest, job);
  const [ofJob, ...ofTasks] = await Promise.all([
    rest.tail('/jobmanager/log', tailBytes),
    ...managers.map((id) => rest.tail(`/taskmanagers/${encodeURIComponent(id)}/log`, tailBytes)),
  ]);
  if (ofJob === null && ofTasks.every((text) => text === null)) {
    throw new EngineError(
      'UNSUPPORTED',
      `job ${jobId}: Flink has no log files: its processes write to their consoles`,
      {
        hint: 'Read them where the containers are run.',
      },
    );
  }
  const told = eventsOf(ofJob ?? '').filter((event) => event.lines.some((line) => line.includes(jobId)));
  const events = [...told, ...ofTasks.flatMap((text) => eventsOf(text ?? ''))];
  const ordered = events.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)); // times of one zone, so texts compare
  return ordered.flatMap((event) => event.lines).slice(-lines);
}

async function taskManagersOf(rest: FlinkHttp, job: JobDetails): Promise<readonly string[]> {
  const vertices = (job.vertices ?? []).slice(0, maxVertices);
  const answers = await Promise.all(
    vertices.map(({ id }) => rest.find(`/jobs/${job.jid}/vertices/${id}/taskmanagers`)),
  );
  const managers = answers.flatMap(
    (answer) => (answer as { taskmanagers?: readonly { 'taskmanager-id'?: string }[] } | null)?.taskmanagers ?? [],
  );
  const ids = managers.map((manager) => manager['taskmanager-id'] ?? '');
  return [...new Set(ids)].filter((id) => id !== '' && id !== '(unassigned)').slice(0, maxTaskManagers);
}

/** What stands before the first time belongs to an event that was cut off. */
function eventsOf(text: string): LogEvent[] {
  const events: { time: string; lines: string[] }[] = [];
  for (const line of text.split('\n')) {
    const time = stamp.exec(line)?.[0];
    if (time !== undefined) events.push({ time, lines: [plainText(line, maxLineLength)] });
    else if (line !== '') events.at(-1)?.lines.push(plainText(line, maxLineLength));
  }
  return events;
}
