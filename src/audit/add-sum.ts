/**
 * ADD64: the sum of 64-bit hashes modulo 2^64, as two int32 halves. It does not depend on order, and sums of parts add up to that of the
 * whole. Two different multisets have the same with a probability of 2^−64, times the largest power of two that divides all differences in
 * multiplicity; XOR would lose records that come an even number of times.
 */
export class AddSum {
  high = 0;
  low = 0;

  add(high: number, low: number): void {
    const sum = (this.low + low) | 0;
    this.high = (this.high + high + carryOf(this.low, low, sum)) | 0;
    this.low = sum;
  }

  merge(other: AddSum): void {
    this.add(other.high, other.low);
  }

  equals(other: AddSum): boolean {
    return this.high === other.high && this.low === other.low;
  }
}

/** What the sum of two unsigned 32-bit words, and of a carry, carries on: 1 or 0. */
export function carryOf(a: number, b: number, sum: number): number {
  return ((a & b) | ((a | b) & ~sum)) >>> 31;
}
