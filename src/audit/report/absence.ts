/**
 * Why a tier does not have records that another has, where it is as it should be: its compaction took them, or its retention, before they
 * were audited. Looked up in its log, never guessed from counts.
 */
import type { Cause } from '../../model/audit.ts';
import { next } from '../compare/lockstep.ts';
import { keyNumberOf, type Sighting, silent } from '../compare/record-cursor.ts';
import type { TopicSide } from '../compare/topic-side.ts';
import type { SegmentChain } from '../segment-chain.ts';
import type { ScannedTopic } from './bucket-scan.ts';
import { auditedFrom } from './topic-view.ts';

/** Records of `here`, by partition, that `there` does not have: those whose absence is explained, and by what. */
export async function explainedAbsences(
  here: ScannedTopic,
  there: ScannedTopic,
  absent: readonly Sighting[],
): Promise<ReadonlyMap<Sighting, Cause>> {
  const explained = new Map<Sighting, Cause>();
  if (there.side === null) return explained;
  for (const [partition, sightings] of Map.groupBy(absent, (each) => each.partition)) {
    const chain = there.view.chains.get(partition);
    if (chain === undefined) continue;
    for (const each of await purged(here, there, partition, chain, sightings)) explained.set(each, 'retention');
    const rest = sightings.filter((each) => !explained.has(each));
    for (const each of await compacted(there.side, partition, chain, rest)) explained.set(each, 'compaction');
  }
  return explained;
}

/** Those that precede the first record that retention left there: not more than the offsets that are gone. */
async function purged(
  here: ScannedTopic,
  there: ScannedTopic,
  partition: number,
  chain: SegmentChain,
  sightings: readonly Sighting[],
): Promise<readonly Sighting[]> {
  const begin = auditedFrom(chain);
  if (begin === 0 || sightings.length === 0) return [];
  const first = await firstRecord(there.side!, partition, begin);
  const boundary = first === null ? Infinity : await offsetOf(here.side!, partition, first);
  const before = sightings.filter(({ offset }) => boundary !== null && offset < boundary);
  return before.length <= begin ? before : [];
}

/** Those with a later record of their key there, and tombstones: not more than the offsets that compaction took. */
async function compacted(
  side: TopicSide,
  partition: number,
  { segments }: SegmentChain,
  sightings: readonly Sighting[],
): Promise<readonly Sighting[]> {
  const holes = segments
    .flatMap(({ gaps }) => gaps)
    .reduce((sum, { cause, from, to }) => sum + (cause === 'compaction' ? to - from : 0), 0);
  if (holes === 0 || sightings.length === 0) return [];
  const latest = await latestOfKeys(side, partition, sightings);
  const taken = sightings.filter(({ key, timestamp, tombstone }) => {
    if (key === null) return false;
    const last = latest.get(keyNumberOf(key, 0, key.length));
    return tombstone || (last !== undefined && last >= timestamp);
  });
  return taken.length <= holes ? taken : [];
}

/** The largest timestamp of each key among those of `sightings`, by its number. */
async function latestOfKeys(
  side: TopicSide,
  partition: number,
  sightings: readonly Sighting[],
): Promise<ReadonlyMap<number, number>> {
  const wanted = new Set(sightings.flatMap(({ key }) => (key === null ? [] : [keyNumberOf(key, 0, key.length)])));
  const latest = new Map<number, number>();
  const cursor = side.cursor(partition, silent);
  while (await next(cursor)) {
    const key = cursor.keyNumber();
    if (key !== null && wanted.has(key)) latest.set(key, Math.max(latest.get(key) ?? -Infinity, cursor.timestamp));
  }
  return latest;
}

async function firstRecord(side: TopicSide, partition: number, begin: number): Promise<Sighting | null> {
  const { from: logStart, to } = side.stretches.get(partition)!;
  const cursor = side.cursor(partition, silent, { from: Math.max(begin, logStart), to });
  return (await next(cursor)) ? cursor.sighting() : null;
}

/** The offset of a record of that content; null without one. */
async function offsetOf(side: TopicSide, partition: number, wanted: Sighting): Promise<number | null> {
  if (!side.stretches.has(partition)) return null;
  const cursor = side.cursor(partition, silent);
  while (await next(cursor)) {
    const { contentHigh, contentLow } = cursor.digest;
    if (contentHigh === wanted.contentHigh && contentLow === wanted.contentLow) return cursor.offset;
  }
  return null;
}
