/**
 * Where the records of a copy's tail come from, when the position that was stored lies before them: the mirror ended between writing them
 * and storing how far it was. Nothing is written twice after, and nothing is left out.
 */
import type { KafkaCluster } from '../kafka/cluster.ts';
import { type LogStretch, scanLog } from '../kafka/log-reader.ts';
import type { OffsetRun } from '../model/offset-runs.ts';
import { contentHash } from './record-content.ts';

/** Records of a stretch: where they lie, and what they are. */
export type Contents = Readonly<{ offsets: readonly number[]; hashes: readonly number[] }>;

export type TailMatch =
  /** The mirror goes on at `offset` of the source: all of the tail is copied from before it. */
  | Readonly<{ kind: 'matched'; offset: number; leaderEpoch: number; stretches: readonly OffsetRun[] }>
  /** The record of the tail at `targetOffset` is not what the source has at `offset`. */
  | Readonly<{ kind: 'differs'; offset: number; targetOffset: number; stretches: readonly OffsetRun[] }>;

/**
 * How the tail can differ from what the source has now: not at all; by records that compaction has since taken away; or by a begin that
 * retention has since taken away.
 */
export type TailRule = 'same' | 'compacted' | 'begin-gone';

export async function matchTail(
  source: KafkaCluster,
  sourceStretch: LogStretch,
  target: KafkaCluster,
  targetStretch: LogStretch,
  rule: TailRule,
): Promise<TailMatch> {
  const tail = await contentsOf(target, targetStretch, Infinity);
  const found = await contentsOf(source, sourceStretch, tail.hashes.length);
  return alignTail(tail, found, sourceStretch.from, rule);
}

async function contentsOf(
  cluster: KafkaCluster,
  stretch: LogStretch,
  limit: number,
): Promise<Contents & Readonly<{ leaderEpochs: readonly number[] }>> {
  const [offsets, hashes, leaderEpochs]: [number[], number[], number[]] = [[], [], []];
  if (limit === 0) return { offsets, hashes, leaderEpochs };
  await scanLog(cluster, stretch, (records, run) => {
    for (let i = records.from; i < records.to && hashes.length < limit; i++) {
      offsets.push(records.header.baseOffset + run.offsetDeltas[i]!);
      hashes.push(contentHash(records, run, i));
      leaderEpochs.push(records.header.leaderEpoch);
    }
    return hashes.length < limit;
  });
  return { offsets, hashes, leaderEpochs };
}

/** `source`: as many records from `from` on as the tail has, or all there are. */
export function alignTail(
  tail: Contents,
  source: Contents & Readonly<{ leaderEpochs: readonly number[] }>,
  from: number,
  rule: TailRule,
): TailMatch {
  const skipped = rule === 'begin-gone' ? tail.hashes.length - overlap(tail.hashes, source.hashes) : 0;
  const stretches: OffsetRun[] = [];
  let matched = 0; // records of the source
  for (let i = skipped; i < tail.hashes.length; i++) {
    if (source.hashes[matched] === tail.hashes[i]) {
      const sourceFrom = source.offsets[matched]!;
      stretches.push({ sourceFrom, sourceTo: sourceFrom + 1, targetFrom: tail.offsets[i]! });
      matched++;
    } else if (rule !== 'compacted') {
      return { kind: 'differs', offset: nextOf(source, matched, from), targetOffset: tail.offsets[i]!, stretches };
    }
  }
  const offset = nextOf(source, matched, from);
  return { kind: 'matched', offset, leaderEpoch: source.leaderEpochs[matched - 1] ?? -1, stretches };
}

/** Behind the last record that matched. */
function nextOf({ offsets }: Contents, matched: number, from: number): number {
  return matched === 0 ? from : offsets[matched - 1]! + 1;
}

/** The length of the longest end of `text` that `pattern` begins with (Knuth, Morris and Pratt). */
function overlap(text: readonly number[], pattern: readonly number[]): number {
  const border = new Int32Array(pattern.length + 1);
  for (let i = 1, k = 0; i < pattern.length; i++) {
    while (k > 0 && pattern[i] !== pattern[k]) k = border[k]!;
    if (pattern[i] === pattern[k]) k++;
    border[i + 1] = k;
  }
  let k = 0;
  for (const hash of text) {
    while (k > 0 && (k === pattern.length || hash !== pattern[k])) k = border[k]!;
    if (hash === pattern[k]) k++;
  }
  return k;
}
