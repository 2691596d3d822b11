/** One clause as one step, with what was not said left open, or the reason why it can't be acted on. */

import type { JobEngine } from '../../model/deployment.ts';
import { type Condition, type Verb, verbFacts } from '../../model/intent.ts';
import { type Clause, hasMarker, isQuestion, labelsOf } from './clauses.ts';
import type { JobIndex, JobMatch } from './job-index.ts';
import type { Sentence } from './text.ts';

export type Target =
  | Readonly<{ kind: 'job'; job: string; how: 'exact' | 'words' | 'spelling' }>
  /** `it`, `the old one`, or nothing. */
  | Readonly<{ kind: 'open'; pronoun: boolean }>
  /** More than one was named. */
  | Readonly<{ kind: 'jobs'; jobs: readonly string[] }>
  | Readonly<{ kind: 'all' }>
  /** Words that are no job, with those that are near. */
  | Readonly<{ kind: 'unknown'; words: string; near: readonly string[] }>;

export type Draft = Readonly<{
  verb: Verb;
  /** Words of the grammar; else guessed. */
  plain: boolean;
  target: Target;
  environments: readonly (string | null)[];
  /** As it was said, for the question about one that is not there. */
  environmentSaid: string;
  engines: readonly JobEngine[];
  parameters: readonly Readonly<{ name: string; value: string | null }>[];
  parallelism: readonly number[];
  savepoint: boolean | null;
  until: Condition | null;
  /** `until` stands before the verb: what is to hold before this step. */
  untilFirst: boolean;
  /** Why this is not an order, a word for each reason. */
  doubts: readonly Doubt[];
}>;

export type Doubt =
  | 'negation'
  | 'question'
  | 'conditional'
  | 'alternative'
  | 'schedule'
  | 'quoted'
  | 'erase'
  | 'leftover'
  | 'several-verbs'
  | 'unclear-word'
  | 'no-order'
  | 'how-to'
  | 'polite-question';

/** From what is most to the point to what is least. */
const readOrder: readonly Verb[] = ['diagnose', 'logs', 'lag', 'status', 'list', 'help'];

export type ClauseContext = Readonly<{ sentence: Sentence; index: JobIndex }>;

/** undefined: no verb of the grammar. */
export function draftOf(clause: Clause, ctx: ClauseContext, guessed?: Verb): Draft | undefined {
  const question = isQuestion(clause, ctx.sentence.vietnamese);
  const found =
    verbOf(clause, question, ctx.sentence) ?? (guessed === undefined ? undefined : { verb: guessed, clear: true });
  if (found === undefined) return undefined;
  const { verb, clear } = found;
  const target = targetOf(clause, ctx, verb);
  const flags = labelsOf(clause, 'savepoint').map(({ value }) => value);
  const until = labelsOf(clause, 'until')[0];
  const numbers = verb === 'scale' ? labelsOf(clause, 'number').map(({ value }) => value) : [];
  const environments = labelsOf(clause, 'environment');
  return {
    verb,
    plain: guessed === undefined,
    target,
    environments: [...new Set(environments.map(({ name }) => name))],
    environmentSaid: environments.find(({ name }) => name === null)?.said ?? '',
    engines: [...new Set(labelsOf(clause, 'engine').map(({ engine }) => engine))],
    parameters: labelsOf(clause, 'parameter'),
    parallelism: [...labelsOf(clause, 'parallelism').map(({ value }) => value), ...numbers],
    savepoint: flags[0] ?? null,
    until: until?.condition ?? null,
    untilFirst: until !== undefined && isBefore(clause, 'until', 'verb'),
    doubts: [
      ...doubtsOf(clause, verb, question, ctx, target),
      ...(clear ? [] : ['several-verbs' as const]),
      ...(new Set(flags).size > 1 ? ['several-verbs' as const] : []),
    ],
  };
}

function isBefore(clause: Clause, first: string, second: string): boolean {
  const kinds = clause.map(({ label }) => label.kind as string);
  return kinds.includes(second) && kinds.indexOf(first) < kinds.indexOf(second);
}

type VerbFound = Readonly<{ verb: Verb; clear: boolean }>;

function verbOf(clause: Clause, question: boolean, sentence: Sentence): VerbFound | undefined {
  const verbs = [...new Set(labelsOf(clause, 'verb').map(({ verb }) => verb))];
  const states = [...new Set(labelsOf(clause, 'state').map(({ verb }) => verb))];
  const changes = verbs.filter((verb) => verbFacts[verb].mutates);
  const read = readOrder.find((verb) => verbs.includes(verb));
  if (hasMarker(clause, 'how-to')) return { verb: 'help', clear: true };
  if (hasMarker(clause, 'why')) return { verb: 'diagnose', clear: true };
  if (question && read !== undefined && changes.length === 0) return { verb: read, clear: true };
  const asksState = question && changes.length === 0 && !hasMarker(clause, 'conditional');
  if (hasMarker(clause, 'erase') && changes.length === 0) return { verb: 'stop', clear: true };
  if (asksState && states.length > 0)
    return { verb: states.find((verb) => !verbFacts[verb].mutates) ?? 'status', clear: true };
  if (question && isMild(clause, sentence)) return { verb: read ?? 'status', clear: true };
  if (changes.length > 0) {
    const plain = read === undefined || read === 'help' || read === 'list';
    return { verb: changes[0]!, clear: changes.length === 1 && plain };
  }
  if (read !== undefined) return { verb: read, clear: true };
  if (states.length > 0 && hasMarker(clause, 'request', 'polite', 'ask', 'conditional'))
    return { verb: states[0]!, clear: states.length === 1 };
  return verbOfValues(clause);
}

/** “Does it run?” asks for its state. */
function isMild(clause: Clause, { tokens }: Sentence): boolean {
  const verbs = clause.filter(({ label }) => label.kind === 'verb' && verbFacts[label.verb].mutates);
  return (
    verbs.length > 0 && verbs.every(({ start, end }) => end - start === 1 && /^(run|chay)$/.test(tokens[start]!.plain))
  );
}

function verbOfValues(clause: Clause): VerbFound | undefined {
  if (hasMarker(clause, 'set') && labelsOf(clause, 'parameter').length > 0) return { verb: 'deploy', clear: true };
  if (hasMarker(clause, 'set') && labelsOf(clause, 'parallelism').length > 0) return { verb: 'scale', clear: true };
  if (labelsOf(clause, 'until').length > 0) {
    const lag = labelsOf(clause, 'until')[0]!.condition.kind === 'lag-below';
    return { verb: lag ? 'lag' : 'status', clear: true };
  }
  // Spoken of, or unclear: the verb only stands in the question about it.
  const isOrder = labelsOf(clause, 'quoted-order').length > 0 || labelsOf(clause, 'unclear').length > 0;
  return isOrder ? { verb: 'stop', clear: true } : undefined;
}

function targetOf(clause: Clause, ctx: ClauseContext, verb: Verb): Target {
  const owned = [
    ...labelsOf(clause, 'quoted-order'),
    ...labelsOf(clause, 'until'),
    ...labelsOf(clause, 'parameter'),
    ...labelsOf(clause, 'parallelism'),
  ];
  const named = [...labelsOf(clause, 'job'), ...owned].map(({ job }) => job);
  const jobs = [...new Set(named)].filter((job) => job !== null);
  if (jobs.length > 1) return { kind: 'jobs', jobs };
  if (jobs.length === 1) return { kind: 'job', job: jobs[0]!, how: 'exact' };
  const words = unknownWords(clause, ctx);
  if (words.length > 0) {
    const found = ctx.index.match(words);
    return targetOfMatch(found, words);
  }
  if (hasMarker(clause, 'all') && verb !== 'list') return { kind: 'all' };
  return { kind: 'open', pronoun: hasMarker(clause, 'pronoun') };
}

function targetOfMatch(found: JobMatch, words: readonly string[]): Target {
  if (found.kind === 'one') return { kind: 'job', job: found.job, how: found.how };
  return { kind: 'unknown', words: words.join(' '), near: found.kind === 'several' ? found.jobs : found.near };
}

/** Words of a clause that the grammar does not know. */
export function unknownWords(clause: Clause, { sentence }: ClauseContext): string[] {
  return clause
    .filter(({ label }) => label.kind === 'unknown')
    .flatMap(({ start, end }) => sentence.tokens.slice(start, end).map(({ plain }) => plain));
}

function doubtsOf(clause: Clause, verb: Verb, question: boolean, ctx: ClauseContext, target: Target): Doubt[] {
  const doubts: Doubt[] = [];
  const until = labelsOf(clause, 'until')[0];
  const markers: readonly Doubt[] = ['negation', 'conditional', 'alternative', 'schedule', 'erase', 'how-to'];
  doubts.push(...markers.filter((marker) => hasMarker(clause, marker)));
  if (question) doubts.push('question');
  const isAsked = hasMarker(clause, 'ask') || labelsOf(clause, 'question-mark').length > 0;
  if (isAsked && labelsOf(clause, 'savepoint').some(({ value }) => !value)) doubts.push('polite-question');
  if (until !== undefined && !until.wait && !hasMarker(clause, 'tell')) doubts.push('conditional');
  if (labelsOf(clause, 'duration').length > 0) doubts.push('schedule');
  if (verb !== 'scale' && labelsOf(clause, 'number').length > 0) doubts.push('leftover');
  if (labelsOf(clause, 'quoted-order').length > 0) doubts.push('quoted');
  if (labelsOf(clause, 'unclear').length > 0) doubts.push('unclear-word');
  if (labelsOf(clause, 'strange').length > 0) doubts.push('leftover');
  const left = unknownWords(clause, ctx);
  if (target.kind === 'job' && target.how === 'exact' && left.length > 0) doubts.push('leftover');
  if (target.kind === 'job' && left.some((word) => !ctx.index.knows(word))) doubts.push('leftover');
  const ordered = labelsOf(clause, 'verb').length > 0 || hasMarker(clause, 'request', 'polite', 'ask', 'set', 'tell');
  if (!ordered && labelsOf(clause, 'state').length > 0) doubts.push('no-order');
  return doubts;
}
