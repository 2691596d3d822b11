/** Which records changed places, where the sums are the same and the order is not. */
import type { AuditedRecord } from '../../model/audit.ts';
import { bucketStart } from '../bucket-account.ts';
import { Lockstep, next } from '../compare/lockstep.ts';
import { orderedRuns } from '../compare/match-runs.ts';
import { silent } from '../compare/record-cursor.ts';
import { keyTextOf } from '../compare/report.ts';
import type { Bucket, ScannedTopic } from './bucket-scan.ts';
import type { ComparedTopics } from './resolution.ts';
import { segmentsOf } from './topic-view.ts';

/** The source's records of the bucket that stand elsewhere at the target, the fewest that explain its order. */
export async function reorderedRecords(
  partitions: readonly number[],
  { sources, target }: ComparedTopics,
  bucket: Bucket,
): Promise<AuditedRecord[]> {
  const [source] = sources ?? [];
  const [ours, theirs] = [source?.side ?? null, target.side];
  if (source === undefined || ours === null || theirs === null) return [];
  const records: AuditedRecord[] = [];
  for (const partition of partitions) {
    const lockstep = new Lockstep(
      ours.cursor(partition, silent, rangeOf(source, partition, bucket)),
      theirs.cursor(partition, silent, rangeOf(target, partition, bucket)),
      `topic '${source.view.topic}', partition ${partition}`,
    );
    await lockstep.run();
    const moved = orderedRuns(lockstep.runs.runs).moved.map(({ source: run }) => ({ from: run.from, to: run.to + 1 }));
    const elsewhere = lockstep.missing().map(({ offset }) => ({ from: offset, to: offset + 1 }));
    for (const range of [...moved, ...elsewhere]) {
      const cursor = ours.cursor(partition, silent, range);
      while (await next(cursor)) {
        const { offset, timestamp, key, identity } = cursor.sighting();
        if (bucketStart(identity?.time ?? timestamp, bucket.bucketMs) !== bucket.from) continue;
        const name = identity === null ? {} : { identity };
        records.push({ partition, offset, timestamp, key: keyTextOf(key), ...name });
      }
    }
  }
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

/** The offsets at which records of the bucket are recorded, as far as they are still there. */
function rangeOf({ view, side }: ScannedTopic, partition: number, bucket: Bucket): { from: number; to: number } {
  const segments = segmentsOf(view, partition, bucket.from);
  const logStart = side?.stretches.get(partition)?.from ?? 0;
  const [first, last] = [segments[0], segments.at(-1)];
  return first === undefined
    ? { from: logStart, to: logStart }
    : { from: Math.max(first.from, logStart), to: last!.to };
}
