/** Parts of strings: cutting, finding, replacing, trimming. Positions count characters from 1. */
import type { Argument, Implementation, ImplementContext, ScalarFunction, Signature } from '../model/function.ts';
import { types } from '../model/types.ts';
import { characterCount, indexOfCharacters, reverseCharacters, sliceCharacters, withoutHalves } from './code-points.ts';
import { evaluationError } from './failure.ts';
import { checkCount, fixed, mismatch, type Parameter, scalar } from './signature.ts';

type Call = Extract<Implementation, { kind: 'call' }>['call'];
type Options = Readonly<{ required?: number; mayBeNull?: boolean; aliases?: readonly string[] }>;

function define(
  name: string,
  parameters: Readonly<Record<string, Parameter>>,
  description: string,
  call: Call,
  result = types.string(),
  { required, mayBeNull = false, aliases }: Options = {},
): ScalarFunction {
  const names = Object.keys(parameters);
  const least = required ?? names.length;
  const optional = names.slice(least).map((parameter) => ` [, ${parameter}]`);
  const usage = `${name}(${names.slice(0, least).join(', ')}${optional.join('')})`;
  const infer = fixed(usage, Object.values(parameters), result, { required: least, mayBeNull });
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

/** From `start`, counted from the end where it is negative. A negative length gives NULL. */
function substring(text: string, start: number, length = Number.POSITIVE_INFINITY): string | null {
  if (length < 0) return null;
  const count = characterCount(text);
  const from = start > 0 ? start - 1 : start < 0 ? count + start : 0;
  return from < 0 || from >= count ? '' : sliceCharacters(text, from, Math.min(count, from + length));
}

function left(text: string, length: number): string {
  return length <= 0 ? '' : sliceCharacters(text, 0, length);
}

function right(text: string, length: number): string {
  const count = characterCount(text);
  return length <= 0 ? '' : sliceCharacters(text, Math.max(0, count - length), count);
}

function position(part: string, text: string, from = 1): number {
  return indexOfCharacters(text, part, Math.max(0, from - 1)) + 1;
}

/** The `nth` time that the part begins at or after `start`; from the end where `start` is negative. */
function inString(text: string, part: string, start = 1, nth = 1): number {
  if (nth <= 0) throw evaluationError(`expected a positive nth appearance, got ${nth}`);
  if (start === 0) return 0;
  if (start < 0) {
    const found = inString(reverseCharacters(text), reverseCharacters(part), -start, nth);
    return found === 0 ? 0 : characterCount(text) + 2 - found - characterCount(part);
  }
  let found = 0;
  for (let from = start, i = 0; i < nth; i++, from = found + 1) {
    found = position(part, text, from);
    if (found === 0) return 0;
  }
  return found;
}

function overlay(text: string, replacement: string, start: number, length = replacement.length): string {
  if (start <= 0 || start > text.length) return text;
  const rest = start + length <= text.length && length > 0 ? text.slice(start - 1 + length) : '';
  return withoutHalves(text.slice(0, start - 1) + replacement + rest);
}

function replaceAll(text: string, part: string, replacement: string): string {
  return text.replaceAll(part, () => replacement);
}

/** Of the parts between separators the one of an index from 0; NULL where there is none. An empty separator is any white space. */
function splitIndex(text: string, separator: string | number, index: number): string | null {
  if (index < 0 || text === '') return null;
  if (typeof separator === 'number' && (separator < 1 || separator > 255)) return null;
  const between = typeof separator === 'number' ? String.fromCharCode(separator) : separator;
  const parts = between === '' ? text.split(/\s/) : text.split(between);
  return parts[index] ?? null;
}

const splitUsage = 'SPLIT_INDEX(string, separator, index)';

function inferSplit(args: readonly Argument[]): Signature {
  checkCount(splitUsage, args, 3);
  const { kind } = args[1]!.type;
  const separator = kind === 'tinyint' || kind === 'smallint' || kind === 'int' ? 'integer' : 'string';
  return fixed(splitUsage, ['string', separator, 'integer'], types.string(), { mayBeNull: true })(args);
}

function trimLeft(text: string, characters = ' '): string {
  const points = new Set(characters);
  let start = 0;
  for (const point of text) {
    if (!points.has(point)) break;
    start += point.length;
  }
  return text.slice(start);
}

function trimRight(text: string, characters = ' '): string {
  const points = new Set(characters);
  const all = [...text];
  let end = all.length;
  while (end > 0 && points.has(all[end - 1]!)) end--;
  return all.slice(0, end).join('');
}

function trimBoth(text: string, characters = ' '): string {
  return trimRight(trimLeft(text, characters), characters);
}

/** STARTSWITH and ENDSWITH, of strings or of bytes. */
function edge(name: 'STARTSWITH' | 'ENDSWITH', part: string, description: string): ScalarFunction {
  const usage = `${name}(string, ${part})`;
  const atEnd = name === 'ENDSWITH';
  return scalar({
    name,
    category: 'string',
    usage,
    description,
    infer: (args) => {
      const kind = args.some(({ type }) => type.kind === 'binary' || type.kind === 'varbinary') ? 'bytes' : 'string';
      return fixed(usage, [kind, kind], types.of('boolean'))(args);
    },
    implement: () => ({
      kind: 'call',
      call: (whole: string | Uint8Array, edgeOf: string & Uint8Array) => {
        if (typeof whole === 'string') return atEnd ? whole.endsWith(edgeOf) : whole.startsWith(edgeOf);
        const from = atEnd ? whole.length - edgeOf.length : 0;
        return from >= 0 && edgeOf.every((byte, i) => whole[from + i] === byte);
      },
    }),
  });
}

const trims = { BOTH: trimBoth, LEADING: trimLeft, TRAILING: trimRight } as const;
const trimUsage = 'TRIM([BOTH | LEADING | TRAILING] [characters FROM] string)';

/** The side, a constant, comes first: TRIM('BOTH', characters, string). */
function inferTrim(args: readonly Argument[]): Signature {
  if (args.length !== 3 || !(String(args[0]!.literal) in trims)) throw mismatch(trimUsage, args);
  return fixed(trimUsage, ['string', 'string', 'string'], types.string())(args);
}

function implementTrim({ args }: ImplementContext): Implementation {
  const trim = trims[args[0]!.literal as keyof typeof trims];
  return { kind: 'call', call: (_: string, characters: string, text: string) => trim(text, characters) };
}

const int = types.of('int');

export const substringFunctions: readonly ScalarFunction[] = [
  define(
    'SUBSTRING',
    { string: 'string', start: 'integer', length: 'integer' },
    'The part from a position, to the end or of a length.',
    substring,
    types.string(),
    { required: 2, mayBeNull: true, aliases: ['SUBSTR'] },
  ),
  define('LEFT', { string: 'string', length: 'integer' }, 'The first characters.', left),
  define('RIGHT', { string: 'string', length: 'integer' }, 'The last characters.', right),
  define(
    'POSITION',
    { part: 'string', string: 'string' },
    'Where the part begins; 0 where it does not.',
    position,
    int,
  ),
  define(
    'LOCATE',
    { part: 'string', string: 'string', from: 'integer' },
    'As POSITION, from a position on.',
    position,
    int,
    {
      required: 2,
    },
  ),
  define(
    'INSTR',
    { string: 'string', part: 'string', start: 'integer', nth: 'integer' },
    'Where the part begins, the nth time from a position on.',
    inString,
    int,
    { required: 2 },
  ),
  define(
    'OVERLAY',
    { string: 'string', replacement: 'string', start: 'integer', length: 'integer' },
    'The string with a part replaced.',
    overlay,
    types.string(),
    { required: 3 },
  ),
  define(
    'REPLACE',
    { string: 'string', part: 'string', replacement: 'string' },
    'Every such part replaced.',
    replaceAll,
  ),
  define(
    'LTRIM',
    { string: 'string', characters: 'string' },
    'Without blanks, or such characters, on the left.',
    trimLeft,
    types.string(),
    {
      required: 1,
    },
  ),
  define(
    'RTRIM',
    { string: 'string', characters: 'string' },
    'Without blanks, or such characters, on the right.',
    trimRight,
    types.string(),
    {
      required: 1,
    },
  ),
  define(
    'BTRIM',
    { string: 'string', characters: 'string' },
    'Without blanks, or such characters, on both sides.',
    trimBoth,
    types.string(),
    {
      required: 1,
    },
  ),
  edge('STARTSWITH', 'start', 'Whether the string, or bytes, start so.'),
  edge('ENDSWITH', 'end', 'Whether the string, or bytes, end so.'),
  scalar({
    name: 'TRIM',
    category: 'string',
    usage: trimUsage,
    description: 'The string without such characters at its sides.',
    infer: inferTrim,
    implement: implementTrim,
  }),
  scalar({
    name: 'SPLIT_INDEX',
    category: 'string',
    usage: splitUsage,
    description: 'One of the parts between separators, counted from 0.',
    infer: inferSplit,
    implement: () => ({ kind: 'call', call: splitIndex }),
  }),
];
