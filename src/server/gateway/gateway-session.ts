/** A session of the SQL Gateway: names and settings that stay from statement to statement, and the statements that were handed in. */
import { randomUUID } from 'node:crypto';
import { defaultJobName } from '../../job/job-name.ts';
import { type JobPlanContext, planJob } from '../../job/job-plan.ts';
import type { ScriptContext } from '../../job/script.ts';
import { checkSetting, checkSettings } from '../../job/settings.ts';
import { EngineError, isEngineError } from '../../model/errors.ts';
import type { Pipeline } from '../../model/plan.ts';
import { type Field, types } from '../../model/types.ts';
import { parseScript } from '../../sql/parser.ts';
import type { SqlSession } from '../../sql/session.ts';
import type { AllowedPlaces } from './allowed-places.ts';
import type { GatewayJobs } from './gateway-jobs.ts';
import { GatewayOperation, type OperationResult } from './gateway-operation.ts';
import { type GatewayRow, plainRow, rowOfLine } from './gateway-row.ts';
import { jobStatement, runJobStatement } from './job-statement.ts';
import { ResultPages } from './result-pages.ts';

export type GatewaySessionContext = Readonly<{
  jobs: GatewayJobs;
  places: AllowedPlaces;
  plan: Omit<ScriptContext & JobPlanContext, 'dataDirectory'>;
  /** Text of the output of `print` tables. */
  print: (text: string) => Promise<void>;
}>;

const maxOperations = 100; // of a session; the oldest is closed
const maxSetStatements = 1_000; // between BEGIN STATEMENT SET and END

export class GatewaySession {
  readonly handle = randomUUID();
  readonly name: string | null;
  /** ms since 1970: a session that nobody uses is closed. */
  lastUsed: number;
  readonly #session: SqlSession;
  readonly #ctx: GatewaySessionContext;
  readonly #operations = new Map<string, GatewayOperation>();
  /** Statements are carried out in the order in which they came. */
  #tail: Promise<unknown> = Promise.resolve();
  /** The INSERTs since BEGIN STATEMENT SET; null: outside of one. */
  #gathered: string[] | null = null;

  constructor(name: string | null, session: SqlSession, ctx: GatewaySessionContext) {
    this.name = name;
    this.#session = session;
    this.#ctx = ctx;
    this.lastUsed = ctx.plan.now();
  }

  get settings(): ReadonlyMap<string, string> {
    return this.#session.settings;
  }

  get timeZone(): string {
    const zone = this.settings.get('table.local-time-zone') ?? 'default';
    return zone === 'default' ? this.#ctx.plan.machineTimeZone : zone;
  }

  /** As SET does, of a statement's own configuration. EngineError for a key or value that can't be. */
  configure(properties: Readonly<Record<string, string>>): void {
    for (const [key, value] of Object.entries(properties)) {
      this.#ctx.places.check([[key, value]], 'session');
      checkSetting(key, value);
      this.#session.settings.set(key, value);
    }
  }

  /**
   * What a client hands over as it opens the session. Flink's clients send their whole configuration, with the ports and directories of their
   * cluster: what this engine does not know, and places that it may not use, are left out. Gives their keys.
   */
  adopt(properties: Readonly<Record<string, string>>): string[] {
    const left: string[] = [];
    for (const [key, value] of Object.entries(properties)) {
      try {
        this.#ctx.places.check([[key, value]], 'session');
        if (checkSetting(key, value) === null) this.#session.settings.set(key, value);
        else left.push(key);
      } catch (error) {
        if (!isEngineError(error)) throw error;
        left.push(key);
      }
    }
    return left;
  }

  submit(statement: string): GatewayOperation {
    const operation = new GatewayOperation(randomUUID(), () => this.#inTurn(() => this.#execute(statement)));
    this.#operations.set(operation.handle, operation);
    const [oldest] = this.#operations.values();
    if (this.#operations.size > maxOperations) this.close(oldest!.handle);
    return operation;
  }

  /** SET, USE, DDL: at once, without an operation. */
  async run(statement: string): Promise<void> {
    const { job, pages } = await this.#inTurn(() => this.#execute(statement));
    if (job === null) return;
    pages.discard();
    job.cancel();
    throw new EngineError('SQL_VALIDATION', 'configure-session: expected SET, RESET, USE or DDL, got a statement that starts a job'); // biome-ignore format: a sentence
  }

  /** EngineError NOT_FOUND. */
  operation(handle: string): GatewayOperation {
    const operation = this.#operations.get(handle);
    if (operation !== undefined) return operation;
    throw new EngineError('NOT_FOUND', `operation ${handle}: this session has none of it`);
  }

  close(handle: string): void {
    this.operation(handle).end('CLOSED');
    this.#operations.delete(handle);
  }

  async end(): Promise<void> {
    for (const handle of [...this.#operations.keys()]) this.close(handle);
    await this.#tail.catch(() => undefined);
    await this.#session.close();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work, work);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  async #execute(text: string): Promise<OperationResult> {
    const aboutJobs = jobStatement(text);
    if (aboutJobs !== null) {
      const { jobs } = this.#ctx;
      const { fields, rows } = await runJobStatement(aboutJobs, jobs.statuses(), jobs.control);
      return rowsResult(fields, rows.map(plainRow));
    }
    const whole = this.#gather(text);
    return whole === null ? done() : await this.#executeSql(whole);
  }

  /** What a statement set is gathered to until its END; null: not yet. */
  #gather(text: string): string | null {
    const plain = text.trim().replace(/;\s*$/, '');
    if (/^BEGIN\s+STATEMENT\s+SET$/i.test(plain)) {
      this.#gathered = [];
      return null;
    }
    if (this.#gathered === null) return text;
    if (!/^END$/i.test(plain)) {
      if (this.#gathered.length >= maxSetStatements) {
        throw new EngineError('LIMIT', `statement set: expected at the most ${maxSetStatements} statements`);
      }
      this.#gathered.push(plain);
      return null;
    }
    const inserts = this.#gathered;
    this.#gathered = null;
    return `EXECUTE STATEMENT SET BEGIN ${inserts.map((insert) => `${insert};`).join('\n')} END`;
  }

  async #executeSql(text: string): Promise<OperationResult> {
    const [statement, another] = parseScript(text);
    if (statement === undefined || another !== undefined) {
      throw new EngineError(
        'SQL_SYNTAX',
        `expected one statement, got ${statement === undefined ? 'none' : 'several'}`,
      );
    }
    if (statement.kind === 'set' && statement.key !== null) {
      this.#ctx.places.check([[statement.key, statement.value]], 'SET');
    }
    const result = await this.#session.execute(statement);
    if (result.kind === 'rows') return rowsResult(result.fields, result.rows.map(plainRow));
    return result.kind === 'ok' ? done() : await this.#start(result.pipelines);
  }

  async #start(pipelines: readonly Pipeline[]): Promise<OperationResult> {
    const { jobs, plan, print } = this.#ctx;
    const settings = checkSettings(this.settings);
    const dataDirectory = jobs.nextDirectory(plan.now());
    const planned = await planJob(pipelines, settings, defaultJobName(pipelines), { ...plan, dataDirectory });
    const [query] = pipelines;
    const fields = query!.sink.kind === 'collect' ? query!.input.fields : null;
    const pages = new ResultPages();
    const collect = (_: number, lines: readonly string[]): Promise<void> =>
      pages.push(lines.map((line) => rowOfLine(line, fields!)));
    const job = jobs.start(planned, planned.restorePath ?? 'none', { print, collect, warn: plan.warn });
    if (fields === null)
      return rowsResult([{ name: 'job id', type: types.string() }], [plainRow([job.status().id])], job);
    job.done.then(
      () => pages.end(),
      (error: unknown) => pages.fail(error),
    );
    return { fields, pages, isQuery: true, kind: 'SUCCESS_WITH_CONTENT', job };
  }
}

function rowsResult(
  fields: readonly Field[],
  rows: readonly GatewayRow[],
  job: OperationResult['job'] = null,
  kind: OperationResult['kind'] = 'SUCCESS_WITH_CONTENT',
): OperationResult {
  const pages = new ResultPages();
  void pages.push(rows);
  pages.end();
  return { fields, pages, isQuery: false, kind, job };
}

function done(): OperationResult {
  return rowsResult([{ name: 'result', type: types.string() }], [plainRow(['OK'])], null, 'SUCCESS');
}
