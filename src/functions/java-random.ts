/** java.util.Random: the sequences that RAND and RAND_INTEGER with a seed have in Flink. */
const multiplier = 0x5deece66dn;
const increment = 0xbn;
const mask = (1n << 48n) - 1n;

export class JavaRandom {
  #seed: bigint;

  constructor(seed: number) {
    this.#seed = (BigInt(seed) ^ multiplier) & mask;
  }

  #next(bits: number): number {
    this.#seed = (this.#seed * multiplier + increment) & mask;
    return Number(BigInt.asIntN(32, this.#seed >> BigInt(48 - bits)));
  }

  /** In [0, 1). */
  nextDouble(): number {
    return (this.#next(26) * 2 ** 27 + this.#next(27)) * 2 ** -53;
  }

  /** In [0, bound). */
  nextInt(bound: number): number {
    const first = this.#next(31);
    if ((bound & -bound) === bound) return Math.floor((bound * first) / 2 ** 31);
    for (let bits = first; ; bits = this.#next(31)) {
      const value = bits % bound;
      if (bits - value + (bound - 1) < 2 ** 31) return value;
    }
  }
}
