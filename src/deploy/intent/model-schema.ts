/**
 * What a model may answer, as a JSON schema in the subset that all servers understand (everything required, nullable in place of optional,
 * nothing besides, no bounds) and as the check of the answer, which trusts no server to have kept to it.
 */
import { z } from 'zod';
import { jobEngines } from '../../model/deployment.ts';
import { type IntentContext, type IntentStep, maxIntentSteps, verbs } from '../../model/intent.ts';

/** Names that the model is shown: it can say no others. */
export type Names = Readonly<{ jobs: readonly string[]; environments: readonly string[] }>;

function schemaOf({ jobs, environments }: Names) {
  const until = z.strictObject({ kind: z.enum(['lag-below', 'running']), records: z.number().nullable() });
  const step = z.strictObject({
    verb: z.enum(verbs),
    job: names(jobs),
    environment: names(environments),
    engine: z.enum(jobEngines as ['millrace', 'flink']).nullable(),
    parameters: z.array(z.strictObject({ name: z.string(), value: z.string() })),
    parallelism: z.number().nullable(),
    savepoint: z.boolean().nullable(),
    until: until.nullable(),
  });
  return z.strictObject({
    kind: z.enum(['steps', 'question', 'out-of-scope']),
    confidence: z.number(),
    steps: z.array(step),
    question: z.string().nullable(),
  });
}

function names(list: readonly string[]) {
  return list.length === 0 ? z.null() : z.enum(list as [string, ...string[]]).nullable();
}

export type ModelAnswer = z.infer<ReturnType<typeof schemaOf>>;

export function answerSchema(names: Names): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(schemaOf(names));
  return schema;
}

/** The answer, or what is wrong with it in words for the model. */
export function readAnswer(text: string, names: Names): Readonly<{ answer: ModelAnswer } | { fault: string }> {
  let value: unknown;
  try {
    value = JSON.parse(text.trim().replace(/^```(?:json)?\s*|\s*```$/g, ''));
  } catch {
    return { fault: 'The answer is not JSON.' };
  }
  const result = schemaOf(names).safeParse(value);
  if (!result.success) {
    const faults = result.error.issues.slice(0, 4).map(({ path, message }) => `${path.join('.')}: ${message}`);
    return { fault: faults.join('; ') };
  }
  if (result.data.steps.length > maxIntentSteps) return { fault: `steps: at the most ${maxIntentSteps}` };
  return { answer: result.data };
}

/** Numbers may still be anything: what they mean is checked with everything else. */
export function stepsOf(answer: ModelAnswer): readonly IntentStep[] {
  return answer.steps.map(({ parameters, until, ...step }) => ({
    ...step,
    parameters: Object.fromEntries(parameters.map(({ name, value }) => [name, value])),
    until:
      until === null
        ? null
        : until.kind === 'running'
          ? { kind: 'running' }
          : { kind: 'lag-below', records: until.records ?? Number.NaN },
  }));
}

export function namesOf(context: IntentContext): Names {
  return { jobs: context.jobs.map(({ name }) => name), environments: context.environments };
}
