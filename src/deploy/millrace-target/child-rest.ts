/** The HTTP of one job's process, as the supervisor uses it. */
import { EngineError } from '../../model/errors.ts';
import type { JobStatus } from '../../model/job-status.ts';

const requestMs = 5_000; // for a process on this machine

export class ChildRest {
  readonly #url: string;
  readonly #token: string;

  constructor(port: number, token: string) {
    this.#url = `http://127.0.0.1:${port}`;
    this.#token = token;
  }

  /** null: it is still being planned. */
  async status(): Promise<JobStatus | null> {
    const { jobs } = (await this.#ask('GET', '/api/v1/jobs')) as { jobs: readonly JobStatus[] };
    return jobs[0] ?? null;
  }

  async stop(jobId: string, triggerId: string): Promise<void> {
    await this.#ask('POST', `/jobs/${jobId}/stop`, { triggerId });
  }

  async cancel(jobId: string): Promise<void> {
    await this.#ask('PATCH', `/jobs/${jobId}?mode=cancel`, {});
  }

  async savepoint(jobId: string, triggerId: string): Promise<void> {
    await this.#ask('POST', `/jobs/${jobId}/savepoints`, { triggerId });
  }

  /** The path; null: not yet. Throws CHECKPOINT when it failed. */
  async savepointPath(jobId: string, triggerId: string): Promise<string | null> {
    const { operation } = (await this.#ask('GET', `/jobs/${jobId}/savepoints/${triggerId}`)) as {
      operation: Readonly<{ location?: string; 'failure-cause'?: Readonly<{ 'stack-trace': string }> }> | null;
    };
    if (operation?.location !== undefined) return operation.location;
    const cause = operation?.['failure-cause'];
    if (cause === undefined) return null;
    throw new EngineError('CHECKPOINT', `savepoint of job ${jobId}: ${cause['stack-trace']}`);
  }

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const response = await this.#fetch(method, path, body);
    const answer = (await response.json()) as Readonly<{ errors?: readonly string[] }>;
    if (response.ok) return answer;
    const code = response.status === 404 ? 'NOT_FOUND' : response.status === 409 ? 'CONFLICT' : 'CONNECTION';
    throw new EngineError(code, `job's process at ${this.#url}: ${answer.errors?.join('; ') ?? response.status}`);
  }

  async #fetch(method: string, path: string, body: object | undefined): Promise<Response> {
    try {
      return await fetch(`${this.#url}${path}`, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(requestMs),
        headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new EngineError('CONNECTION', `job's process at ${this.#url}: expected an answer, found none`, { cause });
    }
  }
}
