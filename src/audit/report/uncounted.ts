/** Producers whose records are in the first tier and in nobody's count. */
import type { ProducerCount } from '../audit-log.ts';
import { eventTime } from '../auditor/partition-account.ts';
import { next } from '../compare/lockstep.ts';
import { silent } from '../compare/record-cursor.ts';
import type { ScannedTopic } from './bucket-scan.ts';
import { producerSide } from './producer-side.ts';
import { segmentsOf } from './topic-view.ts';

/** Sessions that are told apart; what comes beyond them is counted together. */
const maxSessions = 1_000;

/** A sentence for each session, and one for records without a name; of buckets that are closed and hold more than was counted. */
export async function uncountedProducers(
  scanned: ScannedTopic,
  counts: readonly ProducerCount[],
  { now, graceMs }: Readonly<{ now: number; graceMs: number }>,
): Promise<string[]> {
  const produced = producerSide(counts, now).buckets;
  const suspect = [...scanned.view.buckets].filter(
    ([start, { total }]) => start + graceMs < now && total.count > (produced.get(start)?.total.count ?? 0),
  );
  if (suspect.length === 0) return [];
  const known = new Set(counts.map(sessionText));
  const found = new Map<string, number>();
  for (const [bucket] of suspect) await countSessions(scanned, bucket, known, found);
  return [...found].map(
    ([session, records]) => `${session}: ${records} record${records === 1 ? '' : 's'} that it has not counted`,
  );
}

function sessionText({ producer, session }: Readonly<{ producer: string; session: string }>): string {
  return `producer '${producer}', session ${session}`;
}

async function countSessions(
  { view, side }: ScannedTopic,
  bucket: number,
  known: ReadonlySet<string>,
  found: Map<string, number>,
): Promise<void> {
  for (const [partition, { from: logStart, to: end }] of side?.stretches ?? []) {
    for (const segment of segmentsOf(view, partition, bucket)) {
      const range = { from: Math.max(segment.from, logStart), to: Math.min(segment.to, end) };
      if (range.from >= range.to) continue;
      const cursor = side!.cursor(partition, silent, range);
      while (await next(cursor)) {
        const time = eventTime(cursor.digest, cursor.timestamp);
        if (time < bucket || time >= bucket + segment.scheme.bucketMs) continue;
        const { identity } = cursor.sighting();
        const name = identity === null ? 'a producer that gives no names' : sessionText(identity);
        if (known.has(name)) continue;
        const counted = found.has(name) || found.size < maxSessions ? name : 'further producers';
        found.set(counted, (found.get(counted) ?? 0) + 1);
      }
    }
  }
}
