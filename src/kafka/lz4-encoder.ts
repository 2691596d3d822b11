/** LZ4 frames: blocks that stand alone, no checksums (the record batch has its own), as Kafka's Java client reads them. */

/** Magic, version 1 with independent blocks, blocks of 4 MB at the most, and the checksum of these two bytes. */
const frameHeader = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73] as const;
const maxBlockBytes = 4 * 1024 * 1024;
const uncompressedBit = 0x80000000;

const hashBits = 14;
const minMatch = 4;
const lastLiterals = 5; // the format: a block ends in five literals or more,
const matchLimit = 12; // and its last match begins twelve bytes before the end or earlier
const maxDistance = 65_535;

const positions = new Int32Array(1 << hashBits); // of the last four bytes with that hash, + 1; shared: blocks are made one at a time

/** The frame of `source`. */
export function lz4Compress(source: Uint8Array): Buffer {
  const blocks = Math.ceil(source.length / maxBlockBytes);
  const worst = source.length + Math.ceil(source.length / 255) + 16;
  const target = Buffer.allocUnsafe(frameHeader.length + blocks * 4 + worst + 4);
  target.set(frameHeader);
  let at: number = frameHeader.length;
  for (let start = 0; start < source.length; start += maxBlockBytes) {
    const end = Math.min(start + maxBlockBytes, source.length);
    const blockEnd = compressBlock(source, start, end, target, at + 4);
    const gain = blockEnd - at - 4 < end - start;
    target.writeUInt32LE(gain ? blockEnd - at - 4 : (end - start + uncompressedBit) >>> 0, at);
    if (!gain) target.set(source.subarray(start, end), at + 4);
    at = gain ? blockEnd : at + 4 + end - start;
  }
  target.writeUInt32LE(0, at);
  return target.subarray(0, at + 4);
}

/** Compresses `source[start, end)` to `target` from `at` on; returns where it ends there. Greedy, with one candidate a position. */
function compressBlock(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): number {
  positions.fill(0);
  let out = at;
  let anchor = start;
  let misses = 1 << 6; // after every 64 positions without a match the steps grow: what does not compress is passed over quickly
  for (let i = start; i < end - matchLimit; ) {
    const word = source[i]! | (source[i + 1]! << 8) | (source[i + 2]! << 16) | (source[i + 3]! << 24);
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - hashBits);
    const candidate = positions[slot]! - 1;
    positions[slot] = i + 1;
    if (candidate < start || i - candidate > maxDistance || !sameWord(source, candidate, i)) {
      i += misses++ >> 6;
      continue;
    }
    const length = matchLength(source, candidate, i, end - lastLiterals);
    out = sequence(source, anchor, i, target, out, i - candidate, length);
    i += length;
    anchor = i;
    misses = 1 << 6;
  }
  return sequence(source, anchor, end, target, out, 0, 0);
}

function sameWord(source: Uint8Array, a: number, b: number): boolean {
  return (
    source[a] === source[b] &&
    source[a + 1] === source[b + 1] &&
    source[a + 2] === source[b + 2] &&
    source[a + 3] === source[b + 3]
  );
}

function matchLength(source: Uint8Array, candidate: number, at: number, end: number): number {
  let length = minMatch;
  while (at + length < end && source[candidate + length] === source[at + length]) length++;
  return length;
}

/** Literals `source[from, to)`, then a match; without one (`length` 0) the block ends. */
function sequence(
  source: Uint8Array,
  from: number,
  to: number,
  target: Uint8Array,
  at: number,
  distance: number,
  length: number,
): number {
  const literals = to - from;
  const more = length === 0 ? 0 : length - minMatch;
  target[at] = (Math.min(literals, 15) << 4) | Math.min(more, 15);
  let out = extraLength(literals, target, at + 1);
  for (let i = from; i < to; i++) target[out++] = source[i]!;
  if (length === 0) return out;
  target[out] = distance & 255;
  target[out + 1] = distance >>> 8;
  return extraLength(more, target, out + 2);
}

function extraLength(length: number, target: Uint8Array, at: number): number {
  if (length < 15) return at;
  let out = at;
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) target[out++] = 255;
  target[out++] = rest;
  return out;
}
