/** The deploy service of a running `millrace serve`, over HTTP. Who asks is decided there, by the token. */
import type { Clock } from '../engine/clock.ts';
import type { Plan } from '../model/change-plan.ts';
import type { AskAnswer, Caller, PlanConfirmation } from '../model/deploy-service.ts';
import type { DeploymentKey, DeploymentView } from '../model/deployment.ts';
import { EngineError, type ErrorCode, errorCodes } from '../model/errors.ts';
import type { IntentStep } from '../model/intent.ts';
import type { JobStatus } from '../model/job-status.ts';
import type { ControlClient, ControlEvent } from './control-client.ts';

const requestMs = 60_000;
const pollMs = 500;

export type HttpControlOptions = Readonly<{ url: string; token: string | undefined; clock: Clock }>;

export class HttpControl implements ControlClient {
  readonly where: string;
  readonly #token: string | undefined;
  readonly #clock: Clock;

  constructor({ url, token, clock }: HttpControlOptions) {
    if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
      throw new EngineError('INVALID_OPTION', `server: expected a URL such as http://127.0.0.1:8081, got '${url}'`);
    }
    this.where = url.replace(/\/+$/, '');
    this.#token = token;
    this.#clock = clock;
  }

  async ask(text: string, environment: string | null, caller: Caller): Promise<AskAnswer> {
    return (await this.#call('POST', '/ask', caller, { text, environment })) as AskAnswer;
  }

  async plan(steps: readonly IntentStep[], caller: Caller): Promise<AskAnswer> {
    return (await this.#call('POST', '/plans', caller, { steps })) as AskAnswer;
  }

  async getPlan(id: string, caller: Caller): Promise<Plan> {
    return (await this.#call('GET', `/plans/${encodeURIComponent(id)}`, caller)) as Plan;
  }

  async listPlans(caller: Caller): Promise<readonly Plan[]> {
    return ((await this.#call('GET', '/plans', caller)) as Readonly<{ plans: readonly Plan[] }>).plans;
  }

  async cancelPlan(id: string, caller: Caller): Promise<Plan> {
    return (await this.#call('POST', `/plans/${encodeURIComponent(id)}/cancel`, caller, {})) as Plan;
  }

  async applyPlan(id: string, confirmation: PlanConfirmation, caller: Caller): Promise<Plan> {
    return (await this.#call('POST', `/plans/${encodeURIComponent(id)}/apply`, caller, confirmation)) as Plan;
  }

  async waitForPlan(id: string, timeoutMs: number, caller: Caller): Promise<Plan> {
    for (const since = this.#clock.monotonic(); ; await this.#clock.sleep(pollMs)) {
      const plan = await this.getPlan(id, caller);
      if (plan.status !== 'pending' && plan.status !== 'applying') return plan;
      if (this.#clock.monotonic() - since >= timeoutMs) {
        throw new EngineError(
          'TIMEOUT',
          `${id}: expected its end within ${timeoutMs / 1_000} s, it is ${plan.status}`,
          {
            hint: 'It goes on all the same.',
          },
        );
      }
    }
  }

  async deployments(caller: Caller): Promise<readonly DeploymentView[]> {
    return ((await this.#call('GET', '/jobs', caller)) as Readonly<{ jobs: readonly DeploymentView[] }>).jobs;
  }

  async logs(key: DeploymentKey, lines: number, caller: Caller): Promise<readonly string[]> {
    const answer = await this.#call('GET', `${pathOf(key)}/logs?lines=${lines}`, caller);
    return (answer as Readonly<{ lines: readonly string[] }>).lines;
  }

  async events(key: DeploymentKey, limit: number, caller: Caller): Promise<readonly ControlEvent[]> {
    const answer = await this.#call('GET', `${pathOf(key)}/events?limit=${limit}`, caller);
    return (answer as Readonly<{ events: readonly ControlEvent[] }>).events;
  }

  async status(view: DeploymentView, caller: Caller): Promise<JobStatus | null> {
    const answer = await this.#call('GET', `${pathOf(view)}/status`, caller);
    return (answer as Readonly<{ status: JobStatus | null }>).status;
  }

  async close(): Promise<void> {}

  async #call(method: string, path: string, { surface }: Caller, body?: object): Promise<unknown> {
    const response = await this.#fetch(method, path, surface, body);
    const answer = await response.json().catch(() => null);
    if (response.ok && answer !== null) return answer;
    throw failureOf(this.where, response.status, answer);
  }

  async #fetch(method: string, path: string, surface: string, body: object | undefined): Promise<Response> {
    const headers: Record<string, string> = { 'content-type': 'application/json', 'x-millrace-surface': surface };
    if (this.#token !== undefined) headers.authorization = `Bearer ${this.#token}`;
    try {
      return await fetch(`${this.where}/api/v1${path}`, {
        method,
        headers,
        redirect: 'error',
        signal: AbortSignal.timeout(requestMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new EngineError('CONNECTION', `server ${this.where}: expected an answer, found none`, {
        cause,
        hint: 'Is `millrace serve` running there? Whether a change was recorded is not known: look with millrace jobs list.',
      });
    }
  }
}

function pathOf({ environment, job }: DeploymentKey): string {
  return `/jobs/${encodeURIComponent(environment)}/${encodeURIComponent(job)}`;
}

function failureOf(where: string, status: number, answer: unknown): EngineError {
  const { code, message, hint, retryable } = (answer ?? {}) as Readonly<Record<string, unknown>>;
  const known = errorCodes.find((each) => each === code) as ErrorCode | undefined;
  if (known === undefined || typeof message !== 'string') {
    return new EngineError(
      'CONNECTION',
      `server ${where}: expected an answer of millrace serve, got HTTP status ${status}`,
    );
  }
  const text = typeof hint === 'string' ? hint : undefined;
  return new EngineError(known, message, { hint: text, retryable: retryable === true });
}
