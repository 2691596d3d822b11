/**
 * Values of a column by the number of the row: each is a hash of table, column and row, so that a restored source goes on with the same
 * rows, and no state but the row's number is needed.
 */
import { joinTimestamp, msPerDay } from '../model/calendar.ts';
import { compactDecimal, powerOfTen } from '../model/decimal.ts';
import { hashBytes, mix } from '../model/hash.ts';
import type { FieldRule } from './datagen-field.ts';

/** The value of row `row` at `nowMs`, as `ColumnWriter.set` takes it. */
export type ValueGenerator = (row: number, nowMs: number) => unknown;

export function valueGenerator(rule: FieldRule, seed: number): ValueGenerator {
  const random = new RowRandom(seed, rule.salt);
  const generate = presentGenerator(rule, random, seed);
  if (rule.nullRate === 0) return generate;
  const nulls = new RowRandom(seed, `${rule.salt}.null`);
  return (row, nowMs) => (nulls.uniform(row) < rule.nullRate ? null : generate(row, nowMs));
}

const encoder = new TextEncoder();
const two32 = 4294967296;
const two21 = 2097152;

/** Numbers without order or state: the same for the same seed, salt, row and draw. */
class RowRandom {
  readonly #seed: number;

  constructor(seed: number, salt: string) {
    const bytes = encoder.encode(salt);
    this.#seed = mix(hashBytes(bytes, 0, bytes.length) ^ seed);
  }

  /** 32 bits, as an unsigned number. */
  bits(row: number, draw = 0): number {
    const low = mix(row ^ this.#seed);
    const high = mix((row / two32) ^ Math.imul(draw + 1, 0x9e3779b1));
    return mix(Math.imul(low, 0x85ebca6b) ^ high) >>> 0;
  }

  /** [0, 1), of 53 bits. */
  uniform(row: number, draw = 0): number {
    return ((this.bits(row, 2 * draw) >>> 11) * two32 + this.bits(row, 2 * draw + 1)) / (two32 * two21);
  }

  /** 64 bits more than `range` needs: every value of it is as likely as the next, nearly. */
  below(range: bigint, row: number): bigint {
    let value = 0n;
    for (let draw = 0; value >> 64n < range; draw++) value = (value << 32n) | BigInt(this.bits(row, draw) || 1);
    return value % range;
  }
}

function presentGenerator(rule: FieldRule, random: RowRandom, seed: number): ValueGenerator {
  switch (rule.kind) {
    case 'null':
      return () => null;
    case 'boolean':
      return (row) => (random.bits(row) & 1) === 1;
    case 'integer':
      return integerGenerator(rule.min, rule.max, random);
    case 'double':
      return doubleGenerator(rule.min, rule.max, rule.type.kind === 'float', random);
    case 'sequence':
      return sequenceGenerator(rule);
    case 'text':
      return textGenerator(rule, random);
    case 'timestamp':
    case 'date':
    case 'time':
      return timeGenerator(rule, random);
    default:
      return nestedGenerator(rule, random, seed);
  }
}

function integerGenerator(min: bigint, max: bigint, random: RowRandom): ValueGenerator {
  const [low, range] = [Number(min), Number(max - min + 1n)];
  if (range <= two32 && Number.isSafeInteger(low) && Number.isSafeInteger(Number(max))) {
    return (row) => low + Math.floor((random.bits(row) / two32) * range);
  }
  return (row) => compactDecimal(min + random.below(max - min + 1n, row));
}

function doubleGenerator(min: number, max: number, rounds: boolean, random: RowRandom): ValueGenerator {
  const between = (part: number): number => min * (1 - part) + max * part;
  if (rounds) return (row) => Math.fround(between(random.uniform(row)));
  return (row) => between(random.uniform(row));
}

function sequenceGenerator(rule: Extract<FieldRule, { kind: 'sequence' }>): ValueGenerator {
  const { start, type } = rule;
  switch (type.kind) {
    case 'char':
    case 'varchar':
      return (row) => String(start + BigInt(row));
    case 'decimal': {
      const factor = powerOfTen(type.scale);
      return (row) => compactDecimal((start + BigInt(row)) * factor);
    }
    case 'bigint':
      return (row) => compactDecimal(start + BigInt(row));
    default:
      return (row) => Number(start) + row;
  }
}

const hexDigits = encoder.encode('0123456789abcdef');
const bitsADraw = 32;

function textGenerator(rule: Extract<FieldRule, { kind: 'text' }>, random: RowRandom): ValueGenerator {
  const isHex = rule.type.kind === 'char' || rule.type.kind === 'varchar';
  const bitsAByte = isHex ? 4 : 8;
  const buffer = new Uint8Array(rule.length);
  const lengthRandom = (row: number): number => 1 + Math.floor(random.uniform(row, -1) * rule.length);
  return (row) => {
    const length = rule.variable && rule.length > 0 ? lengthRandom(row) : rule.length;
    let bits = 0;
    for (let i = 0, left = 0; i < length; i++, left -= bitsAByte, bits >>>= bitsAByte) {
      if (left === 0) {
        bits = random.bits(row, (i * bitsAByte) / bitsADraw);
        left = bitsADraw;
      }
      buffer[i] = isHex ? hexDigits[bits & 15]! : bits & 255;
    }
    return buffer.subarray(0, length);
  };
}

/** The present, of the UTC clock; of a timestamp up to `max-past` earlier. */
function timeGenerator(rule: FieldRule, random: RowRandom): ValueGenerator {
  if (rule.kind === 'date') return (_row, nowMs) => Math.floor(nowMs / msPerDay);
  if (rule.kind !== 'timestamp') return (_row, nowMs) => ((nowMs % msPerDay) + msPerDay) % msPerDay;
  const precision = 'precision' in rule.type ? rule.type.precision : 0;
  return (row, nowMs) => {
    const past = rule.maxPastMs === 0 ? 0 : Math.floor(random.uniform(row) * rule.maxPastMs);
    return joinTimestamp(Math.floor(nowMs) - past, 0, precision);
  };
}

const maxElements = 65_536; // of a collection: its elements' rows are numbered within this

function nestedGenerator(rule: FieldRule, random: RowRandom, seed: number): ValueGenerator {
  switch (rule.kind) {
    case 'array': {
      const element = ownValues(valueGenerator(rule.element, seed), rule.element);
      return (row, nowMs) => Array.from({ length: rule.length }, (_, i) => element(inner(row, i, random), nowMs));
    }
    case 'map': {
      const key = ownValues(valueGenerator(rule.key, seed), rule.key);
      const value = ownValues(valueGenerator(rule.value, seed), rule.value);
      return (row, nowMs) =>
        new Map(
          Array.from({ length: rule.length }, (_, i) => {
            const at = inner(row, i, random);
            return [key(at, nowMs), value(at, nowMs)] as const;
          }),
        );
    }
    default: {
      const fields = rule.kind === 'row' ? rule.fields : [];
      const generators = fields.map((field) => ownValues(valueGenerator(field, seed), field));
      return (row, nowMs) => generators.map((generate) => generate(row, nowMs));
    }
  }
}

function inner(row: number, index: number, random: RowRandom): number {
  return random.bits(row, 1) * maxElements + index;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Texts are made in a buffer that is used again: inside an object they have to be values of their own. */
function ownValues(generate: ValueGenerator, rule: FieldRule): ValueGenerator {
  if (rule.kind !== 'text') return generate;
  const isText = rule.type.kind === 'char' || rule.type.kind === 'varchar';
  return (row, nowMs) => {
    const value = generate(row, nowMs);
    if (!(value instanceof Uint8Array)) return value;
    return isText ? decoder.decode(value) : value.slice();
  };
}
