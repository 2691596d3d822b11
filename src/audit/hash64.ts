/**
 * The audit's hash of 64 bits, as two int32 halves: no BigInt where every record passes. It is part of a persisted format (audit records of
 * different programs are compared), so its vectors stand in test/audit/hash64.test.ts.
 *
 * Input is a sequence of 32-bit words. Two lanes of 32 bits take every word: one as MurmurHash3_x86_32 does (Appleby), one as the four-byte
 * step of xxHash32 (Collet). Two families, so that what collides in one lane says nothing about the other. At the end each lane gets a
 * finalizer of its own (MurmurHash3's; one of Wellons' hash prospector), and they are added into each other, which loses nothing.
 * It guards against accidents; it is not keyed against an adversary.
 */
export class Hash64 {
  high = 0;
  low = 0;

  begin(seed: number): void {
    this.high = seed | 0;
    this.low = ~seed;
  }

  word(word: number): void {
    this.high = murmurStep(this.high, word);
    this.low = xxStep(this.low, word);
  }

  /** An integer within ±(2^53 − 1), as two words, the low one first. */
  integer(value: number): void {
    this.word(value | 0);
    this.word(Math.floor(value / 4294967296));
  }

  /** The length, then the bytes as little-endian words, the last filled up with zeros. Null: a length of −1. */
  field(view: DataView, start: number, end: number): void {
    if (start < 0) {
      this.word(-1);
      return;
    }
    const length = end - start;
    const whole = start + (length & ~3);
    let high = murmurStep(this.high, length);
    let low = xxStep(this.low, length);
    for (let at = start; at < whole; at += 4) {
      const word = view.getInt32(at, true);
      high = murmurStep(high, word);
      low = xxStep(low, word);
    }
    if (whole < end) {
      let word = view.getUint8(whole);
      if (whole + 1 < end) word |= view.getUint8(whole + 1) << 8;
      if (whole + 2 < end) word |= view.getUint8(whole + 2) << 16;
      high = murmurStep(high, word);
      low = xxStep(low, word);
    }
    this.high = high;
    this.low = low;
  }

  /** The hash is then in `high` and `low`. */
  end(): void {
    const low = finishLow(this.low);
    this.high = (finishHigh(this.high) + low) | 0;
    this.low = (low + this.high) | 0;
  }
}

/** A word into the high lane. */
export function murmurStep(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** A word into the low lane. */
export function xxStep(hash: number, word: number): number {
  const h = (hash + Math.imul(word, 0xc2b2ae3d)) | 0;
  return Math.imul((h << 17) | (h >>> 15), 0x27d4eb2f);
}

/** The end of the high lane. */
export function finishHigh(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The end of the low lane. */
export function finishLow(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return h ^ (h >>> 15);
}

/** 16 hexadecimal digits, for people and for tests. */
export function hash64Text(high: number, low: number): string {
  return half(high) + half(low);
}

function half(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
