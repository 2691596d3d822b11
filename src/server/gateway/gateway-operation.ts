/** A statement that was handed in: its result is asked for page by page, once it is there. */
import type { RunningJob } from '../../engine/job.ts';
import type { Field } from '../../model/types.ts';
import type { ResultPages } from './result-pages.ts';

/** As Flink's OperationStatus. */
export type OperationStatus = 'PENDING' | 'RUNNING' | 'FINISHED' | 'CANCELED' | 'CLOSED' | 'ERROR';

/** What a statement came to. */
export type OperationResult = Readonly<{
  fields: readonly Field[];
  pages: ResultPages;
  /** A SELECT: its rows come for as long as its job runs. */
  isQuery: boolean;
  /** Of DDL and the like, whose only row is OK. */
  kind: 'SUCCESS' | 'SUCCESS_WITH_CONTENT';
  job: RunningJob | null;
}>;

export class GatewayOperation {
  readonly handle: string;
  status: OperationStatus = 'PENDING';
  #result: OperationResult | null = null;
  #failure: { error: unknown } | null = null;

  /** `work` is begun at once. */
  constructor(handle: string, work: () => Promise<OperationResult>) {
    this.handle = handle;
    void this.#run(work);
  }

  /** null: not ready. Throws what the statement failed of. */
  get result(): OperationResult | null {
    if (this.#failure !== null) throw this.#failure.error;
    return this.#result;
  }

  /** A query ends with it; the job of an INSERT goes on. */
  end(status: 'CANCELED' | 'CLOSED'): void {
    if (this.status !== 'FINISHED' && this.status !== 'ERROR') this.status = status;
    this.#stop(this.#result);
  }

  async #run(work: () => Promise<OperationResult>): Promise<void> {
    this.status = 'RUNNING';
    try {
      const result = await work();
      this.#result = result;
      if (this.status !== 'RUNNING')
        this.#stop(result); // closed meanwhile
      else this.status = 'FINISHED';
    } catch (error) {
      this.#failure = { error };
      this.status = 'ERROR';
    }
  }

  #stop(result: OperationResult | null): void {
    if (result?.isQuery !== true) return;
    result.pages.discard();
    result.job?.cancel();
  }
}
