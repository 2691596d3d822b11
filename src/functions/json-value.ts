/** JSON_EXISTS, JSON_VALUE, JSON_QUERY and IS JSON: what is in a JSON text. */
import { parseDecimal } from '../model/decimal.ts';
import type {
  Argument,
  Implementation,
  ImplementContext,
  ScalarFunction,
  Signature,
  SqlValue,
} from '../model/function.ts';
import { rowInteger } from '../model/row.ts';
import { type DataType, formatType, isCharacter, maxStringLength, types, withNullable } from '../model/types.ts';
import { evaluationError } from './failure.ts';
import { isJsonScalar, JsonNumber, jsonText, parseJson, scalarText } from './json-document.ts';
import { type JsonPath, type PathResult, parseJsonPath, readPath } from './json-path.ts';
import { accept, anyNullable, checkCount, mismatch, scalar } from './signature.ts';

const invalid: PathResult = { failure: 'the text is no JSON' };

/** Reads a path of a text; a constant path is parsed once, and refused when the job is made. */
function pathReader({
  args,
}: ImplementContext): (json: string, path: string) => PathResult & { mode: JsonPath['mode'] } {
  let known: string | null = null;
  let path: JsonPath = { mode: 'strict', steps: null, definite: true };
  const learn = (text: string): void => {
    if (text === known) return;
    path = parseJsonPath(text);
    known = text;
  };
  const constant = args[1]?.literal;
  if (typeof constant === 'string') learn(constant);
  return (json, text) => {
    learn(text);
    const { mode } = path;
    const document = parseJson(json);
    if (document !== undefined) return { ...readPath(document, path), mode };
    return mode === 'lax' ? { found: null, mode } : { ...invalid, mode };
  };
}

/** The first two arguments, with what else the grammar has put behind them. */
function inferJson(usage: string, args: readonly Argument[], max: number): readonly [DataType, DataType] {
  checkCount(usage, args, 2, max);
  const [json, path] = args.slice(0, 2).map(({ type }) => accept('string', type));
  if (json == null || path == null) throw mismatch(usage, args);
  return [json, path];
}

function failed(name: string, why: string): Error {
  return evaluationError(`${name}: ${why}`, 'ON ERROR and ON EMPTY say what to give instead.');
}

// JSON_EXISTS(json, path, behaviour on error)

const existsUsage = 'JSON_EXISTS(json, path [{TRUE | FALSE | UNKNOWN | ERROR} ON ERROR])';

function inferExists(args: readonly Argument[]): Signature {
  const taken = inferJson(existsUsage, args, 3);
  const mayBeNull = args[2]?.literal === 'UNKNOWN';
  const rest = args.slice(2).map(({ type }) => type);
  return { args: [...taken, ...rest], result: types.of('boolean', mayBeNull || anyNullable(args.slice(0, 2))) };
}

function implementExists(ctx: ImplementContext): Implementation {
  const read = pathReader(ctx);
  const behaviour = ctx.args[2]?.literal ?? 'FALSE';
  return {
    kind: 'call',
    mayBeNull: true,
    call: (json: string, path: string) => {
      const result = read(json, path);
      if ('found' in result) return result.found !== null;
      if (behaviour === 'ERROR') throw failed('JSON_EXISTS', result.failure);
      return behaviour === 'UNKNOWN' ? null : behaviour === 'TRUE';
    },
  };
}

// JSON_VALUE(json, path, NULL of the type, on empty, its default, on error, its default)

const valueUsage =
  'JSON_VALUE(json, path [RETURNING type] [{NULL | ERROR | DEFAULT value} ON EMPTY] [{NULL | ERROR | DEFAULT value} ON ERROR])';
const valueKinds: readonly DataType['kind'][] = [
  'char',
  'varchar',
  'boolean',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'float',
  'double',
  'decimal',
];

function inferValue(args: readonly Argument[]): Signature {
  const taken = inferJson(valueUsage, args, 7);
  if (args.length === 2) return { args: taken, result: types.string() };
  const result = withNullable(args[2]!.type, true);
  if (args.length !== 7 || !valueKinds.includes(result.kind)) {
    throw mismatch(valueUsage, args, `RETURNING can't be ${formatType(result)}: take a number, BOOLEAN or STRING.`);
  }
  const [, , , onEmpty, , onError] = args.map(({ type }) => type) as [DataType, ...DataType[]];
  const [ifEmpty, ifError] = [args[4]!, args[6]!].map(({ type }) => defaultType(type, result));
  return { args: [...taken, result, onEmpty!, ifEmpty!, onError!, ifError!], result };
}

/** A BOOLEAN becomes text as Java has it, not as CAST has it. */
function defaultType(type: DataType, result: DataType): DataType {
  return type.kind === 'boolean' && isCharacter(result) ? type : result;
}

function implementValue(ctx: ImplementContext): Implementation {
  const read = pathReader(ctx);
  const convert = valueReader(ctx.result);
  const [onEmpty, onError] = [ctx.args[3]?.literal ?? 'NULL', ctx.args[5]?.literal ?? 'NULL'];
  const answer = (behaviour: unknown, why: string, otherwise: SqlValue): SqlValue => {
    if (behaviour === 'ERROR') throw failed('JSON_VALUE', why);
    if (behaviour !== 'DEFAULT') return null;
    return typeof otherwise === 'boolean' && isCharacter(ctx.result) ? String(otherwise) : otherwise;
  };
  return {
    kind: 'call',
    mayBeNull: true,
    call: (
      json: string | null,
      path: string | null,
      _type?: null,
      _empty?: string,
      ifEmpty: SqlValue = null,
      _error?: string,
      ifError: SqlValue = null,
    ) => {
      if (json === null || path === null) return null;
      const result = read(json, path);
      if ('failure' in result) return answer(onError, result.failure, ifError);
      const { found, mode } = result;
      if (found === null || (mode === 'lax' && !isJsonScalar(found))) {
        return answer(onEmpty, 'there is nothing at the path', ifEmpty);
      }
      if (!isJsonScalar(found)) return answer(onError, 'expected a scalar at the path', ifError);
      return convert(found) ?? answer(onError, `${scalarText(found)} is no ${formatType(ctx.result)}`, ifError);
    },
  };
}

const integerBits: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, int: 32, bigint: 64 };

/** A scalar in a type; null where it has no such value. Fractions of integers are cut off. */
function valueReader(type: DataType): (value: unknown) => SqlValue {
  if (isCharacter(type)) return scalarText;
  if (type.kind === 'boolean') return (value) => (typeof value === 'boolean' ? value : null);
  const read = numberReader(type);
  return (value) => (value instanceof JsonNumber ? read(value.source) : null);
}

const maxIntegerDigits = 40; // more than 64 bits have

function numberReader(type: DataType): (source: string) => SqlValue {
  if (type.kind === 'decimal') return (source) => parseDecimal(source, type.precision, type.scale);
  if (type.kind === 'double') return Number;
  if (type.kind === 'float') return (source) => Math.fround(Number(source));
  const bits = integerBits[type.kind]!;
  return (source) => {
    const cut = parseDecimal(source, maxIntegerDigits + 10, 10);
    if (cut === null) return null;
    const whole = BigInt(cut) / 10n ** 10n;
    return BigInt.asIntN(bits, whole) === whole ? rowInteger(whole) : null;
  };
}

// JSON_QUERY(json, path, NULL of the type, wrapper, on empty, on error)

const queryUsage =
  'JSON_QUERY(json, path [RETURNING type] [{WITHOUT | WITH [CONDITIONAL | UNCONDITIONAL]} [ARRAY] WRAPPER] [{NULL | EMPTY ARRAY | EMPTY OBJECT | ERROR} ON EMPTY] [… ON ERROR])';

function inferQuery(args: readonly Argument[]): Signature {
  const taken = inferJson(queryUsage, args, 6);
  if (args.length === 2) return { args: taken, result: types.string() };
  const result = withNullable(args[2]!.type, true);
  const isText = result.kind === 'varchar' && result.length === maxStringLength;
  const isArray = result.kind === 'array' && valueKinds.includes(result.element.kind);
  if (args.length !== 6 || !(isText || isArray)) {
    throw mismatch(queryUsage, args, `RETURNING can't be ${formatType(result)}: take STRING or ARRAY<STRING>.`);
  }
  if (isArray && args.slice(4).some(({ literal }) => literal === 'EMPTY OBJECT')) {
    throw mismatch(queryUsage, args, 'An array can not be an EMPTY OBJECT.');
  }
  return { args: [...taken, result, ...args.slice(3).map(({ type }) => type)], result };
}

function implementQuery(ctx: ImplementContext): Implementation {
  const read = pathReader(ctx);
  const { result } = ctx;
  const [wrapper, onEmpty, onError] = ['WITHOUT', 'NULL', 'NULL'].map((usual, i) => ctx.args[3 + i]?.literal ?? usual);
  const element = result.kind === 'array' ? valueReader(result.element) : null;
  const answer = (behaviour: unknown, why: string): SqlValue => {
    if (behaviour === 'ERROR') throw failed('JSON_QUERY', why);
    if (behaviour === 'EMPTY ARRAY') return element === null ? '[]' : [];
    return behaviour === 'EMPTY OBJECT' ? '{}' : null;
  };
  const elements = (value: unknown): SqlValue => {
    if (!Array.isArray(value)) return answer(onError, 'expected an array at the path');
    const list = value.map((part) =>
      part === null ? null : (element!(isText(result) ? textOf(part) : part) ?? undefined),
    );
    return list.includes(undefined) ? answer(onError, 'an element is of another type') : list;
  };
  return {
    kind: 'call',
    mayBeNull: true,
    call: (json: string | null, path: string | null) => {
      if (json === null || path === null) return null;
      const read1 = read(json, path);
      if ('failure' in read1) return answer(onError, read1.failure);
      const value = wrapped(read1.found, wrapper);
      if (value === null || (read1.mode === 'lax' && isJsonScalar(value)))
        return answer(onEmpty, 'there is nothing at the path');
      if (isJsonScalar(value)) return answer(onError, 'expected an object or array at the path');
      return element === null ? jsonText(value) : elements(value);
    },
  };
}

function isText(type: DataType): boolean {
  return type.kind === 'array' && isCharacter(type.element);
}

function textOf(value: unknown): string {
  return isJsonScalar(value) ? scalarText(value) : jsonText(value);
}

function wrapped(value: unknown, wrapper: unknown): unknown {
  if (value === null || wrapper === 'WITHOUT') return value;
  return wrapper === 'CONDITIONAL' && Array.isArray(value) ? value : [value];
}

// IS JSON

const isJsonUsage = 'string IS [NOT] JSON [VALUE | SCALAR | ARRAY | OBJECT]';

const kinds: Readonly<Record<string, (value: unknown) => boolean>> = {
  VALUE: () => true,
  SCALAR: isJsonScalar,
  ARRAY: Array.isArray,
  OBJECT: (value) => !isJsonScalar(value) && !Array.isArray(value),
};

function inferIsJson(args: readonly Argument[]): Signature {
  checkCount(isJsonUsage, args, 2);
  const text = accept('string', args[0]!.type);
  if (text === null || !(String(args[1]!.literal) in kinds)) throw mismatch(isJsonUsage, args);
  return { args: [text, args[1]!.type], result: types.of('boolean', false) };
}

export const jsonValueFunctions: readonly ScalarFunction[] = [
  scalar({
    name: 'JSON_EXISTS',
    category: 'json',
    usage: existsUsage,
    description: 'Whether there is something at a path.',
    infer: inferExists,
    implement: implementExists,
  }),
  scalar({
    name: 'JSON_VALUE',
    category: 'json',
    usage: valueUsage,
    description: 'The scalar at a path, as text or in a type.',
    nulls: 'handled',
    integers: 'any',
    infer: inferValue,
    implement: implementValue,
  }),
  scalar({
    name: 'JSON_QUERY',
    category: 'json',
    usage: queryUsage,
    description: 'The object or array at a path, as JSON or as an ARRAY.',
    nulls: 'handled',
    infer: inferQuery,
    implement: implementQuery,
  }),
  scalar({
    name: 'IS_JSON',
    category: 'json',
    usage: isJsonUsage,
    description: 'Whether the string is JSON, of a kind; NULL is not.',
    nulls: 'handled',
    infer: inferIsJson,
    implement: ({ args }) => {
      const test = kinds[String(args[1]!.literal)]!;
      return {
        kind: 'call',
        call: (text: string | null) => {
          const value = text === null ? undefined : parseJson(text);
          return value !== undefined && test(value);
        },
      };
    },
  }),
];
