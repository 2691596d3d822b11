/** The types of decimal arithmetic: LogicalTypeMerging of Flink, which follows SQL Server and Hive. */
import { maxDecimalPrecision } from '../model/decimal.ts';
import type { DataType } from '../model/types.ts';

export type DecimalType = Readonly<{ kind: 'decimal'; precision: number; scale: number; nullable: boolean }>;

const minDivisionScale = 6;

/** A derived decimal. `clipped`: more digits would be needed than a decimal has, so that values may not fit. */
export type DerivedDecimal = Readonly<{ precision: number; scale: number; clipped: boolean }>;

/** Beyond 38 digits the whole part is kept and the fraction gives way, down to 6 digits. */
function adjusted(precision: number, scale: number): DerivedDecimal {
  if (precision <= maxDecimalPrecision) return { precision, scale, clipped: false };
  const least = Math.min(scale, minDivisionScale);
  const kept = Math.max(maxDecimalPrecision - (precision - scale), least);
  return { precision: maxDecimalPrecision, scale: kept, clipped: true };
}

export function sumOfDecimals(a: DecimalType, b: DecimalType): DerivedDecimal {
  const scale = Math.max(a.scale, b.scale);
  return adjusted(Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale);
}

export function productOfDecimals(a: DecimalType, b: DecimalType): DerivedDecimal {
  return adjusted(a.precision + b.precision + 1, a.scale + b.scale);
}

/** Whether it is clipped or not, a quotient may not fit. */
export function quotientOfDecimals(a: DecimalType, b: DecimalType): DerivedDecimal {
  const scale = Math.max(minDivisionScale, a.scale + b.precision + 1);
  return adjusted(a.precision - a.scale + b.scale + scale, scale);
}

export function remainderOfDecimals(a: DecimalType, b: DecimalType): DerivedDecimal {
  const scale = Math.max(a.scale, b.scale);
  return adjusted(Math.min(a.precision - a.scale, b.precision - b.scale) + scale, scale);
}

/** ROUND(decimal, digits) with constant digits. */
export function roundedDecimal(type: DecimalType, digits: number): DerivedDecimal {
  const { precision, scale } = type;
  if (digits >= scale) return { precision, scale, clipped: false };
  const whole = 1 + precision - scale; // rounding may add a digit
  if (digits < 0) return { precision: Math.min(maxDecimalPrecision, whole), scale: 0, clipped: false };
  return { precision: Math.min(maxDecimalPrecision, whole + digits), scale: digits, clipped: false };
}

const integerDigits: Readonly<Partial<Record<DataType['kind'], number>>> = {
  tinyint: 3,
  smallint: 5,
  int: 10,
  bigint: 19,
};

/** The digits of an integer type; null for another. */
export function digitsOf(type: DataType): number | null {
  return integerDigits[type.kind] ?? null;
}

/** An exact numeric type as a decimal; null for another. */
export function asDecimal(type: DataType): DecimalType | null {
  if (type.kind === 'decimal') return type;
  const precision = integerDigits[type.kind];
  return precision === undefined ? null : { kind: 'decimal', precision, scale: 0, nullable: type.nullable };
}
