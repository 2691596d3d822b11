/** PRINTF: java.util.Formatter over strings, numbers and booleans, in the locale US. */
import { formatDecimal } from '../model/decimal.ts';
import { EngineError } from '../model/errors.ts';
import type { Argument, ScalarFunction, Signature, SqlValue } from '../model/function.ts';
import { type DataType, isCharacter, isInteger, isNumeric, types } from '../model/types.ts';
import { formatDouble, formatFloat } from './java-number.ts';
import { accept, mismatch, scalar } from './signature.ts';

const usage = 'PRINTF(format, value, …)';

type Spec = Readonly<{ flags: string; width: number; precision: number | null; conversion: string }>;

/** Thrown for a format that Java refuses: the result is NULL. */
const invalid: unique symbol = Symbol('a format that does not fit its values');

function infer(args: readonly Argument[]): Signature {
  const format = args[0] === undefined ? null : accept('string', args[0].type);
  if (format === null) throw mismatch(usage, args);
  for (const { type } of args.slice(1)) {
    if (!isCharacter(type) && !isNumeric(type) && type.kind !== 'boolean' && type.kind !== 'null') {
      throw mismatch(usage, args, 'Cast the value to STRING.');
    }
  }
  const values = args.slice(1).map(({ type }) => (type.kind === 'null' ? types.string() : type));
  return { args: [format, ...values], result: types.string() };
}

const specifier = /%(?:(\d+)\$|(<))?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])|%|[^%]+/g;

/** NULL where the format does not fit the values. */
function printf(format: string, values: readonly SqlValue[], kinds: readonly DataType[]): string | null {
  let [next, last] = [0, -1];
  try {
    return format.replace(
      specifier,
      (part, place?: string, again?: string, flags = '', width?: string, digits?: string, conversion?: string) => {
        if (!part.startsWith('%')) return part;
        if (conversion === undefined) throw invalid;
        const spec = {
          flags,
          width: Number(width ?? 0),
          precision: digits === undefined ? null : Number(digits),
          conversion,
        };
        if (conversion === '%') return padded('%', spec);
        if (conversion === 'n') return '\n';
        last = place === undefined ? (again === undefined ? next++ : last) : Number(place) - 1;
        if (last < 0 || last >= values.length) throw invalid;
        return formatted(spec, values[last]!, kinds[last]!);
      },
    );
  } catch (error) {
    if (error === invalid) return null;
    throw error;
  }
}

function formatted(spec: Spec, value: SqlValue, type: DataType): string {
  const { conversion } = spec;
  const text = conversionText({ ...spec, conversion: conversion.toLowerCase() }, value, type);
  return padded(/[A-Z]/.test(conversion) ? text.toUpperCase() : text, spec);
}

function padded(text: string, { flags, width }: Spec): string {
  return flags.includes('-') ? text.padEnd(width) : text.padStart(width);
}

function conversionText(spec: Spec, value: SqlValue, type: DataType): string {
  switch (spec.conversion) {
    case 'b':
      return cut(value === null ? 'false' : typeof value === 'boolean' ? String(value) : 'true', spec);
    case 's':
      return cut(value === null ? 'null' : textOf(value, type), spec);
    case 'c':
      return value === null ? 'null' : characterText(value, type);
    case 'd':
    case 'o':
    case 'x':
      if (value !== null && !isInteger(type)) throw invalid;
      return value === null ? 'null' : integerText(spec, BigInt(value as number | bigint), type);
    case 'e':
    case 'f':
      if (value !== null && type.kind !== 'double' && type.kind !== 'float') throw invalid;
      return value === null ? 'null' : floatingText(spec, value as number);
    case 'g':
    case 'a':
    case 'h':
    case 't':
      throw new EngineError('UNSUPPORTED', `PRINTF: the conversion %${spec.conversion} is not supported`, {
        hint: 'Supported are %b %c %d %e %f %n %o %s %x %%.',
      });
    default:
      throw invalid;
  }
}

function cut(text: string, { precision }: Spec): string {
  return precision === null ? text : text.slice(0, precision);
}

function textOf(value: SqlValue, type: DataType): string {
  if (type.kind === 'decimal') return formatDecimal(value as number | bigint, type.scale);
  if (type.kind === 'double') return formatDouble(value as number);
  return type.kind === 'float' ? formatFloat(value as number) : String(value);
}

function characterText(value: SqlValue, type: DataType): string {
  if (!isInteger(type) || type.kind === 'bigint') throw invalid;
  return String.fromCodePoint(Number(value));
}

const bits: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, int: 32, bigint: 64 };

/** Octal and hexadecimal digits are those of the two's complement. */
function integerText(spec: Spec, value: bigint, type: DataType): string {
  if (spec.precision !== null) throw invalid;
  if (spec.conversion === 'd') return signed(spec, String(value < 0n ? -value : value), value < 0n);
  const [radix, prefix] = spec.conversion === 'x' ? [16, '0x'] : [8, '0'];
  const digits = BigInt.asUintN(bits[type.kind]!, value).toString(radix);
  const start = spec.flags.includes('#') ? prefix : '';
  return start + (spec.flags.includes('0') ? digits.padStart(spec.width - start.length, '0') : digits);
}

const usualPrecision = 6;

function floatingText(spec: Spec, value: number): string {
  if (!Number.isFinite(value))
    return signed({ ...spec, flags: spec.flags.replace(/[0,]/g, '') }, String(Math.abs(value)), value < 0);
  const digits = spec.precision ?? usualPrecision;
  const size = Math.abs(value);
  const text =
    spec.conversion === 'f' ? halfUp(size, digits) : size.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2');
  return signed(spec, text, value < 0 || Object.is(value, -0));
}

/** By the decimal text of the double, as Java's Formatter; toFixed goes by its binary value. */
function halfUp(value: number, digits: number): string {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const unscaled = BigInt(whole + fraction);
  const scale = fraction.length - Number(exponent);
  const rounded =
    scale <= digits
      ? unscaled * 10n ** BigInt(digits - scale)
      : (unscaled + 5n * 10n ** BigInt(scale - digits - 1)) / 10n ** BigInt(scale - digits);
  return formatDecimal(rounded, digits);
}

/** The signs that flags ask for, and groups of three digits. */
function signed({ flags, width }: Spec, digits: string, negative: boolean): string {
  const [whole = '', ...rest] = flags.includes(',')
    ? [digits.replace(/^\d+/, (all) => all.replace(/\B(?=(\d{3})+$)/g, ','))]
    : [digits];
  const body = [whole, ...rest].join('');
  const before = negative
    ? flags.includes('(')
      ? '('
      : '-'
    : flags.includes('+')
      ? '+'
      : flags.includes(' ')
        ? ' '
        : '';
  const behind = negative && flags.includes('(') ? ')' : '';
  const room = width - before.length - behind.length;
  return before + (flags.includes('0') ? body.padStart(room, '0') : body) + behind;
}

export const printfFunctions: readonly ScalarFunction[] = [
  scalar({
    name: 'PRINTF',
    category: 'string',
    usage,
    description: "The values in a format of java.util.Formatter's; NULL where they don't fit it.",
    nulls: 'handled',
    integers: 'any',
    infer,
    implement: ({ args }) => {
      const kinds = args.slice(1).map(({ type }) => type);
      return {
        kind: 'call',
        mayBeNull: true,
        call: (format: string | null, ...values: SqlValue[]) =>
          format === null ? null : printf(format, values, kinds),
      };
    },
  }),
];
