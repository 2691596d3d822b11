/** A share of all records, by their numbers of 32 bits: whole, or halved again and again. What may be partners is in the same one. */
export class Share {
  readonly #bits: number;
  readonly #value: number;

  constructor(bits = 0, value = 0) {
    this.#bits = bits;
    this.#value = value;
  }

  /** One of how many shares of its size. */
  get of(): number {
    return 2 ** this.#bits;
  }

  takes(number: number): boolean {
    return number % this.of === this.#value;
  }

  halves(): readonly [Share, Share] {
    return [new Share(this.#bits + 1, this.#value), new Share(this.#bits + 1, this.#value + this.of)];
  }
}
