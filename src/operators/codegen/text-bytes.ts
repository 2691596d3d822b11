/** Strings that lie as bytes: reading, comparing and writing them from generated code. */
const decoder = new TextDecoder();
const encoder = new TextEncoder();
const shortText = 48; // up to here a loop over ASCII is faster than a call of the decoder

/** UTF-8 of `bytes[start, end)` as a string. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > shortText) return decoder.decode(bytes.subarray(start, end));
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

export function equalRange(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  const { length } = other;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== other[i]) return false;
  return true;
}

export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

const bytesPerUnit = 3; // no UTF-16 unit takes more in UTF-8

/** Ranges of one growing buffer, a row each. Used again for every batch. */
export class ByteRanges {
  bytes = new Uint8Array(1 << 12);
  starts = new Int32Array(0);
  ends = new Int32Array(0);
  #size = 0;

  reset(rows: number): void {
    this.#size = 0;
    if (this.starts.length >= rows) return;
    this.starts = new Int32Array(rows);
    this.ends = new Int32Array(rows);
  }

  writeText(row: number, text: string): void {
    this.#reserve(text.length * bytesPerUnit);
    this.#end(row, encoder.encodeInto(text, this.bytes.subarray(this.#size)).written);
  }

  writeBytes(row: number, value: Uint8Array): void {
    this.#reserve(value.length);
    this.bytes.set(value, this.#size);
    this.#end(row, value.length);
  }

  #end(row: number, length: number): void {
    this.starts[row] = this.#size;
    this.#size += length;
    this.ends[row] = this.#size;
  }

  #reserve(length: number): void {
    if (this.#size + length <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.#size + length));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
