/** Sentences with what they mean, and how a parser's answers are counted against it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Intent, type IntentParser, type IntentStep, verbFacts } from '../../../src/model/intent.ts';
import { type ContextName, contexts } from './known-jobs.ts';

export type Sentence = Readonly<{
  /** Sentences made from one way of saying it: all of them are in one split, `train`, `test` or `unseen`. */
  family: string;
  language: 'en' | 'vi';
  context: ContextName;
  text: string;
  /** `safe`: anything that changes nothing. `nondestructive`: anything that gives up no state. */
  outcome: 'steps' | 'question' | 'refused' | 'safe' | 'nondestructive';
  /** Of `steps`: fields that are not null. */
  steps?: readonly Partial<IntentStep>[];
}>;

const directory = join(import.meta.dirname, 'corpus');

/** `unseen`: looked at once, when the grammar was done, and never used to mend it. */
export function readCorpus(split: 'train' | 'test' | 'unseen'): readonly Sentence[] {
  return readdirSync(directory)
    .filter((name) => name.startsWith(split))
    .sort()
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line) as Sentence);
}

/** Counts of sentences, and what went wrong with which. */
export type Figures = Readonly<{
  sentences: number;
  /** Of those that mean steps: answered with steps. */
  meant: number;
  answered: number;
  /** Of all that were answered with steps where steps or a question or a refusal is expected: exactly the right ones. */
  given: number;
  exact: number;
  toAsk: number;
  asked: number;
  toRefuse: number;
  refused: number;
  /** Changes where none was meant. */
  falseChanges: number;
  /** State given up where the words don't say so: never. */
  falseDestructive: number;
  faults: readonly string[];
}>;

export async function measure(parser: IntentParser, sentences: readonly Sentence[]): Promise<Figures> {
  const answers: Readonly<{ sentence: Sentence; intent: Intent }>[] = [];
  for (const sentence of sentences) {
    answers.push({ sentence, intent: await parser.parse(sentence.text, contexts[sentence.context]) });
  }
  const count = (test: (sentence: Sentence, intent: Intent) => boolean) =>
    answers.filter(({ sentence, intent }) => test(sentence, intent)).length;
  const plain = ({ outcome }: Sentence) => ['steps', 'question', 'refused'].includes(outcome);
  return {
    sentences: sentences.length,
    meant: count(({ outcome }) => outcome === 'steps'),
    answered: count(({ outcome }, { kind }) => outcome === 'steps' && kind === 'steps'),
    given: count((sentence, { kind }) => plain(sentence) && kind === 'steps'),
    exact: count((sentence, intent) => plain(sentence) && isExact(sentence, intent)),
    toAsk: count(({ outcome }) => outcome === 'question'),
    asked: count(({ outcome }, { kind }) => outcome === 'question' && kind === 'question'),
    toRefuse: count(({ outcome }) => outcome === 'refused'),
    refused: count(({ outcome }, { kind }) => outcome === 'refused' && kind === 'out-of-scope'),
    falseChanges: count(isFalseChange),
    falseDestructive: count(isFalseDestructive),
    faults: answers.filter(({ sentence, intent }) => !isRight(sentence, intent)).map(faultText),
  };
}

function isExact(sentence: Sentence, intent: Intent): boolean {
  return (
    intent.kind === 'steps' &&
    JSON.stringify(intent.steps.map(canonical)) === JSON.stringify((sentence.steps ?? []).map(canonical))
  );
}

/** Null and empty are not said; keys in one order. */
function canonical(step: Partial<IntentStep>): unknown {
  const entries = Object.entries(step).filter(([, value]) => value !== null && JSON.stringify(value) !== '{}');
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

function isFalseChange({ outcome, steps }: Sentence, intent: Intent): boolean {
  if (intent.kind !== 'steps' || outcome === 'nondestructive') return false;
  const changes = intent.steps.some(({ verb }) => verbFacts[verb].mutates);
  return changes && !(steps ?? []).some(({ verb }) => verb !== undefined && verbFacts[verb].mutates);
}

function isFalseDestructive({ steps }: Sentence, intent: Intent): boolean {
  const meant = (steps ?? []).filter(({ savepoint }) => savepoint === false).map(({ job }) => job);
  return (
    intent.kind === 'steps' &&
    intent.steps.some(({ savepoint, job }) => savepoint === false && !meant.includes(job ?? ''))
  );
}

function isRight(sentence: Sentence, intent: Intent): boolean {
  if (isFalseChange(sentence, intent) || isFalseDestructive(sentence, intent)) return false;
  if (sentence.outcome === 'steps') return isExact(sentence, intent);
  if (sentence.outcome === 'question') return intent.kind === 'question';
  return sentence.outcome !== 'refused' || intent.kind === 'out-of-scope';
}

function faultText({ sentence, intent }: Readonly<{ sentence: Sentence; intent: Intent }>): string {
  const got =
    intent.kind === 'steps' ? JSON.stringify(intent.steps.map(canonical)) : `${intent.kind}: ${JSON.stringify(intent)}`;
  const meant = sentence.steps === undefined ? sentence.outcome : JSON.stringify(sentence.steps.map(canonical));
  return `[${sentence.family}] ${sentence.text.slice(0, 100)}\n    meant ${meant}\n    got   ${got}`;
}

/** One line a figure: what a person reads after a run. */
export function figuresText(figures: Figures): string {
  const share = (part: number, whole: number) =>
    `${part} of ${whole} (${((100 * part) / Math.max(1, whole)).toFixed(1)} %)`;
  return [
    `sentences            ${figures.sentences}`,
    `exact of answered    ${share(figures.exact, figures.given)}`,
    `answered             ${share(figures.answered, figures.meant)}`,
    `asked back           ${share(figures.asked, figures.toAsk)}`,
    `out of scope refused ${share(figures.refused, figures.toRefuse)}`,
    `false changes        ${figures.falseChanges}`,
    `false destructive    ${figures.falseDestructive}`,
  ].join('\n');
}
