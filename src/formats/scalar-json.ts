/** The JSON texts of values that are not nested. */
import { formatDate, formatTimestamp } from '../model/calendar.ts';
import { type Decimal, formatDecimal } from '../model/decimal.ts';
import { EngineError } from '../model/errors.ts';
import { type DataType, formatType } from '../model/types.ts';
import { formatBigDecimal, formatDouble, formatFloat } from './java-text.ts';
import type { TimestampStandard } from './json-options.ts';
import { quoteJson } from './json-text.ts';
import { formatIsoTime } from './time-text.ts';

export type TextRules = Readonly<{ timestampStandard: TimestampStandard; plainDecimals: boolean }>;

export function scalarJson(type: DataType, rules: TextRules): (value: unknown) => string {
  switch (type.kind) {
    case 'char':
    case 'varchar':
      return (value) => quoteJson(value as string);
    case 'binary':
    case 'varbinary':
      return (value) => `"${Buffer.from(value as Uint8Array).toString('base64')}"`;
    case 'float':
      return (value) => quotedUnlessFinite(formatFloat(value as number), value as number);
    case 'double':
      return (value) => quotedUnlessFinite(formatDouble(value as number), value as number);
    case 'decimal':
      return decimalText(type.scale, rules.plainDecimals);
    case 'date':
      return (value) => `"${formatDate(value as number)}"`;
    case 'time':
      return (value) => `"${formatIsoTime(value as number)}"`;
    case 'timestamp':
    case 'timestamp_ltz': {
      const separator = rules.timestampStandard === 'SQL' ? ' ' : 'T';
      const options = { separator, fraction: 'trim', suffix: type.kind === 'timestamp_ltz' ? 'Z' : '' } as const;
      return (value) => `"${formatTimestamp(value as number | bigint, type.precision, options)}"`;
    }
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'interval_months':
    case 'interval_millis':
      return String;
    case 'null':
      return () => 'null';
    default:
      throw new EngineError('INTERNAL', `${formatType(type)} is no scalar`);
  }
}

/** Jackson quotes what JSON has no number for. */
function quotedUnlessFinite(text: string, value: number): string {
  return Number.isFinite(value) ? text : `"${text}"`;
}

function decimalText(scale: number, plain: boolean): (value: unknown) => string {
  return (value) => {
    const text = formatDecimal(value as Decimal, scale);
    return plain ? text : formatBigDecimal(text, value as Decimal, scale);
  };
}
