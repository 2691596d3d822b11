/**
 * The parser that asks a language model, and takes nothing from it on trust: its answer is read by the schema again, its steps go through the
 * validator, its words are shown cleaned and cut.
 */
import { createHash } from 'node:crypto';
import { EngineError } from '../../model/errors.ts';
import { type Intent, type IntentContext, type IntentParser, maxIntentBytes } from '../../model/intent.ts';
import type { ChatModel, ChatOutcome, Usage } from './chat-model.ts';
import type { ModelBudget } from './model-budget.ts';
import { type ModelAnswer, readAnswer, stepsOf } from './model-schema.ts';
import { promptFor, promptVersion, repairMessages } from './prompt.ts';
import { questionAbout } from './step-validator.ts';
import { cleanText } from './text.ts';

/** What came of asking, also for counting: `intent_total`, `llm_requests_total{outcome}`. */
export type ModelOutcome =
  | Exclude<ChatOutcome['kind'], 'ok'>
  | 'ok'
  | 'off-schema'
  | 'switched-off'
  | 'budget'
  | 'cached';

export type ModelReply = Readonly<{ intent: Intent | null; outcome: ModelOutcome; usage: Usage; text: string }>;

export interface ModelParser extends IntentParser {
  /** `intent` null: the model gave none, for the reason that `outcome` says. Never rejects but by `signal`. */
  ask(text: string, context: IntentContext, signal?: AbortSignal): Promise<ModelReply>;
}

export type ModelParserOptions = Readonly<{
  model: ChatModel;
  /** Of the person who asks. */
  budget: ModelBudget;
  /** The kill switch, looked at each time. */
  enabled(): boolean;
  cache: AnswerCache;
  observe?: ((reply: ModelReply) => void) | undefined;
}>;

const nothing: Usage = { input: 0, output: 0 };
const longestQuestion = 300; // characters
const rejectedCodes: Partial<Record<ModelOutcome, 'TIMEOUT' | 'CONNECTION'>> = { 'time-out': 'TIMEOUT' };

export function createModelParser(options: ModelParserOptions): ModelParser {
  const ask: ModelParser['ask'] = async (text, context, signal) => {
    const reply = await replyTo(options, text, context, signal);
    options.observe?.(reply);
    return reply;
  };
  return {
    name: 'model',
    ask,
    parse: async (text, context, signal) => {
      const { intent, outcome, text: why } = await ask(text, context, signal);
      if (intent !== null) return intent;
      throw new EngineError(
        rejectedCodes[outcome] ?? 'CONNECTION',
        `language model: expected an intent, found ${outcome}: ${why}`,
      );
    },
  };
}

async function replyTo(
  options: ModelParserOptions,
  text: string,
  context: IntentContext,
  signal?: AbortSignal,
): Promise<ModelReply> {
  if (!options.enabled()) return { intent: null, outcome: 'switched-off', usage: nothing, text: 'it is switched off' };
  if (Buffer.byteLength(text) > maxIntentBytes)
    return { intent: null, outcome: 'rejected', usage: nothing, text: 'the text is too long' };
  const key = keyOf(options.model.model, text, context);
  const known = options.cache.get(key);
  if (known !== undefined) return { intent: known, outcome: 'cached', usage: nothing, text: '' };
  const reply = await conversation(options, text, context, signal);
  if (reply.intent !== null) options.cache.set(key, reply.intent);
  return reply;
}

/** One request, and one more where the answer was not of the schema. */
async function conversation(
  { model, budget }: ModelParserOptions,
  text: string,
  context: IntentContext,
  signal?: AbortSignal,
): Promise<ModelReply> {
  const prompt = promptFor(text, context);
  let messages = prompt.messages;
  let usage = nothing;
  let fault = '';
  for (let turn = 0; turn < 2; turn++) {
    if (!budget.take()) return { intent: null, outcome: 'budget', usage, text: "the day's budget is spent" };
    const outcome = await model.complete(messages, prompt.schema, signal);
    if ('usage' in outcome) {
      budget.spend(outcome.usage);
      usage = { input: usage.input + outcome.usage.input, output: usage.output + outcome.usage.output };
    }
    if (outcome.kind !== 'ok') return { intent: null, outcome: outcome.kind, usage, text: shown(outcome.text) };
    const read = readAnswer(outcome.text, prompt.names);
    if ('answer' in read) return { intent: intentOf(read.answer, text, context), outcome: 'ok', usage, text: '' };
    fault = read.fault;
    messages = [...prompt.messages, ...repairMessages(outcome.text, fault)];
  }
  return { intent: null, outcome: 'off-schema', usage, text: shown(fault) };
}

function intentOf(answer: ModelAnswer, text: string, context: IntentContext): Intent {
  if (answer.kind === 'out-of-scope') {
    return {
      kind: 'out-of-scope',
      parser: 'model',
      reason: 'I start, stop and look after stream jobs; that is about something else.',
    };
  }
  const asked = answer.question === null ? '' : shown(answer.question);
  if (answer.kind === 'question')
    return { kind: 'question', parser: 'model', question: asked || 'What should be done?', candidates: [] };
  const steps = stepsOf(answer);
  const confidence = Number.isFinite(answer.confidence) ? Math.min(1, Math.max(0, answer.confidence)) : 0;
  return questionAbout(steps, text, context) ?? { kind: 'steps', parser: 'model', confidence, steps };
}

function shown(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ').trim().slice(0, longestQuestion);
}

/** Everything that an answer hangs on. */
function keyOf(model: string, text: string, context: IntentContext): string {
  return createHash('sha256')
    .update(JSON.stringify([model, promptVersion, context, text]))
    .digest('hex');
}

const mostAnswers = 500;

/** Answers by key; the one not used for longest goes first. */
export class AnswerCache {
  readonly #intents = new Map<string, Intent>();

  get(key: string): Intent | undefined {
    const intent = this.#intents.get(key);
    if (intent === undefined) return undefined;
    this.#intents.delete(key);
    this.#intents.set(key, intent);
    return intent;
  }

  set(key: string, intent: Intent): void {
    this.#intents.set(key, intent);
    if (this.#intents.size > mostAnswers) this.#intents.delete(this.#intents.keys().next().value!);
  }
}
