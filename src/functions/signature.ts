/** Helpers to declare what functions take. */
import { EngineError } from '../model/errors.ts';
import type { Argument, ScalarFunction, Signature } from '../model/function.ts';
import { type DataType, formatType, isCharacter, isInteger, isNumeric, types, withNullable } from '../model/types.ts';

/** A declaration with what most functions have: deterministic, NULL when an argument is NULL. */
export function scalar(
  definition: Omit<ScalarFunction, 'kind' | 'deterministic' | 'nulls'> &
    Partial<Pick<ScalarFunction, 'deterministic' | 'nulls'>>,
): ScalarFunction {
  return { kind: 'scalar', deterministic: true, nulls: 'strict', ...definition };
}

export function anyNullable(args: readonly Argument[]): boolean {
  return args.some(({ type }) => type.nullable || type.kind === 'null');
}

/** The error of a call whose arguments don't fit. */
export function mismatch(usage: string, args: readonly Argument[], hint?: string): EngineError {
  const got = args.map(({ type }) => formatType(withNullable(type, true))).join(', ');
  return new EngineError('SQL_VALIDATION', `expected ${usage}, got arguments (${got})`, { hint });
}

export function checkCount(usage: string, args: readonly Argument[], min: number, max = min): void {
  if (args.length < min || args.length > max) throw mismatch(usage, args);
}

/**
 * What one parameter takes:
 * `string`: CHAR or VARCHAR · `bytes`: BINARY or VARBINARY · `integer`: any integer type, as it is · `double`: any number, as DOUBLE ·
 * `boolean` · `any`: whatever it is. A NULL literal becomes the first of them.
 */
export type Parameter = 'string' | 'bytes' | 'integer' | 'double' | 'boolean' | 'any';

const parameters: Readonly<Record<Parameter, (type: DataType) => DataType | null>> = {
  string: (type) => (isCharacter(type) ? type : type.kind === 'null' ? types.string() : null),
  bytes: (type) => {
    if (type.kind === 'null') return types.bytes();
    return type.kind === 'binary' || type.kind === 'varbinary' ? type : null;
  },
  integer: (type) => (isInteger(type) ? type : type.kind === 'null' ? types.of('int') : null),
  double: (type) => {
    if (type.kind === 'null') return types.of('double');
    return isNumeric(type) ? types.of('double', type.nullable) : null;
  },
  boolean: (type) => (type.kind === 'boolean' ? type : type.kind === 'null' ? types.of('boolean') : null),
  any: (type) => type,
};

/** One argument brought to its parameter's type, or null. */
export function accept(parameter: Parameter, type: DataType): DataType | null {
  return parameters[parameter](type);
}

/**
 * `infer` for fixed parameters, the last ones optional beyond `required`. The result is nullable when an argument is, unless
 * `mayBeNull` makes it always so.
 */
export function fixed(
  usage: string,
  kinds: readonly Parameter[],
  result: DataType,
  options: { required?: number; mayBeNull?: boolean } = {},
): (args: readonly Argument[]) => Signature {
  return (args) => {
    checkCount(usage, args, options.required ?? kinds.length, kinds.length);
    const accepted = args.map(({ type }, i) => {
      const taken = accept(kinds[i]!, type);
      if (taken === null) throw mismatch(usage, args);
      return taken;
    });
    return { args: accepted, result: withNullable(result, options.mayBeNull === true || anyNullable(args)) };
  };
}

/** `infer` for any number of arguments of one kind. */
export function variadic(
  usage: string,
  kind: Parameter,
  min: number,
  result: DataType,
): (args: readonly Argument[]) => Signature {
  const most = 254; // arguments of a Java method, Flink's limit
  return (args) => {
    checkCount(usage, args, min, most);
    return fixed(
      usage,
      args.map(() => kind),
      result,
    )(args);
  };
}
