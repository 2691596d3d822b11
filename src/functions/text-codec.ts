/** ENCODE, DECODE, UNHEX, TRANSLATE, ELT: strings as bytes, characters as others, one of several. */
import type { Argument, ScalarFunction, Signature, SqlValue } from '../model/function.ts';
import { type DataType, isInteger, types, withNullable } from '../model/types.ts';
import { commonType } from './common-type.ts';
import { evaluationError } from './failure.ts';
import { accept, checkCount, fixed, mismatch, scalar } from './signature.ts';

type Codec = Readonly<{ encode: (text: string) => Uint8Array; decode: (bytes: Uint8Array) => string }>;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function singleByte(last: number): Codec {
  return {
    encode: (text) =>
      Uint8Array.from([...text], (point) => (point.codePointAt(0)! <= last ? point.codePointAt(0)! : 63)),
    decode: (bytes) => Array.from(bytes, (byte) => (byte <= last ? String.fromCharCode(byte) : '\ufffd')).join(''),
  };
}

function utf16(order: 'BE' | 'LE', mark: boolean): Codec {
  const little = order === 'LE';
  return {
    encode: (text) => {
      const start = mark ? 2 : 0;
      const bytes = new Uint8Array(start + text.length * 2);
      const view = new DataView(bytes.buffer);
      if (mark) view.setUint16(0, 0xfeff);
      for (let i = 0; i < text.length; i++) view.setUint16(start + i * 2, text.charCodeAt(i), little);
      return bytes;
    },
    decode: (bytes) => {
      const isMarked = mark && bytes.length >= 2 && (bytes[0]! ^ bytes[1]!) === 1 && bytes[0]! + bytes[1]! === 0x1fd;
      const label = isMarked && bytes[0] === 0xff ? 'utf-16le' : little ? 'utf-16le' : 'utf-16be';
      return new TextDecoder(label, { ignoreBOM: !isMarked }).decode(bytes);
    },
  };
}

const codecs: ReadonlyMap<string, Codec> = new Map([
  ['US-ASCII', singleByte(0x7f)],
  ['ISO-8859-1', singleByte(0xff)],
  ['UTF-8', { encode: (text: string) => encoder.encode(text), decode: (bytes: Uint8Array) => decoder.decode(bytes) }],
  ['UTF-16BE', utf16('BE', false)],
  ['UTF-16LE', utf16('LE', false)],
  ['UTF-16', utf16('BE', true)],
]);

function codecOf(name: string): Codec {
  const codec = codecs.get(name.toUpperCase());
  if (codec !== undefined) return codec;
  throw evaluationError(`unknown character set '${name}': expected one of ${[...codecs.keys()].join(', ')}`);
}

/** Pairs of hexadecimal digits; a digit alone is the first of all. NULL for other characters. */
/** Of an odd count the first digit is left out, and a zero byte stands in its place, as in Flink. */
function unhex(text: string): Uint8Array | null {
  if (!/^[0-9a-fA-F]*$/.test(text)) return null;
  const digits = text.length % 2 === 0 ? text : `00${text.slice(1)}`;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Of a character that stands twice in `from` the first counts; those without a partner go. */
function translate(text: string | null, from: string | null, to: string | null): string | null {
  if (text === null || from === null || from === '') return text;
  const targets = [...(to ?? '')];
  const map = new Map<string, string>();
  for (const [i, point] of [...from].entries()) if (!map.has(point)) map.set(point, targets[i] ?? '');
  return Array.from(text, (point) => map.get(point) ?? point).join('');
}

const translateUsage = 'TRANSLATE(string, from, to)';

function inferTranslate(args: readonly Argument[]): Signature {
  checkCount(translateUsage, args, 3);
  const taken = args.map(({ type }) => accept('string', type));
  if (taken.includes(null)) throw mismatch(translateUsage, args);
  return { args: taken as DataType[], result: types.string(taken[0]!.nullable) };
}

const eltUsage = 'ELT(index, value, …)';
const most = 254; // arguments of a Java method, Flink's limit

function inferElt(args: readonly Argument[]): Signature {
  checkCount(eltUsage, args, 2, most);
  const [index, ...values] = args.map(({ type }) => type) as [DataType, ...DataType[]];
  const number = accept('integer', index);
  const kinds = ['char', 'varchar', 'binary', 'varbinary', 'null'];
  const type = commonType(values);
  if (number === null || !isInteger(number) || type === null || !values.every(({ kind }) => kinds.includes(kind))) {
    throw mismatch(eltUsage, args);
  }
  return {
    args: [number, ...values.map(({ nullable }) => withNullable(type, nullable))],
    result: withNullable(type, true),
  };
}

export const codecFunctions: readonly ScalarFunction[] = [
  scalar({
    name: 'ENCODE',
    category: 'string',
    usage: 'ENCODE(string, character set)',
    description: 'The bytes of a string in a character set: US-ASCII, ISO-8859-1, UTF-8, UTF-16, UTF-16BE or UTF-16LE.',
    infer: fixed('ENCODE(string, character set)', ['string', 'string'], types.bytes()),
    implement: () => ({ kind: 'call', call: (text: string, name: string) => codecOf(name).encode(text) }),
  }),
  scalar({
    name: 'DECODE',
    category: 'string',
    usage: 'DECODE(bytes, character set)',
    description: 'The string that bytes are in a character set.',
    infer: fixed('DECODE(bytes, character set)', ['bytes', 'string'], types.string()),
    implement: () => ({ kind: 'call', call: (bytes: Uint8Array, name: string) => codecOf(name).decode(bytes) }),
  }),
  scalar({
    name: 'UNHEX',
    category: 'arithmetic',
    usage: 'UNHEX(string)',
    description: 'The bytes of hexadecimal digits; NULL for other characters.',
    infer: fixed('UNHEX(string)', ['string'], types.bytes(), { mayBeNull: true }),
    implement: () => ({ kind: 'call', call: unhex }),
  }),
  scalar({
    name: 'TRANSLATE',
    aliases: ['TRANSLATE3'],
    category: 'string',
    usage: translateUsage,
    description: 'Characters replaced by others, one for one; those without a partner are taken out.',
    nulls: 'handled',
    infer: inferTranslate,
    implement: () => ({ kind: 'call', call: translate, mayBeNull: true }),
  }),
  scalar({
    name: 'ELT',
    category: 'string',
    usage: eltUsage,
    description: 'The value at an index from 1; NULL beyond the last.',
    nulls: 'handled',
    infer: inferElt,
    implement: () => ({
      kind: 'call',
      mayBeNull: true,
      call: (index: number | null, ...values: SqlValue[]) => (index === null ? null : (values[index - 1] ?? null)),
    }),
  }),
];
