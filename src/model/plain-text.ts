/** Text of elsewhere (logs, names, failures) as a terminal and a page can show it: nothing in it moves a cursor, hides or reorders. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const ansiSequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)/g;
// C0 and C1 but tab and line feed, soft hyphen, zero width, bidirectional marks, byte order mark.
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const variation = /\p{Variation_Selector}|[\u{e0000}-\u{e007f}]/gu;

/** At the most `maxLength` UTF-16 units; what was cut off is marked. */
export function plainText(text: string, maxLength: number): string {
  // The rest of a very long text is not looked at: only so much of it can be shown.
  const plain = text
    .slice(0, maxLength * 4)
    .replace(ansiSequence, '')
    .replace(unseen, '')
    .replace(variation, '');
  return plain.length <= maxLength && text.length <= maxLength * 4 ? plain : `${plain.slice(0, maxLength - 1)}…`;
}
