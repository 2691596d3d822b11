/**
 * How many distinct values there are, roughly, in a few kilobytes: HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) over 32-bit hashes
 * with 2^14 registers, whose standard error is 0.8 %. The first hashes are kept as they are: few values are counted exactly.
 */
import type { SqlValue } from '../model/function.ts';
import { hashBigint, hashBytes, hashDouble, hashInteger, mix } from '../model/hash.ts';
import { rowText } from '../model/row.ts';

const indexBits = 14;
const registerCount = 1 << indexBits;
const mostHashes = 64;
const hashBytesEach = 4;

/** Bytes: hashes of four bytes each, or a register each. Changed in place where it can be; the sketch to go on with. */
export function addToSketch(sketch: Uint8Array | null, value: SqlValue): Uint8Array {
  return addHash(sketch ?? new Uint8Array(0), hashOf(value));
}

export function mergeSketches(sketch: Uint8Array | null, other: Uint8Array | null): Uint8Array | null {
  if (sketch === null || other === null) return sketch ?? other?.slice() ?? null;
  if (other.length < registerCount) return hashesOf(other).reduce(addHash, sketch);
  const registers = sketch.length < registerCount ? registersOf(sketch) : sketch;
  for (let i = 0; i < registerCount; i++) if (other[i]! > registers[i]!) registers[i] = other[i]!;
  return registers;
}

export function estimateOf(sketch: Uint8Array | null): number {
  if (sketch === null) return 0;
  if (sketch.length < registerCount) return sketch.length / hashBytesEach;
  let [sum, zeros] = [0, 0];
  for (const rank of sketch) {
    sum += 2 ** -rank;
    if (rank === 0) zeros++;
  }
  const raw = ((0.7213 / (1 + 1.079 / registerCount)) * registerCount ** 2) / sum;
  if (raw <= 2.5 * registerCount && zeros > 0) return Math.round(registerCount * Math.log(registerCount / zeros));
  const hashes = 2 ** 32;
  return Math.round(raw > hashes / 30 ? -hashes * Math.log(1 - raw / hashes) : raw);
}

function addHash(sketch: Uint8Array, hash: number): Uint8Array {
  if (sketch.length === registerCount) {
    addToRegister(sketch, hash);
    return sketch;
  }
  const hashes = hashesOf(sketch);
  if (hashes.includes(hash)) return sketch;
  if (hashes.length < mostHashes) return new Uint8Array(Int32Array.of(...hashes, hash).buffer);
  const registers = registersOf(sketch);
  addToRegister(registers, hash);
  return registers;
}

function hashesOf(sketch: Uint8Array): Int32Array {
  return new Int32Array(sketch.slice().buffer);
}

function registersOf(sketch: Uint8Array): Uint8Array {
  const registers = new Uint8Array(registerCount);
  for (const hash of hashesOf(sketch)) addToRegister(registers, hash);
  return registers;
}

/** The first bits choose the register, which keeps how far the first 1 was from the left of the others at the most. */
function addToRegister(registers: Uint8Array, hash: number): void {
  const index = hash >>> (32 - indexBits);
  const rank = Math.clz32((hash << indexBits) | (1 << (indexBits - 1))) + 1;
  if (rank > registers[index]!) registers[index] = rank;
}

function hashOf(value: SqlValue): number {
  switch (typeof value) {
    case 'number':
      return Number.isSafeInteger(value) ? hashInteger(value) : hashDouble(value);
    case 'bigint':
      return hashBigint(value);
    case 'string':
      return hashText(value);
    default:
      return value instanceof Uint8Array ? hashBytes(value, 0, value.length) : hashText(rowText([value]));
  }
}

/** FNV-1a over UTF-16 units, mixed. */
function hashText(text: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}
