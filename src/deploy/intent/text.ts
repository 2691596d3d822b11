/**
 * A sentence as words that can be compared: NFKC, lower case, no invisible characters, look-alike letters of other alphabets as Latin ones,
 * contractions spelled out. What was written stays beside it, for values.
 */

export type Token = Readonly<{
  kind: 'word' | 'number' | 'mark';
  /** Lower case, with Vietnamese accents as typed. */
  text: string;
  /** The same without accents. */
  plain: string;
  /** In `Sentence.written`; `end` is the index after it. */
  start: number;
  end: number;
  /** Follows the token before it without white space: `content-events` is `content`, then `events` glued. */
  glued: boolean;
}>;

export type Sentence = Readonly<{
  /** What was written, cleaned: what positions count in. */
  written: string;
  tokens: readonly Token[];
  /** Whether any Vietnamese accent was typed: whoever types one types all. */
  accented: boolean;
  /** By its accents, or by words that no English sentence has. */
  vietnamese: boolean;
}>;

const lookAlikes = new Map(
  Object.entries({
    а: 'a',
    в: 'b',
    с: 'c',
    ԁ: 'd',
    е: 'e',
    ё: 'e',
    һ: 'h',
    н: 'h',
    і: 'i',
    ї: 'i',
    ј: 'j',
    к: 'k',
    ӏ: 'l',
    м: 'm',
    о: 'o',
    р: 'p',
    ԛ: 'q',
    ѕ: 's',
    т: 't',
    ѵ: 'v',
    ԝ: 'w',
    х: 'x',
    у: 'y',
    α: 'a',
    ε: 'e',
    η: 'n',
    ι: 'i',
    κ: 'k',
    ν: 'v',
    ο: 'o',
    ρ: 'p',
    τ: 't',
    υ: 'u',
    χ: 'x',
    γ: 'y',
    ı: 'i',
    ɑ: 'a',
    ɡ: 'g',
    ո: 'n',
    օ: 'o',
    ѐ: 'e',
    ɩ: 'i',
    ⅼ: 'l',
  }),
);

/** Longest first where one begins another. */
const contractions: readonly (readonly [RegExp, string])[] = [
  [/\b(won)'?t\b/gi, 'will not'],
  [/\b(can)'t\b/gi, 'can not'],
  [/\bcannot\b/gi, 'can not'],
  [/\b(do|does|did|is|are|was|were|should|would|could|have|has|had|must|need)n'?t\b/gi, '$1 not'],
  [/\b(let)'s\b/gi, '$1 us'],
  [/\b(what|where|how|who|that|it|there|here|when|why)'s\b/gi, '$1 is'],
  [/\b(whats|hows|wheres)\b/gi, 'what is'],
  [/\b(\p{L}+)'re\b/giu, '$1 are'],
  [/\b(i)'m\b/gi, '$1 am'],
  [/\b(\p{L}+)'ll\b/giu, '$1 will'],
  [/\b(\p{L}+)'ve\b/giu, '$1 have'],
  [/\b(\p{L}+)'d\b/giu, '$1 would'],
  [/(\p{L})'s\b/giu, '$1'],
];

const invisible = /\p{Cf}|[\u{FE00}-\u{FE0F}]|[\u{E0000}-\u{E01EF}]|\u034F|[\u115F\u1160\u3164]/gu;
const tokenPattern = /\d+(?:,\d{3})+(?!\d)|\d+(?:\.\d{3})+(?![\d.])|\d+(?:\.\d+)?|\p{L}[\p{L}\p{N}]*|[^\s\p{L}\p{N}]/gu;
const vietnameseLetter = /[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]/;
const vietnameseWords = new Set(
  'trien khai khoi dong chay giup toi khong tren moi truong trang thai nhat ky lui tam luong xem lai bao nhieu ngung tat tiep tuc'.split(
    ' ',
  ),
);
const enoughVietnameseWords = 2; // one alone may be part of a name

/** What is not shown on a screen, but may be in a text; then compatibility forms (wide, mathematical) as plain ones. */
export function cleanText(text: string): string {
  const visible = text
    .normalize('NFKC')
    .replace(invisible, '')
    .replace(/[\p{Cc}]/gu, ' ');
  return visible
    .normalize('NFC')
    .replace(/[‘’ʼ′＇]/g, "'")
    .replace(/[“”„«»]/g, '"');
}

export function readSentence(text: string): Sentence {
  const written = contractions
    .reduce((result, [pattern, plain]) => result.replace(pattern, plain), cleanText(text))
    .trim();
  const tokens: Token[] = [];
  let last = 0; // the end of the token before, or of the hyphen after it
  for (const match of written.matchAll(tokenPattern)) {
    const start = match.index;
    const end = start + match[0].length;
    const glued = tokens.length > 0 && start === last;
    const isHyphen =
      /^[-_‐‑–]$/.test(match[0]) &&
      glued &&
      tokens.at(-1)!.kind !== 'mark' &&
      /^[\p{L}\p{N}]/u.test(written.slice(end));
    last = end;
    if (!isHyphen) tokens.push({ ...wordOf(match[0]), start, end, glued });
  }
  const known = tokens.filter(({ text, plain }) => text === plain && vietnameseWords.has(plain)).length;
  const accented = tokens.some(({ text }) => vietnameseLetter.test(text));
  return { written, tokens, accented, vietnamese: accented || known >= enoughVietnameseWords };
}

function wordOf(written: string): Pick<Token, 'kind' | 'text' | 'plain'> {
  if (/^\d/.test(written)) return { kind: 'number', text: written, plain: written };
  if (!/^\p{L}/u.test(written)) return { kind: 'mark', text: written, plain: written };
  const text = withLatinLetters(written.toLowerCase());
  return { kind: 'word', text, plain: withoutAccents(text) };
}

/** Whole words only: a word of another alphabet whose letters have no Latin twin stays what it is. */
function withLatinLetters(word: string): string {
  const letters = [...word].map((letter) => lookAlikes.get(letter) ?? letter);
  return letters.every((letter) => /[\p{Script=Latin}\p{N}]/u.test(letter)) ? letters.join('') : word;
}

/** Lower-case text without the accents of Vietnamese (or any other language): `triển khai` is `trien khai`. */
export function withoutAccents(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').normalize('NFC');
}
