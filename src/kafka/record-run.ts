/**
 * The records of a batch as ranges of bytes in typed arrays: no object a record (org.apache.kafka.common.record.DefaultRecord). Reused
 * for batch after batch. Record i: its value is `bytes[valueStarts[i], valueEnds[i])`, −1 and −1 for null; keys alike; its headers, an
 * array of their own, begin at `headerStarts[i]`.
 */
export class RecordRun {
  /** How many records there are. */
  count = 0;
  /** What the ranges go to. */
  bytes: Uint8Array = new Uint8Array(0);
  offsetDeltas = new Int32Array(0);
  timestampDeltas = new Float64Array(0);
  keyStarts = new Int32Array(0);
  keyEnds = new Int32Array(0);
  valueStarts = new Int32Array(0);
  valueEnds = new Int32Array(0);
  headerStarts = new Int32Array(0);

  /** Walks `count` records in `bytes[start, end)`. Returns what is wrong with them, null when nothing is. */
  walk(bytes: Uint8Array, start: number, end: number, count: number): string | null {
    if (count < 0 || count * smallestRecord > end - start) return `${count} records can't be in ${end - start} bytes`;
    this.#reserve(count);
    this.bytes = bytes;
    this.count = count;
    let at = start;
    for (let i = 0; i < count; i++) {
      const length = readVarint(bytes, at);
      const recordEnd = varintEnd + length;
      if (length < smallestRecord - 1 || recordEnd > end) return `record ${i} of ${count} has a length of ${length}`;
      this.timestampDeltas[i] = readVarlong(bytes, varintEnd + 1); // behind a byte of attributes, which have no use
      this.offsetDeltas[i] = readVarint(bytes, varintEnd);
      at = this.#range(this.keyStarts, this.keyEnds, i, readVarint(bytes, varintEnd));
      at = this.#range(this.valueStarts, this.valueEnds, i, readVarint(bytes, at));
      this.headerStarts[i] = at;
      const headerCount = readVarint(bytes, at);
      const whole = headerCount === 0 ? varintEnd === recordEnd : headerCount > 0 && varintEnd < recordEnd;
      if (!whole)
        return `record ${i} of ${count} has ${recordEnd - varintEnd} bytes behind its value for ${headerCount} headers`;
      at = recordEnd;
    }
    return at === end ? null : `${end - at} bytes follow the last of ${count} records`;
  }

  /** Where the headers of record `i` end, and with them the record. */
  headerEnd(i: number): number {
    let count = readVarint(this.bytes, this.headerStarts[i]!);
    let at = varintEnd;
    for (; count > 0 && at < this.bytes.length; count--) {
      at = readVarint(this.bytes, at) + varintEnd;
      at = Math.max(readVarint(this.bytes, at), 0) + varintEnd;
    }
    return at;
  }

  #range(starts: Int32Array, ends: Int32Array, i: number, length: number): number {
    const start = varintEnd;
    starts[i] = length < 0 ? -1 : start;
    ends[i] = length < 0 ? -1 : start + length;
    return length < 0 ? start : start + length;
  }

  #reserve(count: number): void {
    if (count <= this.offsetDeltas.length) return;
    const capacity = Math.max(count, 2 * this.offsetDeltas.length);
    this.offsetDeltas = new Int32Array(capacity);
    this.timestampDeltas = new Float64Array(capacity);
    this.keyStarts = new Int32Array(capacity);
    this.keyEnds = new Int32Array(capacity);
    this.valueStarts = new Int32Array(capacity);
    this.valueEnds = new Int32Array(capacity);
    this.headerStarts = new Int32Array(capacity);
  }
}

/** length, attributes, timestamp delta, offset delta, key length, value length, header count: a byte each. */
const smallestRecord = 7;

/** Where the last varint that was read ends. Functions here leave it behind, in place of a pair of results. */
let varintEnd = 0;

/** A zigzag varint of up to 32 bits; beyond the end of `bytes` it reads zeros, which the caller's bounds show. */
function readVarint(bytes: Uint8Array, at: number): number {
  let byte = bytes[at]!;
  if (byte < 128) {
    varintEnd = at + 1;
    return (byte >>> 1) ^ -(byte & 1);
  }
  let value = byte & 127;
  let next = at + 1;
  for (let shift = 7; shift < 35; shift += 7) {
    byte = bytes[next++]!;
    value |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  varintEnd = next;
  return (value >>> 1) ^ -(value & 1);
}

const maxVarlongBytes = 10;

/** A zigzag varint of up to 64 bits; exact within ±2^52, which timestamps are. */
function readVarlong(bytes: Uint8Array, at: number): number {
  let next = at;
  let low = 0;
  let scale = 1;
  for (let i = 0; i < maxVarlongBytes; i++) {
    const byte = bytes[next++]!;
    low += (byte & 127) * scale;
    if (byte < 128) break;
    scale *= 128;
  }
  varintEnd = next;
  return low % 2 === 0 ? low / 2 : -(low + 1) / 2;
}

const decoder = new TextDecoder();

/** The headers at `at`, as a Map of name to bytes or null; a name that comes twice has the last, as Flink's map. Bytes are copied. */
export function readHeaders(bytes: Uint8Array, at: number): Map<string, Uint8Array | null> {
  const headers = new Map<string, Uint8Array | null>();
  let count = readVarint(bytes, at);
  for (let next = varintEnd; count > 0 && next < bytes.length; count--) {
    const nameLength = readVarint(bytes, next);
    const name = decoder.decode(bytes.subarray(varintEnd, varintEnd + nameLength));
    const valueLength = readVarint(bytes, varintEnd + nameLength);
    next = varintEnd + Math.max(valueLength, 0);
    headers.set(name, valueLength < 0 ? null : Uint8Array.from(bytes.subarray(varintEnd, next))); // Buffer's slice is a view
  }
  return headers;
}
