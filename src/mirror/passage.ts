import { BatchRewriter } from '../kafka/batch-rewriter.ts';
import { type BatchHeader, batchLayout, logAppendTimeBit, transactionalBit } from '../kafka/record-batch.ts';
import type { OffsetRun } from '../model/offset-runs.ts';

/** A batch as it is written to the target, but for who writes it. */
export type Passed = Readonly<{
  /** Those that were fetched, or, encoded anew, a buffer of their own. */
  bytes: Buffer;
  rewritten: boolean;
  count: number;
  /** Without the bit of a transaction. */
  attributes: number;
  /** Where its records lie at the source; those of the target count from 0. */
  stretches: readonly OffsetRun[];
}>;

/**
 * What a broker takes of a batch that another one had. As it stands it goes through when its offsets have no gap, it begins where records
 * are wanted, and its times are its own; else it is encoded anew. Codec, times, keys, values and headers stay what they were.
 */
export class Passage {
  readonly #rewriter = new BatchRewriter();

  /** The batch of `header` from offset `from` on; null when it has no records there. Control batches are not for here. */
  pass(bytes: Buffer, header: BatchHeader, from: number, where: string): Passed | null {
    if (header.recordCount === 0) return null; // compaction left the header, for the producer's sake
    if (!isWhole(header) || header.baseOffset < from) return this.#rewritten(bytes, header, from, where);
    const { baseOffset: sourceFrom, nextOffset: sourceTo, recordCount: count } = header;
    return {
      bytes: bytes.subarray(header.start, header.end),
      rewritten: false,
      count,
      attributes: header.attributes & ~transactionalBit,
      stretches: [{ sourceFrom, sourceTo, targetFrom: 0 }],
    };
  }

  #rewritten(bytes: Buffer, header: BatchHeader, from: number, where: string): Passed | null {
    const batch = this.#rewriter.rewrite(bytes, header, from, where);
    if (batch === null) return null;
    return {
      bytes: batch.bytes,
      rewritten: true,
      count: batch.offsets.length,
      attributes: batch.bytes.readInt16BE(batchLayout.attributes) & ~transactionalBit,
      stretches: stretchesOf(batch.offsets),
    };
  }
}

function isWhole({ baseOffset, nextOffset, recordCount, attributes }: BatchHeader): boolean {
  return recordCount === nextOffset - baseOffset && (attributes & logAppendTimeBit) === 0;
}

/** Ascending offsets as runs. */
function stretchesOf(offsets: readonly number[]): OffsetRun[] {
  const stretches: OffsetRun[] = [];
  for (let from = 0; from < offsets.length; ) {
    let to = from + 1;
    while (to < offsets.length && offsets[to] === offsets[to - 1]! + 1) to++;
    stretches.push({ sourceFrom: offsets[from]!, sourceTo: offsets[to - 1]! + 1, targetFrom: from });
    from = to;
  }
  return stretches;
}
