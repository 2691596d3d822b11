/** The typed parameters of a job spec: declaration, value, and how a value is written into SQL. */
import { formatTimestamp, parseTimestamp } from '../model/calendar.ts';
import { parseDuration } from '../model/options.ts';
import type { YamlMap } from './yaml-map.ts';

const parameterTypes = [
  'topic',
  'duration',
  'string',
  'integer',
  'double',
  'boolean',
  'timestamp',
  'enum',
  'secret',
] as const;
type ParameterType = (typeof parameterTypes)[number];

export type ParameterSpec = Readonly<{
  name: string;
  type: ParameterType;
  description?: string | undefined;
  /** As one writes it; absent: a value has to be given. */
  default?: string | undefined;
  /** As one writes them; for duration, integer, double and timestamp. */
  min?: string | undefined;
  max?: string | undefined;
  /** Of an enum. */
  values: readonly string[];
  /** Where a secret comes from. */
  secret?: Readonly<{ kind: 'env' | 'file'; name: string }> | undefined;
}>;

const namePattern = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const orderedTypes: readonly ParameterType[] = ['duration', 'integer', 'double', 'timestamp'];

/** The `parameters` of a job spec. Defaults and bounds are checked to be of the type. */
export function parseParameters(map: YamlMap): ParameterSpec[] {
  return map.keys().map((name) => {
    if (!namePattern.test(name)) throw map.fault(name, `a parameter name of letters, digits and _, not '${name}'`);
    return parseParameter(name, map.map(name));
  });
}

function parseParameter(name: string, map: YamlMap): ParameterSpec {
  map.allow(['type', 'description', 'default', 'min', 'max', 'values', 'env', 'file']);
  const type = map.oneOf('type', parameterTypes);
  const spec: ParameterSpec = {
    name,
    type,
    description: map.optionalString('description'),
    default: map.optionalScalar('default'),
    min: map.optionalScalar('min'),
    max: map.optionalScalar('max'),
    values: map.list('values'),
    secret: secretOrigin(map),
  };
  refuseStrayFields(spec, map);
  for (const bound of ['min', 'max'] as const) {
    if (
      spec[bound] !== undefined &&
      parseValue(spec[bound], { ...spec, min: undefined, max: undefined }).kind === 'fault'
    ) {
      throw map.fault(bound, expectation(type));
    }
  }
  if (spec.default !== undefined) {
    const value = parseValue(spec.default, spec);
    if (value.kind === 'fault') throw map.fault('default', value.expected);
  }
  return spec;
}

function secretOrigin(map: YamlMap): ParameterSpec['secret'] {
  const env = map.optionalString('env');
  const file = map.optionalString('file');
  if (env !== undefined && file !== undefined) throw map.fault('file', "nothing beside 'env'");
  if (env !== undefined) return { kind: 'env', name: env };
  return file === undefined ? undefined : { kind: 'file', name: file };
}

/** A field that means nothing for the type is a misunderstanding. */
function refuseStrayFields(spec: ParameterSpec, map: YamlMap): void {
  const { type } = spec;
  const only = (fields: readonly string[], allowed: boolean): void => {
    for (const field of fields)
      if (!allowed && map.has(field)) throw map.fault(field, `no such field for type '${type}'`);
  };
  only(['min', 'max'], orderedTypes.includes(type));
  only(['values'], type === 'enum');
  only(['env', 'file'], type === 'secret');
  only(['default'], type !== 'secret');
  if (type === 'enum' && spec.values.length === 0) throw map.fault('values', 'a list of the allowed values');
  if (type === 'secret' && spec.secret === undefined) {
    throw map.fault('env', "'env' or 'file', where the secret comes from");
  }
}

/** A value: its text inside a string literal, and its literal elsewhere. */
export type ParameterValue = Readonly<{ text: string; literal: string }>;

type Parsed = Readonly<{ kind: 'value'; value: ParameterValue }> | Readonly<{ kind: 'fault'; expected: string }>;

/** A value by its declaration; a fault says what was expected. */
export function parseValue(text: string, spec: ParameterSpec): Parsed {
  const order = orderOf(text.trim(), spec.type);
  if (order !== null) return withinBounds(text.trim(), order, spec);
  const fault: Parsed = { kind: 'fault', expected: expectation(spec.type, spec.values) };
  switch (spec.type) {
    case 'topic':
      return /^[A-Za-z0-9._-]{1,249}$/.test(text) && text !== '.' && text !== '..' ? textValue(text) : fault;
    case 'string':
    case 'secret':
      return textValue(text);
    case 'enum':
      return spec.values.includes(text) ? textValue(text) : fault;
    case 'boolean': {
      const word = text.trim().toLowerCase();
      if (word !== 'true' && word !== 'false') return fault;
      return { kind: 'value', value: { text: word, literal: word.toUpperCase() } };
    }
    default:
      return fault;
  }
}

function textValue(text: string): Parsed {
  return { kind: 'value', value: { text, literal: quoted(text) } };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The value of an ordered type as something to compare; null where it is none, or the type has no order. */
function orderOf(text: string, type: ParameterType): number | bigint | null {
  switch (type) {
    case 'duration':
      return parseDuration(text) ?? null;
    case 'integer': {
      if (!/^[+-]?\d{1,19}$/.test(text)) return null;
      const value = BigInt(text.replace(/^\+/, ''));
      return BigInt.asIntN(64, value) === value ? value : null;
    }
    case 'double':
      return text !== '' && Number.isFinite(Number(text)) ? Number(text) : null;
    case 'timestamp':
      return timestampOf(text);
    default:
      return null;
  }
}

function timestampOf(text: string): number | bigint | null {
  return parseTimestamp(text, timestampPrecision, { separator: text.includes('T') ? 'T' : ' ' });
}

const timestampPrecision = 3;

function withinBounds(text: string, order: number | bigint, spec: ParameterSpec): Parsed {
  const min = spec.min === undefined ? null : orderOf(spec.min, spec.type);
  const max = spec.max === undefined ? null : orderOf(spec.max, spec.type);
  if ((min !== null && order < min) || (max !== null && order > max)) {
    const from = min === null ? '' : ` from ${spec.min}`;
    const to = max === null ? '' : ` up to ${spec.max}`;
    return { kind: 'fault', expected: `${expectation(spec.type)}${from}${to}` };
  }
  return { kind: 'value', value: orderedValue(text, order, spec.type) };
}

function orderedValue(text: string, order: number | bigint, type: ParameterType): ParameterValue {
  switch (type) {
    case 'duration':
      return { text, literal: intervalLiteral(Number(order)) };
    case 'integer':
      return { text: String(order), literal: signed(String(order)) };
    case 'double':
      return { text, literal: signed(doubleLiteral(Number(order))) };
    default: {
      const timestamp = formatTimestamp(order, timestampPrecision, { separator: ' ', fraction: 'trim' });
      return { text: timestamp, literal: `TIMESTAMP '${timestamp}'` };
    }
  }
}

/** In brackets, so that a minus before it makes no comment. */
function signed(literal: string): string {
  return literal.startsWith('-') ? `(${literal})` : literal;
}

/** An exponent makes it a DOUBLE; without one it would be a DECIMAL. */
function doubleLiteral(value: number): string {
  return value.toExponential().toUpperCase().replace('+', '');
}

const intervalUnits: readonly (readonly [number, string])[] = [
  [86_400_000, 'DAY'],
  [3_600_000, 'HOUR'],
  [60_000, 'MINUTE'],
  [1_000, 'SECOND'],
];
const largestField = 99; // Flink's leading precision is two digits unless written

/** `INTERVAL '1' MINUTE`, in the largest unit that fits without a rest. */
function intervalLiteral(ms: number): string {
  const unit = intervalUnits.find(([size]) => ms >= size && ms % size === 0 && ms / size <= largestField);
  if (unit !== undefined) return `INTERVAL '${ms / unit[0]}' ${unit[1]}`;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const days = String(Math.floor(ms / 86_400_000));
  const clock = `${two((ms / 3_600_000) % 24)}:${two((ms / 60_000) % 60)}:${two((ms / 1_000) % 60)}`;
  const fraction = String(Math.floor(ms % 1_000)).padStart(3, '0');
  return `INTERVAL '${days} ${clock}.${fraction}' DAY(${Math.max(2, days.length)}) TO SECOND(3)`;
}

function expectation(type: ParameterType, values: readonly string[] = []): string {
  switch (type) {
    case 'topic':
      return 'a topic name of letters, digits, dot, _ and -';
    case 'duration':
      return "a duration such as '10 s' or '1 min'";
    case 'integer':
      return 'a whole number';
    case 'double':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'timestamp':
      return "a timestamp such as '2020-01-31 12:00:00'";
    case 'enum':
      return values.map((value) => `'${value}'`).join(' or ');
    default:
      return 'a text';
  }
}
