/** The quick way from the bytes of a field into a column, for what fields are nearly always: digits, a timestamp, a text. */
import type { DataType } from '../model/types.ts';
import type { ColumnWriter } from './column-writer.ts';
import { IntWriter, NumberWriter } from './column-writers.ts';
import { StringWriter } from './string-writer.ts';
import { plainTimestamp } from './time-text.ts';

/** Stores `bytes[start, end)` in `row`; false where it is not plain: the slow way knows. */
export type PlainStore = (bytes: Uint8Array, start: number, end: number, row: number) => boolean;

/** null: values of the type are always read the slow way. */
export function plainStore(type: DataType, writer: ColumnWriter): PlainStore | null {
  if (writer instanceof StringWriter && (type.kind === 'char' || type.kind === 'varchar')) {
    return (bytes, start, end, row) => {
      writer.put(row, bytes, start, end);
      return true;
    };
  }
  if (writer instanceof NumberWriter && (type.kind === 'int' || type.kind === 'double')) {
    return type.kind === 'int' ? int32Store(writer) : doubleStore(writer);
  }
  if (!(writer instanceof IntWriter)) return null;
  if (type.kind === 'bigint') return integerStore(writer);
  if (type.kind !== 'timestamp') return null;
  const { precision } = type;
  return (bytes, start, end, row) => {
    const value = plainTimestamp(bytes, start, end, space, precision);
    if (Number.isNaN(value)) return false;
    writer.put(row, value);
    return true;
  };
}

const space = 32;
const minus = 45;
const point = 46;
const exactDigits = 15;
const powers: readonly number[] = Array.from({ length: exactDigits + 1 }, (_, i) => 10 ** i);

/** An integer of up to 15 digits, perhaps with a minus; NaN for anything else. */
function plainInteger(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === minus;
  const from = negative ? start + 1 : start;
  if (end <= from || end - from > exactDigits) return Number.NaN;
  let value = 0;
  for (let i = from; i < end; i++) {
    const digit = bytes[i]! - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return negative ? 0 - value : value;
}

function int32Store(writer: NumberWriter): PlainStore {
  return (bytes, start, end, row) => {
    const value = plainInteger(bytes, start, end);
    if ((value | 0) !== value) return false;
    writer.values[row] = value;
    return true;
  };
}

function integerStore(writer: IntWriter): PlainStore {
  return (bytes, start, end, row) => {
    const value = plainInteger(bytes, start, end);
    if (Number.isNaN(value)) return false;
    writer.put(row, value);
    return true;
  };
}

/** Up to 15 digits and a point among or before them: the quotient of two exact doubles is the nearest double. */
function doubleStore(writer: NumberWriter): PlainStore {
  return (bytes, start, end, row) => {
    const negative = bytes[start] === minus;
    const from = negative ? start + 1 : start;
    if (end <= from || end - from > exactDigits) return false;
    let digits = 0;
    let fractionDigits = -1;
    for (let i = from; i < end; i++) {
      const digit = bytes[i]! - 48;
      if (digit >= 0 && digit <= 9) {
        digits = digits * 10 + digit;
        if (fractionDigits >= 0) fractionDigits++;
      } else if (bytes[i] === point && fractionDigits < 0 && end - from > 1) fractionDigits = 0;
      else return false;
    }
    const value = digits / powers[Math.max(0, fractionDigits)]!;
    writer.values[row] = negative ? -value : value;
    return true;
  };
}
