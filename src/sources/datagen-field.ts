/** What the options `fields.<name>.*` say of a column: plain data that a worker makes a generator of. */
import { parseDecimal } from '../model/decimal.ts';
import { EngineError } from '../model/errors.ts';
import { parseDuration } from '../model/options.ts';
import { type DataType, type Field, formatType } from '../model/types.ts';

/** `salt` keeps columns apart: the name, with those of the fields around it. */
export type FieldRule = Readonly<{ salt: string; type: DataType; nullRate: number }> &
  (
    | Readonly<{ kind: 'boolean' | 'date' | 'time' | 'null' }>
    /** [min, max], both included; of a DECIMAL unscaled. */
    | Readonly<{ kind: 'integer'; min: bigint; max: bigint }>
    /** [min, max). */
    | Readonly<{ kind: 'double'; min: number; max: number }>
    | Readonly<{ kind: 'sequence'; start: bigint; end: bigint }>
    /** Hexadecimal digits, or bytes. */
    | Readonly<{ kind: 'text'; length: number; variable: boolean }>
    | Readonly<{ kind: 'timestamp'; maxPastMs: number }>
    | Readonly<{ kind: 'array'; length: number; element: FieldRule }>
    | Readonly<{ kind: 'map'; length: number; key: FieldRule; value: FieldRule }>
    | Readonly<{ kind: 'row'; fields: readonly FieldRule[] }>
  );

const defaultTextLength = 100;
const defaultCollectionLength = 3;
const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;

/** The options below `fields.`; each has to be asked for by some column. */
class FieldOptions {
  readonly #values: ReadonlyMap<string, string>;
  readonly #where: string;
  readonly #unused: Set<string>;

  constructor(values: ReadonlyMap<string, string>, where: string) {
    this.#values = values;
    this.#where = where;
    this.#unused = new Set(values.keys());
  }

  text(name: string, option: string): string | undefined {
    this.#unused.delete(`${name}.${option}`);
    return this.#values.get(`${name}.${option}`);
  }

  parsed<T>(name: string, option: string, parse: (text: string) => T | undefined, expected: string): T | undefined {
    const text = this.text(name, option);
    if (text === undefined) return undefined;
    const value = parse(text.trim());
    if (value === undefined) throw this.wrong(name, option, expected, `'${text}'`);
    return value;
  }

  wrong(name: string, option: string, expected: string, found: string): EngineError {
    const key = `fields.${name}.${option}`;
    return new EngineError('INVALID_OPTION', `${this.#where}: option '${key}': expected ${expected}, got ${found}`);
  }

  requireAllUsed(): void {
    const [unused] = this.#unused;
    if (unused === undefined) return;
    throw new EngineError('INVALID_OPTION', `${this.#where}: unknown option 'fields.${unused}'`, {
      hint: 'It names no column of the table, or means nothing for its type and kind.',
    });
  }
}

function fieldRule(name: string, type: DataType, options: FieldOptions): FieldRule {
  const kind = (options.text(name, 'kind') ?? 'random').toLowerCase();
  if (kind === 'sequence') return sequenceRule(name, type, options);
  if (kind !== 'random') throw options.wrong(name, 'kind', "'random' or 'sequence'", `'${kind}'`);
  const nullRate = options.parsed(name, 'null-rate', parseRate, 'a number from 0 to 1') ?? 0;
  if (nullRate > 0 && !type.nullable)
    throw options.wrong(name, 'null-rate', '0 for a NOT NULL column', String(nullRate));
  return { salt: name, type, nullRate, ...randomRule(name, type, options) } as FieldRule;
}

function parseRate(text: string): number | undefined {
  const rate = Number(text);
  return text !== '' && rate >= 0 && rate <= 1 ? rate : undefined;
}

function parseInteger(text: string): bigint | undefined {
  return /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined;
}

function parseNumber(text: string): number | undefined {
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
}

function parseLength(text: string): number | undefined {
  return /^\d{1,7}$/.test(text) ? Number(text) : undefined;
}

type WithoutCommon<T> = T extends unknown ? Omit<T, 'salt' | 'type' | 'nullRate'> : never;
type OwnRule = WithoutCommon<FieldRule>;

function randomRule(name: string, type: DataType, options: FieldOptions): OwnRule {
  switch (type.kind) {
    case 'boolean':
    case 'date':
    case 'time':
    case 'null':
      return { kind: type.kind };
    case 'float':
    case 'double':
      return doubleRule(name, type.kind === 'float' ? 3.4028234663852886e38 : Number.MAX_VALUE, options);
    case 'decimal':
      return decimalRule(name, type.precision, type.scale, options);
    case 'char':
    case 'varchar':
    case 'binary':
    case 'varbinary':
      return textRule(name, type, type.length, options);
    case 'timestamp':
    case 'timestamp_ltz': {
      const maxPastMs = options.parsed(name, 'max-past', parseDuration, "a duration such as '10 s'") ?? 0;
      return { kind: 'timestamp', maxPastMs };
    }
    case 'array':
    case 'map':
    case 'multiset':
    case 'row':
      return nestedRule(name, type, options);
    default:
      return integerRule(name, type, options);
  }
}

const integerBounds: Readonly<Record<string, readonly [bigint, bigint]>> = {
  tinyint: [-128n, 127n],
  smallint: [-32768n, 32767n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  bigint: [int64Min, int64Max],
  interval_months: [0n, 120_000n],
  interval_millis: [int64Min, int64Max],
};

function integerRule(name: string, type: DataType, options: FieldOptions): OwnRule {
  const [least, most] = integerBounds[type.kind]!;
  const parse = (text: string): bigint | undefined => within(parseInteger(text), least, most);
  const expected = `a whole number from ${least} to ${most}`;
  const min = options.parsed(name, 'min', parse, expected) ?? least;
  const max = options.parsed(name, 'max', parse, expected) ?? most;
  if (min > max) throw options.wrong(name, 'max', `at least ${min}`, String(max));
  return { kind: 'integer', min, max };
}

function within(value: bigint | undefined, min: bigint, max: bigint): bigint | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

/** Flink's defaults are Java's MIN_VALUE, which is just above 0, and MAX_VALUE. */
function doubleRule(name: string, most: number, options: FieldOptions): OwnRule {
  const min = options.parsed(name, 'min', parseNumber, 'a number') ?? 0;
  const max = options.parsed(name, 'max', parseNumber, 'a number') ?? most;
  if (min > max) throw options.wrong(name, 'max', `at least ${min}`, String(max));
  return { kind: 'double', min, max };
}

function decimalRule(name: string, precision: number, scale: number, options: FieldOptions): OwnRule {
  const parse = (text: string): bigint | undefined => {
    const value = parseDecimal(text, precision, scale);
    return value === null ? undefined : BigInt(value);
  };
  const expected = `a number of DECIMAL(${precision}, ${scale})`;
  const min = options.parsed(name, 'min', parse, expected) ?? 0n;
  const max = options.parsed(name, 'max', parse, expected) ?? 10n ** BigInt(precision) - 1n;
  if (min > max) throw options.wrong(name, 'max', `at least the minimum`, String(max));
  return { kind: 'integer', min, max };
}

/** CHAR and BINARY are as long as declared; others are cut to what was declared. */
function textRule(name: string, type: DataType, declared: number, options: FieldOptions): OwnRule {
  const fixed = type.kind === 'char' || type.kind === 'binary';
  const given = options.parsed(name, 'length', parseLength, 'a whole number below 10000000');
  if (given !== undefined && (given > declared || (fixed && given !== declared))) {
    throw options.wrong(name, 'length', `what fits ${formatType(type)}`, String(given));
  }
  const variable = options.parsed(name, 'var-len', parseBoolean, "'true' or 'false'") ?? false;
  if (variable && fixed) throw options.wrong(name, 'var-len', `'false' for ${formatType(type)}`, "'true'");
  return { kind: 'text', length: given ?? (fixed ? declared : Math.min(declared, defaultTextLength)), variable };
}

function parseBoolean(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

function nestedRule(
  name: string,
  type: Extract<DataType, { kind: 'array' | 'multiset' | 'map' | 'row' }>,
  options: FieldOptions,
): OwnRule {
  if (type.kind === 'row') {
    return { kind: 'row', fields: type.fields.map((field) => fieldRule(`${name}.${field.name}`, field.type, options)) };
  }
  const length =
    options.parsed(name, 'length', parseLength, 'a whole number below 10000000') ?? defaultCollectionLength;
  if (type.kind === 'array')
    return { kind: 'array', length, element: fieldRule(`${name}.element`, type.element, options) };
  if (type.kind === 'map') {
    const key = fieldRule(`${name}.key`, type.key, options);
    return { kind: 'map', length, key, value: fieldRule(`${name}.value`, type.value, options) };
  }
  const count = { salt: `${name}.count`, type: { kind: 'int', nullable: false }, nullRate: 0 } as const;
  const key = fieldRule(`${name}.element`, type.element, options);
  return { kind: 'map', length, key, value: { ...count, kind: 'integer', min: 0n, max: 10n } };
}

const sequenceKinds = ['tinyint', 'smallint', 'int', 'bigint', 'float', 'double', 'decimal', 'char', 'varchar'];

function sequenceRule(name: string, type: DataType, options: FieldOptions): FieldRule {
  if (!sequenceKinds.includes(type.kind)) {
    throw options.wrong(name, 'kind', `'random' for ${formatType(type)}`, "'sequence'");
  }
  const [least, most] = integerBounds[type.kind] ?? [int64Min, int64Max];
  const bound = (option: 'start' | 'end'): bigint => {
    const parse = (text: string): bigint | undefined => within(parseInteger(text), least, most);
    const value = options.parsed(name, option, parse, `a whole number from ${least} to ${most}`);
    if (value === undefined) throw options.wrong(name, option, 'a value for a sequence', 'none');
    return value;
  };
  const [start, end] = [bound('start'), bound('end')];
  if (end < start) throw options.wrong(name, 'end', `at least ${start}`, String(end));
  return { salt: name, type, nullRate: 0, kind: 'sequence', start, end };
}

/** A rule for each column, and no option left over. */
export function fieldRules(fields: readonly Field[], values: ReadonlyMap<string, string>, where: string): FieldRule[] {
  const options = new FieldOptions(values, where);
  const rules = fields.map(({ name, type }) => fieldRule(name, type, options));
  options.requireAllUsed();
  return rules;
}
