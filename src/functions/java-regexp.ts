/** Java's regular expressions as JavaScript's: what both write alike but mean differently is rewritten, the rest is refused. */
import { EngineError } from '../model/errors.ts';
import { evaluationError } from './failure.ts';

const lineBreaks = '\\n\\r\\u0085\\u2028\\u2029';
const space = ' \\t\\n\\x0B\\f\\r';

/** Escapes that mean other characters in JavaScript, or none: outside and inside of a class. */
const escapes: Readonly<Record<string, readonly [outside: string, inside: string]>> = {
  s: [`[${space}]`, space],
  S: [`[^${space}]`, ''],
  h: [
    '[ \\t\\u00A0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000]',
    ' \\t\\u00A0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000',
  ],
  R: ['(?:\\r\\n|[\\n\\x0B\\f\\r\\u0085\\u2028\\u2029])', ''],
  A: ['(?<![^])', ''],
  z: ['(?![^])', ''],
  Z: [`(?=(?:\\r\\n|[${lineBreaks}])?(?![^]))`, ''],
  a: ['\\x07', '\\x07'],
  e: ['\\x1B', '\\x1B'],
};

/** POSIX classes and Java's names of Unicode properties, as what stands in a class. */
const properties: Readonly<Record<string, string>> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: '\\x00-\\x7F',
  Alpha: 'a-zA-Z',
  Digit: '0-9',
  Alnum: 'a-zA-Z0-9',
  Punct: '!-\\/:-@\\[-`\\{-~',
  Graph: '!-~',
  Print: ' -~',
  Blank: ' \\t',
  Cntrl: '\\x00-\\x1F\\x7F',
  XDigit: '0-9a-fA-F',
  Space: space,
  IsAlphabetic: '\\p{Alphabetic}',
  IsLetter: '\\p{L}',
  IsDigit: '\\p{Nd}',
  IsUppercase: '\\p{Uppercase}',
  IsLowercase: '\\p{Lowercase}',
  IsWhite_Space: '\\p{White_Space}',
  javaLowerCase: '\\p{Lowercase}',
  javaUpperCase: '\\p{Uppercase}',
};

const leadingFlags = /^\(\?([imsux]+)\)/;

/** null where it is no regular expression in Java. Throws EngineError UNSUPPORTED for what only Java can do. */
function compileRegexp(pattern: string, flags: string): RegExp | null {
  const leading = leadingFlags.exec(pattern);
  const own = leading?.[1] ?? '';
  if (own.includes('x')) throw onlyJava(pattern, 'the flag x');
  const all = [...new Set(`${flags}${own.replace('u', '')}u`)].join('');
  const source = translate(leading === null ? pattern : pattern.slice(leading[0].length), pattern, own.includes('m'));
  try {
    return source === null ? null : new RegExp(source, all);
  } catch {
    return null;
  }
}

function onlyJava(pattern: string, what: string): EngineError {
  return new EngineError('UNSUPPORTED', `the regular expression '${pattern}' has ${what}, which is not supported`, {
    hint: 'Write it without possessive quantifiers, atomic groups, class intersections and flags in the middle.',
  });
}

const tokens =
  /\\Q([\s\S]*?)(?:\\E|$)|\\([pP])(?:\{(\^?)(\w+)(?:=(\w+))?\}|(\w))|\\0([0-7]{1,3})|\\x\{([0-9a-fA-F]+)\}|\\([\s\S])|\[\^?\]?|\]|(\(\?[a-zA-Z-]+[:)])|(\(\?>)|([*+?}]\+)|&&|[$./-]|[^\\[\]$./&*+?}(-]+|[\s\S]/g;

/** null for what is broken in both. */
function translate(body: string, whole: string, multiline: boolean): string | null {
  let depth = 0;
  let source = '';
  for (const match of body.matchAll(tokens)) {
    const [text, quoted, sign, caret, property, value, letter, octal, hex, escaped, flags, atomic, possessive] = match;
    if (depth === 0 && (flags !== undefined || atomic !== undefined || possessive !== undefined)) {
      throw onlyJava(whole, `'${text}'`);
    }
    if (text === '&&' && depth > 0) throw onlyJava(whole, "'&&'");
    if (quoted !== undefined) source += quoted.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
    else if (sign !== undefined)
      source += propertyClass(sign, caret ?? '', property ?? letter!, value, depth > 0, whole);
    else if (octal !== undefined) source += codePoint(Number.parseInt(octal, 8));
    else if (hex !== undefined) source += codePoint(Number.parseInt(hex, 16));
    else if (escaped !== undefined) source += escapeOf(escaped, depth > 0, whole);
    else if (text.startsWith('[')) {
      if (depth > 0) throw onlyJava(whole, 'a class in a class');
      depth = 1;
      source += text.endsWith(']') ? `${text.slice(0, -1)}\\]` : text;
    } else if (text === ']' && depth > 0) {
      depth = 0;
      source += ']';
    } else if (depth > 0) source += /^[/]$/.test(text) ? '\\/' : text.replaceAll(/[({})|]/g, '\\$&');
    else source += outside(text, multiline);
  }
  return depth > 0 ? null : source;
}

/** `.` is no line break of Java's, `$` stands before the last one, too. */
function outside(text: string, multiline: boolean): string {
  switch (text) {
    case '.':
      return `[^${lineBreaks}]`;
    case '$':
      return multiline ? '$' : escapes.Z![0];
    case '/':
    case ']':
      return `\\${text}`;
    default:
      return text;
  }
}

function codePoint(code: number): string {
  return `\\u{${code.toString(16)}}`;
}

const sameInBoth = /^[dDwWtnrfvbBk1-9cux]$/;

function escapeOf(escaped: string, inClass: boolean, whole: string): string {
  const known = escapes[escaped];
  if (known !== undefined) {
    const source = inClass ? known[1] : known[0];
    if (source !== '') return source;
    throw onlyJava(whole, `'\\${escaped}' in a class`);
  }
  if (sameInBoth.test(escaped)) return `\\${escaped}`;
  if (/[A-Za-z]/.test(escaped)) throw onlyJava(whole, `'\\${escaped}'`);
  return /[\\^$.*+?()[\]{}|/-]/.test(escaped) && (inClass || escaped !== '-') ? `\\${escaped}` : escaped;
}

function propertyClass(
  sign: string,
  caret: string,
  name: string,
  value: string | undefined,
  inClass: boolean,
  whole: string,
): string {
  const negated = (sign === 'P') !== (caret === '^');
  const known = value === undefined ? properties[name] : undefined;
  if (known === undefined) return `\\${negated ? 'P' : 'p'}{${unicodeName(name, value, whole)}}`;
  if (!inClass) return `[${negated ? '^' : ''}${known}]`;
  if (negated) throw onlyJava(whole, `'\\P{${name}}' in a class`);
  return known;
}

function unicodeName(name: string, value: string | undefined, whole: string): string {
  if (value !== undefined) return `${name === 'block' || name === 'blk' ? fail(whole) : name}=${value}`;
  if (/^(?:L[ultmo]?|LC|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfosn]?)$/.test(name)) return name;
  if (/^In/.test(name)) return fail(whole);
  return /^Is[A-Z]/.test(name) ? `Script=${name.slice(2)}` : fail(whole);
}

function fail(whole: string): never {
  throw onlyJava(whole, 'a property');
}

/**
 * Compiles and keeps the last pattern: it is a constant nearly always. `onInvalid`: what is no regular expression is null, or fails the
 * row.
 */
export function regexpCache(flags: string, onInvalid: 'null' | 'fail' = 'null'): (pattern: string) => RegExp | null {
  let known: string | null = null;
  let compiled: RegExp | null = null;
  return (pattern) => {
    if (pattern !== known) {
      compiled = compileRegexp(pattern, flags);
      known = pattern;
    }
    if (compiled === null && onInvalid === 'fail') throw evaluationError(`'${pattern}' is no regular expression`);
    return compiled;
  };
}

/** String.split: without a limit no empty parts at the end, and none before a match of nothing at the start. `regexp` has the flag g. */
export function splitByRegexp(text: string, regexp: RegExp, limit = 0): string[] {
  const parts: string[] = [];
  let from = 0;
  for (const match of text.matchAll(regexp)) {
    if (limit > 0 && parts.length === limit - 1) break;
    const end = match.index + match[0].length;
    if (end === 0) continue;
    parts.push(text.slice(from, match.index));
    from = end;
  }
  if (from === 0 && parts.length === 0) return [text];
  parts.push(text.slice(from));
  if (limit === 0) while (parts.length > 0 && parts.at(-1) === '') parts.pop();
  return parts;
}
