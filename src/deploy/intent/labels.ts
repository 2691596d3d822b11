/** What each word of a sentence is for the grammar: a verb, a job, a value … or nothing that it knows. */
import type { JobEngine } from '../../model/deployment.ts';
import type { Condition, IntentContext, Verb } from '../../model/intent.ts';
import type { JobIndex } from './job-index.ts';
import {
  becomesSet,
  belowSet,
  engineSet,
  environmentSet,
  fillers,
  lagSet,
  type Marker,
  markerSet,
  parallelismSet,
  recordsSet,
  runningSet,
  savepointSet,
  slotsSet,
  stateSet,
  verbSet,
  waitSet,
} from './lexicon.ts';
import { ownerAt, parameterAt } from './parameters.ts';
import { type PhraseSet, phraseAt } from './phrases.ts';
import { durationAt, numberAt } from './quantities.ts';
import { readSentence, type Sentence, type Token } from './text.ts';

export type Label =
  | Readonly<{ kind: 'job'; job: string }>
  | Readonly<{ kind: 'verb'; verb: Verb }>
  | Readonly<{ kind: 'state'; verb: Verb }>
  | Readonly<{ kind: 'marker'; marker: Marker }>
  | Readonly<{ kind: 'environment'; name: string | null; said: string }>
  | Readonly<{ kind: 'engine'; engine: JobEngine }>
  | Readonly<{ kind: 'parallelism'; value: number; job: string | null }>
  | Readonly<{ kind: 'savepoint'; value: boolean }>
  | Readonly<{ kind: 'parameter'; name: string; value: string | null; job: string | null }>
  /** `wait`: introduced by a word that orders waiting, not by one that sets a condition. */
  | Readonly<{ kind: 'until'; condition: Condition; wait: boolean; job: string | null }>
  | Readonly<{ kind: 'number'; value: number }>
  | Readonly<{ kind: 'duration' }>
  /** Words in quotation marks that are orders: spoken of, not given. */
  | Readonly<{ kind: 'quoted-order'; job: string | null }>
  | Readonly<{ kind: 'separator' }>
  | Readonly<{ kind: 'question-mark' }>
  /** A character that plain sentences do without: `$`, `|`, `\`. */
  | Readonly<{ kind: 'strange' }>
  /** `dung` without accents: stop, don't or use. */
  | Readonly<{ kind: 'unclear' }>
  | Readonly<{ kind: 'filler' }>
  | Readonly<{ kind: 'unknown' }>;

export type Span = Readonly<{ start: number; end: number; label: Label }>;

/** `free`: how many words from there on are not taken. */
type Finder = (index: number, free: number) => Readonly<{ label: Label; length: number }> | undefined;

/** Spans over all of the sentence's tokens, in order. Rules that come first take words away from those after them. */
export function labelSentence(sentence: Sentence, index: JobIndex, context: IntentContext): readonly Span[] {
  const { tokens } = sentence;
  const taken: boolean[] = tokens.map(() => false);
  const spans: Span[] = [];
  const phrasal = phrasalVerbs(sentence);
  const named = namedTokens(sentence, index);
  const outside =
    (find: Finder): Finder =>
    (at, free) =>
      named[at] ? undefined : find(at, free);
  const finders: readonly Finder[] = [
    (at) => quotedOrderAt(sentence, at, index),
    outside((at) => untilAt(sentence, at, index)),
    outside((at) => parameterAt(sentence, at, index)),
    outside((at) => parallelismAt(sentence, at, index)),
    (at) => index.exactAt(tokens, at),
    (at, free) => phrase(savepointSet, sentence, at, free, (value) => ({ kind: 'savepoint', value })),
    (at) => environmentAt(sentence, at, context),
    (at, free) => phrase(engineSet, sentence, at, free, (engine) => ({ kind: 'engine', engine })),
    (at) => phrasal.get(at),
    (at) => countAt(tokens, at),
    (at, free) => wordAt(sentence, at, free),
    (at) => restAt(tokens, at),
  ];
  for (const find of finders) {
    for (let at = 0; at < tokens.length; at++) {
      if (taken[at]) continue;
      const next = taken.indexOf(true, at);
      const found = find(at, (next < 0 ? tokens.length : next) - at);
      if (found === undefined || taken.slice(at, at + found.length).includes(true)) continue;
      spans.push({ start: at, end: at + found.length, label: found.label });
      taken.fill(true, at, at + found.length);
      at += found.length - 1;
    }
  }
  return withQuestionTails(
    spans.sort((left, right) => left.start - right.start),
    sentence,
  );
}

/** Which tokens are part of a job's name as it is written out. */
function namedTokens({ tokens }: Sentence, index: JobIndex): readonly boolean[] {
  const named: boolean[] = tokens.map(() => false);
  for (let at = 0; at < tokens.length; at++) {
    const found = index.exactAt(tokens, at);
    if (found !== undefined) named.fill(true, at, at + found.length);
  }
  return named;
}

/** A “không” at the end of a Vietnamese sentence asks; anywhere else it denies. “Bạn có thể … không” is an order, politely. */
function withQuestionTails(spans: readonly Span[], { tokens }: Sentence): readonly Span[] {
  const polite = spans.some(({ label }) => label.kind === 'marker' && /^(polite|ask)$/.test(label.marker));
  return spans.map((span, at) => {
    const isNo =
      span.label.kind === 'marker' && /^(khong|ko)$/.test(tokens[span.start]!.plain) && span.end - span.start === 1;
    const isLast = spans.slice(at + 1).every(({ label }) => /^(filler|question-mark)$/.test(label.kind));
    return isNo && isLast && at > 0
      ? { ...span, label: { kind: 'marker', marker: polite ? 'ask' : 'question' } }
      : span;
  });
}

function phrase<T>(set: PhraseSet<T>, sentence: Sentence, at: number, free: number, label: (value: T) => Label) {
  const found = phraseAt(set, sentence, at, free);
  return found === undefined ? undefined : { label: label(found.value), length: found.length };
}

const quotes: Readonly<Record<string, string>> = { '"': '"', "'": "'", '`': '`' };

/** A pair of quotation marks around several words of which one is a verb. */
function quotedOrderAt(sentence: Sentence, at: number, index: JobIndex) {
  const { tokens, written } = sentence;
  const close = quotes[tokens[at]!.text];
  const end = tokens.findIndex((token, place) => place > at && token.text === close);
  if (close === undefined || end < 0) return undefined;
  const inside = tokens.map((_, place) => place).filter((place) => place > at && place < end);
  const isValue = !/\s/.test(written.slice(tokens[at]!.end, tokens[end]!.start).trim());
  if (isValue || inside.every((place) => phraseAt(verbSet, sentence, place) === undefined)) return undefined;
  const job = inside.map((place) => index.exactAt(tokens, place)?.label.job).find((name) => name !== undefined);
  return { label: { kind: 'quoted-order', job: job ?? null } as const, length: end - at + 1 };
}

/** `when lag is under 1,000 records`, `until it is running`, `once the lag of video-events drops below 500`. */
function untilAt(sentence: Sentence, at: number, index: JobIndex) {
  const word = phraseAt(waitSet, sentence, at);
  const start = at + (word?.length ?? 0);
  const wait = word !== undefined && !/^(if|when|once|khi|after)$/.test(sentence.tokens[at]!.text);
  const lag = lagBelowAt(sentence, start, index);
  if (lag !== undefined) {
    const condition = { kind: 'lag-below', records: lag.records } as const;
    return { label: { kind: 'until', condition, wait, job: lag.job } as const, length: lag.end - at };
  }
  const running = word === undefined ? undefined : phraseAt(runningSet, sentence, start);
  if (running === undefined) return undefined;
  const label = { kind: 'until', condition: { kind: 'running' }, wait, job: null } as const;
  return { label, length: start - at + running.length };
}

type LagBelow = Readonly<{ records: number; job: string | null; end: number }>;

function lagBelowAt(sentence: Sentence, start: number, index: JobIndex): LagBelow | undefined {
  const { tokens } = sentence;
  const before = index.exactAt(tokens, start);
  let place = start + (before?.length ?? 0);
  const lag = phraseAt(lagSet, sentence, place);
  if (lag === undefined) return undefined;
  place += lag.length;
  const owner = ownerAt(tokens, place, index);
  place += owner.length;
  place += phraseAt(becomesSet, sentence, place)?.length ?? 0;
  const below = phraseAt(belowSet, sentence, place);
  const number = below === undefined ? undefined : numberAt(tokens, place + below.length);
  if (below === undefined || number === undefined) return undefined;
  place += below.length + number.length;
  const end = place + (phraseAt(recordsSet, sentence, place)?.length ?? 0);
  return { records: number.value, job: before?.label.job ?? owner.job, end };
}

/** `parallelism 8`, `the parallelism of video-events to 8`, `8 workers`. */
function parallelismAt(sentence: Sentence, at: number, index: JobIndex) {
  const { tokens } = sentence;
  const word = phraseAt(parallelismSet, sentence, at);
  if (word !== undefined) {
    const owner = ownerAt(tokens, at + word.length, index);
    let place = at + word.length + owner.length;
    while (/^(of|to|at|=|:|lên|xuống|là|thành|bằng|len|xuong|thanh)$/.test(tokens[place]?.text ?? '')) place++;
    const number = numberAt(tokens, place);
    if (number === undefined) return undefined;
    const label = { kind: 'parallelism', value: number.value, job: owner.job } as const;
    return { label, length: place - at + number.length };
  }
  const number = numberAt(tokens, at);
  if (number === undefined) return undefined;
  const parallel = tokens[at + number.length]?.text === 'parallel' ? 1 : 0;
  const slots = phraseAt(slotsSet, sentence, at + number.length + parallel);
  if (slots === undefined) return undefined;
  const label = { kind: 'parallelism', value: number.value, job: null } as const;
  return { label, length: number.length + parallel + slots.length };
}

/** A known environment, or (`name` null) a place by a common name that the caller does not have. */
function environmentAt(sentence: Sentence, at: number, context: IntentContext) {
  const own = context.environments.find((name) => isName(sentence.tokens, at, name));
  if (own !== undefined) {
    return { label: { kind: 'environment', name: own, said: own } as const, length: own.split(/[-_]/).length };
  }
  const found = phraseAt(environmentSet, sentence, at);
  if (found === undefined) return undefined;
  const name = found.value.find((candidate) => context.environments.includes(candidate)) ?? null;
  const said = sentence.written.slice(sentence.tokens[at]!.start, sentence.tokens[at + found.length - 1]!.end);
  return { label: { kind: 'environment', name, said } as const, length: found.length };
}

function isName(tokens: readonly Token[], at: number, name: string): boolean {
  return name.split(/[-_]/).every((word, offset) => tokens[at + offset]?.text === word);
}

const particles = /^(on|off|up|down|out|back|live|in)$/;
const farthestParticle = 8; // words from its verb

/** `turn X off`, `shut it down`: the verb at its first word, the particle without weight. */
function phrasalVerbs(sentence: Sentence): ReadonlyMap<number, Readonly<{ label: Label; length: number }>> {
  const found = new Map<number, Readonly<{ label: Label; length: number }>>();
  sentence.tokens.forEach(({ text }, at) => {
    if (!/^(turn|switch|shut|take|bring|spin|roll|put|kick|fire|tear|push|boot|scale|start|stand)$/.test(text)) return;
    for (let end = at + 2; end <= at + farthestParticle && end < sentence.tokens.length; end++) {
      const token = sentence.tokens[end]!;
      if (/^[,.;]$/.test(token.text)) return;
      const verb = particles.test(token.text) ? verbOf(`${text} ${token.text}`) : undefined;
      if (verb === undefined || phraseAt(engineSet, sentence, end + 1) !== undefined) continue;
      found.set(at, { label: { kind: 'verb', verb }, length: 1 });
      found.set(end, { label: { kind: 'filler' }, length: 1 });
      return;
    }
  });
  return found;
}

function verbOf(words: string): Verb | undefined {
  const phrase = readSentence(words);
  const found = phraseAt(verbSet, phrase, 0);
  return found?.length === phrase.tokens.length ? found.value : undefined;
}

/** Without accents it may be `dừng` (stop), `đừng` (don't) or `dùng` (use). */
const unclearWord = 'dung';

/** Verbs, states, markers and words without weight: the longest of them, in this order where two are as long. */
function wordAt(sentence: Sentence, at: number, free: number) {
  const token = sentence.tokens[at]!;
  if (token.text === unclearWord) return { label: { kind: 'unclear' } as const, length: 1 };
  const found = [
    phrase(verbSet, sentence, at, free, (verb) => ({ kind: 'verb', verb })),
    phrase(markerSet, sentence, at, free, (marker) => ({ kind: 'marker', marker })),
    phrase(stateSet, sentence, at, free, (verb) => ({ kind: 'state', verb })),
    phrase(fillers, sentence, at, free, () => ({ kind: 'filler' })),
  ].filter((candidate) => candidate !== undefined);
  return found.sort((left, right) => right.length - left.length)[0];
}

/** `to one`, `lên tám`: words that elsewhere are no numbers. */
function countAt(tokens: readonly Token[], at: number) {
  if (!/^(to|lên|xuống|thành|len|xuong|thanh)$/.test(tokens[at - 1]?.text ?? '')) return undefined;
  const number = durationAt(tokens, at) === undefined ? numberAt(tokens, at) : undefined;
  return number === undefined
    ? undefined
    : { label: { kind: 'number', value: number.value } as const, length: number.length };
}

function restAt(tokens: readonly Token[], at: number) {
  const token = tokens[at]!;
  const duration = durationAt(tokens, at);
  if (duration !== undefined) return { label: { kind: 'duration' } as const, length: duration.length };
  const number = numberAt(tokens, at);
  if (number !== undefined && tokens[at - 1]?.text === 'by')
    return { label: { kind: 'strange' } as const, length: number.length };
  if (number !== undefined) return { label: { kind: 'number', value: number.value } as const, length: number.length };
  return { label: token.kind === 'mark' ? markLabel(tokens, at) : ({ kind: 'unknown' } as const), length: 1 };
}

function markLabel(tokens: readonly Token[], at: number): Label {
  const { text } = tokens[at]!;
  if (text === '?') return { kind: 'question-mark' };
  if (text === ',' || text === ';' || text === '→') return { kind: 'separator' };
  if (text === '.' && tokens[at + 1]?.glued !== true) return { kind: 'separator' };
  if (text === '-' && tokens[at + 1]?.glued === true && !/^['"]$/.test(tokens[at + 1]!.text))
    return { kind: 'strange' };
  if (text === '&') return tokens[at + 1]?.text === '&' ? { kind: 'strange' } : { kind: 'marker', marker: 'and' };
  if (/^["'`()!:…~–—-]$/.test(text) || /\p{Extended_Pictographic}|\p{M}|\p{Emoji_Modifier}/u.test(text))
    return { kind: 'filler' };
  return { kind: 'strange' };
}
