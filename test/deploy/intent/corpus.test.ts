import { describe, expect, it } from 'vitest';
import { examples } from '../../../src/deploy/intent/examples.ts';
import { createRulesParser } from '../../../src/deploy/intent/rules-parser.ts';
import { figuresText, measure, readCorpus } from './corpus.ts';

describe('the corpus', () => {
  const train = readCorpus('train');
  const test = readCorpus('test');
  const unseen = readCorpus('unseen');

  it('is large, in both languages, and shares no family and no sentence between training and test', () => {
    expect(train.length + test.length + unseen.length).toBeGreaterThanOrEqual(1_000);
    expect(test.length).toBeGreaterThanOrEqual(300);
    expect(test.filter(({ language }) => language === 'vi').length).toBeGreaterThanOrEqual(80);
    const families = new Set(train.map(({ family }) => family));
    expect([...test, ...unseen].filter(({ family }) => families.has(family))).toEqual([]);
    const tested = new Set(test.map(({ family }) => family));
    expect(unseen.filter(({ family }) => tested.has(family))).toEqual([]);
    const learned = new Set([
      ...train.map(({ text }) => text.toLowerCase()),
      ...examples.map(({ text }) => text.toLowerCase()),
    ]);
    expect([...test, ...unseen].filter(({ text }) => learned.has(text.toLowerCase())).map(({ text }) => text)).toEqual(
      [],
    );
  });

  it.each([
    ['train', train],
    ['test', test],
    ['unseen', unseen],
  ] as const)('is understood offline: %s', async (name, sentences) => {
    const figures = await measure(createRulesParser(), sentences);
    process.stdout.write(`offline parser, ${name}\n${figuresText(figures)}\n`);
    const why = figures.faults.join('\n');
    expect(figures.falseDestructive, why).toBe(0);
    expect(figures.falseChanges, why).toBe(0);
    expect(figures.exact / figures.given, why).toBeGreaterThanOrEqual(0.95);
    expect(figures.answered / figures.meant, why).toBeGreaterThanOrEqual(0.8);
    expect(figures.refused / figures.toRefuse, why).toBeGreaterThanOrEqual(0.95);
    expect(figures.asked / figures.toAsk, why).toBeGreaterThanOrEqual(0.95);
  });
});
