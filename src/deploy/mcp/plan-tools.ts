/** The tools around plans: one that makes a plan, which changes nothing, and one that has it carried out, which a person has to confirm. */
import type { ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Plan } from '../../model/change-plan.ts';
import { jobEngines } from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';
import { type IntentStep, maxIntentBytes, maxIntentSteps, verbFacts, verbs } from '../../model/intent.ts';
import { quoted } from '../quoted-data.ts';
import { type Confirmations, canAsk } from './confirmation.ts';
import { callerOf, type McpSession } from './mcp-backend.ts';
import { type McpTool, nameInput, refused, type ToolAnswer, told, tool } from './tool.ts';

const planId = z.string().regex(/^plan-[a-z0-9]{16}$/);
const planInput = z.strictObject({ planId });
const applyInput = z.strictObject({
  planId,
  planHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('of the plan that was shown'),
});

const changing = verbs.filter((verb) => verbFacts[verb].mutates);
const longestValue = 1_024; // characters of a parameter

const stepInput = z.strictObject({
  verb: z.enum(changing as [IntentStep['verb'], ...IntentStep['verb'][]]),
  job: nameInput,
  environment: nameInput.optional(),
  engine: z.enum(jobEngines as [IntentStep['engine'] & string, ...(IntentStep['engine'] & string)[]]).optional(),
  parameters: z.record(z.string().max(longestValue), z.string().max(longestValue)).optional(),
  parallelism: z.number().int().min(1).max(32_768).optional(),
  savepoint: z.boolean().optional().describe('stop and pause: false gives up the state'),
  untilLagBelow: z.number().int().min(0).optional().describe('then wait until it is fewer records behind'),
  untilRunning: z.boolean().optional().describe('then wait until it is stable'),
});

const changeInput = z.strictObject({
  text: z.string().min(1).max(maxIntentBytes).optional().describe('what is wanted, in plain language; or give steps'),
  steps: z.array(stepInput).min(1).max(maxIntentSteps).optional(),
  environment: nameInput.optional().describe('where, if the text does not say it'),
});

/** `declared` gives what a client of the older protocol said that it can do. */
export function planTools(confirmations: Confirmations, declared: () => object | undefined): readonly McpTool[] {
  return [
    tool({
      name: 'plan_change',
      kind: 'plan',
      title: 'Plan a change',
      description:
        'Makes a plan of what would change, with its risk and its hash. Nothing changes: show the plan to the person, who confirms it by apply_plan.',
      input: changeInput,
      run: planChange,
    }),
    tool({
      name: 'get_plan',
      kind: 'read',
      title: 'Plan',
      description: 'A plan and how far it came.',
      input: planInput,
      run: async ({ planId: id }, session) => told(quoted(shownPlan(await getPlan(id, session)))),
    }),
    tool({
      name: 'cancel_plan',
      kind: 'plan',
      title: 'Cancel a plan',
      description: 'Lets a plan go that waits for its confirmation. What runs is left as it is.',
      input: planInput,
      run: async ({ planId: id }, session) => {
        return told(quoted(shownPlan(await session.backend.service.cancelPlan(id, callerOf(session)))));
      },
    }),
    tool({
      name: 'apply_plan',
      kind: 'change',
      title: 'Apply a plan',
      description:
        'Puts the plan before the person at the client, and has it carried out when that person confirms it. No argument confirms it.',
      input: applyInput,
      run: async ({ planId: id, planHash }, session, context) => {
        return await applyPlan({ id, hash: planHash }, session, context, confirmations, declared());
      },
    }),
  ];
}

async function planChange(input: z.infer<typeof changeInput>, session: McpSession): Promise<ToolAnswer> {
  const { text, steps, environment = null } = input;
  const { service } = session.backend;
  if ((text === undefined) === (steps === undefined)) {
    throw new EngineError('INVALID_OPTION', 'plan_change: expected either text or steps');
  }
  const answer =
    text === undefined
      ? await service.plan(steps!.map(stepOf), callerOf(session))
      : await service.ask(text, environment, callerOf(session));
  return told(quoted(answer.kind === 'plan' ? { plan: shownPlan(answer.plan), command: answer.command } : answer));
}

function stepOf({ verb, job, untilRunning, untilLagBelow, ...more }: z.infer<typeof stepInput>): IntentStep {
  const lag = untilLagBelow === undefined ? null : ({ kind: 'lag-below', records: untilLagBelow } as const);
  return {
    verb,
    job,
    environment: more.environment ?? null,
    engine: more.engine ?? null,
    parameters: more.parameters ?? {},
    parallelism: more.parallelism ?? null,
    savepoint: more.savepoint ?? null,
    until: lag ?? (untilRunning === true ? { kind: 'running' } : null),
  };
}

async function getPlan(id: string, session: McpSession): Promise<Plan> {
  return await session.backend.service.getPlan(id, callerOf(session));
}

/** Without the specs and scripts of the releases: they are long, and change nothing about what is confirmed. */
function shownPlan({ steps, ...plan }: Plan): unknown {
  return { ...plan, steps: steps.map(({ release, ...step }) => ({ ...step, digest: release?.digest ?? null })) };
}

type Named = Readonly<{ id: string; hash: string }>;

async function applyPlan(
  { id, hash }: Named,
  session: McpSession,
  context: ServerContext,
  confirmations: Confirmations,
  declared: object | undefined,
): Promise<ToolAnswer> {
  const plan = await getPlan(id, session);
  if (plan.hash !== hash) {
    throw new EngineError('CONFLICT', `${id}: expected the hash of the plan that was shown, got another`);
  }
  if (plan.status !== 'pending') return refused(quoted({ nothingWasDone: `${id} is ${plan.status}` }));
  if (!canAsk(context, declared)) {
    return refused(
      `This client cannot put a question to a person, so nothing was done. The plan waits: millrace apply ${id} --plan-hash ${hash}, or the page of millrace serve.`,
    );
  }
  const answer = await confirmations.of(plan, session.actor.name, context);
  if (answer.kind === 'ask') return answer.request;
  if (answer.kind === 'refused') return refused(`${answer.why} Nothing was done.`);
  const { typedName } = answer;
  const applied = await session.backend.service.applyPlan(id, { hash, typedName }, callerOf(session));
  return told(quoted(shownPlan(applied)));
}
