/** Conversions between types: implicit ones made visible as casts, and constants converted at once where that loses nothing. */
import { castKind } from '../../functions/cast.ts';
import { decimalToDouble, formatDecimal, parseDecimal } from '../../model/decimal.ts';
import { type Expression, type Literal, type LiteralValue, literal } from '../../model/expression.ts';
import { type DataType, isInteger, sameType, withNullable } from '../../model/types.ts';

/** The expression in another type. The caller has checked that the conversion is possible; nullability stays the expression's own. */
export function coerce(expression: Expression, target: DataType): Expression {
  return cast(expression, target, 'fail');
}

export function cast(arg: Expression, target: DataType, onError: 'fail' | 'null'): Expression {
  const nullable = arg.type.nullable || onError === 'null';
  const type = withNullable(target, nullable);
  if (sameType(arg.type, target, { ignoreNullability: true })) return onError === 'null' ? { ...arg, type } : arg;
  const folded = arg.kind === 'literal' ? foldLiteral(arg, target) : null;
  const position = arg.position === undefined ? {} : { position: arg.position };
  if (folded !== null)
    return { ...folded, type: withNullable(folded.type, folded.type.nullable || nullable), ...position };
  return { kind: 'cast', arg, onError, type, ...position };
}

/** Whether a column of one type takes values of the other without the query saying CAST. */
export function isImplicit(from: DataType, to: DataType): boolean {
  return castKind(from, to) === 'implicit';
}

/** A constant in another type, only where its value is the same there. */
function foldLiteral({ value, type }: Literal, target: DataType): Literal | null {
  if (value === null) return literal(null, withNullable(target, true));
  const converted = convert(value, type, target);
  return converted === null ? null : literal(converted, withNullable(target, false));
}

const integerLimits: Readonly<Record<string, bigint>> = {
  tinyint: 1n << 7n,
  smallint: 1n << 15n,
  int: 1n << 31n,
  bigint: 1n << 63n,
};

function convert(value: LiteralValue, from: DataType, to: DataType): LiteralValue {
  if (typeof value === 'string' && from.kind === 'char' && (to.kind === 'varchar' || to.kind === 'char')) {
    return from.length === to.length || (to.kind === 'varchar' && from.length <= to.length) ? value : null;
  }
  if (typeof value !== 'number' && typeof value !== 'bigint') return null;
  if (isInteger(from)) return convertInteger(value, to);
  if (from.kind !== 'decimal') return null;
  if (to.kind === 'double') return decimalToDouble(value, from.precision, from.scale);
  if (to.kind !== 'decimal' || to.scale < from.scale) return null;
  return parseDecimal(formatDecimal(value, from.scale), to.precision, to.scale);
}

function convertInteger(value: number | bigint, to: DataType): LiteralValue {
  if (to.kind === 'decimal') return parseDecimal(String(value), to.precision, to.scale);
  if (to.kind === 'double') return Number.isSafeInteger(Number(value)) ? Number(value) : null;
  if (to.kind === 'float') return Math.fround(Number(value)) === Number(value) ? Number(value) : null;
  const limit = integerLimits[to.kind];
  return limit !== undefined && BigInt(value) < limit && BigInt(value) >= -limit ? value : null;
}
