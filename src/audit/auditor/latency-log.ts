/**
 * How long records took from their production until an auditor saw them. Where the log has the time of appending, that is in the segments;
 * elsewhere the auditor's clock is all there is: no function of the log, so it is kept beside them, by auditor, and only of records that came
 * while it was reading.
 */
import { bucketStart } from '../bucket-account.ts';
import { ByteDecoder, ByteEncoder } from '../byte-codec.ts';
import { LatencySketch, mostLatencyBuckets } from '../latency-sketch.ts';

const version = 1;
/** Buckets whose sketches are kept at a time; the oldest is written for the last time then. */
const maxBuckets = 64;

export class LatencyLog {
  readonly #bucketMs: number;
  readonly #sketches = new Map<number, LatencySketch>();
  readonly #changed = new Set<number>();
  /** Buckets before it are written for good: what comes late to them is not measured. */
  #floor = -Infinity;

  constructor(bucketMs: number) {
    this.#bucketMs = bucketMs;
  }

  /** A record of that event time was seen at `nowMs`. */
  add(time: number, nowMs: number): void {
    const bucket = bucketStart(time, this.#bucketMs);
    if (bucket < this.#floor) return;
    let sketch = this.#sketches.get(bucket);
    if (sketch === undefined) {
      sketch = new LatencySketch();
      this.#sketches.set(bucket, sketch);
    }
    sketch.add(Math.max(0, nowMs - time));
    this.#changed.add(bucket);
  }

  /** Those that changed since the last call. */
  take(): (readonly [bucket: number, value: Buffer])[] {
    const changed = [...this.#changed].map((bucket) => [bucket, encodeLatency(this.#sketches.get(bucket)!)] as const);
    this.#changed.clear();
    const buckets = [...this.#sketches.keys()].sort((a, b) => a - b);
    for (const bucket of buckets.slice(0, Math.max(0, buckets.length - maxBuckets))) {
      this.#sketches.delete(bucket);
      this.#floor = bucket + this.#bucketMs;
    }
    return changed;
  }
}

function encodeLatency(sketch: LatencySketch): Buffer {
  const encoder = new ByteEncoder().byte(version);
  let before = 0;
  encoder.list(sketch.entries(), ([bucket, count]) => {
    encoder.varint(bucket - before).varint(count);
    before = bucket;
  });
  return encoder.finish();
}

/** BAD_RECORD where the bytes are of another version or damaged. */
export function decodeLatency(bytes: Uint8Array): LatencySketch {
  const decoder = new ByteDecoder(bytes, 'latencies of an auditor');
  decoder.expect(decoder.byte() === version, `version ${version}`);
  const sketch = new LatencySketch();
  let bucket = 0;
  decoder.list(() => {
    bucket += decoder.varint();
    decoder.expect(bucket < mostLatencyBuckets, 'a bucket of latencies');
    sketch.addAt(bucket, decoder.varint());
  });
  decoder.end();
  return sketch;
}
