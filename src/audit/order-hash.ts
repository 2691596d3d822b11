/**
 * ORD64: a polynomial of 64-bit hashes in the order of their records, ORD(r₁…rₙ) = Σ h(rᵢ) · B^(n−i) modulo 2^64, as two int32 halves. Where
 * sums are equal and these are not, records changed places. Hashes of consecutive parts join to that of the whole.
 *
 * B is below 2^21, so that its product with a half is exact in a double, and ≡ 3 modulo 8 with B + 1 only four times an odd number: B^n − 1
 * is then divisible by few powers of two, and of two records n places apart that are swapped, 2^−(61 − log₂ n) go unseen.
 */
const base = 1_540_483;
const base64 = BigInt(base);

export class OrderHash {
  high = 0;
  low = 0;

  add(high: number, low: number): void {
    const product = (this.low >>> 0) * base + (low >>> 0);
    this.low = product | 0;
    this.high = (Math.imul(this.high, base) + high + ((product * 2 ** -32) | 0)) | 0;
  }

  /** Joins the hash of the `count` records that follow. */
  append(other: OrderHash, count: number): void {
    const joined = BigInt.asUintN(64, halvesBigint(this) * power(count) + halvesBigint(other));
    this.low = Number(BigInt.asIntN(32, joined));
    this.high = Number(BigInt.asIntN(32, joined >> 32n));
  }

  equals(other: OrderHash): boolean {
    return this.high === other.high && this.low === other.low;
  }
}

function halvesBigint({ high, low }: OrderHash): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** B^exponent modulo 2^64, by squaring. */
function power(exponent: number): bigint {
  let result = 1n;
  let square = base64;
  for (let rest = BigInt(exponent); rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = BigInt.asUintN(64, result * square);
    square = BigInt.asUintN(64, square * square);
  }
  return result;
}
