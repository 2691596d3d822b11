/** The deploy service of this process, over the control plane that it is given: that of `serve`, or one that only looks. */
import { type LocalDeployService, openDeployService } from '../deploy/deploy-service.ts';
import { createOpenAiModel } from '../deploy/intent/chat-model.ts';
import { createIntentParser } from '../deploy/intent/intent-parser.ts';
import { DailyBudgets } from '../deploy/intent/model-budget.ts';
import { modelConfigurationOf } from '../deploy/intent/model-configuration.ts';
import { AnswerCache, createModelParser } from '../deploy/intent/model-parser.ts';
import { createRulesParser } from '../deploy/intent/rules-parser.ts';
import type { CreateParser } from '../deploy/plan/asker.ts';
import type { Clock } from '../engine/clock.ts';
import type { ControlPlane } from '../model/change-plan.ts';

export type LocalDeployOptions = Readonly<{
  workingDirectory: string;
  packageDirectory: string;
  /** Where a language model is, if there is one. */
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
}>;

export type OpenDeploy = (dataDirectory: string, control: ControlPlane) => LocalDeployService;

export function localDeploy({ env, ...options }: LocalDeployOptions): OpenDeploy {
  return (dataDirectory, control) => {
    const createParser = parserMaker(env, options.clock);
    return openDeployService({ ...options, dataDirectory, control, createParser });
  };
}

/** INVALID_OPTION where a variable about the language model can't be read. */
function parserMaker(env: LocalDeployOptions['env'], clock: Clock): CreateParser {
  const rules = createRulesParser();
  const configuration = modelConfigurationOf(env);
  if (configuration === null) return () => createIntentParser({ rules });
  const chat = createOpenAiModel(configuration);
  const budgets = new DailyBudgets(configuration, () => clock.now());
  const cache = new AnswerCache();
  return ({ actor, isModelEnabled, observe }) => {
    const model = createModelParser({
      model: chat,
      budget: budgets.of(actor.name),
      enabled: isModelEnabled,
      cache,
      observe: ({ outcome, usage }) =>
        observe({ model: chat.model, outcome, inputTokens: usage.input, outputTokens: usage.output }),
    });
    return createIntentParser({ rules, model });
  };
}
