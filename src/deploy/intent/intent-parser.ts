/** Words to intent: offline first, the model only where it is configured and the offline parser is not sure. */
import { type Intent, type IntentContext, type IntentParser, maxIntentBytes } from '../../model/intent.ts';
import type { ModelParser } from './model-parser.ts';

const sure = 0.7; // of the offline parser: exact words have 1, a slip of the keyboard 0.75, a guess at the verb 0.6 or less

/** The answer says by `parser` which of the two gave it. Without an answer of the model, for whatever reason, the offline one stands. */
export function createIntentParser({
  rules,
  model,
}: Readonly<{ rules: IntentParser; model?: ModelParser | undefined }>): IntentParser {
  return {
    name: rules.name,
    async parse(text, context, signal) {
      const offline = await rules.parse(text, context, signal);
      if (model === undefined || isSure(offline) || Buffer.byteLength(text) > maxIntentBytes) return offline;
      const { intent } = await model.ask(text, context, signal);
      return intent === null ? offline : better(offline, intent, context);
    },
  };
}

function isSure(intent: Intent): boolean {
  return intent.kind === 'steps' && intent.confidence >= sure;
}

/**
 * Two questions: the one that offers what to choose from. A refusal where the offline parser had something: what it had. A question about
 * what the offline parser holds for something else altogether: its refusal, since a weak model asks about everything.
 */
function better(offline: Intent, answer: Intent, { jobs }: IntentContext): Intent {
  if (answer.kind === 'steps') return answer;
  if (offline.kind === 'out-of-scope') return offline;
  if (
    offline.kind === 'question' &&
    (answer.kind === 'out-of-scope' || offline.candidates.length > 0 || jobs.length === 0)
  )
    return offline;
  return offline.kind === 'steps' && answer.kind === 'out-of-scope' ? offline : answer;
}
