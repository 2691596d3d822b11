/** Conditions of a query as predicates for planning. One that is not surely understood is left to DuckDB. */
import { parseDate, parseSqlTimestamp } from '../model/calendar.ts';
import { isPrimitive, type NestedField, type PrimitiveType } from './iceberg-type.ts';
import type { Condition, Literal } from './query-syntax.ts';
import type { ScanPredicate } from './scan-filter.ts';
import type { SingleValue } from './single-value.ts';

export function predicatesOf(conditions: readonly Condition[], fields: readonly NestedField[]): ScanPredicate[] {
  return conditions.flatMap(({ column, comparison, literal }) => {
    const field = fields.find((candidate) => candidate.name.toLowerCase() === column.toLowerCase());
    if (field === undefined || !isPrimitive(field.type)) return [];
    const value = literalValue(field.type, literal);
    return value === null ? [] : [{ fieldId: field.id, type: field.type, comparison, value }];
  });
}

const integerTypes: readonly string[] = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'];
const textual = /^\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d{1,6})?)?$/; // the forms that all engines read alike
const microsPerDay = 86_400_000_000n;

function literalValue(type: PrimitiveType, literal: Literal): SingleValue | null {
  const isInteger = integerTypes.includes(literal.type);
  const isText = literal.type === 'VARCHAR';
  switch (type.kind) {
    case 'int':
      return isInteger && Number.isSafeInteger(literal.value) ? (literal.value as number) : null;
    case 'long':
      return isInteger ? BigInt(literal.value as number | bigint) : null;
    case 'string':
      return isText ? (literal.value as string) : null;
    case 'date':
      return isText || literal.type === 'DATE' ? dateOf(literal.value as string) : null;
    case 'timestamp':
      return isText || literal.type === 'TIMESTAMP' ? timestampOf(literal.value as string) : null;
    default:
      return null; // timestamptz among them: its text depends on the session's time zone
  }
}

function dateOf(text: string): number | null {
  return textual.test(text) && text.length === 10 ? parseDate(text) : null;
}

function timestampOf(text: string): bigint | null {
  if (!textual.test(text)) return null;
  if (text.length === 10) {
    const days = parseDate(text);
    return days === null ? null : BigInt(days) * microsPerDay;
  }
  const micros = parseSqlTimestamp(text, 6);
  return micros === null ? null : BigInt(micros);
}
