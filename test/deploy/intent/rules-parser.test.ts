import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Classifier } from '../../../src/deploy/intent/classifier.ts';
import { emptyStep } from '../../../src/deploy/intent/command.ts';
import { examples } from '../../../src/deploy/intent/examples.ts';
import { createRulesParser } from '../../../src/deploy/intent/rules-parser.ts';
import { sayingOf } from '../../../src/deploy/intent/saying.ts';
import { type IntentContext, type IntentStep, type Verb, verbFacts } from '../../../src/model/intent.ts';
import { readCorpus } from './corpus.ts';
import { busy, contexts, crowded, idle } from './known-jobs.ts';

const parser = createRulesParser();

async function stepsOf(text: string, context: IntentContext = idle): Promise<readonly IntentStep[]> {
  const intent = await parser.parse(text, context);
  expect(intent, text).toMatchObject({ kind: 'steps', parser: 'rules' });
  return intent.kind === 'steps' ? intent.steps : [];
}

describe('sentences to be shown', () => {
  it.each([
    ['deploy content event processor', 'content-events'],
    ['start processing video events', 'video-events'],
    ['I need creator analytics running', 'creator-analytics'],
  ])('%s', async (text, job) => {
    const deploy = { ...emptyStep('deploy'), job };
    for (const context of Object.values(contexts).filter(
      ({ jobs }) => jobs === idle.jobs && idle.defaultEnvironment !== null,
    )) {
      if (context.defaultEnvironment === null) continue;
      expect(await stepsOf(text, context)).toEqual([deploy]);
    }
    expect(await stepsOf(`${text} in staging`)).toEqual([{ ...deploy, environment: 'staging' }]);
    expect(await stepsOf(`${text} on Flink`)).toEqual([{ ...deploy, engine: 'flink' }]);
    expect(await stepsOf(`${text} in staging on flink`)).toEqual([
      { ...deploy, environment: 'staging', engine: 'flink' },
    ]);
  });

  it('stop the old one, take a savepoint, start it at parallelism 8, tell me when lag is under 1,000', async () => {
    const at = { job: 'content-events', environment: 'dev' };
    expect(
      await stepsOf(
        'stop the old one, take a savepoint, start it at parallelism 8, tell me when lag is under 1,000',
        busy,
      ),
    ).toEqual([
      { ...emptyStep('stop'), ...at, savepoint: true },
      { ...emptyStep('start'), ...at, parallelism: 8, until: { kind: 'lag-below', records: 1000 } },
    ]);
  });
});

describe('what a question offers', () => {
  it('means a step again, for every question about every sentence of the corpus', async () => {
    for (const { text, context } of [...readCorpus('train'), ...readCorpus('test')]) {
      const intent = await parser.parse(text, contexts[context]);
      if (intent.kind !== 'question') continue;
      for (const candidate of intent.candidates) {
        const again = await parser.parse(candidate, contexts[context]);
        expect(
          again.kind === 'question' && /environment|parallelism/.test(again.question) ? 'steps' : again.kind,
          `${text} → ${candidate}`,
        ).toBe('steps');
      }
    }
  }, 60_000);

  it('is what was said, and never gives up state that the words did not', async () => {
    const intent = await parser.parse('do not stop payment-risk without a savepoint', idle);
    expect(intent).toMatchObject({
      kind: 'question',
      candidates: ['stop payment-risk', 'show the status of payment-risk'],
    });
  });

  const verb = fc.constantFrom<Verb>(
    'deploy',
    'stop',
    'restart',
    'scale',
    'pause',
    'resume',
    'rollback',
    'savepoint',
    'status',
    'lag',
    'logs',
    'diagnose',
  );
  const step: fc.Arbitrary<IntentStep> = fc
    .record({
      verb,
      job: fc.constantFrom(...idle.jobs.filter(({ parameters }) => parameters.length > 1).map(({ name }) => name)),
      environment: fc.constantFrom(null, ...idle.environments),
      engine: fc.constantFrom(null, 'flink' as const, 'millrace' as const),
      parallelism: fc.option(fc.integer({ min: 1, max: 32_768 })),
      savepoint: fc.constantFrom(null, true, false),
      topic: fc.option(fc.stringMatching(/^[a-z][a-z0-9._-]{0,20}[a-z0-9]$/)),
      until: fc.constantFrom(null, { kind: 'running' as const }, { kind: 'lag-below' as const, records: 1000 }),
    })
    .map(({ topic, ...rest }) => {
      const changes = verbFacts[rest.verb].mutates;
      const runs = changes && !['stop', 'pause', 'savepoint'].includes(rest.verb);
      return {
        ...rest,
        parallelism: rest.verb === 'scale' ? (rest.parallelism ?? 4) : runs ? rest.parallelism : null,
        parameters: runs && rest.verb === 'deploy' && topic !== null ? { topic } : {},
        savepoint: rest.verb === 'stop' ? rest.savepoint : null,
        until: runs ? rest.until : null,
      };
    });

  it('is a law: a step said is the step', async () => {
    await fc.assert(
      fc.asyncProperty(step, async (expected) => {
        expect(await stepsOf(sayingOf(expected))).toEqual([expected]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('whatever the words', () => {
  const words = fc.constantFrom(
    ...'stop start deploy restart without a savepoint not don\'t it and then , ? content-events video events payment risk all in staging production when lag is under 100 if no "'.split(
      ' ',
    ),
    ...'dừng đừng không savepoint rồi nó nếu triển khai tất cả'.split(' '),
  );

  it('only jobs and places of the caller come out, and state is given up only by the words that say it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(words, { maxLength: 14 }),
        fc.constantFrom(idle, busy, crowded),
        async (list, context) => {
          const text = list.join(' ');
          const intent = await parser.parse(text, context);
          for (const { job, environment, savepoint } of intent.kind === 'steps' ? intent.steps : []) {
            if (job !== null) expect(context.jobs.map(({ name }) => name)).toContain(job);
            if (environment !== null) expect(context.environments).toContain(environment);
            if (savepoint !== false) continue;
            expect(text).toMatch(/without a savepoint|no savepoint|không savepoint/);
            expect(text).not.toMatch(/don't|\bif\b|\?|đừng|nếu|"| not /);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('it answers any text, also one that is none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (text) => {
        const intent = await parser.parse(text, crowded);
        expect(intent.kind === 'steps' && intent.steps.some(({ savepoint }) => savepoint === false)).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  it('an alias of the catalogue can not make orders of other words', async () => {
    const [job, ...others] = idle.jobs;
    const aliases = ['without a savepoint', 'in production', 'stop', 'everything', 'all'];
    const context: IntentContext = { ...idle, jobs: [{ ...job!, aliases }, ...others] };
    expect((await parser.parse('stop video-events without a savepoint', context)).kind).toBe('steps');
    expect((await parser.parse('stop everything', context)).kind).toBe('question');
    expect(await stepsOf('deploy video-events in production', context)).toMatchObject([
      { job: 'video-events', environment: 'production' },
    ]);
  });

  it('a name that two jobs share is asked about', async () => {
    const jobs = idle.jobs.slice(0, 2).map((job) => ({ ...job, aliases: ['the pair'] }));
    expect((await parser.parse('restart the pair', { ...idle, jobs })).kind).toBe('question');
  });

  it('digits are never a slip: v3 is not v1', async () => {
    const jobs = [{ name: 'payments-v1', aliases: [], description: '', parameters: [] }];
    expect((await parser.parse('stop payments-v3', { ...idle, jobs })).kind).toBe('question');
  });

  it('is refused beyond 2048 bytes, counted as bytes', async () => {
    expect((await parser.parse(`deploy content-events ${'ữ'.repeat(700)}`, idle)).kind).toBe('out-of-scope');
  });
});

describe('the classifier', () => {
  it('learns fast enough to be loaded when it is needed', () => {
    const started = performance.now();
    new Classifier(examples);
    const first = performance.now() - started;
    expect(first).toBeLessThan(2_000); // 0.2 s on a quiet machine
  });

  it('tells topics apart that it has not seen', () => {
    const classifier = new Classifier(examples);
    expect(classifier.guess('could you bring me some tea')[0]!.label).toBe('other');
    expect(classifier.guess('is JOB keeping up today')[0]!.label).toBe('lag');
  });

  it('gives the same guess each time', () => {
    expect(new Classifier(examples).guess('JOB acts strange')).toEqual(
      new Classifier(examples).guess('JOB acts strange'),
    );
  });
});
