/**
 * From JSON values to SQL values, with Flink's lenient rules (JsonParserToRowDataConverters; where it depends on the order of a record's
 * fields, JsonToRowDataConverters). Values come out as `valueAt` (model/column.ts) gives them.
 */
import { parseTimestamp } from '../model/calendar.ts';
import { parseDecimal } from '../model/decimal.ts';
import { EngineError } from '../model/errors.ts';
import { type DataType, type Field, formatType, isCharacter, types } from '../model/types.ts';
import { javaTrim, parseJavaDouble, parseJavaInteger } from './java-text.ts';
import { JsonFault, type JsonNode, JsonNumber } from './json-node.ts';
import type { JsonReadOptions } from './json-options.ts';
import { jsonText } from './json-text.ts';
import { parseIsoDate, parseIsoTime } from './time-text.ts';

/** The value of a node that is there. Throws JsonFault. */
export type JsonConverter = (node: JsonNode) => unknown;

/** null for a NULL; with `ignore-parse-errors` also for what can't be read. */
export function jsonConverter(type: DataType, options: JsonReadOptions): JsonConverter {
  const convert = notNullConverter(type, options);
  if (!options.ignoreParseErrors) return (node) => (node === null ? null : convert(node));
  return (node) => {
    if (node === null) return null;
    try {
      return convert(node);
    } catch (error) {
      if (error instanceof JsonFault) return null;
      throw error;
    }
  };
}

type Present = Exclude<JsonNode, null>;

function notNullConverter(type: DataType, options: JsonReadOptions): (node: Present) => unknown {
  switch (type.kind) {
    case 'null':
      return () => null;
    case 'boolean':
      return (node) => (typeof node === 'boolean' ? node : javaTrim(textOf(node)).toLowerCase() === 'true');
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'interval_months':
    case 'interval_millis':
      return integerConverter(type);
    case 'float':
      return (node) => Math.fround(toDouble(node, type));
    case 'double':
      return (node) => toDouble(node, type);
    case 'decimal':
      return decimalConverter(type, type.precision, type.scale);
    case 'char':
    case 'varchar':
      return (node) => (isNested(node) ? jsonText(node) : textOf(node));
    case 'binary':
    case 'varbinary':
      return (node) => toBytes(node, type);
    case 'date':
      return (node) => parseIsoDate(textOf(node)) ?? refuse(node, type);
    case 'time':
      return (node) => parseIsoTime(textOf(node)) ?? refuse(node, type);
    case 'timestamp':
    case 'timestamp_ltz':
      return timestampConverter(type, type.precision, options);
    case 'array':
      return arrayConverter(type, type.element, options);
    case 'map':
      return mapConverter(type, type.key, type.value, options);
    case 'multiset':
      return mapConverter(type, type.element, types.of('int', false), options);
    case 'row':
      return rowConverter(type, type.fields, options);
  }
}

function isNested(node: JsonNode): node is JsonNode[] | Map<string, JsonNode> {
  return typeof node === 'object' && node !== null && !(node instanceof JsonNumber);
}

/** Its text; of nested values nothing that any conversion accepts. */
function textOf(node: Present): string {
  if (typeof node === 'string') return node;
  if (typeof node === 'boolean') return String(node);
  return node instanceof JsonNumber ? node.text : '';
}

function refuse(node: JsonNode, type: DataType): never {
  throw new JsonFault(`expected ${formatType({ ...type, nullable: true })}, found ${excerpt(node)}`);
}

const excerptLength = 60;

function excerpt(node: JsonNode): string {
  const text = jsonText(node);
  return text.length <= excerptLength ? text : `${text.slice(0, excerptLength)}…`;
}

const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  tinyint: [-128n, 127n],
  smallint: [-32768n, 32767n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
  interval_months: [-(2n ** 31n), 2n ** 31n - 1n],
  interval_millis: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** Fractions are cut off where Jackson does (INT and BIGINT, of numbers, by way of a double), refused elsewhere. */
function integerConverter(type: DataType): (node: Present) => number | bigint {
  const [min, max] = ranges[type.kind]!;
  const truncates = type.kind !== 'tinyint' && type.kind !== 'smallint';
  return (node) => {
    const value = parseJavaInteger(javaTrim(textOf(node)), min, max);
    if (value !== null) return value;
    if (!truncates || !(node instanceof JsonNumber) || !/[.eE]/.test(node.text)) return refuse(node, type);
    return truncated(Number(node.text), min, max) ?? refuse(node, type);
  };
}

/** Java's cast from double to long, after Jackson's check against the bounds as doubles. */
function truncated(value: number, min: bigint, max: bigint): number | bigint | null {
  if (!(value >= Number(min) && value <= Number(max))) return null;
  const whole = Math.trunc(value) + 0;
  if (Number.isSafeInteger(whole)) return whole;
  const exact = BigInt(whole);
  return exact > max ? max : exact;
}

function toDouble(node: Present, type: DataType): number {
  return parseJavaDouble(javaTrim(textOf(node))) ?? refuse(node, type);
}

const decimalText = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,10})?$/;

/** NULL where the precision does not hold it (DecimalData.fromBigDecimal). */
function decimalConverter(type: DataType, precision: number, scale: number): (node: Present) => unknown {
  return (node) => {
    const text = javaTrim(textOf(node));
    const value = parseDecimal(text, precision, scale);
    return value === null && !decimalText.test(text) ? refuse(node, type) : value;
  };
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function toBytes(node: Present, type: DataType): Uint8Array {
  if (typeof node !== 'string') return refuse(node, type);
  const text = node.replace(/[\s]+/g, '');
  if (!base64.test(text)) return refuse(node, type);
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function timestampConverter(
  type: DataType,
  precision: number,
  options: JsonReadOptions,
): (node: Present) => number | bigint {
  const separator = options.timestampStandard === 'SQL' ? ' ' : 'T';
  const suffix = type.kind === 'timestamp_ltz' ? 'Z' : '';
  return (node) => parseTimestamp(textOf(node), precision, { separator, suffix }) ?? refuse(node, type);
}

function arrayConverter(type: DataType, element: DataType, options: JsonReadOptions): (node: Present) => unknown {
  const convert = jsonConverter(element, options);
  return (node) => (Array.isArray(node) ? node.map(convert) : refuse(node, type));
}

function mapConverter(
  type: DataType,
  keyType: DataType,
  valueType: DataType,
  options: JsonReadOptions,
): (node: Present) => unknown {
  requireTextKey(type, keyType);
  const convert = jsonConverter(valueType, options);
  return (node) => {
    if (!(node instanceof Map)) return refuse(node, type);
    return new Map(Array.from(node, ([key, value]) => [key, convert(value)]));
  };
}

/** Names in JSON are texts; Flink refuses other keys as well. */
export function requireTextKey(type: DataType, keyType: DataType): void {
  if (isCharacter(keyType)) return;
  throw new EngineError(
    'SQL_VALIDATION',
    `format 'json': expected a character string as the key of ${formatType(type)}, got ${formatType(keyType)}`,
    { hint: 'Declare the key as STRING.' },
  );
}

function rowConverter(type: DataType, members: readonly Field[], options: JsonReadOptions): (node: Present) => unknown {
  const fields = members.map((field) => ({ name: field.name, convert: jsonConverter(field.type, options) }));
  return (node) => {
    if (!(node instanceof Map)) return refuse(node, type);
    return fields.map(({ name, convert }) => {
      const value = node.get(name);
      if (value !== undefined) return convert(value);
      if (options.failOnMissingField) throw new JsonFault(`expected a field \`${name}\`, found none`);
      return null;
    });
  };
}
