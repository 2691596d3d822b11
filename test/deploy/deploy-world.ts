import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { localActor } from '../../src/deploy/catalogue/access.ts';
import { type LocalDeployService, openDeployService } from '../../src/deploy/deploy-service.ts';
import type { Clock } from '../../src/engine/clock.ts';
import type { Actor, Plan } from '../../src/model/change-plan.ts';
import type { AskAnswer, Caller } from '../../src/model/deploy-service.ts';
import type { Intent, IntentStep } from '../../src/model/intent.ts';
import { FakeControl } from './fake-control.ts';

export const jobText = (
  name: string,
  more = '',
  parameters = 'window: { type: duration, default: 1 min, min: 1 s, max: 1 h }',
) => `
apiVersion: millrace/v1
kind: Job
metadata: { name: ${name}${more} }
spec:
  sql: SELECT 1;
  parameters:
    ${parameters}
`;

export const environmentText = (name: string, spec: string) => `
apiVersion: millrace/v1
kind: Environment
metadata: { name: ${name} }
spec: ${spec}
`;

/** Two teams' jobs and one of nobody's; three environments. */
export const usualFiles: Readonly<Record<string, string>> = {
  'jobs/views.yaml': jobText('views', ', team: growth, aliases: [view counts]'),
  'jobs/payments.yaml': jobText('payments', ', team: money'),
  'jobs/common.yaml': jobText('common'),
  'envs/dev/environment.yaml': environmentText('dev', '{ default: true }'),
  'envs/staging/environment.yaml': environmentText('staging', '{ class: staging }'),
  'envs/production/environment.yaml': environmentText('production', '{ class: production }'),
};

export type TestClock = Clock & { time: number };

/** Sleeping moves it on; nothing waits. */
function testClock(): TestClock {
  const clock: TestClock = {
    time: 1_700_000_000_000,
    now: () => clock.time,
    monotonic: () => clock.time,
    random: () => 0.5,
    sleep: async (ms) => {
      clock.time += ms;
      await new Promise<void>((resolve) => setImmediate(resolve));
    },
  };
  return clock;
}

/** Where there is a disk in memory, it takes the many waits for a real one out of the tests. */
const memory = existsSync('/dev/shm') && isWritable('/dev/shm') ? '/dev/shm' : tmpdir();

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export class DeployWorld {
  readonly directory = mkdtempSync(join(memory, 'millrace-deploy-'));
  readonly dataDirectory = join(this.directory, '.millrace');
  readonly control = new FakeControl();
  readonly clock = testClock();
  /** What the parser makes of any words. */
  intent: Intent = { kind: 'out-of-scope', parser: 'rules', reason: 'nothing was said' };
  service: LocalDeployService;
  /** What the parser was told, call by call. */
  readonly requests: { actor: string; isModelEnabled: boolean }[] = [];

  constructor(files: Readonly<Record<string, string>> = usualFiles) {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    this.service = this.open();
  }

  write(name: string, text: string): void {
    const path = join(this.directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  remove(name: string): void {
    rmSync(join(this.directory, name));
  }

  /** As another process on the same data. */
  open(): LocalDeployService {
    return openDeployService({
      workingDirectory: this.directory,
      packageDirectory: this.directory,
      dataDirectory: this.dataDirectory,
      control: this.control,
      clock: this.clock,
      createParser: (request) => ({
        name: 'rules',
        parse: async () => {
          this.requests.push({ actor: request.actor.name, isModelEnabled: request.isModelEnabled() });
          request.observe({ model: 'small', outcome: 'ok', inputTokens: 7, outputTokens: 3 });
          return this.intent;
        },
      }),
    });
  }

  /** The service is gone as after kill -9; another one goes on. */
  restart(): void {
    this.control.revive();
    this.service = this.open();
    this.service.resume();
  }

  end(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  async planOf(steps: readonly Partial<IntentStep>[], caller = local): Promise<Plan> {
    return planIn(await this.service.plan(steps.map(step), caller));
  }

  async apply(plan: Plan, caller = local, more: Readonly<{ typedName?: string; hash?: string }> = {}): Promise<Plan> {
    return await this.service.applyPlan(plan.id, { hash: plan.hash, ...more }, caller);
  }

  /** Planned, confirmed, done. */
  async carryOut(...steps: readonly Partial<IntentStep>[]): Promise<Plan> {
    const plan = await this.planOf(steps);
    await this.apply(plan, local, { typedName: [...new Set(plan.steps.map(({ job }) => job))].join(',') });
    await this.service.idle();
    return await this.service.getPlan(plan.id, local);
  }
}

export function planIn(answer: AskAnswer): Plan {
  if (answer.kind !== 'plan') throw new Error(`expected a plan, got ${JSON.stringify(answer)}`);
  return answer.plan;
}

export function step(more: Partial<IntentStep>): IntentStep {
  const nothing = { job: null, environment: null, engine: null, parallelism: null, savepoint: null, until: null };
  return { verb: 'deploy', parameters: {}, ...nothing, ...more };
}

export const local: Caller = { actor: localActor, surface: 'cli' };

export function caller(name: string, team: string | null, ...roles: string[]): Caller {
  const actor: Actor = { name, team, roles };
  return { actor, surface: 'http' };
}
