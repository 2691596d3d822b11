import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createOpenAiModel } from '../../../src/deploy/intent/chat-model.ts';
import { emptyStep } from '../../../src/deploy/intent/command.ts';
import { createIntentParser } from '../../../src/deploy/intent/intent-parser.ts';
import { DailyBudgets } from '../../../src/deploy/intent/model-budget.ts';
import { modelConfigurationOf } from '../../../src/deploy/intent/model-configuration.ts';
import { AnswerCache, createModelParser, type ModelParser } from '../../../src/deploy/intent/model-parser.ts';
import { createRulesParser } from '../../../src/deploy/intent/rules-parser.ts';
import { type IntentContext, type IntentStep, verbFacts, verbs } from '../../../src/model/intent.ts';
import { type Answer, type FakeChatServer, startFakeChatServer } from './fake-chat-server.ts';
import { idle } from './known-jobs.ts';

let server: FakeChatServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

type Settings = Readonly<{
  enabled?: () => boolean;
  timeoutMs?: number;
  limits?: { callsPerDay: number; tokensPerDay: number };
  retries?: number;
}>;

async function parserFor(answers: Answer[], settings: Settings = {}): Promise<ModelParser> {
  server = await startFakeChatServer(...answers);
  const budgets = new DailyBudgets(settings.limits ?? { callsPerDay: 100, tokensPerDay: 1e6 }, () => 0);
  const model = createOpenAiModel({
    ...{
      baseUrl: server.baseUrl,
      model: 'fake',
      apiKey: 'key',
      timeoutMs: settings.timeoutMs ?? 10_000,
      callsPerDay: 1,
      tokensPerDay: 1,
    },
    maxRetries: settings.retries ?? 0,
  });
  return createModelParser({
    model,
    budget: budgets.of('ann'),
    enabled: settings.enabled ?? (() => true),
    cache: new AnswerCache(),
  });
}

type WireStep = Omit<IntentStep, 'parameters' | 'until'> & {
  parameters: { name: string; value: string }[];
  until: { kind: string; records: number | null } | null;
};

function wireStep(verb: IntentStep['verb'], job: string | null, more: Partial<WireStep> = {}): WireStep {
  return { ...emptyStep(verb), job, parameters: [], until: null, ...more };
}

function content(steps: readonly unknown[], more: Record<string, unknown> = {}): Answer {
  return { content: JSON.stringify({ kind: 'steps', confidence: 0.9, steps, question: null, ...more }) };
}

const fuzzy = 'make the influencer dashboards come alive'; // no verb and no job that the rules know

describe('what a model answers', () => {
  it('becomes steps, by the model', async () => {
    const parser = await parserFor([
      content([
        wireStep('deploy', 'creator-analytics', {
          parameters: [{ name: 'window', value: '5min' }],
          until: { kind: 'lag-below', records: 10 },
        }),
      ]),
    ]);
    expect(await parser.parse(fuzzy, idle)).toEqual({
      kind: 'steps',
      parser: 'model',
      confidence: 0.9,
      steps: [
        {
          ...emptyStep('deploy'),
          job: 'creator-analytics',
          parameters: { window: '5min' },
          until: { kind: 'lag-below', records: 10 },
        },
      ],
    });
  });

  it('is asked for by a strict schema, once more in words, at temperature 0', async () => {
    const parser = await parserFor([content([wireStep('list', null)])]);
    await parser.parse(fuzzy, idle);
    const body = JSON.parse(server!.bodies[0]!);
    expect(body).toMatchObject({
      model: 'fake',
      temperature: 0,
      response_format: { type: 'json_schema', json_schema: { strict: true } },
    });
    const { schema } = body.response_format.json_schema;
    expect(body.messages[0].content).toContain(JSON.stringify(schema));
    expect(faultsOfPortability(schema)).toEqual([]);
    expect(server!.headers[0]).toMatchObject({ url: '/v1/chat/completions', authorization: 'Bearer key' });
  });

  it.each(verbs)('may be the verb %s: a step if it can be one, else a question', async (verb) => {
    const parser = await parserFor([
      content([wireStep(verb, 'payment-risk', { parallelism: verb === 'scale' ? 4 : null })]),
    ]);
    const intent = await parser.parse(fuzzy, idle);
    expect(intent.kind).toBe('steps');
  });

  const asked: [string, unknown][] = [
    ['a change of no job', wireStep('stop', null)],
    ['no savepoint where the words say nothing of it', wireStep('stop', 'payment-risk', { savepoint: false })],
    ['a restart without state', wireStep('restart', 'payment-risk', { savepoint: false })],
    ['a huge parallelism', wireStep('scale', 'payment-risk', { parallelism: 1e15 })],
    ['a parallelism that is no whole number', wireStep('scale', 'payment-risk', { parallelism: 1.5 })],
    ['a negative parallelism', wireStep('deploy', 'payment-risk', { parallelism: -4 })],
    ['scaling to nothing', wireStep('scale', 'payment-risk')],
    ['a huge lag', wireStep('deploy', 'payment-risk', { until: { kind: 'lag-below', records: 1e300 } })],
    ['a lag below nothing', wireStep('deploy', 'payment-risk', { until: { kind: 'lag-below', records: null } })],
    [
      'a parameter of another job',
      wireStep('deploy', 'payment-risk', { parameters: [{ name: 'window', value: '5min' }] }),
    ],
    ['a secret', wireStep('deploy', 'payment-risk', { parameters: [{ name: 'api_key', value: 'x' }] })],
    [
      'a value made for a shell',
      wireStep('deploy', 'payment-risk', { parameters: [{ name: 'topic', value: '$(rm -rf /)' }] }),
    ],
    [
      'a value made for SQL',
      wireStep('deploy', 'payment-risk', { parameters: [{ name: 'topic', value: "x'; DROP TABLE t" }] }),
    ],
  ];
  it.each(asked)('is a question where it is %s', async (_, step) => {
    const parser = await parserFor([content([step])]);
    expect(await parser.parse(fuzzy, idle)).toMatchObject({ kind: 'question', parser: 'model' });
  });

  it.each([
    "don't stop payment-risk",
    'if it is slow stop payment-risk',
    'stop payment-risk tomorrow',
    'he said "stop payment-risk now please"',
    'why stop payment-risk',
    'delete payment-risk',
  ])('is a question where the words speak against it: %s', async (text) => {
    const parser = await parserFor([content([wireStep('stop', 'payment-risk')])]);
    expect((await parser.parse(text, idle)).kind).toBe('question');
  });

  it('may give up state only where the words do', async () => {
    const parser = await parserFor([content([wireStep('stop', 'payment-risk', { savepoint: false })])]);
    expect(await parser.parse('halt payment-risk, no savepoint', idle)).toMatchObject({ kind: 'steps' });
    expect(await parser.parse('halt video-events without a savepoint', idle)).toMatchObject({ kind: 'question' });
    expect(await parser.parse('halt payment-risk', idle)).toMatchObject({ kind: 'question' });
  });

  const offSchema: [string, Answer][] = [
    ['no JSON', { content: 'Sure! I will deploy it for you.' }],
    ['nothing', { content: '' }],
    ['the wrong language', { content: 'Tôi sẽ triển khai ngay' }],
    ['a verb of its own', content([{ ...wireStep('deploy', 'payment-risk'), verb: 'delete' }])],
    ["another tenant's job", content([wireStep('stop', 'other-tenants-job')])],
    ['a name that only looks like one', content([wireStep('stop', 'pаyment-risk')])],
    ['a path for a name', content([wireStep('deploy', '../../etc/passwd')])],
    ['an unknown environment', content([wireStep('deploy', 'payment-risk', { environment: 'moon' })])],
    ['an unknown engine', content([{ ...wireStep('deploy', 'payment-risk'), engine: 'spark' }])],
    ['a field of its own', content([{ ...wireStep('deploy', 'payment-risk'), sql: 'DROP TABLE t' }])],
    ['nine steps', content(Array.from({ length: 9 }, () => wireStep('status', 'payment-risk')))],
    ['a missing field', content([{ verb: 'deploy', job: 'payment-risk' }])],
    ['an array', { content: '[]' }],
  ];
  it.each(offSchema)('is off the schema with %s: told once, then no intent', async (_, answer) => {
    const parser = await parserFor([answer]);
    expect(await parser.ask(fuzzy, idle)).toMatchObject({
      intent: null,
      outcome: 'off-schema',
      usage: { input: 200, output: 40 },
    });
    expect(server!.bodies).toHaveLength(2);
    expect(JSON.parse(server!.bodies[1]!).messages).toHaveLength(4);
  });

  it('may be mended', async () => {
    const parser = await parserFor([{ content: 'oops' }, content([wireStep('status', 'payment-risk')])]);
    expect(await parser.ask(fuzzy, idle)).toMatchObject({ outcome: 'ok', intent: { kind: 'steps' } });
  });

  it('shows its question cleaned and cut', async () => {
    const question = `Which\u001b[31m one\u200b?\n${'x'.repeat(1000)}`;
    const parser = await parserFor([content([], { kind: 'question', question })]);
    const intent = await parser.parse(fuzzy, idle);
    expect(intent).toMatchObject({ kind: 'question', candidates: [] });
    expect(intent.kind === 'question' && intent.question).toMatch(/^Which \[31m one\? x{200,290}$/);
  });

  it('never makes a step that is not in the catalogue, whatever it is', async () => {
    const parser = await parserFor([{ content: '{}' }]);
    const anyStep = fc.record({
      verb: fc.oneof(fc.constantFrom(...verbs), fc.string()),
      job: fc.oneof(fc.constantFrom('payment-risk', 'video-events', null), fc.string()),
      environment: fc.oneof(fc.constantFrom('dev', 'production', null), fc.string()),
      engine: fc.constantFrom('flink', 'millrace', null, 'spark'),
      parameters: fc.array(fc.record({ name: fc.constantFrom('window', 'topic', 'limit'), value: fc.string() }), {
        maxLength: 2,
      }),
      parallelism: fc.oneof(fc.constant(null), fc.double(), fc.integer()),
      savepoint: fc.constantFrom(true, false, null),
      until: fc.constantFrom(null, { kind: 'running', records: null }, { kind: 'lag-below', records: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 9 }), fc.uuid(), async (steps, salt) => {
        server!.answers.splice(0, server!.answers.length, content(steps));
        const { intent } = await parser.ask(`${fuzzy} ${salt}`, idle);
        for (const step of intent?.kind === 'steps' ? intent.steps : []) {
          expect(verbs).toContain(step.verb);
          expect(step.savepoint === false && verbFacts[step.verb].mutates).toBe(false);
          if (step.job !== null) expect(idle.jobs.map(({ name }) => name)).toContain(step.job);
          if (step.environment !== null) expect(idle.environments).toContain(step.environment);
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('faults of the wire', () => {
  const faults: [string, Answer, string][] = [
    ['refused', { refusal: 'I cannot help with that.' }, 'refusal'],
    ['filtered', { content: '', finish: 'content_filter' }, 'refusal'],
    ['cut off', { content: '{"kind":"ste', finish: 'length' }, 'truncation'],
    ['slow', 'silence', 'time-out'],
    ['hung up', 'hang-up', 'connection'],
    ['429', { status: 429 }, 'rate-limited'],
    ['500', { status: 500 }, 'server-error'],
    ['503', { status: 503 }, 'server-error'],
    ['401', { status: 401 }, 'rejected'],
    ['404', { status: 404 }, 'rejected'],
    ['not JSON', { raw: '<html>busy</html>' }, 'server-error'],
    ['JSON of another kind', { raw: '{"hello":1}' }, 'off-schema'],
  ];
  it.each(faults)('%s: the offline answer stands', async (_, answer, outcome) => {
    const model = await parserFor([answer], answer === 'silence' ? { timeoutMs: 100 } : {});
    expect(await model.ask(fuzzy, idle)).toMatchObject({ intent: null, outcome });
    const text = 'restart the maintenance or the payment job';
    const both = createIntentParser({ rules: createRulesParser(), model });
    expect(await both.parse(text, idle)).toEqual(await createRulesParser().parse(text, idle));
  });

  it.each([429, 500])('%s is tried again, twice', async (status) => {
    const again: Answer = { status, headers: { 'retry-after-ms': '1' } };
    const parser = await parserFor([again, again, content([wireStep('list', null)])], { retries: 2 });
    expect(await parser.ask(fuzzy, idle)).toMatchObject({ outcome: 'ok' });
    expect(server!.bodies).toHaveLength(3);
  });

  it('goes on without a format where the server knows none', async () => {
    const parser = await parserFor([
      { status: 400, body: { error: { message: "'response_format.type' must be 'text'" } } },
      content([wireStep('list', null)]),
    ]);
    expect(await parser.ask(fuzzy, idle)).toMatchObject({ outcome: 'ok' });
    expect(JSON.parse(server!.bodies[1]!)).not.toHaveProperty('response_format');
    await parser.ask(`${fuzzy} again`, idle);
    expect(JSON.parse(server!.bodies[2]!)).not.toHaveProperty('response_format');
  });

  it('ends when the caller goes away', async () => {
    const parser = await parserFor(['silence']);
    await expect(parser.ask(fuzzy, idle, AbortSignal.timeout(20))).rejects.toThrow('abort');
  });

  it('is an error of the world to those who ask the model alone', async () => {
    await expect((await parserFor(['silence'], { timeoutMs: 100 })).parse(fuzzy, idle)).rejects.toMatchObject({
      code: 'TIMEOUT',
      retryable: true,
    });
  });
});

describe('when the model is asked', () => {
  it('not where the offline parser is sure', async () => {
    const model = await parserFor([content([wireStep('stop', 'payment-risk')])]);
    const both = createIntentParser({ rules: createRulesParser(), model });
    expect(await both.parse('deploy payment-risk', idle)).toMatchObject({ parser: 'rules', kind: 'steps' });
    expect(server!.bodies).toEqual([]);
  });

  it('where it is not, and says so', async () => {
    const model = await parserFor([content([wireStep('deploy', 'creator-analytics')])]);
    const both = createIntentParser({ rules: createRulesParser(), model });
    expect(await both.parse(fuzzy, idle)).toMatchObject({ parser: 'model', kind: 'steps' });
  });

  it('but a refusal is not given up for a question', async () => {
    const asks = { kind: 'question', confidence: 0.2, steps: [], question: 'Which job?' };
    const model = await parserFor([{ content: JSON.stringify(asks) }]);
    const both = createIntentParser({ rules: createRulesParser(), model });
    expect(await both.parse('show me a recipe for lasagne', idle)).toMatchObject({
      kind: 'out-of-scope',
      parser: 'rules',
    });
    expect(server!.bodies).toHaveLength(1);
  });

  it('not when it is switched off, which counts at once', async () => {
    let enabled = true;
    const parser = await parserFor([content([wireStep('list', null)])], { enabled: () => enabled });
    await parser.ask('one', idle);
    enabled = false;
    expect(await parser.ask('two', idle)).toMatchObject({ intent: null, outcome: 'switched-off' });
    expect(server!.bodies).toHaveLength(1);
  });

  it('until the calls or the tokens of the day are spent', async () => {
    const calls = await parserFor([content([wireStep('list', null)])], {
      limits: { callsPerDay: 1, tokensPerDay: 1e6 },
    });
    expect(await calls.ask('one', idle)).toMatchObject({ outcome: 'ok' });
    expect(await calls.ask('two', idle)).toMatchObject({ outcome: 'budget' });
    await server!.close();
    const tokens = await parserFor([content([wireStep('list', null)])], {
      limits: { callsPerDay: 9, tokensPerDay: 130 },
    });
    const outcomes = [await tokens.ask('one', idle), await tokens.ask('two', idle), await tokens.ask('three', idle)];
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'budget']);
  });

  it('once for the same words in the same world', async () => {
    const parser = await parserFor([content([wireStep('list', null)])]);
    await parser.ask('what', idle);
    expect(await parser.ask('what', idle)).toMatchObject({ outcome: 'cached', intent: { kind: 'steps' } });
    const other: IntentContext = { ...idle, jobs: idle.jobs.slice(1) };
    expect(await parser.ask('what', other)).toMatchObject({ outcome: 'ok' });
  });

  it('by a budget that is new each day and each person', () => {
    let now = 0;
    const budgets = new DailyBudgets({ callsPerDay: 1, tokensPerDay: 10 }, () => now);
    expect([budgets.of('ann').take(), budgets.of('ann').take(), budgets.of('bob').take()]).toEqual([true, false, true]);
    now = 86_400_000;
    expect(budgets.of('ann').take()).toBe(true);
  });
});

describe('where the model is', () => {
  it('nowhere without a name', () => {
    expect(modelConfigurationOf({ OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' })).toBeNull();
  });

  it('at the address given', () => {
    const given = {
      MILLRACE_LLM_MODEL: 'm',
      OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
      MILLRACE_LLM_TIMEOUT: '5 s',
      MILLRACE_LLM_CALLS_PER_DAY: '3',
    };
    expect(modelConfigurationOf(given)).toEqual({
      ...{ baseUrl: 'http://127.0.0.1:1/v1', model: 'm', apiKey: null, timeoutMs: 5000, maxRetries: 2 },
      ...{ callsPerDay: 3, tokensPerDay: 500_000 },
    });
  });

  it.each([
    [{ OPENAI_BASE_URL: 'file:///etc/passwd' }, 'OPENAI_BASE_URL: expected an http or https URL'],
    [{ MILLRACE_LLM_TIMEOUT: '1 h' }, 'MILLRACE_LLM_TIMEOUT: expected a duration of at the most 2 min'],
    [{ MILLRACE_LLM_TOKENS_PER_DAY: 'many' }, 'MILLRACE_LLM_TOKENS_PER_DAY: expected a whole number'],
  ])('%s is refused', (given, message) => {
    expect(() => modelConfigurationOf({ MILLRACE_LLM_MODEL: 'm', ...given })).toThrow(message);
  });
});

/** Keywords that some server ignores or refuses; objects that are not closed or leave something out. */
function faultsOfPortability(schema: unknown, path = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const refused = [
    'allOf',
    'oneOf',
    'if',
    'then',
    'patternProperties',
    'uniqueItems',
    'minimum',
    'maximum',
    'minLength',
    'maxItems',
    'pattern',
    '$ref',
  ];
  const own = refused.filter((key) => key in schema).map((key) => `${path}.${key}`);
  const object = schema as {
    type?: unknown;
    properties?: Record<string, unknown>;
    required?: string[];
    additionalProperties?: unknown;
  };
  if (object.type === 'object') {
    if (object.additionalProperties !== false) own.push(`${path} is open`);
    if (Object.keys(object.properties ?? {}).join() !== (object.required ?? []).join())
      own.push(`${path} leaves something out`);
  }
  return [...own, ...Object.entries(schema).flatMap(([key, value]) => faultsOfPortability(value, `${path}.${key}`))];
}
