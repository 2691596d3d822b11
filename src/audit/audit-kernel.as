// What the auditor does for every record, in AssemblyScript, compiled to audit-kernel-binary.ts (the command stands there). It works on the
// memory of a record kernel, in which the records of a batch lie. hash64.ts, record-hash.ts, entry-hash.ts, add-sum.ts, order-hash.ts and
// difference-table.ts say what is computed, and a law in the tests holds this against them.

// A record that was laid down: `recordBytes` each.
const recordBytes: usize = 64;
// 0   i32  delta of its offset
// 4   i32  bytes of key and value
// 8   f64  timestamp
// 16  f64  event time: that of its name, or the timestamp
// 24  u64  content; before that, the lanes so far: the high one above
// 32  u64  identity
// 40  u32  what is hashed next; once all is, where the value of the header with its name is, 0: without
// 44  i32  bytes that the value still has
// 48  u32  where its headers begin
// 52  u32  where it ends
const contentAt: usize = 24;
const identityAt: usize = 32;
const nextAt: usize = 40;
const leftAt: usize = 44;

// Hash64: the two lanes in one u64, the high one above.

@inline function murmurStep(hash: u32, word: u32): u32 {
  return rotl<u32>(hash ^ (rotl<u32>(word * 0xcc9e2d51, 15) * 0x1b873593), 13) * 5 + 0xe6546b64;
}

@inline function xxStep(hash: u32, word: u32): u32 {
  return rotl<u32>(hash + word * 0xc2b2ae3d, 17) * 0x27d4eb2f;
}

@inline function pair(high: u32, low: u32): u64 {
  return (<u64>high << 32) | <u64>low;
}

@inline function begin(seed: u32): u64 {
  return pair(seed, ~seed);
}

@inline function word(hash: u64, value: u32): u64 {
  return pair(murmurStep(<u32>(hash >>> 32), value), xxStep(<u32>hash, value));
}

// Little-endian words, the last filled up with zeros.
function bytes(hash: u64, at: usize, length: i32): u64 {
  let high = <u32>(hash >>> 32);
  let low = <u32>hash;
  const end = at + length;
  for (; at + 4 <= end; at += 4) {
    const value = load<u32>(at);
    high = murmurStep(high, value);
    low = xxStep(low, value);
  }
  if (at < end) {
    const value = load<u32>(at) & ((1 << (<u32>(end - at) << 3)) - 1);
    high = murmurStep(high, value);
    low = xxStep(low, value);
  }
  return pair(high, low);
}

@inline function field(hash: u64, at: usize, length: i32): u64 {
  return length < 0 ? word(hash, -1) : bytes(word(hash, length), at, length);
}

@inline function finish(hash: u64): u64 {
  let high = <u32>(hash >>> 32);
  let low = <u32>hash;
  high = (high ^ (high >>> 16)) * 0x85ebca6b;
  high = (high ^ (high >>> 13)) * 0xc2b2ae35;
  low = (low ^ (low >>> 15)) * 0x2c1b3c6d;
  low = (low ^ (low >>> 12)) * 0x297a2d39;
  low ^= low >>> 15;
  high = (high ^ (high >>> 16)) + low;
  return pair(high, low + high);
}

// Where the last varint that was read ends.
let varintEnd: usize = 0;

@inline function varint(at: usize): i32 {
  const first: u32 = load<u8>(at);
  if (first < 128) {
    varintEnd = at + 1;
    return (first >>> 1) ^ -(first & 1);
  }
  return longVarint(at);
}

function longVarint(at: usize): i32 {
  let value: u32 = 0;
  for (let shift: u32 = 0; shift < 35; shift += 7) {
    const byte: u32 = load<u8>(at++);
    value |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  varintEnd = at;
  return (value >>> 1) ^ -(value & 1);
}

function varlong(at: usize): i64 {
  let value: u64 = 0;
  for (let shift: u32 = 0; shift < 70; shift += 7) {
    const byte: u64 = load<u8>(at++);
    value |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  varintEnd = at;
  return (value >>> 1) ^ -(value & 1);
}

const smallestRecord: i32 = 7; // with its length, of one byte

// Reads `count` records from `at` on, none of which may go beyond `end`, and lays them down at `records`. `base`: of timestamps; `appended`:
// the timestamp of all, where the broker gave it, or NaN. Returns where the next record begins; 0: the bytes are no records.
export function digest(at: usize, end: usize, count: i32, base: f64, appended: f64, records: usize, lanes: usize): usize {
  const stop = records + <usize>count * recordBytes;
  for (let record = records; record < stop; record += recordBytes) {
    at = open(at, end, base, appended, record);
    if (at == 0) return 0;
  }
  hashValues(records, stop, lanes);
  for (let record = records; record < stop; record += recordBytes) close(record);
  return at;
}

// Up to the value's length: what comes before it is short.
function open(at: usize, end: usize, base: f64, appended: f64, record: usize): usize {
  const length = varint(at);
  at = varintEnd;
  if (length < smallestRecord - 1 || at > end || <usize>length > end - at) return 0;
  const recordEnd = at + length;
  const delta = varlong(at + 1);
  const timestamp = appended == appended ? appended : base + <f64>delta;
  store<i32>(record, varint(varintEnd));
  const keyLength = varint(varintEnd);
  at = varintEnd;
  if (at > recordEnd || (keyLength > 0 && <usize>keyLength > recordEnd - at)) return 0;
  const time = <i64>timestamp;
  let hash = word(word(begin(1), <u32>time), <u32>(time >> 32));
  hash = field(hash, at, keyLength);
  at += max(keyLength, 0);
  const valueLength = varint(at);
  at = varintEnd;
  if (at > recordEnd || (valueLength > 0 && <usize>valueLength > recordEnd - at)) return 0;
  store<i32>(record, max(keyLength, 0) + max(valueLength, 0), 4);
  store<f64>(record, timestamp, 8);
  store<u64>(record, word(hash, max(valueLength, -1)), contentAt);
  store<u32>(record, <u32>at, nextAt);
  store<i32>(record, max(valueLength, 0), leftAt);
  at += max(valueLength, 0);
  store<u32>(record, <u32>at, 48);
  store<u32>(record, <u32>recordEnd, 52);
  const headers = varint(at);
  const whole = headers == 0 ? varintEnd == recordEnd : headers > 0 && varintEnd < recordEnd;
  return whole ? recordEnd : 0;
}

// Values take most of the time, and each word has to wait for the one before. So four of them are hashed side by side, in steps of 16 bytes;
// when one has no step left, the next takes its place. `lanes` has four words each of: place, steps left, record, high, low.
const placeAt: usize = 0;
const stepsAt: usize = 16;
const ownerAt: usize = 32;
const highAt: usize = 48;
const lowAt: usize = 64;

function hashValues(next: usize, stop: usize, lanes: usize): void {
  memory.fill(lanes, 0, 80);
  while (true) {
    let busy: usize = 0; // a place of one that is at work, for those that are not
    let steps: u32 = 0xffffffff;
    for (let lane = lanes; lane < lanes + 16; lane += 4) {
      if (load<u32>(lane, stepsAt) == 0) next = exchange(lane, next, stop);
      if (load<u32>(lane, ownerAt) == 0) continue;
      busy = load<u32>(lane, placeAt);
      steps = min(steps, load<u32>(lane, stepsAt));
    }
    if (busy == 0) return;
    for (let lane = lanes; lane < lanes + 16; lane += 4) {
      if (load<u32>(lane, ownerAt) == 0) store<u32>(lane, <u32>busy, placeAt);
      else store<u32>(lane, load<u32>(lane, stepsAt) - steps, stepsAt);
    }
    hashSteps(lanes, steps);
  }
}

// Gives back what a lane has of its record, and gives it the next that has a step; returns the one behind.
function exchange(lane: usize, next: usize, stop: usize): usize {
  const owner: usize = load<u32>(lane, ownerAt);
  if (owner != 0) {
    store<u64>(owner, pair(load<u32>(lane, highAt), load<u32>(lane, lowAt)), contentAt);
    store<u32>(lane, 0, ownerAt);
  }
  for (; next < stop; next += recordBytes) {
    const left = load<u32>(next, leftAt);
    if (left < 16) continue;
    const place = load<u32>(next, nextAt);
    const hash = load<u64>(next, contentAt);
    store<u32>(lane, place, placeAt);
    store<u32>(lane, left >>> 4, stepsAt);
    store<u32>(lane, <u32>next, ownerAt);
    store<u32>(lane, <u32>(hash >>> 32), highAt);
    store<u32>(lane, <u32>hash, lowAt);
    store<u32>(next, place + (left & ~15), nextAt);
    store<u32>(next, left & 15, leftAt);
    return next + recordBytes;
  }
  return stop;
}

@inline function rotated(value: v128, by: i32): v128 {
  return v128.or(i32x4.shl(value, by), i32x4.shr_u(value, 32 - by));
}

@inline function murmurSteps(hash: v128, words: v128): v128 {
  const k = i32x4.mul(rotated(i32x4.mul(words, i32x4.splat(0xcc9e2d51)), 15), i32x4.splat(0x1b873593));
  const h = rotated(v128.xor(hash, k), 13);
  return i32x4.add(i32x4.add(h, i32x4.shl(h, 2)), i32x4.splat(0xe6546b64));
}

@inline function xxSteps(hash: v128, words: v128): v128 {
  return i32x4.mul(rotated(i32x4.add(hash, i32x4.mul(words, i32x4.splat(0xc2b2ae3d))), 17), i32x4.splat(0x27d4eb2f));
}

function hashSteps(lanes: usize, steps: u32): void {
  let a: usize = load<u32>(lanes, placeAt);
  let b: usize = load<u32>(lanes, placeAt + 4);
  let c: usize = load<u32>(lanes, placeAt + 8);
  let d: usize = load<u32>(lanes, placeAt + 12);
  let high = v128.load(lanes, highAt);
  let low = v128.load(lanes, lowAt);
  for (; steps > 0; steps--) {
    const first = v128.load(a);
    const second = v128.load(b);
    const third = v128.load(c);
    const fourth = v128.load(d);
    const front = v128.shuffle<i32>(first, second, 0, 4, 1, 5);
    const back = v128.shuffle<i32>(first, second, 2, 6, 3, 7);
    const otherFront = v128.shuffle<i32>(third, fourth, 0, 4, 1, 5);
    const otherBack = v128.shuffle<i32>(third, fourth, 2, 6, 3, 7);
    const words0 = v128.shuffle<i64>(front, otherFront, 0, 2);
    const words1 = v128.shuffle<i64>(front, otherFront, 1, 3);
    const words2 = v128.shuffle<i64>(back, otherBack, 0, 2);
    const words3 = v128.shuffle<i64>(back, otherBack, 1, 3);
    high = murmurSteps(murmurSteps(murmurSteps(murmurSteps(high, words0), words1), words2), words3);
    low = xxSteps(xxSteps(xxSteps(xxSteps(low, words0), words1), words2), words3);
    a += 16;
    b += 16;
    c += 16;
    d += 16;
  }
  v128.store(lanes, high, highAt);
  v128.store(lanes, low, lowAt);
  store<u32>(lanes, <u32>a, placeAt);
  store<u32>(lanes, <u32>b, placeAt + 4);
  store<u32>(lanes, <u32>c, placeAt + 8);
  store<u32>(lanes, <u32>d, placeAt + 12);
}

// The rest of the value, headers and identity.
function close(record: usize): void {
  const end: usize = load<u32>(record, 52);
  let hash = bytes(load<u64>(record, contentAt), load<u32>(record, nextAt), load<i32>(record, leftAt));
  const count = varint(load<u32>(record, 48));
  hash = word(hash, count);
  let name: usize = 0;
  for (let left = count; left > 0; left--) {
    const nameLength = varint(varintEnd);
    const nameStart = varintEnd;
    if (nameStart > end || nameLength < 0 || <usize>nameLength > end - nameStart) break;
    const valueLength = varint(nameStart + nameLength);
    const valueStart = varintEnd;
    if (valueStart > end || (valueLength > 0 && <usize>valueLength > end - valueStart)) break;
    const valueEnd = valueStart + max(valueLength, 0);
    hash = field(hash, nameStart, nameLength);
    hash = field(hash, valueStart, valueLength);
    if (isAuditHeader(nameStart, nameLength) && isIdentity(valueStart, valueEnd)) name = valueStart;
    varintEnd = valueEnd;
  }
  hash = finish(hash);
  store<u64>(record, hash, contentAt);
  store<u64>(record, name == 0 ? hash : identityOf(name), identityAt);
  store<f64>(record, name == 0 ? load<f64>(record, 8) : <f64>uint48(name + 15), 16);
  store<u32>(record, <u32>name, nextAt);
}

// 'millrace-audit': its first and its last eight bytes.
@inline function isAuditHeader(at: usize, length: i32): bool {
  return length == 14 && load<u64>(at) == 0x656361726c6c696d && load<u64>(at + 6) == 0x74696475612d6563;
}

// identity-header.ts has the layout.
function isIdentity(start: usize, end: usize): bool {
  if (end - start < 23 || load<u8>(start) != 1) return false;
  const host = start + 22 + load<u8>(start + 21);
  return host < end && host + 1 + load<u8>(host) == end;
}

function identityOf(name: usize): u64 {
  let hash = word(word(begin(2), bswap<u32>(load<u32>(name + 1))), bswap<u32>(load<u32>(name + 5)));
  hash = field(hash, name + 22, load<u8>(name + 21));
  return finish(hash) + uint48(name + 9);
}

@inline function uint48(at: usize): u64 {
  return bswap<u64>(load<u64>(at)) >>> 16;
}

// How many of the records from `record` on lie at consecutive offsets and in the event time `[from, to)`: the first does.
export function span(record: usize, count: i32, from: f64, to: f64): i32 {
  let taken = 1;
  for (let next = record + recordBytes; taken < count; taken++, next += recordBytes) {
    const time = load<f64>(next, 16);
    if (load<i32>(next) != load<i32>(next - recordBytes) + 1 || !(time >= from && time < to)) break;
  }
  return taken;
}

// The sums of an account: bytes f64, least and largest timestamp f64, ADD64 and ORD64 u64. Behind them the words of its table.
const tableAt: usize = 40;
const base: u64 = 1540483; // of ORD64

// Takes `count` records in. `quarter`: cells in a quarter of the table; 0: there is none.
export function account(record: usize, count: i32, sums: usize, quarter: u32): void {
  let size = load<f64>(sums);
  let least = load<f64>(sums, 8);
  let largest = load<f64>(sums, 16);
  let sum = load<u64>(sums, 24);
  let order = load<u64>(sums, 32);
  for (const stop = record + <usize>count * recordBytes; record < stop; record += recordBytes) {
    const content = load<u64>(record, contentAt);
    const identity = load<u64>(record, identityAt);
    const timestamp = load<f64>(record, 8);
    let hash = word(word(begin(3), <u32>(identity >>> 32)), <u32>identity);
    hash = finish(word(word(hash, <u32>(content >>> 32)), <u32>content));
    size += <f64>load<i32>(record, 4);
    least = min(least, timestamp);
    largest = max(largest, timestamp);
    sum += hash;
    order = order * base + hash;
    if (quarter != 0) addToTable(sums + tableAt, quarter, hash, identity, content);
  }
  store<f64>(sums, size);
  store<f64>(sums, least, 8);
  store<f64>(sums, largest, 16);
  store<u64>(sums, sum, 24);
  store<u64>(sums, order, 32);
}

@inline function addToTable(table: usize, quarter: u32, hash: u64, identity: u64, content: u64): void {
  const high = <u32>(hash >>> 32);
  const low = <u32>hash;
  const mixed = (high ^ (low >>> 15)) * 0x9e3779b1 + low;
  const check = (mixed ^ (mixed >>> 16)) * 0x85ebca6b;
  addToCell(table, ((high >>> 16) * quarter) >>> 16, check, identity, content);
  addToCell(table, quarter + (((high & 0xffff) * quarter) >>> 16), check, identity, content);
  addToCell(table, 2 * quarter + (((low >>> 16) * quarter) >>> 16), check, identity, content);
  addToCell(table, 3 * quarter + (((low & 0xffff) * quarter) >>> 16), check, identity, content);
}

@inline function addToCell(table: usize, cell: u32, check: u32, identity: u64, content: u64): void {
  const at = table + (<usize>cell << 5);
  store<u64>(at, load<u64>(at) + pair(check, 1)); // a table that is being filled counts from 0: nothing is carried into the checks
  addWide(at + 8, identity);
  addWide(at + 20, content);
}

// To 96 bits, the low word first.
@inline function addWide(at: usize, value: u64): void {
  const sum = load<u64>(at) + value;
  store<u64>(at, sum);
  store<u32>(at, load<u32>(at, 8) + <u32>(sum < value), 8);
}
