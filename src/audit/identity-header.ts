/**
 * The name of an event in its record's header `millrace-audit`. Version 1, big-endian, 23 bytes and the two names:
 *
 *     byte 0        1, the version
 *     bytes 1–8     session
 *     bytes 9–14    sequence, unsigned
 *     bytes 15–20   time, ms since 1970, unsigned
 *     byte 21       length of the producer's name, then that, UTF-8
 *     next byte     length of the host's name, then that, UTF-8; nothing follows
 *
 * Fields of a fixed place first, so that an auditor hashes them without decoding the names. What has another version or does not fit is no
 * identity: an audit never fails over what somebody wrote into a header.
 */
import type { EventIdentity } from '../model/audit.ts';
import { assert } from '../model/errors.ts';

/** Byte 0. */
const identityVersion = 1;
export const identityLayout = { session: 1, sequence: 9, time: 15, names: 21 } as const;
/** Version, fixed fields and two empty names. */
const smallestIdentity = 23;
const longestName = 255;
const largestUint48 = 2 ** 48 - 1;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The header's value. Names are cut to 255 bytes at a character; a session that is not 16 hexadecimal digits is a bug. */
export function encodeIdentity(identity: EventIdentity): Buffer {
  const { session, sequence, time } = identity;
  assert(/^[0-9a-f]{16}$/.test(session), () => `session: expected 16 hexadecimal digits, got '${session}'`);
  assert(isUint48(sequence), () => `sequence: expected an integer from 0 to 2^48 − 1, got ${sequence}`);
  assert(isUint48(time), () => `time: expected an integer from 0 to 2^48 − 1, got ${time}`);
  const [producer, host] = [nameBytes(identity.producer), nameBytes(identity.host)];
  const bytes = Buffer.alloc(smallestIdentity + producer.length + host.length);
  bytes[0] = identityVersion;
  bytes.write(session, identityLayout.session, 'hex');
  bytes.writeUIntBE(sequence, identityLayout.sequence, 6);
  bytes.writeUIntBE(time, identityLayout.time, 6);
  bytes[identityLayout.names] = producer.length;
  bytes.set(producer, identityLayout.names + 1);
  bytes[identityLayout.names + 1 + producer.length] = host.length;
  bytes.set(host, identityLayout.names + 2 + producer.length);
  return bytes;
}

/** The identity in `bytes`; null when there is none. Never throws. */
export function decodeIdentity(bytes: Uint8Array | null): EventIdentity | null {
  if (bytes === null || !isIdentity(bytes, 0, bytes.length)) return null;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const producerStart = identityLayout.names + 1;
  const producerEnd = producerStart + view[identityLayout.names]!;
  try {
    return {
      time: view.readUIntBE(identityLayout.time, 6),
      producer: decoder.decode(view.subarray(producerStart, producerEnd)),
      host: decoder.decode(view.subarray(producerEnd + 1)),
      session: view.toString('hex', identityLayout.session, identityLayout.sequence),
      sequence: view.readUIntBE(identityLayout.sequence, 6),
    };
  } catch {
    return null; // names that are not UTF-8
  }
}

/** Whether version and lengths of `bytes[start, end)` are those of an identity. Its names may still be no UTF-8. */
export function isIdentity(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < smallestIdentity || bytes[start] !== identityVersion) return false;
  const hostAt = start + identityLayout.names + 1 + bytes[start + identityLayout.names]!;
  return hostAt < end && hostAt + 1 + bytes[hostAt]! === end;
}

function isUint48(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= largestUint48;
}

/** A name as it stands in the header. */
export function nameBytes(name: string): Uint8Array {
  const bytes = encoder.encode(name);
  if (bytes.length <= longestName) return bytes;
  let end = longestName;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
