/** What is asked, to an answer: a plan that waits, something told, or a question. The one way to a plan, for words and for steps. */
import type { Clock } from '../../engine/clock.ts';
import type { Actor, ControlPlane, Plan } from '../../model/change-plan.ts';
import type { AskAnswer, Caller } from '../../model/deploy-service.ts';
import { EngineError, toErrorData } from '../../model/errors.ts';
import {
  type IntentContext,
  type IntentParser,
  type IntentStep,
  maxIntentBytes,
  type ParserName,
} from '../../model/intent.ts';
import type { DeployLog } from '../log/deploy-log.ts';
import type { LogEvent, ModelCall } from '../log/log-entry.ts';
import type { Switches } from '../policy/switches.ts';
import { withoutSecrets } from '../secret-text.ts';
import { answerReadings } from './answers.ts';
import { readingCommand } from './explicit-command.ts';
import type { World } from './plan-places.ts';
import type { PlanStore } from './plan-store.ts';
import { checkRate, makePlan, rateWindowMs } from './planner.ts';
import { resolveSteps } from './resolver.ts';
import { Scene } from './scene.ts';
import { withoutHidden } from './shown-text.ts';
import { checkedIntent, checkedSteps } from './step-shape.ts';

/** What a parser is made with, for one asking. */
export type ParserRequest = Readonly<{
  /** Whose words they are: budgets go by it. */
  actor: Actor;
  /** The switch, to be asked before each call of a model. */
  isModelEnabled: () => boolean;
  /** Hears of each call of a model, for the log. */
  observe: (call: ModelCall) => void;
}>;

export type CreateParser = (request: ParserRequest) => IntentParser;

export type AskerOptions = Readonly<{
  createParser: CreateParser;
  control: ControlPlane;
  store: PlanStore;
  log: DeployLog;
  switches: Switches;
  clock: Clock;
}>;

export class Asker {
  readonly #options: AskerOptions;

  constructor(options: AskerOptions) {
    this.#options = options;
  }

  async ask(text: string, environment: string | null, caller: Caller, world: World): Promise<AskAnswer> {
    const bytes = Buffer.byteLength(text);
    if (bytes > maxIntentBytes) {
      throw new EngineError('INVALID_OPTION', `words: expected at the most ${maxIntentBytes} bytes, got ${bytes}`);
    }
    const { createParser, switches, log } = this.#options;
    const calls: ModelCall[] = [];
    const isModelEnabled = (): boolean => switches.isOn('llm.enabled');
    const observe = (call: ModelCall): void => void calls.push(call);
    const parser = createParser({ actor: caller.actor, isModelEnabled, observe });
    const scene = this.#scene(world, caller, environment);
    const { actor, surface } = caller;
    const asked = { event: 'asked', actor, surface, text: withoutSecrets(text), parser: parser.name, calls } as const;
    try {
      const intent = checkedIntent(await parser.parse(withoutHidden(text), contextOf(scene)));
      const answer =
        intent.kind === 'steps' ? await this.#answerTo(intent.steps, intent.parser, scene, caller, world) : intent;
      const outcome = answer.kind === 'plan' ? answer.plan.id : answer.kind;
      log.append({ ...asked, parser: intent.parser, intent, outcome });
      return answer;
    } catch (error) {
      log.append({ ...asked, intent: null, outcome: toErrorData(error).code });
      throw error;
    }
  }

  async plan(steps: readonly IntentStep[], caller: Caller, world: World): Promise<AskAnswer> {
    return await this.#answerTo(checkedSteps(steps), null, this.#scene(world, caller, null), caller, world);
  }

  #scene({ catalogue, deployments }: World, { actor }: Caller, environment: string | null): Scene {
    const { store } = this.#options;
    return new Scene({ catalogue, deployments, actor, environment, releaseOf: (digest) => store.release(digest) });
  }

  /** `parser` is null where no words were parsed. */
  async #answerTo(
    steps: readonly IntentStep[],
    parser: ParserName | null,
    scene: Scene,
    caller: Caller,
    world: World,
  ): Promise<AskAnswer> {
    const resolved = resolveSteps(steps, scene);
    const by = { parser: parser ?? 'rules' } as const;
    switch (resolved.kind) {
      case 'question':
        return { ...resolved, ...by };
      case 'nothing':
        return { kind: 'answer', text: resolved.text, data: null, command: 'millrace jobs list', ...by };
      case 'readings': {
        const told = await answerReadings(resolved.readings, scene, this.#options.control, this.#options.clock.now());
        return { kind: 'answer', ...told, command: readingCommand(resolved.readings), ...by };
      }
      case 'changes': {
        const plan = this.#keep(resolved, steps, parser, caller, world);
        return { kind: 'plan', plan, command: plan.command, ...by };
      }
    }
  }

  /** Written down: in the log first, then among the plans that wait. */
  #keep(
    changes: Parameters<typeof makePlan>[0]['changes'],
    steps: readonly IntentStep[],
    parser: ParserName | null,
    caller: Caller,
    world: World,
  ): Plan {
    const { store, log, switches, clock } = this.#options;
    const now = clock.now();
    checkRate(caller.actor.name, store.countSince(caller.actor.name, now - rateWindowMs));
    const mutationsEnabled = switches.isOn('mutations.enabled');
    const plan = makePlan({ changes, caller, parser, ...world, mutationsEnabled, now });
    log.append(plannedEvent(plan, steps, world.catalogue.version));
    store.add(plan);
    return plan;
  }
}

/** What a parser is told: what the caller may see. */
function contextOf(scene: Scene): IntentContext {
  const byDefault = scene.environments.find(({ isDefault }) => isDefault) ?? null;
  const only = scene.environments.length === 1 ? scene.environments[0]! : null;
  return {
    jobs: scene.jobs.map(({ spec }) => ({
      name: spec.name,
      aliases: spec.aliases,
      description: spec.description ?? '',
      parameters: spec.parameters.map(({ name, type, description }) => ({
        name,
        type,
        description: description ?? '',
      })),
    })),
    environments: scene.environments.map(({ name }) => name),
    defaultEnvironment: scene.saidEnvironment ?? (byDefault ?? only)?.name ?? null,
    running: scene.deployments
      .toSorted((a, b) => b.updatedAt - a.updatedAt)
      .map(({ job, environment }) => ({ job, environment })),
  };
}

function plannedEvent(plan: Plan, steps: readonly IntentStep[], catalogue: string): LogEvent {
  const { actor, surface, id, hash, risk, confirmation, decisions, command } = plan;
  return {
    event: 'planned',
    actor,
    surface,
    steps,
    plan: id,
    planHash: hash,
    risk,
    confirmation,
    decisions,
    command,
    catalogue,
  };
}
