/** Takes what looks like a secret out of words that are kept. Rather a word too many than one too few. */
const mark = '[hidden]';

const patterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [^-]+-----[\s\S]*?(?:-----END [^-]+-----|$)/g, mark],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, mark],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]+:[^\s/@]+@/gi, `$1${mark}@`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${mark}`],
  [
    /((?:pass(?:word|wd|phrase)?|secret|token|api[-_ ]?key|credentials?)["']?\s*(?:[:=]|\bis\b)\s*)("[^"]*"|'[^']*'|\S+)/gi,
    `$1${mark}`,
  ],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\b(?:sk|ghp|gho|glpat|xox[abp])[-_][\w-]{16,}/g, mark],
];

const longWord = /[A-Za-z0-9+/_=-]{24,}/g;
const randomBits = 3.5; // a letter: above it, a long word with digits and both cases is no name

export function withoutSecrets(text: string): string {
  const replaced = patterns.reduce((shown, [pattern, by]) => shown.replace(pattern, by), text);
  return replaced.replace(longWord, (word) => (looksRandom(word) ? mark : word));
}

function looksRandom(word: string): boolean {
  const isMixed = /\d/.test(word) && ((/[a-z]/.test(word) && /[A-Z]/.test(word)) || /^[0-9a-f]{32,}$/.test(word));
  return isMixed && bitsPerLetter(word) >= (/^[0-9a-f]+$/.test(word) ? 3 : randomBits);
}

function bitsPerLetter(word: string): number {
  const counts = new Map<string, number>();
  for (const letter of word) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return -[...counts.values()].reduce((sum, n) => sum + (n / word.length) * Math.log2(n / word.length), 0);
}
