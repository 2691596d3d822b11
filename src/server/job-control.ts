/**
 * What a person may do to a job over HTTP, and Flink's asynchronous form of it: a POST answers with a request id, which is then asked for.
 */
import { toErrorData } from '../model/errors.ts';

/** Each is absent where it is not offered. */
export type JobControl = Readonly<{
  /** Ends the job; what came after the last checkpoint is lost. */
  cancel?: ((jobId: string) => Promise<void>) | undefined;
  /** Takes a savepoint, and gives its path; the job goes on. */
  savepoint?: ((jobId: string) => Promise<string>) | undefined;
  /** Ends the job with a savepoint and gives its path. */
  stopWithSavepoint?: ((jobId: string) => Promise<string>) | undefined;
}>;

/** All of it is offered. */
export type WholeJobControl = { readonly [K in keyof JobControl]-?: NonNullable<JobControl[K]> };

type Outcome = Readonly<{ location: string }> | Readonly<{ failure: string }> | null;

const maxTriggers = 64; // the oldest is forgotten: who asks for it later is told that it is unknown

/** The savepoints that were asked for, by job and request id. */
export class SavepointTriggers {
  readonly #outcomes = new Map<string, Outcome>();

  start(jobId: string, triggerId: string, savepoint: Promise<string>): void {
    const key = keyOf(jobId, triggerId);
    const oldest = this.#outcomes.keys().next();
    if (this.#outcomes.size >= maxTriggers && oldest.done !== true) this.#outcomes.delete(oldest.value);
    this.#outcomes.set(key, null);
    savepoint.then(
      (location) => this.#settle(key, { location }),
      (error: unknown) => this.#settle(key, { failure: toErrorData(error).message }),
    );
  }

  /** Flink's shape; undefined where the request id is unknown. */
  find(jobId: string, triggerId: string): unknown {
    const outcome = this.#outcomes.get(keyOf(jobId, triggerId));
    if (outcome === undefined) return undefined;
    if (outcome === null) return { status: { id: 'IN_PROGRESS' }, operation: null };
    const operation =
      'location' in outcome
        ? { location: outcome.location }
        : { 'failure-cause': { class: 'millrace.CHECKPOINT', 'stack-trace': outcome.failure } };
    return { status: { id: 'COMPLETED' }, operation };
  }

  has(jobId: string, triggerId: string): boolean {
    return this.#outcomes.has(keyOf(jobId, triggerId));
  }

  #settle(key: string, outcome: Outcome): void {
    if (this.#outcomes.has(key)) this.#outcomes.set(key, outcome);
  }
}

function keyOf(jobId: string, triggerId: string): string {
  return `${jobId}/${triggerId}`;
}
