/** Flink's SQL Gateway over this engine: sessions by handle. What it serves over HTTP: gateway-routes.ts. */
import { join, resolve } from 'node:path';
import type { JobPlanContext } from '../../job/job-plan.ts';
import { openSession, type ScriptContext } from '../../job/script.ts';
import { EngineError } from '../../model/errors.ts';
import type { SessionOptions } from '../../sql/session.ts';
import { AllowedPlaces } from './allowed-places.ts';
import { GatewayJobs, type JobStarter } from './gateway-jobs.ts';
import { GatewaySession, type GatewaySessionContext } from './gateway-session.ts';
import { guardedConnectors } from './guarded-connectors.ts';

export type GatewayOptions = Readonly<{
  plan: ScriptContext & JobPlanContext;
  startJob: JobStarter;
  print: (text: string) => Promise<void>;
  /** Directories besides the data directory that sessions may name files of, and load functions from. */
  allow: readonly string[];
}>;

const maxSessions = 256;
const idleMs = 10 * 60_000; // as sql-gateway.session.idle-timeout

export class Gateway {
  readonly jobs: GatewayJobs;
  readonly #sessions = new Map<string, GatewaySession>();
  readonly #ctx: GatewaySessionContext;
  readonly #script: ScriptContext;

  constructor({ plan, startJob, print, allow }: GatewayOptions) {
    const places = new AllowedPlaces([plan.dataDirectory, ...allow], plan.workingDirectory);
    const { dataDirectory, ...rest } = plan;
    const connectors = guardedConnectors(plan.connectors, places);
    this.jobs = new GatewayJobs(join(dataDirectory, 'gateway'), startJob);
    this.#ctx = { jobs: this.jobs, places, plan: { ...rest, connectors }, print };
    this.#script = { ...plan, connectors, catalogFactory: guardedCatalogs(plan.catalogFactory, places) };
  }

  /** EngineError LIMIT where there are too many. */
  open(name: string | null, properties: Readonly<Record<string, string>>): GatewaySession {
    this.#closeIdle();
    if (this.#sessions.size >= maxSessions) {
      throw new EngineError('LIMIT', `sessions: expected at the most ${maxSessions}`, { hint: 'Close one first.' });
    }
    const { places, plan } = this.#ctx;
    const sql = openSession(
      { ...this.#script, checkFunction: (path) => places.checkPlace(resolve(plan.workingDirectory, path), 'function') },
      { directory: plan.workingDirectory },
    );
    const session = new GatewaySession(name, sql, this.#ctx);
    const left = session.adopt(properties);
    if (left.length > 0) plan.warn(`session ${name ?? session.handle}: without effect here: ${left.sort().join(', ')}`);
    this.#sessions.set(session.handle, session);
    return session;
  }

  /** EngineError NOT_FOUND. */
  session(handle: string): GatewaySession {
    const session = this.#sessions.get(handle);
    if (session === undefined) {
      throw new EngineError('NOT_FOUND', `session ${handle}: expected an open one, found none`, {
        hint: `Sessions that nobody uses are closed after ${idleMs / 60_000} minutes.`,
      });
    }
    session.lastUsed = this.#ctx.plan.now();
    return session;
  }

  async closeSession(handle: string): Promise<void> {
    const session = this.session(handle);
    this.#sessions.delete(handle);
    await session.end();
  }

  async close(): Promise<void> {
    for (const handle of [...this.#sessions.keys()]) await this.closeSession(handle);
    await this.jobs.close();
  }

  #closeIdle(): void {
    const oldest = this.#ctx.plan.now() - idleMs;
    for (const { handle, lastUsed } of [...this.#sessions.values()]) {
      if (lastUsed < oldest) void this.closeSession(handle);
    }
  }
}

function guardedCatalogs(
  factory: SessionOptions['catalogFactory'],
  places: AllowedPlaces,
): SessionOptions['catalogFactory'] {
  return async (name, options) => {
    places.check(options, `catalog '${name}'`);
    return await factory(name, options);
  };
}
