/** Functions of strings: case, length, joining, padding. */
import { EngineError } from '../model/errors.ts';
import type { Argument, Implementation, ScalarFunction, Signature } from '../model/function.ts';
import { isCharacter, types } from '../model/types.ts';
import { characterCount, reverseCharacters, withoutHalves } from './code-points.ts';
import { evaluationError } from './failure.ts';
import { anyNullable, checkCount, fixed, mismatch, type Parameter, scalar, variadic } from './signature.ts';

type Call = Extract<Implementation, { kind: 'call' }>['call'];

/** A function with fixed parameters and a plain implementation. */
function plain(
  name: string,
  signature: Readonly<{
    parameters: readonly Parameter[];
    required?: number;
    usage: string;
    mayBeNull?: boolean;
    aliases?: readonly string[];
  }>,
  description: string,
  call: Call,
  result = types.string(),
): ScalarFunction {
  const { parameters, required = parameters.length, mayBeNull = false, aliases } = signature;
  const usage = `${name}(${signature.usage})`;
  const infer = fixed(usage, parameters, result, { required, mayBeNull });
  return scalar({
    name,
    aliases,
    category: 'string',
    usage,
    description,
    infer,
    implement: () => ({ kind: 'call', call }),
  });
}

const maxRepeated = 1 << 28; // UTF-16 units of a made-up string: beyond this a row would take the memory of the process

function checkedLength(length: number): number {
  if (length <= maxRepeated) return length;
  throw new EngineError('EVALUATION', `expected a string of at most ${maxRepeated} characters, got ${length}`);
}

function pad(text: string, length: number, filler: string): string | null {
  if (length < 0 || filler === '') return null;
  const missing = Math.max(0, checkedLength(length) - text.length);
  return filler.repeat(Math.ceil(missing / filler.length)).slice(0, missing);
}

function padLeft(text: string, length: number, filler: string): string | null {
  const padding = pad(text, length, filler);
  return padding === null ? null : withoutHalves(padding + text.slice(0, length));
}

function padRight(text: string, length: number, filler: string): string | null {
  const padding = pad(text, length, filler);
  return padding === null ? null : withoutHalves(text.slice(0, length) + padding);
}

function repeat(text: string, count: number): string {
  if (count <= 0) return '';
  checkedLength(text.length * count);
  return text.repeat(count);
}

/** The first letter of each run of ASCII letters and digits in upper case, the others in lower. */
function initialCapitals(text: string): string {
  return text.replace(/[0-9A-Za-z]+/g, (word) => word[0]!.toUpperCase() + word.slice(1).toLowerCase());
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The first byte, signed as Java's are; 0 of an empty string. */
function firstByte(text: string): number {
  const byte = encoder.encode(text.slice(0, 2))[0] ?? 0;
  return (byte << 24) >> 24;
}

function characterOf(code: number): string {
  return code < 0 ? '' : String.fromCharCode(code & 0xff);
}

function toBase64(value: string | Uint8Array): string {
  const bytes = typeof value === 'string' ? encoder.encode(value) : value;
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** Base64 itself may come as bytes. Throws for what is none. */
function fromBase64(value: string | Uint8Array): string {
  const text = typeof value === 'string' ? value : decoder.decode(value);
  try {
    return decoder.decode(Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0)));
  } catch {
    throw evaluationError(`FROM_BASE64: '${text}' is no Base64`);
  }
}

/** A function of a string or of bytes. */
function ofStringOrBytes(name: string, description: string, call: Call): ScalarFunction {
  const usage = `${name}(string or bytes)`;
  return scalar({
    name,
    category: 'string',
    usage,
    description,
    infer: (args) => {
      const { kind } = args[0]?.type ?? {};
      return fixed(usage, [kind === 'binary' || kind === 'varbinary' ? 'bytes' : 'string'], types.string())(args);
    },
    implement: () => ({ kind: 'call', call }),
  });
}

/** The absolute value of String.hashCode; the least integer is its own. */
function hashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return Math.abs(hash) | 0;
}

/** NULLs but for the separator are left out. */
function joinWith(separator: string | null, ...parts: readonly (string | null)[]): string | null {
  return separator === null ? null : parts.filter((part) => part !== null).join(separator);
}

const joinUsage = 'CONCAT_WS(separator, string, …)';

function inferJoin(args: readonly Argument[]): Signature {
  checkCount(joinUsage, args, 1, 254);
  const taken = args.map(({ type }) => (type.kind === 'null' ? types.string() : type));
  if (!taken.every(isCharacter)) throw mismatch(joinUsage, args);
  return { args: taken, result: types.string(anyNullable(args.slice(0, 1))) };
}

const hexDigits = '0123456789abcdef';

/** RFC 4122, version 4: 122 random bits. */
function uuid(random: () => number): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (place) => {
    const digit = Math.floor(random() * 16);
    return hexDigits[place === 'x' ? digit : (digit & 3) | 8]!;
  });
}

export const stringFunctions: readonly ScalarFunction[] = [
  scalar({
    name: 'UUID',
    category: 'string',
    usage: 'UUID()',
    description: 'A random UUID.',
    deterministic: false,
    infer: fixed('UUID()', [], types.string(false)),
    implement: ({ session }) => ({ kind: 'call', call: () => uuid(session.random) }),
  }),
  plain('UPPER', { parameters: ['string'], usage: 'string', aliases: ['UCASE'] }, 'In upper case.', (text: string) =>
    text.toUpperCase(),
  ),
  plain('LOWER', { parameters: ['string'], usage: 'string', aliases: ['LCASE'] }, 'In lower case.', (text: string) =>
    text.toLowerCase(),
  ),
  plain('INITCAP', { parameters: ['string'], usage: 'string' }, 'Each word with a capital.', initialCapitals),
  plain(
    'CHAR_LENGTH',
    { parameters: ['string'], usage: 'string', aliases: ['CHARACTER_LENGTH', 'LENGTH'] },
    'The number of characters.',
    characterCount,
    types.of('int'),
  ),
  plain(
    'REVERSE',
    { parameters: ['string'], usage: 'string' },
    'The characters from the last to the first.',
    reverseCharacters,
  ),
  plain('REPEAT', { parameters: ['string', 'integer'], usage: 'string, count' }, 'The string so many times.', repeat),
  plain(
    'LPAD',
    { parameters: ['string', 'integer', 'string'], usage: 'string, length, filler', mayBeNull: true },
    'Filled up on the left, or cut, to a length.',
    padLeft,
  ),
  plain(
    'RPAD',
    { parameters: ['string', 'integer', 'string'], usage: 'string, length, filler', mayBeNull: true },
    'Filled up on the right, or cut, to a length.',
    padRight,
  ),
  plain(
    'ASCII',
    { parameters: ['string'], usage: 'string' },
    'The number of the first character.',
    firstByte,
    types.of('int'),
  ),
  plain('CHR', { parameters: ['integer'], usage: 'number' }, 'The character of a number, modulo 256.', characterOf),
  ofStringOrBytes('TO_BASE64', 'The bytes, or UTF-8 bytes of the string, in Base64.', toBase64),
  ofStringOrBytes('FROM_BASE64', 'The string whose UTF-8 bytes these are.', fromBase64),
  plain(
    'HASH_CODE',
    { parameters: ['string'], usage: 'string' },
    "The absolute value of Java's hash code.",
    hashCode,
    types.of('int'),
  ),
  scalar({
    name: 'CONCAT',
    category: 'string',
    usage: 'CONCAT(string, …)',
    description: 'All strings, one behind the other; NULL when one is NULL.',
    infer: variadic('CONCAT(string, …)', 'string', 1, types.string()),
    implement: () => ({ kind: 'inline', source: (args) => args.join(' + ') }),
  }),
  scalar({
    name: 'CONCAT_WS',
    category: 'string',
    usage: joinUsage,
    description: 'The strings that are not NULL, with the separator between them.',
    nulls: 'handled',
    infer: inferJoin,
    implement: () => ({ kind: 'call', call: joinWith }),
  }),
];
