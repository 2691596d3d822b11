/** The least restrictive type: what CASE, COALESCE, UNION, VALUES, IN and comparisons bring their operands to. */
import { maxDecimalPrecision } from '../model/decimal.ts';
import {
  type DataType,
  isCharacter,
  isInteger,
  isNumeric,
  isTimestamp,
  sameType,
  withNullable,
} from '../model/types.ts';
import { asDecimal } from './decimal-type.ts';

/**
 * The type that values of all `types` have without loss, nullable when one of them is. null when there is none, or no types at all.
 * Follows Calcite's `leastRestrictive` in Flink's type system.
 */
export function commonType(types: readonly DataType[]): DataType | null {
  const nullable = types.some((type) => type.nullable || type.kind === 'null');
  let common: DataType | null = null;
  for (const type of types) {
    if (type.kind === 'null') continue;
    common = common === null ? type : commonOfTwo(common, type);
    if (common === null) return null;
  }
  if (common === null) return types[0] ?? null;
  return withNullable(common, nullable);
}

function commonOfTwo(a: DataType, b: DataType): DataType | null {
  if (sameType(a, b, { ignoreNullability: true })) return withNullable(a, a.nullable || b.nullable);
  if (isNumeric(a) && isNumeric(b)) return commonNumeric(a, b);
  if (isCharacter(a) && isCharacter(b)) {
    return { kind: 'varchar', length: Math.max(a.length, b.length), nullable: a.nullable || b.nullable };
  }
  if (isBinary(a) && isBinary(b)) {
    return { kind: 'varbinary', length: Math.max(a.length, b.length), nullable: a.nullable || b.nullable };
  }
  return commonTemporal(a, b) ?? commonConstructed(a, b);
}

type BinaryType = DataType & { kind: 'binary' | 'varbinary'; length: number };

function isBinary(type: DataType): type is BinaryType {
  return type.kind === 'binary' || type.kind === 'varbinary';
}

const integerOrder: readonly DataType['kind'][] = ['tinyint', 'smallint', 'int', 'bigint'];

/** Integers widen; with FLOAT and DOUBLE they become such; a decimal and a FLOAT meet in DOUBLE. */
function commonNumeric(a: DataType, b: DataType): DataType {
  const nullable = a.nullable || b.nullable;
  if (isInteger(a) && isInteger(b)) {
    return withNullable(integerOrder.indexOf(a.kind) >= integerOrder.indexOf(b.kind) ? a : b, nullable);
  }
  const [left, right] = [asDecimal(a), asDecimal(b)];
  if (left === null || right === null) {
    const isDouble = [a, b].some(({ kind }) => kind === 'double' || kind === 'decimal');
    return { kind: isDouble ? 'double' : 'float', nullable };
  }
  const whole = Math.min(maxDecimalPrecision, Math.max(left.precision - left.scale, right.precision - right.scale));
  const scale = Math.min(Math.max(left.scale, right.scale), maxDecimalPrecision - whole);
  return { kind: 'decimal', precision: whole + scale, scale, nullable };
}

/** A date becomes a timestamp, a timestamp one with local time zone. */
function commonTemporal(a: DataType, b: DataType): DataType | null {
  const nullable = a.nullable || b.nullable;
  if (a.kind === 'date' && isTimestamp(b)) return withNullable(b, nullable);
  if (b.kind === 'date' && isTimestamp(a)) return withNullable(a, nullable);
  if (a.kind === 'time' && b.kind === 'time') return withNullable(a.precision >= b.precision ? a : b, nullable);
  if (!isTimestamp(a) || !isTimestamp(b)) return null;
  const kind = a.kind === b.kind ? a.kind : 'timestamp_ltz';
  return { kind, precision: Math.max(a.precision, b.precision), nullable };
}

function commonConstructed(a: DataType, b: DataType): DataType | null {
  const nullable = a.nullable || b.nullable;
  if ((a.kind === 'array' && b.kind === 'array') || (a.kind === 'multiset' && b.kind === 'multiset')) {
    const element = commonType([a.element, b.element]);
    return element === null ? null : { kind: a.kind, element, nullable };
  }
  if (a.kind === 'map' && b.kind === 'map') {
    const [key, value] = [commonType([a.key, b.key]), commonType([a.value, b.value])];
    return key === null || value === null ? null : { kind: 'map', key, value, nullable };
  }
  if (a.kind !== 'row' || b.kind !== 'row' || a.fields.length !== b.fields.length) return null;
  const fields = a.fields.map((field, i) => {
    const type = commonType([field.type, b.fields[i]!.type]);
    return type === null ? null : { ...field, type };
  });
  return fields.includes(null) ? null : { kind: 'row', fields: fields.filter((field) => field !== null), nullable };
}
