/**
 * How far the auditors of a topic are: everything that was in it at `time` has been seen. This, and not the absence of complaints, is what
 * closes buckets. JSON in the topic `millrace-audit`.
 */
import { EngineError } from '../../model/errors.ts';

export type Watermark = Readonly<{
  /** ms since 1970. */
  time: number;
  /** A topic that was made anew has another, and its segments begin anew. */
  topicId: string;
  /** When it was noticed that the topic had been made anew: what was audited before is gone. */
  recreatedMs?: number | undefined;
  /** By partition: the first offset that the log had, and behind the last that was seen. */
  partitions: readonly Readonly<{ start: number; end: number }>[];
}>;

export function encodeWatermark(watermark: Watermark): Buffer {
  return Buffer.from(JSON.stringify(watermark));
}

/** BAD_RECORD for what is none. */
export function decodeWatermark(bytes: Uint8Array): Watermark {
  try {
    const value = JSON.parse(Buffer.from(bytes).toString()) as Watermark;
    if (Number.isFinite(value.time) && typeof value.topicId === 'string' && Array.isArray(value.partitions))
      return value;
  } catch {
    // said below
  }
  const found = Buffer.from(bytes.subarray(0, 80)).toString();
  throw new EngineError(
    'BAD_RECORD',
    `watermark of an auditor: expected JSON with time, topicId and partitions, got ${found}`,
  );
}
