/** The shapes of /api/v1/ as JSON Schema (2020-12), by name: what src/model says of them in types. */
import { causeNames } from '../deploy/diagnose/cause.ts';
import { actionNames } from '../deploy/diagnose/safe-action.ts';
import { confirmations, riskClasses } from '../model/change-plan.ts';
import { jobEngines, lifecycleStates } from '../model/deployment.ts';
import { errorCodes } from '../model/errors.ts';
import { maxIntentBytes, maxIntentSteps, verbs } from '../model/intent.ts';
import { jobStates } from '../model/job-status.ts';

export type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const count: Schema = { type: 'integer', minimum: 0 };
const time: Schema = { type: 'integer', description: 'ms since 1970' };
const hash: Schema = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const texts: Schema = { type: 'object', additionalProperties: text };

export function schemaRef(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function oneOf(values: readonly string[]): Schema {
  return { type: 'string', enum: values };
}

function list(items: Schema, more: Schema = {}): Schema {
  return { type: 'array', items, ...more };
}

function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

/** All of them there, and no others. */
function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}

const restoreFrom: Schema = {
  oneOf: [object({ kind: oneOf(['latest', 'none']) }), object({ kind: { const: 'savepoint' }, path: text })],
};

const condition: Schema = {
  oneOf: [object({ kind: { const: 'lag-below' }, records: count }), object({ kind: { const: 'running' } })],
};

const name: Schema = { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,62}$' };
const parallelism: Schema = orNull({ type: 'integer', minimum: 1, maximum: 32_768 });

const release: Schema = object({
  job: name,
  environment: name,
  engine: oneOf(jobEngines),
  digest: hash,
  spec: text,
  script: text,
  directory: text,
  parameters: texts,
  parallelism,
  team: orNull(text),
});

const planStep: Schema = object({
  job: name,
  environment: name,
  action: oneOf(verbs),
  engine: oneOf(jobEngines),
  parameters: texts,
  parallelism,
  restore: restoreFrom,
  savepoint: flag,
  until: orNull(condition),
  release: orNull(release),
  diff: list(object({ field: text, before: orNull(text), after: orNull(text) })),
  text,
});

const plan: Schema = object({
  id: { type: 'string', pattern: '^plan-[a-z0-9]{16}$' },
  hash,
  status: oneOf(['pending', 'applying', 'applied', 'failed', 'cancelled', 'expired']),
  createdAt: time,
  expiresAt: time,
  surface: oneOf(['cli', 'http', 'page', 'mcp', 'gitops']),
  actor: object({ name: text, team: orNull(text), roles: list(text) }),
  parser: orNull(oneOf(['rules', 'model'])),
  command: { type: 'string', description: 'the explicit command that it stands for' },
  steps: list(planStep),
  risk: oneOf(riskClasses),
  confirmation: oneOf(confirmations),
  decisions: list(object({ rule: text, confirmation: oneOf(confirmations), text })),
  requiredRole: text,
  cost: object({ jobs: { type: 'number' }, slots: { type: 'number' }, memoryMb: { type: 'number' } }),
  observed: { type: 'object', additionalProperties: count },
  confirmedBy: list(text),
  progress: list(
    object({ step: count, state: oneOf(['running', 'done', 'failed']), text, startedAt: time, endedAt: orNull(time) }),
  ),
});

const askAnswer: Schema = {
  oneOf: [
    object({ kind: { const: 'plan' }, plan: schemaRef('Plan'), command: text, parser: oneOf(['rules', 'model']) }),
    object({ kind: { const: 'answer' }, text, data: {}, command: text, parser: oneOf(['rules', 'model']) }, ['data']),
    object({ kind: { const: 'question' }, question: text, candidates: list(text), parser: oneOf(['rules', 'model']) }),
    object({ kind: { const: 'out-of-scope' }, reason: text, parser: oneOf(['rules', 'model']) }),
  ],
};

const targetJob: Schema = object({
  jobId: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  name: text,
  state: oneOf([...jobStates, 'ABSENT']),
  startTime: orNull(time),
  endTime: orNull(time),
  parallelism: orNull(count),
  restarts: count,
  checkpoints: object({ completed: count, failed: count, latestTime: orNull(time), latestPath: orNull(text) }),
  lagRecords: orNull({ type: 'number' }),
  recordsIn: orNull({ type: 'number' }),
  recordsOut: orNull({ type: 'number' }),
  watermark: orNull({ type: 'number' }),
  exceptions: list(object({ time, task: orNull(text), text }), { maxItems: 16 }),
  view: orNull(text),
});

const healthCheck: Schema = object({
  name: oneOf(['liveness', 'progress', 'checkpoint-age', 'lag', 'restarts']),
  verdict: oneOf(['ok', 'warning', 'failing', 'unknown']),
  text,
});

const deployment: Schema = object({
  job: name,
  environment: name,
  engine: oneOf(jobEngines),
  team: orNull(text),
  state: oneOf(lifecycleStates),
  wanted: oneOf(['running', 'suspended']),
  version: count,
  release: object({ number: count, digest: hash, parameters: texts, parallelism }),
  lastStableRelease: orNull(count),
  jobId: orNull(text),
  observed: orNull(targetJob),
  health: list(healthCheck),
  savepoints: list(object({ path: text, time })),
  error: orNull(text),
  updatedAt: time,
});

const intentStep: Schema = object(
  {
    verb: oneOf(verbs),
    job: orNull(text),
    environment: orNull(text),
    engine: orNull(oneOf(jobEngines)),
    parameters: texts,
    parallelism,
    savepoint: orNull(flag),
    until: orNull(condition),
  },
  ['job', 'environment', 'engine', 'parameters', 'parallelism', 'savepoint', 'until'],
);

const diagnosis: Schema = object({
  job: text,
  at: time,
  healthy: flag,
  causes: list(
    object({
      cause: oneOf(causeNames),
      role: oneOf(['fault', 'consequence']),
      of: orNull(oneOf(causeNames)),
      confidence: { type: 'number', minimum: 0, maximum: 1 },
      text,
      advice: text,
      action: object({ name: oneOf(actionNames), command: text }),
      evidence: list(object({ id: text, text, value: orNull({ type: 'number' }), at: orNull(time) })),
      since: orNull(time),
    }),
  ),
});

export const apiSchemas: Readonly<Record<string, Schema>> = {
  Error: object({ code: oneOf(errorCodes), message: text, hint: orNull(text), retryable: flag }),
  Ask: object(
    {
      text: { type: 'string', minLength: 1, description: `at the most ${maxIntentBytes} bytes of UTF-8` },
      environment: orNull(text),
    },
    ['environment'],
  ),
  Steps: object({ steps: list(intentStep, { minItems: 1, maxItems: maxIntentSteps }) }),
  Confirmation: object({ hash, typedName: text, reason: text }, ['typedName', 'reason']),
  Nothing: object({}),
  AskAnswer: askAnswer,
  Plan: plan,
  Plans: object({ plans: list(schemaRef('Plan')) }),
  Deployment: deployment,
  Deployments: object({ jobs: list(schemaRef('Deployment')) }),
  Logs: object({ lines: list(text) }),
  Health: object({ state: oneOf(lifecycleStates), checks: list(healthCheck) }),
  Status: object({ status: orNull({ type: 'object' }) }),
  Diagnosis: diagnosis,
  Events: object({ events: list(object({ time, kind: text, text })) }),
  Serve: object({ version: text, instance: text, startedAt: time }),
};
