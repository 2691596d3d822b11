/** A session of Flink's SQL Gateway (REST, v3): statements one a call, each with its answer. */
import type { Clock } from '../engine/clock.ts';
import { EngineError } from '../model/errors.ts';
import { type FlinkHttp, traceOf } from './flink-http.ts';
import { errorOfFault, faultText, isDuplicateJob } from './java-fault.ts';
import { poll } from './poll.ts';

export type SessionOptions = Readonly<{
  gateway: FlinkHttp;
  operationTimeoutMs: number;
  clock: Clock;
}>;

type ResultPage = Readonly<{ resultType: 'NOT_READY' | 'PAYLOAD' | 'EOS'; jobID?: string }>;

/** `duplicate`: the cluster has a job of the id that was asked for. */
export type StatementResult = Readonly<{ kind: 'done'; jobId: string | null }> | Readonly<{ kind: 'duplicate' }>;

export class GatewaySession {
  readonly #options: SessionOptions;
  readonly #path: string;

  private constructor(options: SessionOptions, handle: string) {
    this.#options = options;
    this.#path = `/v3/sessions/${handle}`;
  }

  static async open(
    options: SessionOptions,
    name: string,
    properties: Readonly<Record<string, string>>,
  ): Promise<GatewaySession> {
    const answer = await options.gateway.call('POST', '/v3/sessions', { sessionName: name, properties });
    return new GatewaySession(options, handleOf(answer, 'sessionHandle'));
  }

  /**
   * Runs a statement to its first answer: for an INSERT, until the cluster has its job. `where` names it in errors. Throws SQL_SYNTAX,
   * SQL_VALIDATION, CHECKPOINT and others by what Flink says.
   */
  async run(
    statement: string,
    where: string,
    executionConfig: Readonly<Record<string, string>> = {},
  ): Promise<StatementResult> {
    const { gateway, clock, operationTimeoutMs } = this.#options;
    const accepted = await gateway.call('POST', `${this.#path}/statements`, { statement, executionConfig });
    const operation = `${this.#path}/operations/${handleOf(accepted, 'operationHandle')}`;
    return await poll(clock, operationTimeoutMs, where, () => this.#resultOf(operation, where));
  }

  /** null while there is none. The gateway tells a statement's fault as its own: status 500 with a stack trace. */
  async #resultOf(operation: string, where: string): Promise<StatementResult | null> {
    const answer = await this.#options.gateway.send('GET', `${operation}/result/0?rowFormat=JSON`);
    if (answer.status < 300) {
      const page = answer.body as ResultPage;
      return page.resultType === 'NOT_READY' ? null : { kind: 'done', jobId: page.jobID ?? null };
    }
    const trace = traceOf(answer);
    if (isDuplicateJob(trace)) return { kind: 'duplicate' };
    if (answer.status === 500) throw errorOfFault(trace, where);
    throw new EngineError(
      'CONNECTION',
      `${where}: the gateway answers with status ${answer.status}: ${faultText(trace)}`,
    );
  }

  /** Jobs go on without their session. What can't be closed ends by the gateway's idle time-out. */
  async close(): Promise<void> {
    await this.#options.gateway.send('DELETE', this.#path).catch(() => undefined);
  }
}

function handleOf(answer: unknown, field: 'sessionHandle' | 'operationHandle'): string {
  const handle = (answer as Readonly<Record<string, unknown>> | null)?.[field];
  if (typeof handle === 'string' && /^[\w-]{1,64}$/.test(handle)) return handle;
  throw new EngineError('CONNECTION', `SQL Gateway: expected a ${field}, got ${JSON.stringify(answer)}`, {
    hint: 'Is the address of the engine (gateway) that of a SQL Gateway?',
  });
}
