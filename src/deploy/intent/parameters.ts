/** `window 5 minutes`, `topic = orders.v2`, `a 5 minute window`: values of parameters that jobs of the catalogue declare. */
import type { JobIndex, Parameter } from './job-index.ts';
import type { Label } from './labels.ts';
import { fillers, markerSet, parameterWords, stateSet, verbSet } from './lexicon.ts';
import { phraseAt } from './phrases.ts';
import { durationAt, numberAt } from './quantities.ts';
import { type Sentence, type Token, withoutAccents } from './text.ts';

/** What a value may be made of: it is data to the job, but it is also shown and typed. */
export const parameterValue = /^[\p{L}\p{N}][\p{L}\p{N} ._:/@+-]{0,127}$/u;

type Found = Readonly<{ label: Label; length: number }>;

export function parameterAt(sentence: Sentence, at: number, index: JobIndex): Found | undefined {
  for (const parameter of index.parameters) {
    const found = named(sentence, at, parameter, index) ?? durationBefore(sentence, at, parameter);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The words of its name: `maxTemperature` and `max_temperature` are both `max temperature`. */
function namesOf({ name }: Parameter): string[][] {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[_\s]+/);
  const vietnamese = parameterWords.get(name)?.split(' ');
  return vietnamese === undefined ? [words] : [words, vietnamese];
}

function nameAt(tokens: readonly Token[], at: number, parameter: Parameter): number {
  const fits = namesOf(parameter).find((words) =>
    words.every((word, offset) => {
      const token = tokens[at + offset];
      return (
        token !== undefined &&
        (token.text === word || (token.text === token.plain && token.plain === withoutAccents(word)))
      );
    }),
  );
  return fits?.length ?? 0;
}

const between = /^(=|:|of|to|is|as|at|into|là|thành|bằng|la|thanh|bang|lên|xuống|len|xuong)$/;

/** `of video-events` after a name: whose it is. */
export function ownerAt(
  tokens: readonly Token[],
  at: number,
  index: JobIndex,
): Readonly<{ job: string | null; length: number }> {
  const of = /^(of|for|on|in|của|cua|cho)$/.test(tokens[at]?.text ?? '') ? 1 : 0;
  const job = index.exactAt(tokens, at + of);
  return job === undefined || of === 0 ? { job: null, length: 0 } : { job: job.label.job, length: of + job.length };
}

function named(sentence: Sentence, at: number, parameter: Parameter, index: JobIndex): Found | undefined {
  const { tokens } = sentence;
  const length = nameAt(tokens, at, parameter);
  if (length === 0) return undefined;
  const owner = ownerAt(tokens, at + length, index);
  let place = at + length + owner.length;
  const sized = place;
  while (between.test(tokens[place]?.text ?? '')) place++;
  const value = valueAt(sentence, place, parameter, place > sized);
  if (value === undefined || (owner.length > 0 && place === sized)) return undefined;
  const label = { kind: 'parameter', name: parameter.name, value: value.text, job: owner.job } as const;
  return { label, length: place - at + value.length };
}

/** `a 5 minute window`. */
function durationBefore(sentence: Sentence, at: number, parameter: Parameter): Found | undefined {
  if (parameter.type !== 'duration') return undefined;
  const duration = durationAt(sentence.tokens, at);
  if (duration === undefined) return undefined;
  const length = nameAt(sentence.tokens, at + duration.length, parameter);
  if (length === 0) return undefined;
  return {
    label: { kind: 'parameter', name: parameter.name, value: duration.text, job: null },
    length: duration.length + length,
  };
}

type Value = Readonly<{ text: string | null; length: number }>;

/** `text` null: there is a value, but not one that can be taken from words. */
function valueAt(sentence: Sentence, at: number, { type }: Parameter, introduced: boolean): Value | undefined {
  const { tokens } = sentence;
  if (tokens[at] === undefined) return undefined;
  if (type === 'duration') {
    const duration = durationAt(tokens, at);
    return duration === undefined ? undefined : { text: duration.text, length: duration.length };
  }
  if (type === 'integer' || type === 'double') {
    const number = numberAt(tokens, at);
    return number === undefined ? undefined : { text: String(number.value), length: number.length };
  }
  const bare = type === 'topic' && !isGrammar(sentence, at);
  return textAt(sentence, at, introduced || bare, type === 'secret');
}

/** A word without spaces, or what stands in quotation marks. */
function textAt({ written, tokens }: Sentence, at: number, bare: boolean, secret: boolean): Value | undefined {
  const first = tokens[at]!;
  const quoted = /^["'`]$/.test(first.text);
  if (!quoted && !bare) return undefined;
  const end = quoted
    ? tokens.findIndex((token, place) => place > at && token.text === first.text)
    : endOfWord(tokens, at, written);
  if (end <= at) return undefined;
  const text = written.slice(quoted ? first.end : first.start, quoted ? tokens[end]!.start : tokens[end - 1]!.end);
  const length = quoted ? end - at + 1 : end - at;
  return { text: !secret && parameterValue.test(text) ? text : null, length };
}

/** After the last token of what is written without a space, but for a sentence's punctuation. */
function endOfWord(tokens: readonly Token[], at: number, written: string): number {
  let end = at + 1;
  while (end < tokens.length && !/\s/.test(written.slice(tokens[end - 1]!.end, tokens[end]!.start))) end++;
  while (end > at + 1 && /^[.,;:!?)"']$/.test(tokens[end - 1]!.text)) end--;
  return end;
}

function isGrammar(sentence: Sentence, at: number): boolean {
  return [verbSet, markerSet, stateSet, fillers].some((set) => phraseAt<unknown>(set, sentence, at) !== undefined);
}
