/**
 * The one hash of values: of keys to key groups, of state tables, of string pools. It is part of the checkpoint format (a key's group
 * must not change), so its vectors stand in test/model/hash.test.ts. Results are int32.
 */

/** Final mixing of MurmurHash3 (Appleby): every input bit reaches every output bit. */
export function mix(hash: number): number {
  let h = hash | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Hash of a key of several columns: folds the next column's hash in. Start with 0. */
export function combine(hash: number, next: number): number {
  return (Math.imul(hash, 31) + next) | 0;
}

/** FNV-1a over the bytes, mixed. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5 | 0;
  for (let i = start; i < end; i++) h = Math.imul(h ^ bytes[i]!, 0x01000193);
  return mix(h);
}

export function hashInt32(value: number): number {
  return mix(value | 0);
}

/** Of an integer within ±(2^53 − 1): the same as `hashBigint` of it. */
export function hashInteger(value: number): number {
  const high = Math.floor(value / 4294967296);
  return mix((Math.imul(high | 0, 0x9e3779b1) ^ (value - high * 4294967296)) | 0);
}

/** Of any integer, by its low 64 bits. */
export function hashBigint(value: bigint): number {
  const low = Number(BigInt.asUintN(32, value));
  const high = Number(BigInt.asIntN(32, value >> 32n));
  return mix((Math.imul(high, 0x9e3779b1) ^ low) | 0);
}

const doubleBits = new DataView(new ArrayBuffer(8));

/** Of a double by its bits; −0 as 0, every NaN alike. */
export function hashDouble(value: number): number {
  doubleBits.setFloat64(0, value === 0 ? 0 : value);
  return mix(Math.imul(doubleBits.getInt32(0), 0x9e3779b1) ^ doubleBits.getInt32(4));
}

/** Of NULL: a group of its own. */
export const hashNull = 0x6e756c6c;
