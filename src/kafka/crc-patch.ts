/**
 * CRC-32C of a region of which a few bytes have changed, from the CRC before: the checksum is linear over GF(2), so two regions of one
 * length differ in it by the pure CRC (no inversion at begin and end) of their difference. What is equal at the end of both is a run of
 * zeros in that difference; passing a CRC over 2^k zeros is a linear map of its 32 bits, kept here as a table a byte. So the cost does not
 * depend on the payload, whose bytes are not read: if one of them was flipped, the patched CRC is as wrong as the old one was.
 */
const polynomial = 0x82f63b78; // Castagnoli, reflected
const mostPowers = 31; // regions of less than 2^31 bytes

/** The CRC's step for one byte. */
const steps = new Int32Array(256).map((_, byte) => {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ polynomial : c >>> 1;
  return c;
});

/** Entry k passes over 2^k zeros: the images of each value of each of a word's four bytes. */
const zeros: Int32Array[] = [];

function zerosOf(power: number): Int32Array {
  for (let k = zeros.length; k <= power; k++) {
    const half = zeros[k - 1];
    const pass = (c: number): number =>
      half === undefined ? steps[c & 255]! ^ (c >>> 8) : throughTable(half, throughTable(half, c));
    zeros.push(new Int32Array(1024).map((_, i) => pass((i & 255) << ((i >>> 8) << 3))));
  }
  return zeros[power]!;
}

function throughTable(table: Int32Array, c: number): number {
  return (
    table[c & 255]! ^ table[256 | ((c >>> 8) & 255)]! ^ table[512 | ((c >>> 16) & 255)]! ^ table[768 | (c >>> 24)]!
  );
}

/** Folds a byte of the difference into its pure CRC; begin with 0. */
export function foldDifference(crc: number, byte: number): number {
  return steps[(crc ^ byte) & 255]! ^ (crc >>> 8);
}

/** The CRC of the changed region: `crc` before, `difference` the fold of its bytes up to the last that changed, `rest` bytes behind it. */
export function patchCrc(crc: number, difference: number, rest: number): number {
  let shifted = difference;
  for (let power = 0; power < mostPowers && rest >>> power !== 0; power++) {
    if ((rest >>> power) & 1) shifted = throughTable(zerosOf(power), shifted);
  }
  return (crc ^ shifted) >>> 0;
}
