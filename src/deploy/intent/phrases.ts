/** Sets of fixed phrases, and where they stand in a sentence. */
import { type Sentence, type Token, withoutAccents } from './text.ts';

type Phrase<T> = Readonly<{ words: readonly string[]; accents: boolean; value: T }>;

/** Longest phrase first at each place. */
export type PhraseSet<T> = ReadonlyMap<string, readonly Phrase<T>[]>;

/** Vietnamese words that are English ones without their accents: those only count in a Vietnamese sentence. */
const englishWithoutAccents = new Set(
  'a ai ha mo go on the do to an no so me can hay ban be la ma bat co in tin may long gi bi va sang len hang toan doi dang de'.split(
    ' ',
  ),
);
/** Those that are another Vietnamese word without their accents (`chớ`, don't, is `cho`, for): only with them. */
const accentsOnly = new Set(['chớ', 'khỏi', 'thôi', 'trừ', 'đã', 'hết', 'đừng', 'dừng', 'dùng']);

/** `phrases` of each value, separated by `|`. */
export function phraseSet<T>(entries: Iterable<readonly [T, string]>): PhraseSet<T> {
  const set = new Map<string, Phrase<T>[]>();
  for (const [value, phrases] of entries) {
    for (const text of phrases.split('|')) {
      const words = text.trim().split(/\s+/);
      const first = withoutAccents(words[0]!);
      const accents = words.join(' ') !== withoutAccents(words.join(' '));
      set.set(first, [...(set.get(first) ?? []), { words, accents, value }]);
    }
  }
  for (const list of set.values()) list.sort((left, right) => right.words.length - left.words.length);
  return set;
}

export type Found<T> = Readonly<{ value: T; length: number }>;

/** The longest phrase that begins at a token, of `most` words or fewer. */
export function phraseAt<T>(
  set: PhraseSet<T>,
  sentence: Sentence,
  index: number,
  most = Number.POSITIVE_INFINITY,
): Found<T> | undefined {
  const token = sentence.tokens[index];
  if (token === undefined) return undefined;
  const candidates = set.get(token.plain)?.filter(({ words }) => words.length <= most);
  const phrase = candidates?.find((candidate) => matches(candidate, sentence, index));
  return phrase === undefined ? undefined : { value: phrase.value, length: phrase.words.length };
}

function matches<T>({ words, accents }: Phrase<T>, sentence: Sentence, index: number): boolean {
  const token = sentence.tokens[index]!;
  if (words.length === 1 && token.text === token.plain) {
    if (accents && accentsOnly.has(words[0]!)) return false;
    if (accents && englishWithoutAccents.has(token.plain) && !sentence.vietnamese) return false;
    if (words[0] === 'no' && sentence.vietnamese) return false; // it is `nó`, it
  }
  return words.every((word, offset) => isWord(sentence.tokens[index + offset], word, sentence.accented));
}

/** Typed as the word, or, by someone who types no accents at all, without its accents. */
function isWord(token: Token | undefined, word: string, accented: boolean): boolean {
  if (token === undefined) return false;
  return token.text === word || (!accented && token.text === token.plain && token.plain === withoutAccents(word));
}
