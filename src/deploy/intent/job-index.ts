/**
 * Which job of the caller's catalogue some words mean: its name, an alias, most of the words of one, or a slip of the keyboard. Nothing but
 * the catalogue can come out.
 */
import type { KnownJob } from '../../model/intent.ts';
import type { Label } from './labels.ts';
import {
  engineSet,
  environmentSet,
  fillers,
  markerSet,
  parallelismSet,
  slotsSet,
  stateSet,
  verbSet,
} from './lexicon.ts';
import { phraseAt } from './phrases.ts';
import { readSentence, type Token } from './text.ts';

export type JobMatch =
  | Readonly<{ kind: 'one'; job: string; score: number; how: 'words' | 'spelling' }>
  /** Best first. */
  | Readonly<{ kind: 'several'; jobs: readonly string[] }>
  | Readonly<{ kind: 'none'; near: readonly string[] }>;

export type Parameter = KnownJob['parameters'][number];

type Name = Readonly<{ job: string; words: readonly string[] }>;

const enough = 0.6; // of 1: how well words must fit a name
const plainlyBetter = 0.15; // by which the best must beat the second
const mostWords = 32; // that can be about a job: the rest of a long text is not
const spellingPenalty = 0.85;
const worthNaming = 0.3; // in “did you mean”

export type JobIndex = Readonly<{
  exactAt(
    tokens: readonly Token[],
    at: number,
  ): Readonly<{ label: Extract<Label, { kind: 'job' }>; length: number }> | undefined;
  match(words: readonly string[]): JobMatch;
  /** What the jobs declare, each name and type once. */
  parameters: readonly Parameter[];
  /** Names of all jobs, those nearest to the words first. */
  rank(words: readonly string[]): readonly string[];
  /** Whether the word stands in any name, or is a slip for one that does. */
  knows(word: string): boolean;
}>;

const made = new WeakMap<readonly KnownJob[], JobIndex>();

/** The index of a catalogue; of the same array the same one. */
export function createJobIndex(jobs: readonly KnownJob[]): JobIndex {
  const known = made.get(jobs) ?? indexOf(jobs);
  made.set(jobs, known);
  return known;
}

function indexOf(jobs: readonly KnownJob[]): JobIndex {
  const ids: Name[] = jobs.map(({ name }) => ({ job: name, words: name.split('-') }));
  const aliases: Name[] = jobs.flatMap(({ name, aliases }) =>
    aliases
      .map(wordsOf)
      .filter(isAlias)
      .map((words) => ({ job: name, words })),
  );
  const names = [...ids, ...aliases].filter(({ words }) => words.length > 0);
  const idsByWord = byFirstWord(ids);
  const aliasesByWord = byFirstWord(aliases);
  const weights = weightsOf(names);
  const vocabulary = new Set(names.flatMap(({ words }) => words.map(stem)));
  return {
    parameters: parametersOf(jobs),
    exactAt: (tokens, at) =>
      exactAt(byFirst(idsByWord, tokens, at), tokens, at) ?? exactAt(byFirst(aliasesByWord, tokens, at), tokens, at),
    match: (words) => match(jobs, names, weights, [...new Set(words.map(stem))].slice(0, mostWords)),
    rank: (words) => ranking(jobs, names, weights, words.map(stem)).map(({ job }) => job),
    knows: (word) => vocabulary.has(stem(word)) || [...vocabulary].some((known) => isSlip(stem(word), known)),
  };
}

type NamesByWord = ReadonlyMap<string, readonly Name[]>;

function byFirstWord(names: readonly Name[]): NamesByWord {
  return Map.groupBy(names, ({ words }) => words[0] ?? '');
}

function byFirst(names: NamesByWord, tokens: readonly Token[], at: number): readonly Name[] {
  return names.get(tokens[at]?.plain ?? '') ?? [];
}

function parametersOf(jobs: readonly KnownJob[]): readonly Parameter[] {
  const all = jobs.flatMap(({ parameters }) => parameters);
  return [...new Map(all.map((parameter) => [`${parameter.name} ${parameter.type}`, parameter])).values()];
}

function wordsOf(text: string): string[] {
  return readSentence(text)
    .tokens.filter(({ kind }) => kind !== 'mark')
    .map(({ plain }) => plain);
}

const grammarSets = [verbSet, markerSet, stateSet, fillers, environmentSet, engineSet, parallelismSet, slotsSet];

/** An alias made of the grammar's words alone would change what sentences mean. */
function isAlias(words: readonly string[]): boolean {
  const sentence = readSentence(words.join(' '));
  return sentence.tokens.some((_, at) =>
    grammarSets.every((set) => phraseAt<unknown>(set, sentence, at) === undefined),
  );
}

/** The longest name that is written out here; a name of two jobs is none. */
function exactAt(names: readonly Name[], tokens: readonly Token[], at: number) {
  const here = names
    .filter(({ words }) => words.every((word, offset) => tokens[at + offset]?.plain === word))
    .sort((left, right) => right.words.length - left.words.length);
  const [best] = here;
  if (best === undefined || here.some((name) => name.words.length === best.words.length && name.job !== best.job)) {
    return undefined;
  }
  const after = tokens[at + best.words.length];
  const isInside = tokens[at]!.glued && tokens[at - 1]?.kind !== 'mark';
  if (isInside || (after?.glued === true && after.kind !== 'mark')) return undefined; // a part of a longer name
  return { label: { kind: 'job', job: best.job } as const, length: best.words.length };
}

/** The rarer a word among the names, the more it says. */
function weightsOf(names: readonly Name[]): (word: string) => number {
  const jobsOf = new Map<string, Set<string>>();
  for (const { job, words } of names) {
    for (const word of words.map(stem)) jobsOf.set(word, (jobsOf.get(word) ?? new Set()).add(job));
  }
  const all = new Set(names.map(({ job }) => job)).size;
  return (word) => Math.log(1 + all / (jobsOf.get(word)?.size ?? 1));
}

function match(
  jobs: readonly KnownJob[],
  names: readonly Name[],
  weight: (word: string) => number,
  said: readonly string[],
): JobMatch {
  if (said.length === 0) return { kind: 'none', near: [] };
  const ranked = ranking(jobs, names, weight, said);
  const [best, second] = ranked;
  if (best === undefined || best.score < enough) {
    return {
      kind: 'none',
      near: ranked
        .filter(({ score }) => score >= worthNaming)
        .map(({ job }) => job)
        .slice(0, 3),
    };
  }
  if (second !== undefined && best.score - second.score < plainlyBetter) {
    const close = ranked.filter(({ score }) => best.score - score < plainlyBetter);
    return { kind: 'several', jobs: close.map(({ job }) => job).slice(0, 5) };
  }
  return { kind: 'one', job: best.job, score: best.score, how: best.exact ? 'words' : 'spelling' };
}

/** Jobs by how well the words fit the best of their names. */
function ranking(
  jobs: readonly KnownJob[],
  names: readonly Name[],
  weight: (word: string) => number,
  said: readonly string[],
) {
  return jobs
    .map(({ name: job }) => {
      const scores = names
        .filter((name) => name.job === job)
        .map((name) => closeness(said, name.words.map(stem), weight));
      return {
        job,
        ...scores.reduce((best, next) => (next.score > best.score ? next : best), { score: 0, exact: true }),
      };
    })
    .sort((left, right) => right.score - left.score);
}

/** How much of what was said is in the name, and of the name in what was said (0 to 1, their F-measure). */
function closeness(said: readonly string[], name: readonly string[], weight: (word: string) => number) {
  let shared = 0;
  let exact = true;
  for (const word of new Set(name)) {
    if (said.includes(word)) shared += weight(word);
    else if (said.some((other) => isSlip(other, word))) {
      shared += weight(word) * spellingPenalty;
      exact = false;
    }
  }
  const whole = (words: readonly string[]) => [...new Set(words)].reduce((sum, word) => sum + weight(word), 0);
  return { score: (2 * shared) / (whole(said) + whole(name)), exact };
}

/** Plural, and the like: good enough to compare, not to show. */
function stem(word: string): string {
  if (/\d/.test(word) || word.length < 4) return word;
  return word.replace(/ies$/, 'y').replace(/(?<![su])s$/, '');
}

const shortestForOne = 5; // letters: below that another letter makes another word
const shortestForTwo = 8;

/** One or two letters wrong, missing, doubled or swapped; digits are never a slip. */
export function isSlip(written: string, meant: string): boolean {
  if (written.replace(/\D/g, '') !== meant.replace(/\D/g, '')) return false;
  const [shorter, longer] = [written.length, meant.length].sort((left, right) => left - right) as [number, number];
  if (longer < shortestForOne || longer - shorter > 2) return false;
  return editDistance(written, meant) <= (shorter >= shortestForTwo ? 2 : 1);
}

/** Damerau's distance: insert, delete, replace, swap neighbours. */
function editDistance(left: string, right: string): number {
  let before: number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replace = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      let least = Math.min(replace, row[j]! + 1, next[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      if (swapped) least = Math.min(least, before[j - 2]! + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[right.length]!;
}
