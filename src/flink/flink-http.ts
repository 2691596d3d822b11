/** HTTP to one of Flink's two servers, the JobManager's REST and the SQL Gateway: JSON, time-outs, and what an answer's status means. */
import { EngineError, type ErrorCode } from '../model/errors.ts';
import { faultText } from './java-fault.ts';

export type FlinkHttpOptions = Readonly<{
  /** `http://host:8081`, without a slash at the end. */
  base: string;
  timeoutMs: number;
  /** For a proxy before Flink, which has no authentication of its own. */
  token: string | null;
}>;

export type FlinkAnswer = Readonly<{ status: number; body: unknown; text: string }>;
export type FlinkMethod = 'GET' | 'POST' | 'PATCH' | 'DELETE';

const maxAnswerBytes = 32 * 1024 * 1024;

export class FlinkHttp {
  readonly base: string;
  readonly #timeoutMs: number;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ base, timeoutMs, token }: FlinkHttpOptions) {
    this.base = base;
    this.#timeoutMs = timeoutMs;
    this.#headers = token === null ? {} : { authorization: `Bearer ${token}` };
  }

  /** Throws NOT_FOUND, PERMISSION, CONNECTION, TIMEOUT, INVALID_OPTION. */
  async call(method: FlinkMethod, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.send(method, path, body);
    if (answer.status < 300) return answer.body;
    throw errorOf(answer, `${method} ${this.base}${path}`);
  }

  /** null for what is not there. */
  async find(path: string): Promise<unknown> {
    const answer = await this.send('GET', path);
    if (answer.status < 300) return answer.body;
    if (answer.status === 404 || traceOf(answer).includes('FlinkJobNotFoundException')) return null; // some pages say so by a 500
    throw errorOf(answer, `GET ${this.base}${path}`);
  }

  /** The answer, whatever its status. Throws TIMEOUT and CONNECTION, which say nothing of whether it was done. */
  async send(method: FlinkMethod, path: string, body?: unknown): Promise<FlinkAnswer> {
    const { status, chunks } = await this.#read(method, path, body, maxAnswerBytes);
    const text = Buffer.concat(chunks).toString('utf8');
    return { status, text, body: jsonOf(text) };
  }

  /** The last `bytes` of a text of any length; null for what is not there. It passes through, and is not kept. */
  async tail(path: string, bytes: number): Promise<string | null> {
    const { status, chunks } = await this.#read('GET', path, undefined, bytes);
    const text = Buffer.concat(chunks).toString('utf8');
    if (status === 404) return null;
    if (status >= 300) throw errorOf({ status, text, body: jsonOf(text) }, `GET ${this.base}${path}`);
    return text;
  }

  /** Keeps the last `keep` bytes of the answer. */
  async #read(
    method: FlinkMethod,
    path: string,
    body: unknown,
    keep: number,
  ): Promise<Readonly<{ status: number; chunks: readonly Buffer[] }>> {
    const where = `${method} ${this.base}${path}`;
    try {
      const response = await fetch(`${this.base}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          ...this.#headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        redirect: 'error',
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      return { status: response.status, chunks: await lastBytes(response.body, keep) };
    } catch (cause) {
      throw unanswered(cause, where, this.#timeoutMs);
    }
  }
}

async function lastBytes(stream: ReadableStream<Uint8Array> | null, keep: number): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  let kept = 0;
  for await (const chunk of stream ?? []) {
    chunks.push(Buffer.from(chunk));
    kept += chunk.byteLength;
    while (kept - chunks[0]!.byteLength >= keep) kept -= chunks.shift()!.byteLength;
  }
  if (kept > keep) chunks[0] = chunks[0]!.subarray(kept - keep);
  return chunks;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // said by who needs it
  }
}

function unanswered(cause: unknown, where: string, timeoutMs: number): EngineError {
  if ((cause as Error).name === 'TimeoutError')
    return new EngineError('TIMEOUT', `${where}: no answer within ${timeoutMs} ms`, { cause });
  const inner = (cause as Error).cause;
  const reason = inner instanceof Error && inner.message !== '' ? inner.message : (cause as Error).message;
  return new EngineError('CONNECTION', `${where}: no answer: ${reason}`, {
    cause,
    hint: 'Check the address of the Flink engine in environment.yaml, and that Flink is up.',
  });
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_OPTION',
  401: 'PERMISSION',
  403: 'PERMISSION',
  404: 'NOT_FOUND',
  405: 'UNSUPPORTED',
  409: 'CONFLICT',
};

/** Other statuses are taken to pass: a JobManager that starts, loses its lead or is behind a proxy answers 5xx. */
function errorOf(answer: FlinkAnswer, where: string): EngineError {
  const code = codes[answer.status] ?? 'CONNECTION';
  return new EngineError(code, `${where}: status ${answer.status}: ${faultText(traceOf(answer))}`);
}

/** The stack trace, or whatever text there is, of an answer that is none. */
export function traceOf({ body, text }: FlinkAnswer): string {
  const errors = (body as { errors?: unknown } | null)?.errors;
  return Array.isArray(errors) ? errors.map(String).join('\n') : text;
}
