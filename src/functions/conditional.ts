/** COALESCE, IFNULL, NULLIF, IF, GREATEST, LEAST, and what a string consists of. */
import type { Argument, Implementation, ImplementContext, ScalarFunction, Signature } from '../model/function.ts';
import { type DataType, isCharacter, isNumeric, layoutOf, types, withNullable } from '../model/types.ts';
import { commonType } from './common-type.ts';
import { comparableTypes, implementComparison } from './comparison.ts';
import { parseDouble } from './java-number.ts';
import { accept, anyNullable, checkCount, mismatch, scalar } from './signature.ts';
import { compareText } from './text-order.ts';

const most = 254; // arguments of a Java method, Flink's limit

/** All arguments from `first` on in their common type. */
function common(usage: string, args: readonly Argument[], first = 0): DataType {
  const type = commonType(args.slice(first).map((arg) => arg.type));
  if (type === null) throw mismatch(`${usage} of one type`, args, 'Cast the values to one type.');
  return type;
}

function inferCoalesce(usage: string, max: number, args: readonly Argument[]): Signature {
  checkCount(usage, args, max === 2 ? 2 : 1, max);
  const type = common(usage, args);
  const nullable = args.every((arg) => arg.type.nullable || arg.type.kind === 'null');
  return { args: args.map((arg) => withNullable(type, arg.type.nullable)), result: withNullable(type, nullable) };
}

function firstNotNull(): Implementation {
  return {
    kind: 'inline',
    source: (args) => args.slice(0, -1).reduceRight((rest, arg) => `${arg} !== null ? ${arg} : ${rest}`, args.at(-1)!),
    mayBeNull: true,
  };
}

const ifUsage = 'IF(condition, value1, value2)';

function inferIf(args: readonly Argument[]): Signature {
  checkCount(ifUsage, args, 3);
  if (args[0]!.type.kind !== 'boolean') throw mismatch(ifUsage, args);
  const type = common(ifUsage, args, 1);
  return {
    args: [args[0]!.type, withNullable(type, args[1]!.type.nullable), withNullable(type, args[2]!.type.nullable)],
    result: type,
  };
}

const nullIfUsage = 'NULLIF(value1, value2)';

function inferNullIf(args: readonly Argument[]): Signature {
  checkCount(nullIfUsage, args, 2);
  const types = comparableTypes(args[0]!.type, args[1]!.type);
  if (types === null) throw mismatch(nullIfUsage, args);
  return { args: types, result: withNullable(types[0], true) };
}

function implementNullIf(ctx: ImplementContext): Implementation {
  const equal = implementComparison('=', ctx);
  if (equal.kind === 'call') return equal;
  return {
    ...equal,
    source: (args) => `${args[0]} === null || (${args[1]} !== null && ${equal.source(args)}) ? null : ${args[0]}`,
    mayBeNull: true,
  };
}

function inferExtreme(usage: string, args: readonly Argument[]): Signature {
  checkCount(usage, args, 1, most);
  const type = common(usage, args);
  if (layoutOf(type) === 'object' && type.kind !== 'null') throw mismatch(`${usage} of an ordered type`, args);
  return {
    args: args.map((arg) => withNullable(type, arg.type.nullable)),
    result: withNullable(type, anyNullable(args)),
  };
}

function implementExtreme(keep: '<' | '>', { result }: ImplementContext): Implementation {
  const isText = isCharacter(result);
  const better = (a: string, b: string): string => (isText ? `compareText(${a}, ${b}) ${keep} 0` : `${a} ${keep} ${b}`);
  const choose = (args: readonly string[]): string => {
    const [first, ...rest] = args as [string, ...string[]];
    if (rest.length === 0) return first;
    const others = rest.map((other) => better(first, other)).join(' && ');
    return `${others} ? ${first} : ${choose(rest)}`;
  };
  return { kind: 'inline', source: choose, helpers: isText ? { compareText } : {} };
}

function extreme(name: string, keep: '<' | '>', description: string): ScalarFunction {
  const usage = `${name}(value, …)`;
  return scalar({
    name,
    category: 'conditional',
    usage,
    description,
    integers: 'any',
    infer: (args) => inferExtreme(usage, args),
    implement: (ctx) => implementExtreme(keep, ctx),
  });
}

/** Of a string's text or of a number's digits; never NULL. */
function consistsOf(name: string, description: string, test: (text: string) => boolean): ScalarFunction {
  const usage = `${name}(string)`;
  return scalar({
    name,
    category: 'conditional',
    usage,
    description,
    nulls: 'handled',
    infer: (args) => {
      checkCount(usage, args, 1);
      const [{ type }] = args as [Argument];
      if (!isCharacter(type) && !isNumeric(type) && type.kind !== 'null') throw mismatch(usage, args);
      const taken = accept('string', isCharacter(type) ? type : types.string(type.nullable));
      return { args: [taken!], result: types.of('boolean', false) };
    },
    implement: () => ({ kind: 'call', call: (text: string | null) => text !== null && test(text) }),
  });
}

export const conditionalFunctions: readonly ScalarFunction[] = [
  scalar({
    name: 'COALESCE',
    category: 'conditional',
    usage: 'COALESCE(value, …)',
    description: 'The first value that is not NULL.',
    nulls: 'handled',
    integers: 'any',
    infer: (args) => inferCoalesce('COALESCE(value, …)', most, args),
    implement: firstNotNull,
  }),
  scalar({
    name: 'IFNULL',
    aliases: ['NVL'],
    category: 'conditional',
    usage: 'IFNULL(value, replacement)',
    description: 'The value, or the replacement where it is NULL.',
    nulls: 'handled',
    integers: 'any',
    infer: (args) => inferCoalesce('IFNULL(value, replacement)', 2, args),
    implement: firstNotNull,
  }),
  scalar({
    name: 'NULLIF',
    category: 'conditional',
    usage: nullIfUsage,
    description: 'NULL where both are equal, else value1.',
    nulls: 'handled',
    integers: 'any',
    infer: inferNullIf,
    implement: implementNullIf,
  }),
  scalar({
    name: 'IF',
    category: 'conditional',
    usage: ifUsage,
    description: 'value1 where the condition is true, else value2.',
    nulls: 'handled',
    integers: 'any',
    infer: inferIf,
    implement: () => ({ kind: 'inline', source: ([c, x, y]) => `${c} === true ? ${x} : ${y}`, mayBeNull: true }),
  }),
  extreme('GREATEST', '>', 'The greatest of the values; NULL when one is NULL.'),
  extreme('LEAST', '<', 'The least of the values; NULL when one is NULL.'),
  consistsOf('IS_ALPHA', 'Whether there are letters only, one at least.', (text) => /^\p{L}+$/u.test(text)),
  consistsOf('IS_DIGIT', 'Whether there are digits only, one at least.', (text) => /^\p{Nd}+$/u.test(text)),
  consistsOf('IS_DECIMAL', 'Whether the string is a number.', (text) => parseDouble(text) !== null),
];
