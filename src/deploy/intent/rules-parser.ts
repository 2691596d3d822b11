/**
 * The parser that needs nothing but the words: a grammar, then, where it knows no verb, a classifier that may only guess what does no harm.
 */
import {
  type Intent,
  type IntentContext,
  type IntentParser,
  maxIntentBytes,
  type Verb,
  verbFacts,
} from '../../model/intent.ts';
import { Classifier, type Guess } from './classifier.ts';
import { type Clause, isHeaded, isQuestion, labelsOf, splitClauses } from './clauses.ts';
import { type ClauseContext, type Doubt, type Draft, draftOf, unknownWords } from './drafts.ts';
import { examples, type Topic } from './examples.ts';
import { createJobIndex, isSlip } from './job-index.ts';
import { labelSentence, type Span } from './labels.ts';
import { domainWords } from './lexicon.ts';
import { question, resolveDrafts } from './resolve.ts';
import { sayingOf } from './saying.ts';
import { readSentence, type Sentence } from './text.ts';

const outOfScope = 'I start, stop and look after stream jobs; that is about something else.';
const sureOfOther = 0.5; // probability from which talk about other things is taken for that
const plainlyOurs = 2; // words about streams: “deploy the marketing pipeline”
const sureOfVerb = 0.45;
/** May be done on a guess, since a plan is shown first and nothing that runs is touched. */
const guessable: ReadonlySet<Verb> = new Set(['deploy', 'status', 'lag', 'logs', 'diagnose', 'list', 'help']);
const spelledVerbs: readonly Verb[] = [
  'deploy',
  'start',
  'stop',
  'restart',
  'scale',
  'pause',
  'resume',
  'rollback',
  'savepoint',
  'status',
  'diagnose',
];

const exampleWords = new Set(examples.flatMap(({ text }) => text.split(' ')));

let trained: Classifier<Topic> | undefined;

/** Learned once in a process, when the first sentence needs it: some 200 ms. */
function topicClassifier(): Classifier<Topic> {
  trained ??= new Classifier(examples);
  return trained;
}

type Reading = ClauseContext & Readonly<{ context: IntentContext; spans: readonly Span[]; clauses: readonly Clause[] }>;

export function createRulesParser(): IntentParser {
  return { name: 'rules', parse: async (text, context) => parse(text, context) };
}

function parse(text: string, context: IntentContext): Intent {
  if (Buffer.byteLength(text) > maxIntentBytes) {
    return refused(`The text is longer than ${maxIntentBytes} bytes: say it in fewer words.`);
  }
  const sentence = readSentence(text);
  if (sentence.tokens.length === 0) return question('What should be done?', ['help']);
  const index = createJobIndex(context.jobs);
  const spans = labelSentence(sentence, index, context);
  const reading: Reading = { sentence, index, context, spans, clauses: splitClauses(spans) };
  const whole = reading.spans;
  if (!isHeaded(whole) || reading.clauses.some((clause) => draftOf(clause, reading) === undefined))
    return guess(reading);
  if (isAboutOthers(reading)) return refused(outOfScope);
  const drafts = reading.clauses.map((clause) => draftOf(clause, reading)!);
  return intentOf(doubtful(drafts, reading), context);
}

function refused(reason: string): Intent {
  return { kind: 'out-of-scope', parser: 'rules', reason };
}

function intentOf(drafts: readonly Draft[], context: IntentContext): Intent {
  const resolved = resolveDrafts(drafts, context);
  return 'kind' in resolved ? resolved : { kind: 'steps', parser: 'rules', ...resolved };
}

/** What is said about one clause casts doubt on all that would change something: “stop A, but not now”. */
function doubtful(drafts: readonly Draft[], { spans, sentence }: Reading): readonly Draft[] {
  const changes = drafts.filter(({ verb }) => verbFacts[verb].mutates);
  if (changes.length === 0) return drafts;
  const asked =
    drafts.length > 1 && isQuestion(spans, sentence.vietnamese) && labelsOf(spans, 'question-mark').length > 0;
  const spread = new Set<Doubt>(
    drafts.flatMap(({ doubts }) => doubts).filter((doubt) => doubt !== 'conditional' && doubt !== 'question'),
  );
  if (asked) spread.add('question');
  const keeps = drafts.some(({ savepoint, verb }) => savepoint === true || verb === 'savepoint');
  if (keeps && drafts.some(({ savepoint }) => savepoint === false)) spread.add('several-verbs');
  return drafts.map((draft) => ({ ...draft, doubts: [...new Set([...draft.doubts, ...spread])] }));
}

/** A verb of ours about something that is not ours: “start the car”. */
function isAboutOthers(reading: Reading): boolean {
  const { spans, index, sentence } = reading;
  if (labelsOf(spans, 'job').length > 0 || labelsOf(spans, 'quoted-order').some(({ job }) => job !== null))
    return false;
  const unknown = unknownWords(spans, reading);
  if (unknown.length === 0) return false;
  const near = unknown.filter((word) => index.knows(word)).length;
  if (near > unknown.length / 2) return false;
  const isNamed = sentence.tokens.some(
    ({ kind, glued }, at) => glued && kind !== 'mark' && sentence.tokens[at - 1]!.kind !== 'mark',
  );
  const ours = new Set(sentence.tokens.map(({ plain }) => plain).filter((word) => domainWords.has(word)));
  if (ours.size >= plainlyOurs) return false;
  if (isNamed && near > 0) return false;
  if (ours.size === 0 && !isNamed && near === 0) return true;
  const [best] = topicClassifier().guess(maskedText(reading));
  return best!.label === 'other' && best!.probability >= sureOfOther;
}

/** No verb of the grammar: a misspelt one, else what the examples say. */
function guess(reading: Reading): Intent {
  const { clauses, spans, context, index } = reading;
  const guesses = topicClassifier().guess(maskedText(reading));
  const unknown = unknownWords(spans, reading);
  const verb = misspelt(unknown) ?? verbOfGuess(guesses);
  const isNamed = labelsOf(spans, 'job').length > 0;
  const isOurs = isNamed || index.match(unknown.filter((word) => misspelt([word]) === undefined)).kind !== 'none';
  if (!isNamed && guesses[0]!.label === 'other' && guesses[0]!.probability >= sureOfOther) return refused(outOfScope);
  if (!isOurs && (guesses[0]!.label === 'other' || unknown.length > 0 || verb === undefined))
    return refused(outOfScope);
  if (verb === undefined || clauses.length > 1 || !hasEvidence(reading)) return askWhat(reading);
  const clause = misspelt(unknown) === undefined ? clauses[0]! : withoutWord(clauses[0]!, reading);
  const draft = draftOf(clause, reading, verb);
  if (draft === undefined) return askWhat(reading);
  const leftover = verbFacts[verb].mutates ? draft.doubts : [];
  if (!guessable.has(verb))
    return intentOf([{ ...draft, savepoint: null, doubts: [...leftover, 'leftover'] }], context);
  if (verbFacts[verb].mutates && draft.target.kind !== 'job') return askWhat(reading);
  // The words that no grammar knows are what the guess was made of.
  const strict = draft.doubts.filter((doubt) => doubt !== 'leftover');
  return intentOf([{ ...draft, doubts: strict }], context);
}

/** Whether any word that the examples know speaks for the guess: the job's name alone only says what it is about. */
function hasEvidence({ spans, sentence }: Reading): boolean {
  const telling = spans.filter(
    ({ label }) =>
      /^(unknown|state|verb|environment)$/.test(label.kind) || (label.kind === 'marker' && label.marker !== 'negation'),
  );
  if (telling.length === 0) return spans.every(({ label }) => /^(job|filler|question-mark)$/.test(label.kind));
  return telling.some(
    ({ start, label }) =>
      label.kind !== 'unknown' ||
      exampleWords.has(sentence.tokens[start]!.plain) ||
      misspelt([sentence.tokens[start]!.plain]) !== undefined,
  );
}

function misspelt(words: readonly string[]): Verb | undefined {
  return spelledVerbs.find((verb) => words.some((word) => word.length >= 5 && isSlip(word, verb)));
}

function withoutWord(clause: Clause, { sentence }: Reading): Clause {
  return clause.filter(
    ({ label, start }) => label.kind !== 'unknown' || misspelt([sentence.tokens[start]!.plain]) === undefined,
  );
}

function verbOfGuess([best]: readonly Guess<Topic>[]): Verb | undefined {
  return best === undefined || best.label === 'other' || best.probability < sureOfVerb ? undefined : best.label;
}

function askWhat({ spans, index, context, ...rest }: Reading): Intent {
  const exact = labelsOf(spans, 'job')[0]?.job;
  const found = index.match(unknownWords(spans, { index, ...rest }));
  const job = exact ?? (found.kind === 'one' ? found.job : undefined);
  if (job === undefined) return question('What should be done?', ['help']);
  const step = {
    job,
    environment: null,
    engine: null,
    parameters: {},
    parallelism: null,
    savepoint: null,
    until: null,
  };
  const verbs: readonly Verb[] = context.running.some((other) => other.job === job)
    ? ['status', 'restart', 'stop']
    : ['deploy', 'status'];
  return question(
    `What should be done with ${job}?`,
    verbs.map((verb) => sayingOf({ ...step, verb })),
  );
}

/** The sentence as the classifier knows it: names, numbers and places as such. */
function maskedText({ spans, sentence }: Reading): string {
  return spans
    .map((span) => maskOf(span, sentence))
    .filter((word) => word !== '')
    .join(' ');
}

function maskOf({ label, start, end }: Span, { tokens }: Sentence): string {
  const masks: Partial<Record<typeof label.kind, string>> = {
    job: 'JOB',
    environment: 'PLACE',
    engine: 'ENGINE',
    number: 'NUMBER',
    parallelism: 'NUMBER',
    separator: '',
    strange: '',
    'question-mark': '',
  };
  const words = tokens.slice(start, end).filter(({ kind }) => kind !== 'mark');
  return masks[label.kind] ?? words.map(({ plain }) => plain).join(' ');
}
