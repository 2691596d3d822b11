/** Expressions as the binder makes them, for tests: calls with their arguments cast to what the function wants. */
import { castFunction } from '../../src/functions/cast.ts';
import { scalarFunction } from '../../src/functions/registry.ts';
import { assert } from '../../src/model/errors.ts';
import { type Expression, type LiteralValue, literal } from '../../src/model/expression.ts';
import type { SessionContext } from '../../src/model/function.ts';
import { type DataType, sameType, types, withNullable } from '../../src/model/types.ts';
import { compileScalar } from '../../src/operators/codegen/expression-code.ts';

export const testSession: SessionContext = { timeZone: 'UTC', now: () => 1_600_000_000_123, random: () => 0.5 };

export function call(name: string, ...args: readonly Expression[]): Expression {
  const definition = scalarFunction(name);
  assert(definition !== undefined, () => `no function ${name}`);
  const signature = definition.infer(
    args.map((arg) => ({ type: arg.type, literal: arg.kind === 'literal' ? arg.value : undefined })),
  );
  const converted = args.map((arg, i) => convert(arg, signature.args[i]!));
  return { kind: 'call', name: definition.name, args: converted, type: signature.result };
}

function convert(arg: Expression, type: DataType): Expression {
  if (sameType(arg.type, type, { ignoreNullability: true })) return arg;
  if (arg.kind === 'literal' && arg.value === null) return literal(null, type);
  return cast(arg, type);
}

export function cast(arg: Expression, type: DataType, onError: 'fail' | 'null' = 'fail'): Expression {
  castFunction(arg.type, type); // throws where there is none
  return { kind: 'cast', arg, onError, type: withNullable(type, arg.type.nullable || onError === 'null') };
}

export const int = (value: number | null): Expression => literal(value, types.of('int', value === null));
export const bigint = (value: number | bigint | null): Expression => literal(value, types.of('bigint', value === null));
export const double = (value: number | null): Expression => literal(value, types.of('double', value === null));
export const bool = (value: boolean | null): Expression => literal(value, types.of('boolean', value === null));
export const text = (value: string | null): Expression => literal(value, types.string(value === null));
/** `decimal(1234, 5, 2)` is 12.34. */
export const decimal = (unscaled: number | bigint | null, precision: number, scale: number): Expression =>
  literal(unscaled, types.decimal(precision, scale, unscaled === null));
export const nothing: Expression = literal(null, types.of('null'));

/** The value of an expression without columns, in narrow or in wide code; a safe integer always as a number. */
export function evaluate(expression: Expression, options: { wide?: boolean; session?: SessionContext } = {}): unknown {
  return evaluateRow(expression, [], options);
}

/** The value over one row of column values. */
export function evaluateRow(
  expression: Expression,
  row: readonly LiteralValue[],
  options: { wide?: boolean; session?: SessionContext } = {},
): unknown {
  const names = row.map((_, i) => `c${i}`);
  const run = compileScalar<(...values: readonly LiteralValue[]) => unknown>(
    expression,
    names,
    options.session ?? testSession,
    options.wide ?? false,
  );
  return compact(run(...row));
}

function compact(value: unknown): unknown {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
