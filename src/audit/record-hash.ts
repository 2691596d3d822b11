/**
 * What a record is to the audit: its content, a hash of all that a consumer sees, and its identity, which stays when content is damaged.
 *
 * Content: Hash64, seed 1, of timestamp (integer), key (field), value (field), count of headers (word), and each header's name and value
 * (fields), in their order. Identity, where the header `millrace-audit` holds one: Hash64, seed 2, of the session's two words (the high one
 * first) and the producer's name (field), to which the sequence is added, modulo 2^64: so that whoever knows a producer's sessions reads the
 * sequence out of an identity again. Where there is no such header, the identity is the content.
 *
 * How the record lies in a batch (offset, compression, varints) has no part in it.
 */
import type { RecordHeaders } from '../kafka/batch-builder.ts';
import type { RecordRun } from '../kafka/record-run.ts';
import { auditHeader, type EventIdentity } from '../model/audit.ts';
import { Hash64 } from './hash64.ts';
import { identityLayout, isIdentity, nameBytes } from './identity-header.ts';
import { RecordParts } from './record-parts.ts';

const parts = new RecordParts(); // used within one call of `readParts` alone
const contentSeed = 1;
const identitySeed = 2;
const auditHeaderBytes = Buffer.from(auditHeader);
const auditHeaderLength = auditHeaderBytes.length;
const word0 = auditHeaderBytes.readInt32BE(0);
const word4 = auditHeaderBytes.readInt32BE(4);
const word8 = auditHeaderBytes.readInt32BE(8);
const word10 = auditHeaderBytes.readInt32BE(10); // the last four bytes: two of them again

/** Hashes records of a run, one at a time, without an object a record: results are left in its fields until the next. */
export class RecordDigest {
  contentHigh = 0;
  contentLow = 0;
  identityHigh = 0;
  identityLow = 0;
  /** Whether the identity is a name, out of the header. */
  named = false;
  /** Where the header's value is in the run's bytes; −1 without one. */
  nameStart = -1;
  nameEnd = -1;
  /** When the event was produced, by its header, ms since 1970; −1 without one. */
  nameTime = -1;
  /** Bytes of key and value. */
  size = 0;
  readonly #hash = new Hash64();
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** Of record `i`, whose timestamp is `timestamp`. */
  read(run: RecordRun, i: number, timestamp: number): void {
    if (run.bytes !== this.#bytes) this.#open(run.bytes);
    const hash = this.#hash;
    const keyStart = run.keyStarts[i]!;
    const keyEnd = run.keyEnds[i]!;
    const valueStart = run.valueStarts[i]!;
    const valueEnd = run.valueEnds[i]!;
    this.size = keyEnd - keyStart + (valueEnd - valueStart);
    this.named = false;
    this.nameStart = -1;
    this.nameTime = -1;
    hash.begin(contentSeed);
    hash.integer(timestamp);
    hash.field(this.#view, keyStart, keyEnd);
    hash.field(this.#view, valueStart, valueEnd);
    this.#headers(run.headerStarts[i]!);
    hash.end();
    this.contentHigh = hash.high;
    this.contentLow = hash.low;
    if (this.named) this.#name();
    else {
      this.identityHigh = this.contentHigh;
      this.identityLow = this.contentLow;
    }
  }

  /** Of a record in parts, as who produces it has it. Its timestamp has to be given to the producer with it. */
  readParts(key: Uint8Array | null, value: Uint8Array | null, headers: RecordHeaders, timestamp: number): void {
    parts.set(key, value, headers);
    this.read(parts.run, 0, timestamp);
  }

  #open(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The walk over the batch has not looked into headers: what does not fit ends them here. */
  #headers(at: number): void {
    const bytes = this.#bytes;
    const count = readVarint(bytes, at);
    this.#hash.word(count);
    for (let left = count; left > 0; left--) {
      const nameLength = readVarint(bytes, varintEnd);
      const nameStart = varintEnd;
      const nameEnd = nameStart + nameLength;
      if (nameLength < 0 || nameEnd > bytes.length) return;
      const valueLength = readVarint(bytes, nameEnd);
      const valueStart = varintEnd;
      const valueEnd = valueStart + Math.max(valueLength, 0);
      if (valueEnd > bytes.length) return;
      this.#hash.field(this.#view, nameStart, nameEnd);
      this.#hash.field(this.#view, valueLength < 0 ? -1 : valueStart, valueEnd);
      if (this.#isAudit(nameStart, nameEnd) && isIdentity(bytes, valueStart, valueEnd)) {
        this.named = true;
        this.nameStart = valueStart;
        this.nameEnd = valueEnd;
      }
      varintEnd = valueEnd;
    }
  }

  #isAudit(start: number, end: number): boolean {
    if (end - start !== auditHeaderLength) return false;
    const view = this.#view;
    if (view.getInt32(start) !== word0 || view.getInt32(start + 4) !== word4) return false;
    return view.getInt32(start + 8) === word8 && view.getInt32(start + 10) === word10;
  }

  #name(): void {
    const view = this.#view;
    const at = this.nameStart;
    const hash = this.#hash;
    const producerStart = at + identityLayout.names + 1;
    hash.begin(identitySeed);
    hash.word(view.getInt32(at + identityLayout.session));
    hash.word(view.getInt32(at + identityLayout.session + 4));
    hash.field(view, producerStart, producerStart + view.getUint8(at + identityLayout.names));
    hash.end();
    const low = (hash.low >>> 0) + view.getUint32(at + identityLayout.sequence + 2);
    const carry = low >= 4294967296 ? 1 : 0;
    this.identityLow = low | 0;
    this.identityHigh = (hash.high + view.getUint16(at + identityLayout.sequence) + carry) | 0;
    this.nameTime =
      view.getUint16(at + identityLayout.time) * 4294967296 + view.getUint32(at + identityLayout.time + 2);
  }
}

/** 64 bits as two int32 halves. */
export type Halves = Readonly<{ high: number; low: number }>;

/** The identity of sequence 0 of a producer's session; that of sequence n is n more, modulo 2^64. */
export function sessionIdentity({ producer, session }: Pick<EventIdentity, 'producer' | 'session'>): Halves {
  const name = nameBytes(producer);
  const hash = new Hash64();
  hash.begin(identitySeed);
  hash.word(Number.parseInt(session.slice(0, 8), 16) | 0);
  hash.word(Number.parseInt(session.slice(8), 16) | 0);
  hash.field(new DataView(name.buffer, name.byteOffset, name.byteLength), 0, name.length);
  hash.end();
  return { high: hash.high, low: hash.low };
}

/** Which sequence of the session `start` an identity is; null when it is not of that session. `count`: how many it has produced. */
export function sequenceOf(identity: Halves, start: Halves, count: number): number | null {
  const borrow = identity.low >>> 0 < start.low >>> 0 ? 1 : 0;
  const high = (identity.high - start.high - borrow) >>> 0;
  const sequence = high * 4294967296 + ((identity.low - start.low) >>> 0);
  return sequence < count ? sequence : null;
}

/** Where the last varint that was read ends, in place of a pair of results. */
let varintEnd = 0;

/** A zigzag varint of up to 32 bits; beyond the end of `bytes` it reads zeros. */
function readVarint(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 128) {
    varintEnd = at + 1;
    return (first >>> 1) ^ -(first & 1);
  }
  let value = 0;
  let next = at;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[next++]!;
    value |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  varintEnd = next;
  return (value >>> 1) ^ -(value & 1);
}
