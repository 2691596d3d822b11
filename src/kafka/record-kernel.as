// The inner loops of reading record batches, in AssemblyScript, compiled to record-kernel-binary.ts (the command stands there). They
// work on one memory: the caller lays the input down, and the output follows with `slack` bytes to spare behind its capacity, because
// copies go in steps of 16 bytes. What the input claims is checked against its end and the output's; a read that still strays stays
// within this memory.

const corrupt: i32 = -1; // the input is not of the format
const full: i32 = -2; // the output needs more room than `capacity`

// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), slicing by 8: eight tables of 256 words at `tables`.

export function crcTables(tables: usize): void {
  for (let i: u32 = 0; i < 256; i++) {
    let c = i;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
    store<u32>(tables + (<usize>i << 2), c);
  }
  for (let i: u32 = 0; i < 256; i++) {
    let c = load<u32>(tables + (<usize>i << 2));
    for (let table: u32 = 1; table < 8; table++) {
      c = load<u32>(tables + (<usize>(c & 255) << 2)) ^ (c >>> 8);
      store<u32>(tables + (<usize>((table << 8) | i) << 2), c);
    }
  }
}

@inline function entry(tables: usize, table: usize, byte: u32): u32 {
  return load<u32>(tables + (((table << 8) | (<usize>byte & 255)) << 2));
}

function crcBytes(tables: usize, c: u32, start: usize, end: usize): u32 {
  while (start + 8 <= end) {
    const low = load<u32>(start) ^ c;
    const high = load<u32>(start, 4);
    c = entry(tables, 7, low) ^ entry(tables, 6, low >>> 8) ^ entry(tables, 5, low >>> 16) ^ entry(tables, 4, low >>> 24) ^
      entry(tables, 3, high) ^ entry(tables, 2, high >>> 8) ^ entry(tables, 1, high >>> 16) ^ entry(tables, 0, high >>> 24);
    start += 8;
  }
  while (start < end) c = entry(tables, 0, c ^ load<u8>(start++)) ^ (c >>> 8);
  return c;
}

// Long inputs are made short first, without tables. Modulo the polynomial, x^209 = x^144 + x^54 + x^39 + x^14 + 1; squared seven times, the
// same holds of powers of x^128. So a word of 16 bytes may be taken out of the input when it is added to those that lie 65, 155, 170, 195 and
// 209 words behind it. What is taken out at a place is what stood there and what was added to it: `folded`. The last 209 words are left.
const rest: usize = 209 * 16;
const foldBlock: usize = 16384; // words are taken out in blocks of so many bytes; `scratch` has room for the rest and one of them

@inline function folded(at: usize): v128 {
  const near = v128.xor(v128.load(at - 65 * 16), v128.load(at - 155 * 16));
  return v128.xor(near, v128.xor(v128.load(at - 170 * 16), v128.xor(v128.load(at - 195 * 16), v128.load(at - rest))));
}

// Takes out words until `rest` bytes and less than a word are left. Returns where the input goes on; the rest is at `scratch` + 2 * `rest`.
function fold(scratch: usize, start: usize, end: usize): usize {
  memory.fill(scratch, 0, rest);
  let left = (end - start - rest) & ~15;
  let first = i32x4(-1, 0, 0, 0); // the CRC begins with ones
  while (left > 0) {
    const size = min(left, foldBlock);
    let at = scratch + rest;
    const stop = at + size;
    v128.store(at, v128.xor(v128.xor(v128.load(start), first), folded(at)));
    first = i32x4(0, 0, 0, 0);
    for (at += 16, start += 16; at < stop; at += 16, start += 16) v128.store(at, v128.xor(v128.load(start), folded(at)));
    memory.copy(scratch, scratch + size, rest);
    left -= size;
  }
  memory.fill(scratch + rest, 0, rest);
  const stop = scratch + 2 * rest;
  for (let at = scratch + rest; at < stop; at += 16, start += 16)
    v128.store(at + rest, v128.xor(v128.load(start), folded(at)));
  return start;
}

export function crc32c(tables: usize, scratch: usize, start: usize, end: usize): u32 {
  let c: u32 = 0xffffffff;
  if (end - start >= 2 * rest) {
    start = fold(scratch, start, end);
    c = crcBytes(tables, 0, scratch + 2 * rest, scratch + 3 * rest);
  }
  return ~crcBytes(tables, c, start, end);
}

@inline function copyForward(to: usize, from: usize, end: usize): void {
  do {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  } while (to < end);
}

// A copy within the output, whose source may reach into its target: it repeats then, as both formats define.
@inline function copyWithin(to: usize, distance: usize, length: usize): void {
  let from = to - distance;
  const end = to + length;
  if (distance >= 16) return copyForward(to, from, end);
  if (distance >= 8) {
    do {
      store<u64>(to, load<u64>(from));
      to += 8;
      from += 8;
    } while (to < end);
    return;
  }
  do {
    store<u8>(to++, load<u8>(from++));
  } while (to < end);
}

// LZ4 frame format 1.6.x: header, blocks, end mark. Checksums are passed over: the record batch has its own. Returns the bytes written.
export function lz4Frame(input: usize, inputEnd: usize, output: usize, capacity: usize): i32 {
  if (input + 7 > inputEnd || load<u32>(input) != 0x184d2204) return corrupt;
  const flags: u32 = load<u8>(input, 4);
  if (flags >>> 6 != 1) return corrupt;
  const checksum: usize = flags & 16 ? 4 : 0;
  input += 7 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0);
  let at = output;
  const outputEnd = output + capacity;
  while (true) {
    if (input + 4 > inputEnd) return corrupt;
    const header = load<u32>(input);
    input += 4;
    if (header == 0) return <i32>(at - output);
    const size: usize = header & 0x7fffffff;
    if (size > inputEnd - input) return corrupt;
    if (header & 0x80000000) {
      if (size > outputEnd - at) return full;
      memory.copy(at, input, size);
      at += size;
    } else {
      const written = lz4Block(input, input + size, output, at, outputEnd);
      if (written < 0) return written;
      at += written;
    }
    input += size + checksum;
  }
}

// One block: its matches may reach back to `output`, where the frame's output begins. Writes at `at`.
function lz4Block(input: usize, inputEnd: usize, output: usize, at: usize, outputEnd: usize): i32 {
  const begin = at;
  while (input < inputEnd) {
    const token: u32 = load<u8>(input++);
    let literals: usize = token >>> 4;
    if (literals == 15) {
      let more: u32;
      do {
        if (input >= inputEnd) return corrupt;
        more = load<u8>(input++);
        literals += more;
      } while (more == 255);
    }
    if (literals > 0) {
      if (literals > inputEnd - input) return corrupt;
      if (literals > outputEnd - at) return full;
      copyForward(at, input, at + literals);
      at += literals;
      input += literals;
    }
    if (input == inputEnd) return <i32>(at - begin); // the last sequence has literals only
    if (input + 2 > inputEnd) return corrupt;
    const distance: usize = load<u16>(input);
    input += 2;
    let length: usize = (token & 15) + 4;
    if (length == 19) {
      let more: u32;
      do {
        if (input >= inputEnd) return corrupt;
        more = load<u8>(input++);
        length += more;
      } while (more == 255);
    }
    if (distance == 0 || distance > at - output) return corrupt;
    if (length > outputEnd - at) return full;
    copyWithin(at, distance, length);
    at += length;
  }
  return corrupt; // it ends after a match
}

// Snappy raw format: the length of the output as a varint, then literals and copies. Returns the bytes written, at `output`.
export function snappyBlock(input: usize, inputEnd: usize, output: usize, capacity: usize): i32 {
  let size: usize = 0;
  let shift: u32 = 0;
  let byte: u32;
  do {
    if (input >= inputEnd || shift > 28) return corrupt;
    byte = load<u8>(input++);
    size |= <usize>(byte & 127) << shift;
    shift += 7;
  } while (byte & 128);
  if (size > capacity) return full;
  let at = output;
  const outputEnd = output + size;
  while (input < inputEnd) {
    const tag: u32 = load<u8>(input++);
    let length: usize = (tag >>> 2) + 1;
    if ((tag & 3) == 0) {
      if (length > 60) {
        const bytes = length - 60;
        if (bytes > inputEnd - input) return corrupt;
        length = 0;
        for (let i: usize = 0; i < bytes; i++) length |= <usize>load<u8>(input + i) << (i << 3);
        length += 1;
        input += bytes;
      }
      if (length == 0 || length > inputEnd - input || length > outputEnd - at) return corrupt;
      copyForward(at, input, at + length);
      input += length;
    } else {
      const bytes: usize = (tag & 3) == 3 ? 4 : tag & 3;
      if (bytes > inputEnd - input) return corrupt;
      let distance: usize = load<u8>(input);
      if (bytes == 1) {
        distance |= <usize>(tag >>> 5) << 8;
        length = ((tag >>> 2) & 7) + 4;
      } else if (bytes == 2) distance = load<u16>(input);
      else distance = load<u32>(input);
      input += bytes;
      if (distance == 0 || distance > at - output || length > outputEnd - at) return corrupt;
      copyWithin(at, distance, length);
    }
    at += length;
  }
  return at == outputEnd ? <i32>size : corrupt;
}
