/** JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON and the quoting of JSON strings: making JSON texts. */
import type {
  Argument,
  Implementation,
  ImplementContext,
  ScalarFunction,
  Signature,
  SqlValue,
} from '../model/function.ts';
import { type DataType, isCharacter, types, withNullable } from '../model/types.ts';
import { evaluationError } from './failure.ts';
import { jsonText, parseJson, quoteJson } from './json-document.ts';
import { checkJsonType, jsonWriter } from './json-writer.ts';
import { checkCount, fixed, mismatch, scalar } from './signature.ts';

/**
 * The grammar puts in front what the values are: `NULL` or `ABSENT` for NULLs, then a sign for each value, `j` where it is JSON already
 * (another JSON_OBJECT, JSON_ARRAY or JSON) and `v` for all others: `'NULL:vj'`.
 */
type Shape = Readonly<{ keepsNulls: boolean; isJson: readonly boolean[] }>;

function shapeOf(argument: Argument | undefined): Shape {
  const [onNull, signs = ''] = String(argument?.literal ?? '').split(':');
  return { keepsNulls: onNull === 'NULL', isJson: [...signs].map((sign) => sign === 'j') };
}

const mostArguments = 509; // a call of a Java method takes 255, and pairs count once in Flink's checks

/** Texts of values, null for NULL. */
function writersOf(
  { args, session }: ImplementContext,
  types: readonly DataType[],
): ((value: SqlValue) => string | null)[] {
  const { isJson } = shapeOf(args[0]);
  return types.map((type, i) => {
    if (isJson[i]) return (value) => value as string | null;
    const write = jsonWriter(type, session);
    return (value) => (value === null ? null : write(value as never));
  });
}

const objectUsage = 'JSON_OBJECT([[KEY] key VALUE value, …] [{NULL | ABSENT} ON NULL])';

function inferObject(args: readonly Argument[]): Signature {
  checkCount(objectUsage, args, 1, mostArguments);
  const [shape, ...rest] = args as [Argument, ...Argument[]];
  for (const [i, { type, literal }] of rest.entries()) {
    if (i % 2 === 1) checkJsonType(objectUsage, type, args);
    else if (!isCharacter(type) || typeof literal !== 'string') {
      throw mismatch(objectUsage, args, 'Keys are constant strings.');
    }
  }
  return { args: [shape.type, ...rest.map(({ type }) => typed(type))], result: types.string(false) };
}

/** A NULL without a type is a string. */
function typed(type: DataType): DataType {
  return type.kind === 'null' ? types.string() : type;
}

function implementObject(ctx: ImplementContext): Implementation {
  const rest = ctx.args.slice(1);
  const keys = rest.filter((_, i) => i % 2 === 0).map(({ literal }) => String(literal));
  const write = writersOf(
    ctx,
    rest.filter((_, i) => i % 2 === 1).map(({ type }) => type),
  );
  const { keepsNulls } = shapeOf(ctx.args[0]);
  return {
    kind: 'call',
    call: (_: string, ...values: SqlValue[]) => {
      const entries = new Map<string, string>();
      for (const [i, key] of keys.entries()) {
        const text = write[i]!(values[2 * i + 1] ?? null);
        if (text !== null || keepsNulls) entries.set(key, text ?? 'null');
      }
      const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
      return `{${sorted.map(([key, text]) => `${quoteJson(key)}:${text}`).join(',')}}`;
    },
  };
}

const arrayUsage = 'JSON_ARRAY([value, …] [{NULL | ABSENT} ON NULL])';

function inferArray(args: readonly Argument[]): Signature {
  checkCount(arrayUsage, args, 1, mostArguments);
  for (const { type } of args.slice(1)) checkJsonType(arrayUsage, type, args);
  return { args: args.map(({ type }) => typed(type)), result: types.string(false) };
}

function implementArray(ctx: ImplementContext): Implementation {
  const write = writersOf(
    ctx,
    ctx.args.slice(1).map(({ type }) => type),
  );
  const { keepsNulls } = shapeOf(ctx.args[0]);
  return {
    kind: 'call',
    call: (_: string, ...values: SqlValue[]) => {
      const texts = values.map((value, i) => write[i]!(value)).filter((text) => text !== null || keepsNulls);
      return `[${texts.map((text) => text ?? 'null').join(',')}]`;
    },
  };
}

const stringUsage = 'JSON_STRING(value)';

function inferString(args: readonly Argument[]): Signature {
  checkCount(stringUsage, args, 1);
  checkJsonType(stringUsage, args[0]!.type, args);
  const type = typed(args[0]!.type);
  return { args: [type], result: withNullable(types.string(), type.nullable) };
}

/** JSON_QUOTE: also `/`, and what is not ASCII as UTF-16 units. */
function quoted(text: string): string {
  const escaped = quoteJson(text).replaceAll('/', '\\/');
  return escaped.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What is no JSON string stays as it is. */
function unquoted(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  const inner = text.slice(1, -1);
  return /^(?:[^\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*$/.test(inner) ? unescaped(inner) : text;
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, hex: string | undefined, sign: string) =>
    hex === undefined ? (escapes[sign] ?? sign) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** A JSON text brought to its plain form; blanks are NULL. */
function json(text: string): string | null {
  if (text.trim() === '') return null;
  const value = parseJson(text);
  if (value === undefined) throw evaluationError(`JSON: '${text}' is no JSON`);
  return jsonText(value);
}

export const jsonFunctions: readonly ScalarFunction[] = [
  scalar({
    name: 'JSON_OBJECT',
    category: 'json',
    usage: objectUsage,
    description: 'A JSON object of keys and values. What is JSON already stands in it as it is.',
    nulls: 'handled',
    integers: 'any',
    infer: inferObject,
    implement: implementObject,
  }),
  scalar({
    name: 'JSON_ARRAY',
    category: 'json',
    usage: arrayUsage,
    description: 'A JSON array of values. What is JSON already stands in it as it is.',
    nulls: 'handled',
    integers: 'any',
    infer: inferArray,
    implement: implementArray,
  }),
  scalar({
    name: 'JSON_STRING',
    category: 'json',
    usage: stringUsage,
    description: 'A value as JSON.',
    integers: 'any',
    infer: inferString,
    implement: ({ args, session }) => ({ kind: 'call', call: jsonWriter(args[0]!.type, session) }),
  }),
  scalar({
    name: 'JSON',
    category: 'json',
    usage: 'JSON(string)',
    description: 'A JSON text for a place in JSON_OBJECT or JSON_ARRAY.',
    infer: fixed('JSON(string)', ['string'], types.string(), { mayBeNull: true }),
    implement: () => ({ kind: 'call', call: json }),
  }),
  scalar({
    name: 'JSON_QUOTE',
    category: 'json',
    usage: 'JSON_QUOTE(string)',
    description: 'The string as a JSON string.',
    infer: fixed('JSON_QUOTE(string)', ['string'], types.string()),
    implement: () => ({ kind: 'call', call: quoted }),
  }),
  scalar({
    name: 'JSON_UNQUOTE',
    category: 'json',
    usage: 'JSON_UNQUOTE(string)',
    description: 'The string that a JSON string stands for; another text as it is.',
    infer: fixed('JSON_UNQUOTE(string)', ['string'], types.string()),
    implement: () => ({ kind: 'call', call: unquoted }),
  }),
];
