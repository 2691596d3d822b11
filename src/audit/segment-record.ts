/**
 * The audit's record of a segment: what a tier holds of a stretch of a partition, at the most the 65,536 offsets up to the next multiple of
 * that, as a record of a compacted topic. Its bytes are a function of the log and of nothing else: replays, retries and two auditors write the
 * same, and the last write wins.
 *
 * Numbers are LEB128 varints, unsigned but for times (zigzag); texts a length and UTF-8; words of 32 bits big-endian. Key: version (1),
 * cluster, tier, topic, partition, the segment's first offset. Value: version (1), cells, bucketMs, from, to, the number of gaps and of each its cause (by its
 * place in `gapCauses`), begin and length, then the number of buckets and of each, by ascending time:
 *
 *     begin / bucketMs · count · bytes · minTime · maxTime − minTime · ADD64 (high, low) · ORD64 (high, low)
 *     latency: number of its buckets, then of each its distance from the one before and its count
 *     cells × 8 words: the difference table, in its own layout
 *
 * The version stands for hashes, tables and layout in all: another version is another scheme.
 */
import type { Cause } from '../model/audit.ts';
import { type AccountScheme, BucketAccount } from './bucket-account.ts';
import { ByteDecoder, ByteEncoder } from './byte-codec.ts';
import { mostCells } from './difference-table.ts';
import { mostLatencyBuckets } from './latency-sketch.ts';

/** A segment ends at a multiple of this, if not before: where it would hold too many buckets. */
export const segmentOffsets = 65_536;

/** `segment`: the offset at which it begins. */
export type SegmentKey = Readonly<{ cluster: string; tier: string; topic: string; partition: number; segment: number }>;

/** Offsets without a record, `to` exclusive. */
export type SegmentGap = Readonly<{ cause: Cause; from: number; to: number }>;

export type SegmentRecord = Readonly<{
  scheme: AccountScheme;
  /** Where the segment begins, and up to where it was seen, exclusive: to its end, once it has one. */
  from: number;
  to: number;
  /** By ascending offset. */
  gaps: readonly SegmentGap[];
  /** By the begin of their bucket of event time. */
  buckets: ReadonlyMap<number, BucketAccount>;
}>;

const version = 1;
/** Their places are persisted: new ones go to the end. */
const gapCauses: readonly Cause[] = [
  'compaction',
  'aborted',
  'control',
  'retention',
  'retention-overtook',
  'truncation',
  'topic-recreated',
  'unknown',
];

export function encodeSegmentKey({ cluster, tier, topic, partition, segment }: SegmentKey): Buffer {
  const encoder = new ByteEncoder().byte(version);
  return encoder.text(cluster).text(tier).text(topic).varint(partition).varint(segment).finish();
}

/** BAD_RECORD where the bytes are of another version or damaged. */
export function decodeSegmentKey(bytes: Uint8Array): SegmentKey {
  const decoder = openRecord(bytes, 'key of an audit record');
  const [cluster, tier, topic] = [decoder.text(), decoder.text(), decoder.text()];
  const key = { cluster, tier, topic, partition: decoder.varint(), segment: decoder.varint() };
  decoder.end();
  return key;
}

/** Buckets without records are left out. */
export function encodeSegment({ scheme, from, to, gaps, buckets }: SegmentRecord): Buffer {
  const encoder = new ByteEncoder().byte(version);
  encoder.varint(scheme.cells).varint(scheme.bucketMs).varint(from).varint(to);
  encoder.list(gaps, (gap) => {
    encoder
      .byte(gapCauses.indexOf(gap.cause))
      .varint(gap.from)
      .varint(gap.to - gap.from);
  });
  const filled = [...buckets].filter(([, { count }]) => count > 0).sort(([a], [b]) => a - b);
  encoder.list(filled, ([start, account]) => {
    encoder.signed(start / scheme.bucketMs);
    writeAccount(encoder, account);
  });
  return encoder.finish();
}

/** BAD_RECORD where the bytes are of another version or damaged. */
export function decodeSegment(bytes: Uint8Array): SegmentRecord {
  const decoder = openRecord(bytes, 'audit record of a segment');
  const scheme = { cells: decoder.varint(), bucketMs: decoder.varint() };
  decoder.expect(scheme.cells % 4 === 0 && scheme.cells <= mostCells, 'the cells of a table');
  const [from, to] = [decoder.varint(), decoder.varint()];
  const gaps = decoder.list(() => readGap(decoder));
  const buckets = decoder.list(() => {
    const start = decoder.signed() * scheme.bucketMs;
    return [start, readAccount(decoder, scheme)] as const;
  });
  decoder.end();
  return { scheme, from, to, gaps, buckets: new Map(buckets) };
}

function openRecord(bytes: Uint8Array, what: string): ByteDecoder {
  const decoder = new ByteDecoder(bytes, what);
  decoder.expect(decoder.byte() === version, `version ${version}`);
  return decoder;
}

function readGap(decoder: ByteDecoder): SegmentGap {
  const cause = gapCauses[decoder.byte()];
  decoder.expect(cause !== undefined, 'the cause of a gap');
  const from = decoder.varint();
  return { cause: cause!, from, to: from + decoder.varint() };
}

function writeAccount(encoder: ByteEncoder, account: BucketAccount): void {
  const { count, bytes, minTime, maxTime, sum, order, latency, table } = account;
  encoder
    .varint(count)
    .varint(bytes)
    .signed(minTime)
    .varint(maxTime - minTime);
  encoder.int32(sum.high).int32(sum.low).int32(order.high).int32(order.low);
  let before = 0;
  encoder.list(latency.entries(), ([bucket, latencies]) => {
    encoder.varint(bucket - before).varint(latencies);
    before = bucket;
  });
  for (const word of table?.words ?? []) encoder.int32(word);
}

function readAccount(decoder: ByteDecoder, scheme: AccountScheme): BucketAccount {
  const account = new BucketAccount(scheme);
  account.count = decoder.varint();
  account.bytes = decoder.varint();
  account.minTime = decoder.signed();
  account.maxTime = account.minTime + decoder.varint();
  [account.sum.high, account.sum.low] = [decoder.int32(), decoder.int32()];
  [account.order.high, account.order.low] = [decoder.int32(), decoder.int32()];
  let bucket = 0;
  decoder.list(() => {
    bucket += decoder.varint();
    decoder.expect(bucket < mostLatencyBuckets, 'a bucket of latencies');
    account.latency.addAt(bucket, decoder.varint());
  });
  const words = account.table?.words ?? new Int32Array(0);
  for (let i = 0; i < words.length; i++) words[i] = decoder.int32();
  return account;
}
