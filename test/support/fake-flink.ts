import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

// A Flink of this process: SQL Gateway and JobManager on one port, in the shapes that Flink 2.3.0 answers with.

export type FakeJob = {
  id: string;
  name: string;
  state: string;
  statement: string;
  config: Record<string, string>;
  startTime: number;
  savepoint: string | null;
};

export interface FakeFlink {
  readonly url: string;
  readonly jobs: Map<string, FakeJob>;
  /** Statements by session, in the order in which they came. */
  readonly statements: readonly string[];
  readonly sessions: ReadonlyMap<string, Readonly<{ properties: Record<string, string>; open: boolean }>>;
  /** Requests, `GET /jobs/…`. */
  readonly requests: readonly string[];
  /** Looked at for each request, before it is carried out or after: what it says is done in place of the plain answer. */
  fault: (request: string, body: string) => Fault | null;
  /** Answers to pages that have no logic here, by path. */
  readonly pages: Map<string, unknown>;
  close(): Promise<void>;
}

/** `late`: carried out, and answered after so long. `drop`: carried out, and never answered. */
export type Fault = Readonly<{ late: number }> | 'drop' | Readonly<{ status: number; errors: readonly string[] }>;

type Answer = Readonly<{ status: number; body: unknown }>;
type FakeSession = { properties: Record<string, string>; open: boolean; operations: Map<string, Answer> };

/** As Flink tells a stack trace: the causes, outermost first. */
export const javaTrace = (...causes: string[]): readonly string[] => [
  'Internal server error.',
  `<Exception on server side:\n${causes.map((cause, index) => `${index === 0 ? '' : 'Caused by: '}${cause}\n\tat org.apache.flink.runtime.dispatcher.Dispatcher.handle(Dispatcher.java:1)`).join('\n')}\n\nEnd of exception on server side>`,
];

const duplicate: Answer = {
  status: 500,
  body: {
    errors: javaTrace(
      'org.apache.flink.table.gateway.service.utils.SqlExecutionException: Failed to execute the operation 1.',
      'org.apache.flink.runtime.client.DuplicateApplicationSubmissionException: Application has already been submitted.',
    ),
  },
};

export async function fakeFlink(): Promise<FakeFlink> {
  const jobs = new Map<string, FakeJob>();
  const statements: string[] = [];
  const requests: string[] = [];
  const sessions = new Map<string, FakeSession>();
  const pages = new Map<string, unknown>();
  const triggers = new Map<string, Readonly<{ location: string }>>();
  let count = 0;

  const submit = (session: FakeSession, statement: string, config: Record<string, string>): Answer => {
    const all = { ...session.properties, ...config };
    const id = all['$internal.pipeline.job-id'] ?? String(++count).padStart(32, '0');
    if (jobs.has(id)) return duplicate;
    const name = all['pipeline.name'] ?? 'insert-into';
    jobs.set(id, {
      id,
      name,
      state: 'RUNNING',
      statement,
      config,
      startTime: 1_795_000_000_000 + ++count,
      savepoint: null,
    });
    return {
      status: 200,
      body: {
        resultType: 'PAYLOAD',
        isQueryResult: false,
        jobID: id,
        resultKind: 'SUCCESS_WITH_CONTENT',
        nextResultUri: '/1',
      },
    };
  };

  const gatewayAnswer = (method: string, path: string, body: Record<string, never>): Answer | null => {
    if (method === 'POST' && path === '/v3/sessions') {
      const handle = `session-${++count}`;
      sessions.set(handle, { properties: body.properties ?? {}, open: true, operations: new Map() });
      return { status: 200, body: { sessionHandle: handle } };
    }
    const [, handle, rest] = /^\/v3\/sessions\/([^/]+)(.*)$/.exec(path) ?? [];
    const session = handle === undefined ? undefined : sessions.get(handle);
    if (session === undefined) return null;
    if (method === 'DELETE') {
      session.open = false;
      return { status: 200, body: { status: 'CLOSED' } };
    }
    if (rest === '/statements') {
      const statement = String(body.statement);
      statements.push(statement);
      const operation = `operation-${++count}`;
      const done: Answer = { status: 200, body: { resultType: 'PAYLOAD', resultKind: 'SUCCESS', nextResultUri: '/1' } };
      const made = /^\s*(?:INSERT|EXECUTE)/i.test(statement)
        ? submit(session, statement, body.executionConfig ?? {})
        : done;
      session.operations.set(operation, made);
      return { status: 200, body: { operationHandle: operation } };
    }
    const [, operation] = /^\/operations\/([^/]+)\/result\/0/.exec(rest ?? '') ?? [];
    return session.operations.get(operation ?? '') ?? null;
  };

  const restAnswer = (method: string, path: string, body: Record<string, string>): Answer | null => {
    if (path === '/jobs/overview') return { status: 200, body: { jobs: [...jobs.values()].map(overviewOf) } };
    const [, id, rest = ''] = /^\/jobs\/([0-9a-f]{32})(.*)$/.exec(path) ?? [];
    if (id === undefined) return null;
    const job = jobs.get(id);
    if (job === undefined) return notFound(id);
    if (method === 'PATCH') {
      job.state = 'CANCELED';
      return { status: 202, body: {} };
    }
    if (method === 'POST' && (rest === '/stop' || rest === '/savepoints')) {
      const trigger = body.triggerId!;
      const location = `file:/savepoints/savepoint-${id.slice(0, 6)}-${triggers.size}`;
      if (!triggers.has(trigger)) triggers.set(trigger, { location });
      if (rest === '/stop') {
        job.state = 'FINISHED';
        job.savepoint ??= triggers.get(trigger)!.location;
      }
      return { status: 202, body: { 'request-id': trigger } };
    }
    const [, trigger] = /^\/savepoints\/([0-9a-f]{32})$/.exec(rest) ?? [];
    if (trigger !== undefined) {
      const operation = triggers.get(trigger);
      if (operation === undefined)
        return { status: 404, body: { errors: [`There is no savepoint operation with triggerId=${trigger}`] } };
      return { status: 200, body: { status: { id: 'COMPLETED' }, operation } };
    }
    if (rest === '') return { status: 200, body: { ...overviewOf(job), vertices: [], plan: { nodes: [] } } };
    if (rest === '/checkpoints') return { status: 200, body: checkpointsOf(job) };
    return { status: 200, body: {} };
  };

  const answerTo = (method: string, path: string, text: string): Answer => {
    const page = pages.get(path) ?? pages.get(path.split('?', 1)[0]!);
    if (page !== undefined) return { status: 200, body: page };
    const body = text === '' ? {} : JSON.parse(text);
    return (
      gatewayAnswer(method, path, body) ??
      restAnswer(method, path, body) ?? { status: 404, body: { errors: ['Not found.'] } }
    );
  };

  const fake: { fault: FakeFlink['fault'] } = { fault: () => null };
  const server: Server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const { method = 'GET', url: path = '/' } = incoming;
      requests.push(`${method} ${path}`);
      const fault = fake.fault(`${method} ${path}`, text);
      const isRefused = fault !== null && fault !== 'drop' && 'status' in fault;
      const { status, body } = isRefused
        ? { status: fault.status, body: { errors: fault.errors } }
        : answerTo(method, path, text);
      const isText = typeof body === 'string';
      const send = (): unknown =>
        outgoing
          .writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json' })
          .end(isText ? body : JSON.stringify(body));
      if (fault === 'drop') return;
      if (fault !== null && 'late' in fault) setTimeout(send, fault.late);
      else send();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(fake, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    jobs,
    statements,
    sessions,
    requests,
    pages,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function overviewOf(job: FakeJob): Readonly<Record<string, unknown>> {
  const isEnded = job.state !== 'RUNNING';
  return {
    jid: job.id,
    name: job.name,
    state: job.state,
    'start-time': job.startTime,
    'end-time': isEnded ? job.startTime + 5 : -1,
  };
}

function notFound(id: string): Answer {
  return {
    status: 404,
    body: { errors: [`org.apache.flink.runtime.rest.NotFoundException: Job ${id} not found\n\tat x`] },
  };
}

function checkpointsOf({ savepoint }: FakeJob): unknown {
  const stop = {
    id: 1,
    checkpoint_type: 'SYNC_SAVEPOINT',
    latest_ack_timestamp: 7,
    external_path: savepoint,
    discarded: false,
  };
  return {
    counts: { completed: savepoint === null ? 0 : 1, failed: 0 },
    latest: { completed: null, savepoint: savepoint === null ? null : stop },
  };
}
