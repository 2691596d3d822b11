/** Strings by their code points, as SQL counts characters; JavaScript counts UTF-16 units. */

/** Most strings have no surrogates: units are code points there. */
function isSimple(text: string): boolean {
  return !/[\ud800-\udfff]/.test(text);
}

export function characterCount(text: string): number {
  if (isSimple(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** The characters [start, end), both within the text. */
export function sliceCharacters(text: string, start: number, end: number): string {
  return isSimple(text) ? text.slice(start, end) : [...text].slice(start, end).join('');
}

/** Where `part` begins at or after character `from`; −1 where it does not. */
export function indexOfCharacters(text: string, part: string, from: number): number {
  if (isSimple(text)) return text.indexOf(part, from);
  const start = [...text].slice(0, from).join('').length;
  const unit = text.indexOf(part, start);
  return unit < 0 ? -1 : characterCount(text.slice(0, unit));
}

export function reverseCharacters(text: string): string {
  return [...text].reverse().join('');
}

const loneSurrogate = /\p{Surrogate}/gu;

/** Of what was cut between the two units of a character: each half is a question mark, as in Java's UTF-8. */
export function withoutHalves(text: string): string {
  return text.isWellFormed() ? text : text.replaceAll(loneSurrogate, '?');
}
