/** The paths of Flink's SQL Gateway, REST API versions 1 to 4 (docs "SQL Gateway, REST endpoint"). */
import { toErrorData } from '../../model/errors.ts';
import { type Handler, type Method, ok, type Reply, type Request, type Route } from '../router.ts';
import type { Gateway } from './gateway.ts';
import type { GatewayOperation, OperationResult } from './gateway-operation.ts';
import { inFormat, type RowFormat, rowFormats } from './gateway-row.ts';
import type { GatewaySession } from './gateway-session.ts';
import { columnInfos } from './logical-type.ts';

type Params = Readonly<Record<string, string>>;

export function gatewayRoutes(gateway: Gateway, version: string): Route[] {
  const route = (method: Method, pattern: string, handle: Handler): Route => ({
    method,
    pattern,
    handle: (request, params) => guarded(() => handle(request, params)),
  });
  const ofSession = (answer: (session: GatewaySession, request: Request, params: Params) => Reply | Promise<Reply>) =>
    ((request, params) => answer(gateway.session(params.session!), request, params)) satisfies Handler;
  const ofOperation = (answer: (operation: GatewayOperation, session: GatewaySession) => Reply) =>
    ofSession((session, _request, params) => answer(session.operation(params.operation!), session));
  const session = '/sessions/:session';
  const operation = `${session}/operations/:operation`;
  return [
    route('GET', '/info', () => ok({ productName: 'Apache Flink', version: `2.3.0-millrace-${version}` })),
    route('GET', '/api_versions', () => ok({ versions: ['V1', 'V2', 'V3', 'V4'] })),
    route('POST', '/sessions', ({ body }) => {
      const name = typeof body.sessionName === 'string' ? body.sessionName : null;
      return ok({ sessionHandle: gateway.open(name, textsOf(body.properties)).handle });
    }),
    route('GET', session, ofSession((one) => ok({ properties: Object.fromEntries(one.settings) }))),
    route('DELETE', session, async (_request, params) => {
      await gateway.closeSession(params.session!);
      return ok({ status: 'CLOSED' });
    }),
    route('POST', `${session}/heartbeat`, ofSession(() => ok({}))),
    route('POST', `${session}/configure-session`, ofSession(async (one, { body }) => {
      await one.run(statementOf(body));
      return ok({});
    })),
    route('POST', `${session}/statements`, ofSession((one, { body }) => {
      one.configure(textsOf(body.executionConfig));
      return ok({ operationHandle: one.submit(statementOf(body)).handle });
    })),
    route('GET', `${session}/complete-statement`, ofSession(() => ok({ candidates: [] }))),
    route('GET', `${operation}/status`, ofOperation(({ status }) => ok({ status }))),
    route('POST', `${operation}/cancel`, ofOperation((one) => {
      one.end('CANCELED');
      return ok({ status: one.status });
    })),
    route('DELETE', `${operation}/close`, ofOperation((one, of) => {
      of.close(one.handle);
      return ok({ status: 'CLOSED' });
    })),
    route('GET', `${operation}/result/:token`, ofSession((of, request, params) => {
      const one = of.operation(params.operation!);
      return ok(page(one, Number(params.token), formatOf(request), request.path, of.timeZone));
    })),
  ];
} // biome-ignore format: a table of routes

/** Faults in the gateway's form: the text of what went wrong is in the second line, between two that Flink's clients cut off. */
async function guarded(answer: () => Reply | Promise<Reply>): Promise<Reply> {
  try {
    return await answer();
  } catch (error) {
    const { message, hint } = toErrorData(error);
    const text = hint === undefined ? message : `${message}\n${hint}`;
    const trace = `<Exception on server side:\norg.apache.flink.table.api.ValidationException: ${text}\n\nEnd of exception on server side>`;
    return { status: 500, json: { errors: ['Internal server error.', trace] } };
  }
}

function page(
  operation: GatewayOperation,
  token: number,
  format: RowFormat,
  path: string,
  timeZone: string,
): Readonly<Record<string, unknown>> {
  const { result } = operation;
  const uri = (next: number): string => `${path.replace(/\d+$/, String(next))}?rowFormat=${format}`;
  if (result === null) return { resultType: 'NOT_READY', nextResultUri: uri(token) };
  const { rows, last } = result.pages.fetch(token);
  return {
    resultType: last ? 'EOS' : 'PAYLOAD',
    isQueryResult: result.isQuery,
    ...(result.job === null ? {} : { jobID: result.job.status().id }),
    resultKind: result.kind,
    results: {
      columns: columnInfos(result.fields),
      rowFormat: format,
      data: rows.map((row) => inFormat(row, result.fields, format, timeZone)),
    },
    ...(last ? {} : { nextResultUri: uri(token + 1) }),
  } satisfies Readonly<{ resultKind: OperationResult['kind'] }> & Readonly<Record<string, unknown>>;
}

function formatOf({ query }: Request): RowFormat {
  const wanted = query.get('rowFormat')?.toUpperCase() ?? 'JSON';
  return rowFormats.find((format) => format === wanted) ?? 'JSON';
}

function statementOf({ statement }: Request['body']): string {
  return typeof statement === 'string' ? statement : '';
}

function textsOf(value: unknown): Record<string, string> {
  const entries = Object.entries((value ?? {}) as object);
  return Object.fromEntries(entries.map(([key, text]) => [key, String(text)]));
}
