/**
 * The confirmation of a plan by the person behind the client. It is asked for by elicitation, in words that code made of the plan, and its
 * answer counts only with a state that this server signed for this plan, this hash and this caller: no argument and no answer to a question
 * that was not put confirms anything.
 */
import { randomBytes } from 'node:crypto';
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Plan } from '../../model/change-plan.ts';
import { nameToType } from '../apply/confirmation.ts';
import { planWords } from './plan-words.ts';

const answerWithinS = 600;
const key = 'confirmation';

/** What was asked, as it is signed and comes back. */
type Asked = Readonly<{ plan: string; hash: string; actor: string; nonce: string }>;

export type Answer =
  | Readonly<{ kind: 'ask'; request: InputRequiredResult }>
  | Readonly<{ kind: 'confirmed'; typedName: string | undefined }>
  | Readonly<{ kind: 'refused'; why: string }>;

const yesForm = z.object({ confirm: z.boolean().describe('Yes, carry out this plan') });
const nameForm = z.object({
  name: z.string().max(600).describe("The job's name; of several jobs, with commas between"),
});

/** Of one server process: its key is nobody else's, and each question is answered once. */
export class Confirmations {
  readonly codec: RequestStateCodec<Asked> = createRequestStateCodec<Asked>({
    key: randomBytes(32),
    ttlSeconds: answerWithinS,
  });
  readonly #answered = new Set<string>();

  /** Asks, or reads the answer to what was asked. */
  async of(plan: Plan, actor: string, context: ServerContext): Promise<Answer> {
    const asked = context.mcpReq.requestState<Asked>();
    if (asked === undefined) return { kind: 'ask', request: await this.#question(plan, actor) };
    if (asked.plan !== plan.id || asked.hash !== plan.hash || asked.actor !== actor) {
      return { kind: 'refused', why: 'That answer is to another question.' };
    }
    if (this.#answered.has(asked.nonce)) return { kind: 'refused', why: 'That question was answered before.' };
    this.#remember(asked.nonce);
    return answerOf(plan, context);
  }

  async #question(plan: Plan, actor: string): Promise<InputRequiredResult> {
    const asked: Asked = { plan: plan.id, hash: plan.hash, actor, nonce: randomBytes(12).toString('hex') };
    const isNamed = needsName(plan);
    const ask = isNamed ? `Type ${nameToType(plan)} to confirm.` : 'Confirm?';
    const message = `${planWords(plan)}\n${ask}`;
    const confirmation = inputRequired.elicit({ message, requestedSchema: isNamed ? nameForm : yesForm });
    return inputRequired({ inputRequests: { [key]: confirmation }, requestState: await this.codec.mint(asked) });
  }

  #remember(nonce: string): void {
    this.#answered.add(nonce);
    if (this.#answered.size <= maxRemembered) return;
    const [oldest] = this.#answered;
    this.#answered.delete(oldest!);
  }
}

const maxRemembered = 10_000; // more questions than are answered within the life of one

/** Whether the client said that it can put a question to a person. */
export function canAsk(context: ServerContext, declared: object | undefined): boolean {
  const capabilities =
    (context.mcpReq.envelope as Partial<Record<string, object>> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] ??
    declared;
  return capabilities !== undefined && 'elicitation' in capabilities;
}

function needsName({ confirmation }: Plan): boolean {
  return confirmation === 'type-name';
}

function answerOf(plan: Plan, context: ServerContext): Answer {
  const { inputResponses } = context.mcpReq;
  const view = inputResponse(inputResponses, key);
  if (view.kind !== 'elicit' || view.action !== 'accept') {
    return {
      kind: 'refused',
      why: view.kind === 'elicit' && view.action === 'decline' ? 'It was declined.' : 'Nobody confirmed it.',
    };
  }
  if (needsName(plan)) {
    const form = acceptedContent(inputResponses, key, nameForm);
    return form === undefined
      ? { kind: 'refused', why: 'No name was typed.' }
      : { kind: 'confirmed', typedName: form.name };
  }
  if (acceptedContent(inputResponses, key, yesForm)?.confirm === true)
    return { kind: 'confirmed', typedName: undefined };
  return { kind: 'refused', why: 'It was not confirmed.' };
}
