import { next } from './lockstep.ts';
import { keyNumberOf, type Sighting, silent } from './record-cursor.ts';
import type { TopicSide } from './topic-side.ts';
import { contentNumber } from './unmatched.ts';

/** What a second reading of one side tells of records that the other has and it has not. */
export type Probed = Readonly<{
  /** Whether it has a record of the same content: that has a partner of its own, or there would be none without. */
  hasCopy: (sighting: Sighting) => boolean;
  /** The offset and the largest timestamp of its last record of the same key; null without one. */
  lastOfKey: (sighting: Sighting) => Readonly<{ offset: number; timestamp: number }> | null;
}>;

export const nothingKnown: Probed = { hasCopy: () => false, lastOfKey: () => null };

/** Reads partitions of a side once more, for what is to be known about `sightings` of the other side. */
export async function probe(
  side: TopicSide,
  partitions: readonly number[],
  sightings: readonly Sighting[],
): Promise<Probed> {
  const wanted = new Set(sightings.map(numberOf));
  const present = new Set<number>();
  const keys = new Map<number, { offset: number; timestamp: number } | null>();
  for (const { key } of sightings) if (key !== null) keys.set(keyNumberOf(key, 0, key.length), null);
  for (const partition of partitions) {
    const cursor = side.cursor(partition, silent);
    while (await next(cursor)) {
      const content = contentNumber(cursor.digest.contentHigh, cursor.digest.contentLow);
      if (wanted.has(content)) present.add(content);
      const key = cursor.keyNumber();
      if (key === null || !keys.has(key)) continue;
      const timestamp = Math.max(cursor.timestamp, keys.get(key)?.timestamp ?? cursor.timestamp);
      keys.set(key, { offset: cursor.offset, timestamp });
    }
  }
  return {
    hasCopy: (sighting) => present.has(numberOf(sighting)),
    lastOfKey: ({ key }) => (key === null ? null : (keys.get(keyNumberOf(key, 0, key.length)) ?? null)),
  };
}

function numberOf({ contentHigh, contentLow }: Sighting): number {
  return contentNumber(contentHigh, contentLow);
}
