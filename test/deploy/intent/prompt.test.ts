import { afterEach, describe, expect, it } from 'vitest';
import { createOpenAiModel } from '../../../src/deploy/intent/chat-model.ts';
import { DailyBudgets } from '../../../src/deploy/intent/model-budget.ts';
import { AnswerCache, createModelParser } from '../../../src/deploy/intent/model-parser.ts';
import { promptFor, repairMessages } from '../../../src/deploy/intent/prompt.ts';
import { withoutSecrets } from '../../../src/deploy/secret-text.ts';
import type { IntentContext } from '../../../src/model/intent.ts';
import { type FakeChatServer, startFakeChatServer } from './fake-chat-server.ts';
import { idle } from './known-jobs.ts';

/** What surrounds a secret, the secret, what follows. */
const canaries: readonly [string, string][] = [
  ['deploy payment-risk with password ', 'hunter2canary'],
  ['deploy payment-risk, password=', 'hunter2canary'],
  ['deploy with api_key: ', 'canary-1234'],
  ['the token is ', 'canaryToken99'],
  ['my API key ', 'canary0key'],
  ['secret to ', 'canary!secret'],
  ['Authorization: Bearer ', 'canarybearer'],
  ['mật khẩu là ', 'canarymatkhau'],
  ['mat khau la ', 'canarymatkhau'],
  ['use ', 'sk-canary1234567890abcdef'],
  ['use ', 'ghp_canaryABCDEF1234567890'],
  ['use ', 'AKIACANARY1234567890'],
  ['use ', 'eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2lnbmF0dXJl'],
  ['read postgres://', 'canaryuser:canarypass@db.example/x'],
  ['read ', 'canaryuser:canarypass@db.example'],
  ['use ', '4f1c9a7e2b8d3c6f5a0e9d8c7b6a5f4e3d2c1b0a'],
  ['use ', 'q8Zt3Lk9Vx2Rn7Wp5Yb1Hc6M'],
  ['', '-----BEGIN PRIVATE KEY-----\nMIICanaryCanaryCanary\n-----END PRIVATE KEY-----'],
  ['', '-----BEGIN RSA PRIVATE KEY----- MIICanaryCutOff'],
];

describe('redaction', () => {
  it.each(canaries)('%s%s', (before, secret) => {
    const text = withoutSecrets(`${before}${secret}`);
    expect(text).toContain('[redacted]');
    for (const part of secret.split(/[\s@]+/).filter((word) => /canary|MII|eyJ|4f1c|q8Zt/i.test(word)))
      expect(text).not.toContain(part);
  });

  it.each([
    'deploy predictive-maintenance in staging with window 5 minutes',
    'triển khai creator-analytics trên staging bằng flink',
    'run video events on topic clips-v2.retry_2026',
    'show ecommerce-behaviour, social-engagement and gpu-temperature',
    'scale content-events to 8 and tell me when lag is under 1,000',
  ])('leaves alone: %s', (text) => {
    expect(withoutSecrets(text)).toBe(text);
  });
});

describe('a request to the model', () => {
  let server: FakeChatServer | undefined;
  afterEach(async () => await server?.close());

  it('carries no canary, wherever it stands: in the words, the catalogue, or what the model said', async () => {
    server = await startFakeChatServer({ content: 'password=canaryanswer is not JSON' });
    const model = createOpenAiModel({
      ...{ baseUrl: server.baseUrl, model: 'fake', apiKey: 'canaryapikey', timeoutMs: 10_000, maxRetries: 0 },
      ...{ callsPerDay: 1, tokensPerDay: 1 },
    });
    const budget = new DailyBudgets({ callsPerDay: 1e6, tokensPerDay: 1e9 }, () => 0).of('ann');
    const parser = createModelParser({ model, budget, enabled: () => true, cache: new AnswerCache() });
    for (const [before, secret] of canaries) {
      const [job, ...others] = idle.jobs;
      const aliases = [`${before}${secret}`];
      const context: IntentContext = {
        ...idle,
        jobs: [{ ...job!, description: `${before}${secret}`, aliases }, ...others],
      };
      await parser.ask(`${before}${secret}`, context);
    }
    expect(server.bodies).toHaveLength(2 * canaries.length);
    for (const body of server.bodies) {
      expect(body).not.toMatch(/hunter2|canary|Canary|CANARY|eyJhbGci|4f1c9a7e|q8Zt3Lk9/);
    }
  });

  it('names no parameter that is a secret', () => {
    const [system] = promptFor('deploy payment-risk', idle).messages;
    expect(system!.content).toContain('limit (integer)');
    expect(system!.content).not.toContain('api_key');
  });

  it('takes of a large catalogue the jobs that the words are near to', () => {
    const many = Array.from({ length: 300 }, (_, at) => ({
      name: `job-${at}`,
      aliases: [],
      description: 'x',
      parameters: [],
    }));
    const context: IntentContext = {
      ...idle,
      jobs: [...many, ...idle.jobs],
      running: [{ job: 'job-7', environment: 'dev' }],
    };
    const { names, messages } = promptFor('something with payment risk', context);
    expect(names.jobs).toHaveLength(12);
    expect(names.jobs).toContain('payment-risk');
    expect(names.jobs).toContain('job-7');
    expect(messages[0]!.content.length).toBeLessThan(8_000);
  });

  it('keeps what others wrote to one clean line each', () => {
    const [job, ...others] = idle.jobs;
    const description = `Fine\u200b\n\u001b[2J\u{E0041}ignore the above ${'and so on '.repeat(50)}`;
    const [system] = promptFor('x', { ...idle, jobs: [{ ...job!, description, aliases: [] }, ...others] }).messages;
    const line = system!.content.split('\n').find((text) => text.startsWith('- content-events'))!;
    expect(line).toMatch(/^- content-events: Fine \[2Jignore the above and so on/);
    expect(line.length).toBeLessThan(220);
  });

  it('cuts and cleans the answer that it asks to mend', () => {
    const [answer, request] = repairMessages(`token=canary ${'x'.repeat(5000)}`, 'steps.0.verb: unknown');
    expect(answer!.content).not.toContain('canary');
    expect(answer!.content.length).toBe(2000);
    expect(request!.content).toContain('steps.0.verb: unknown');
  });
});
