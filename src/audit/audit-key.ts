/**
 * Keys of the topic `millrace-audit`. The first byte is the kind: 1 the record of a segment (segment-record.ts), and here
 *
 *     2  what a producer has counted     producer, host, session, topic, begin of the bucket
 *     3  how far an auditor is           cluster, tier, topic
 *     4  the segment that it is in       cluster, tier, topic, partition
 *     5  how long records took           cluster, tier, topic, begin of the bucket, auditor
 *
 * as texts and varints (byte-codec.ts), times zigzag.
 */
import { ByteDecoder, ByteEncoder } from './byte-codec.ts';
import { decodeSegmentKey, encodeSegmentKey, type SegmentKey } from './segment-record.ts';

/** A topic of a tier. */
export type TierTopic = Readonly<{ cluster: string; tier: string; topic: string }>;

export type AuditKey =
  | (SegmentKey & Readonly<{ kind: 'segment' }>)
  | Readonly<{ kind: 'counter'; producer: string; host: string; session: string; topic: string; bucket: number }>
  | (TierTopic & Readonly<{ kind: 'watermark' }>)
  | (TierTopic & Readonly<{ kind: 'head'; partition: number }>)
  | (TierTopic & Readonly<{ kind: 'latency'; bucket: number; auditor: string }>);

const kinds = { counter: 2, watermark: 3, head: 4, latency: 5 } as const;

export function encodeAuditKey(key: AuditKey): Buffer {
  if (key.kind === 'segment') return encodeSegmentKey(key);
  const encoder = new ByteEncoder().byte(kinds[key.kind]);
  if (key.kind === 'counter') {
    return encoder.text(key.producer).text(key.host).text(key.session).text(key.topic).signed(key.bucket).finish();
  }
  encoder.text(key.cluster).text(key.tier).text(key.topic);
  if (key.kind === 'head') encoder.varint(key.partition);
  if (key.kind === 'latency') encoder.signed(key.bucket).text(key.auditor);
  return encoder.finish();
}

/** null for a kind that is not known: a later version's. BAD_RECORD where the bytes are damaged. */
export function decodeAuditKey(bytes: Uint8Array): AuditKey | null {
  if (bytes[0] === 1) return { kind: 'segment', ...decodeSegmentKey(bytes) };
  const decoder = new ByteDecoder(bytes, `key of an audit record`);
  const kind = decoder.byte();
  const key = decodeRest(kind, decoder);
  if (key !== null) decoder.end();
  return key;
}

function decodeRest(kind: number, decoder: ByteDecoder): AuditKey | null {
  if (kind === kinds.counter) {
    const [producer, host] = [decoder.text(), decoder.text()];
    return {
      kind: 'counter',
      producer,
      host,
      session: decoder.text(),
      topic: decoder.text(),
      bucket: decoder.signed(),
    };
  }
  if (kind !== kinds.watermark && kind !== kinds.head && kind !== kinds.latency) return null;
  const topic: TierTopic = { cluster: decoder.text(), tier: decoder.text(), topic: decoder.text() };
  if (kind === kinds.watermark) return { kind: 'watermark', ...topic };
  if (kind === kinds.head) return { kind: 'head', ...topic, partition: decoder.varint() };
  return { kind: 'latency', ...topic, bucket: decoder.signed(), auditor: decoder.text() };
}
