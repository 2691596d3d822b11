/** Secrets out of text that is kept or leaves the machine. What looks like one goes: a false alarm costs a word, a miss costs a key. */

const redacted = '[redacted]';

const shortestRandom = 20; // characters
const randomEntropy = 3.3; // bits a character: names of jobs and topics have less, keys and hashes more

const keyNames =
  'password|passwd|passphrase|passcode|pwd|secret|token|bearer|api[ _-]?key|access[ _-]?key|private[ _-]?key|secret[ _-]?key|client[ _-]?secret|credentials?|authorization|sasl|mật khẩu|mat khau|khóa bí mật|khoa bi mat';

/** What may stand between a key's name and its value. */
const linking = '(?:\\s|[:=]|(?:is|là|la|to|bearer|basic)\\s)*';

const patterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [^-]+-----[\s\S]*?(?:-----END [^-]+-----|$)/g, redacted],
  [/\beyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)?/g, redacted],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${redacted}@`],
  [/\b[\w.-]+:[^\s:@/]{3,}@(?=[\w-])/g, `${redacted}@`],
  [
    /\b(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abprs]|AKIA|ASIA|AIza|hf|npm|dop_v1)[-_]?[A-Za-z0-9_-]{12,}/g,
    redacted,
  ],
  [new RegExp(`((?:${keyNames})[\\w.-]*["']?${linking})("[^"]*"|'[^']*'|[^\\s,;]+)`, 'giu'), `$1${redacted}`],
];

export function withoutSecrets(text: string): string {
  const plain = patterns.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
  return plain.replace(/[A-Za-z0-9+/_=-]{20,}/g, (word) => (isRandom(word) ? redacted : word));
}

/** Letters and digits mixed, with little repetition; or many hex digits. */
function isRandom(word: string): boolean {
  if (/^[0-9a-f-]{32,}$/i.test(word)) return true;
  const isMixed = /\d/.test(word) && /[A-Za-z]/.test(word);
  const isCased = /[a-z]/.test(word) && /[A-Z]/.test(word.slice(1));
  return word.length >= shortestRandom && (isMixed || isCased) && entropy(word) >= randomEntropy;
}

function entropy(word: string): number {
  const counts = new Map<string, number>();
  for (const letter of word) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / word.length) * Math.log2(count / word.length), 0);
}
