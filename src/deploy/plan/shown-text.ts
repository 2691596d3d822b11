/** Words of others, as they may be shown: nothing that moves a cursor, hides or turns letters round, and not too much of it. */

const maxShown = 80; // characters
/** C0, C1, zero-width and bidi controls, variation selectors, tags. */
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]|[\ufe00-\ufe0f]|[\u{e0000}-\u{e0fff}]/gu;

export function withoutHidden(text: string): string {
  return text.toWellFormed().replace(hidden, '');
}

/** One line, cut with `…`. */
export function shownText(text: string, most: number = maxShown): string {
  const clean = withoutHidden(text.replace(/\s+/g, ' '));
  return clean.length <= most ? clean : `${clean.slice(0, most - 1).toWellFormed()}…`;
}
