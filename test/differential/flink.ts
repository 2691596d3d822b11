// A real Flink, through its SQL Gateway (REST, v3): statements in, rows out.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Change, parseExactly } from './answer.ts';

const ops: Readonly<Record<string, string>> = { INSERT: '+I', UPDATE_BEFORE: '-U', UPDATE_AFTER: '+U', DELETE: '-D' };
const pollMs = 20;

type Column = Readonly<{ name: string; logicalType: unknown }>;

type Result = Readonly<{
  resultType: string;
  nextResultUri?: string;
  results?: Readonly<{ columns?: readonly Column[]; data?: readonly { kind: string; fields: unknown[] }[] }>;
}>;

export class FlinkSession {
  readonly #gateway: string;
  readonly #handle: string;

  private constructor(gateway: string, handle: string) {
    this.#gateway = gateway;
    this.#handle = handle;
  }

  static async open(gateway: string): Promise<FlinkSession> {
    const { sessionHandle } = await call<{ sessionHandle: string }>('POST', `${gateway}/v3/sessions`, {
      properties: {},
    });
    return new FlinkSession(gateway, sessionHandle);
  }

  /** Runs one statement to its end. Rejects with Flink's message. */
  async run(
    statement: string,
  ): Promise<Readonly<{ rows: readonly Change[]; types: Readonly<Record<string, string>> }>> {
    const session = `/v3/sessions/${this.#handle}`;
    const statements = `${this.#gateway}${session}/statements`;
    const { operationHandle } = await call<{ operationHandle: string }>('POST', statements, { statement });
    const operation = `${session}/operations/${operationHandle}`;
    const rows: Change[] = [];
    let columns: readonly Column[] = [];
    let next: string | undefined = `${operation}/result/0?rowFormat=JSON`;
    try {
      while (next !== undefined) {
        const result: Result = await call<Result>('GET', this.#gateway + next);
        columns = result.results?.columns ?? columns;
        for (const { kind, fields } of result.results?.data ?? []) {
          rows.push({ op: ops[kind]!, row: Object.fromEntries(columns.map(({ name }, i) => [name, fields[i]])) });
        }
        if (result.resultType === 'NOT_READY' || (result.results?.data?.length ?? 0) === 0) await sleep(pollMs);
        next = result.nextResultUri;
        if (next !== undefined && !next.includes('rowFormat')) next += '?rowFormat=JSON';
      }
    } finally {
      await call('DELETE', `${this.#gateway}${operation}/close`).catch(() => undefined);
    }
    const types = columns.map(({ name, logicalType }) => [name, JSON.stringify(logicalType)] as const);
    return { rows, types: Object.fromEntries(types) };
  }

  async close(): Promise<void> {
    await call('DELETE', `${this.#gateway}/v3/sessions/${this.#handle}`).catch(() => undefined);
  }
}

/** In a session of its own. The last of the statements is the query. Asked anew when no task manager is there. */
export async function askFlink(gateway: string, statements: readonly string[]): Promise<Answer> {
  const answer = await askOnce(gateway, statements);
  const isUnable = 'error' in answer && /NoResourceAvailable|TaskManager|fetch failed/.test(answer.error);
  return isUnable ? await askOnce(gateway, statements) : answer;
}

async function askOnce(gateway: string, statements: readonly string[]): Promise<Answer> {
  const session = await FlinkSession.open(gateway);
  try {
    for (const statement of statements.slice(0, -1)) await session.run(statement);
    return await session.run(statements.at(-1)!);
  } catch (error) {
    return { error: (error as Error).message };
  } finally {
    await session.close();
  }
}

async function call<T>(method: string, url: string, body?: object): Promise<T> {
  const response = await fetch(url, {
    method,
    headers: { 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (response.ok) return (text === '' ? {} : parseExactly(text)) as T;
  throw new Error(shorten(text));
}

/** The causes at the bottom of Flink's stack traces say what is wrong. */
function shorten(text: string): string {
  const causes = [...text.matchAll(/Caused by: ([^\\\n]*)/g)].map(([, cause]) => cause!);
  return causes.at(-1) ?? text.slice(0, 500);
}
