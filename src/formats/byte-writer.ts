/** Text being written as UTF-8 into one buffer that is used again for each record. */

const firstCapacity = 1024;
const encoder = new TextEncoder();
const longestUtf8 = 3; // bytes a UTF-16 unit

const longestInteger = 17;
const maxInt32 = 2147483647;
const minus = 45;
const zero = 48;

function digitCount(value: number): number {
  let count = 1;
  for (let limit = 10; value >= limit; limit *= 10) count++;
  return count;
}

export class ByteWriter {
  #bytes = new Uint8Array(firstCapacity);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** What was written, borrowed until the next `clear`. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(source: Uint8Array, start = 0, end = source.length): void {
    if (this.#length + end - start > this.#bytes.length) this.#reserve(end - start);
    const bytes = this.#bytes;
    let to = this.#length;
    for (let i = start; i < end; i++) bytes[to++] = source[i]!;
    this.#length = to;
  }

  text(value: string): void {
    const most = value.length * longestUtf8;
    if (this.#length + most > this.#bytes.length) this.#reserve(most);
    const bytes = this.#bytes;
    let to = this.#length;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) {
        to += encoder.encodeInto(value.slice(i), bytes.subarray(to)).written;
        break;
      }
      bytes[to++] = unit;
    }
    this.#length = to;
  }

  /** The decimal digits of an integer within ±(2^53 − 1). */
  integer(value: number): void {
    if (this.#length + longestInteger > this.#bytes.length) this.#reserve(longestInteger);
    const bytes = this.#bytes;
    let rest = value;
    if (rest < 0) {
      bytes[this.#length++] = minus;
      rest = -rest;
    }
    let to = this.#length + digitCount(rest);
    this.#length = to;
    while (rest > maxInt32) {
      const next = Math.floor(rest / 10);
      bytes[--to] = zero + (rest - next * 10);
      rest = next;
    }
    let small = rest | 0;
    do {
      const next = (small / 10) | 0;
      bytes[--to] = zero + (small - next * 10);
      small = next;
    } while (small > 0);
  }

  /** The last `width` digits, with zeros before. */
  digits(value: number, width: number): void {
    if (this.#length + width > this.#bytes.length) this.#reserve(width);
    let rest = value | 0;
    for (let at = this.#length + width - 1; at >= this.#length; at--) {
      const next = (rest / 10) | 0;
      this.#bytes[at] = zero + (rest - next * 10);
      rest = next;
    }
    this.#length += width;
  }

  #reserve(more: number): void {
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}
