/**
 * The corpus against a language model that speaks OpenAI's protocol, and what came of it. Configured as millrace itself is:
 *
 *     MILLRACE_LLM_MODEL=… OPENAI_BASE_URL=http://127.0.0.1:8080/v1 node test/deploy/intent/model-run.ts [--sample 60] [--runs 1] [--faults]
 *
 * Two parsers are measured on the same sentences: the model alone, and offline first. `--runs 5` also says how many sentences were right in
 * all runs.
 */
import { parseArgs } from 'node:util';
import { createOpenAiModel } from '../../../src/deploy/intent/chat-model.ts';
import { createIntentParser } from '../../../src/deploy/intent/intent-parser.ts';
import { DailyBudgets } from '../../../src/deploy/intent/model-budget.ts';
import { modelConfigurationOf } from '../../../src/deploy/intent/model-configuration.ts';
import { AnswerCache, createModelParser, type ModelReply } from '../../../src/deploy/intent/model-parser.ts';
import { createRulesParser } from '../../../src/deploy/intent/rules-parser.ts';
import type { IntentParser } from '../../../src/model/intent.ts';
import { figuresText, measure, readCorpus, type Sentence } from './corpus.ts';

const { values } = parseArgs({
  options: {
    sample: { type: 'string', default: '60' },
    runs: { type: 'string', default: '1' },
    faults: { type: 'boolean', default: false },
  },
});
const configuration = modelConfigurationOf(process.env);
if (configuration === null) throw new Error('MILLRACE_LLM_MODEL: expected the name of a model, found nothing');

const sentences = everyNth(readCorpus('test'), Number(values.sample));
const write = (text: string) => process.stdout.write(`${text}\n`);
const outcomes = new Map<string, number>();
const tokens = { input: 0, output: 0 };

function count({ outcome, usage }: ModelReply): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  tokens.input += usage.input;
  tokens.output += usage.output;
}

function modelParser() {
  const budget = new DailyBudgets({ callsPerDay: 1e9, tokensPerDay: 1e12 }, () => 0).of('corpus');
  const model = createOpenAiModel(configuration!);
  return createModelParser({ model, budget, enabled: () => true, cache: new AnswerCache(), observe: count });
}

/** A model that gives no intent asks back: nothing happens either way. */
function alone(): IntentParser {
  const model = modelParser();
  return {
    name: 'model',
    parse: async (text, context) =>
      (await model.ask(text, context)).intent ?? { kind: 'question', parser: 'model', question: '', candidates: [] },
  };
}

/** Spread over the files, so that every family and language has its share. */
function everyNth(all: readonly Sentence[], most: number): readonly Sentence[] {
  const step = Math.max(1, all.length / most);
  return Array.from({ length: Math.min(most, all.length) }, (_, at) => all[Math.floor(at * step)]!);
}

async function run(name: string, parser: () => IntentParser): Promise<void> {
  const wrong = new Map<string, number>();
  for (let at = 0; at < Number(values.runs); at++) {
    const started = performance.now();
    const figures = await measure(parser(), sentences);
    for (const fault of figures.faults) wrong.set(fault.split('\n')[0]!, (wrong.get(fault.split('\n')[0]!) ?? 0) + 1);
    write(
      `== ${name}, run ${at + 1}, ${((performance.now() - started) / sentences.length / 1000).toFixed(2)} s a sentence`,
    );
    write(figuresText(figures));
    if (values.faults) write(figures.faults.join('\n'));
  }
  write(`right in all ${values.runs} runs  ${sentences.length - wrong.size} of ${sentences.length}`);
}

write(`${configuration.model} at ${configuration.baseUrl}, ${sentences.length} sentences`);
await run('model alone', alone);
await run('offline first', () => createIntentParser({ rules: createRulesParser(), model: modelParser() }));
write(
  `requests ${[...outcomes].map(([outcome, times]) => `${outcome} ${times}`).join(', ')}; tokens in ${tokens.input}, out ${tokens.output}`,
);
