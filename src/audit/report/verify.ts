/**
 * The audit audits itself: whether auditors have seen everything and speak up, whether every producer counts, and whether what is recorded of
 * a segment is what its log gives again.
 */
import { describeTopics } from '../../kafka/admin.ts';
import { KafkaCluster, type TopicMetadata } from '../../kafka/cluster.ts';
import { RecordFetcher } from '../../kafka/record-fetcher.ts';
import type { LoggedSegment } from '../audit-log.ts';
import { type AuditTier, checkTiers } from '../audit-tier.ts';
import { PartitionAccount } from '../auditor/partition-account.ts';
import { emptySegment } from '../auditor/segment-builder.ts';
import type { TopicSide } from '../compare/topic-side.ts';
import { DigestedRecords } from '../digested-records.ts';
import { encodeSegment, type SegmentRecord } from '../segment-record.ts';
import { auditedTopics } from './audited-topics.ts';
import type { ScannedTopic } from './bucket-scan.ts';
import { TierAccess } from './tier-access.ts';
import { uncountedProducers } from './uncounted.ts';

export type Doubt = Readonly<{
  /** `fault`: the audit's word can't be relied on there. `note`: what it does not cover. */
  severity: 'fault' | 'note';
  check: 'coverage' | 'silence' | 'producers' | 'bytes';
  cluster: string;
  topic: string;
  message: string;
}>;

export type Verification = Readonly<{
  sound: boolean;
  doubts: readonly Doubt[];
  topics: number;
  /** Segments made again from the log, and the same; and those whose log is no longer there as it was. */
  recomputed: number;
  unverifiable: number;
}>;

export type VerifyOptions = Readonly<{
  /** ms since 1970. */
  now: number;
  silentAfterMs: number;
  graceMs: number;
  /** Segments a partition that are made again, the newest first. */
  segments: number;
  isWanted: (topic: string) => boolean;
}>;

export async function verifyTiers(tiers: readonly AuditTier[], options: VerifyOptions): Promise<Verification> {
  checkTiers(tiers);
  const verifier = new Verifier(options);
  for (const tier of tiers) {
    const access = await TierAccess.open(tier, { from: -Infinity, to: Infinity });
    try {
      for (const topic of (await auditedTopics(access)).filter(options.isWanted)) await verifier.topic(access, topic);
    } finally {
      access.close();
    }
  }
  return verifier.result();
}

class Verifier {
  readonly #options: VerifyOptions;
  readonly #doubts: Doubt[] = [];
  #topics = 0;
  #recomputed = 0;
  #unverifiable = 0;

  constructor(options: VerifyOptions) {
    this.#options = options;
  }

  result(): Verification {
    const sound = this.#doubts.every(({ severity }) => severity === 'note');
    const [topics, recomputed, unverifiable] = [this.#topics, this.#recomputed, this.#unverifiable];
    return { sound, doubts: this.#doubts, topics, recomputed, unverifiable };
  }

  async topic(access: TierAccess, topic: string): Promise<void> {
    this.#topics++;
    const doubt = (severity: Doubt['severity'], check: Doubt['check'], message: string): void =>
      void this.#doubts.push({ severity, check, cluster: access.tier.cluster, topic, message });
    const scanned = await access.scanned(topic);
    if (scanned === null) {
      doubt('fault', 'coverage', 'no auditor has recorded anything of it');
      return;
    }
    const { view } = scanned;
    for (const [partition, { holes }] of view.chains) {
      for (const { from, to } of holes)
        doubt('fault', 'coverage', `partition ${partition}: offsets ${from} to ${to} were not audited`);
    }
    const holed = [...view.chains.values()].some(({ holes }) => holes.length > 0);
    if (view.uncovered !== null && !holed) doubt('fault', 'coverage', view.uncovered);
    const silentMs = this.#options.now - view.watermarkMs;
    if (silentMs > this.#options.silentAfterMs) doubt('fault', 'silence', silenceText(silentMs));
    if (access.tier.produced) await this.#producers(access, scanned, doubt);
    for (const text of await this.#recompute(access, scanned)) doubt('fault', 'bytes', text);
  }

  async #producers(
    access: TierAccess,
    scanned: ScannedTopic,
    doubt: (severity: Doubt['severity'], check: Doubt['check'], message: string) => void,
  ): Promise<void> {
    const { topic } = scanned.view;
    const counts = access.log.counts().filter((count) => count.topic === topic);
    if (counts.length === 0)
      doubt('note', 'producers', 'no producer counts what it writes: its first tier is the origin');
    else if (await access.restamps(topic))
      doubt(
        'note',
        'producers',
        'the broker changes timestamps (LogAppendTime): it is not held against what producers count',
      );
    else for (const text of await uncountedProducers(scanned, counts, this.#options)) doubt('fault', 'producers', text);
  }

  /** Makes the newest segments of each partition again. */
  async #recompute(access: TierAccess, { view, side, compacted }: ScannedTopic): Promise<string[]> {
    const faults: string[] = [];
    for (const [partition, { segments }] of view.chains) {
      for (const segment of segments.toReversed().slice(0, this.#options.segments)) {
        const stretch = side?.stretches.get(partition);
        if (side === null || stretch === undefined || segment.from < stretch.from || segment.to > stretch.to) {
          this.#unverifiable++;
          continue;
        }
        const again = await segmentAgain(access, side, partition, segment, compacted);
        if (encodeSegment(again).equals(encodeSegment(segment))) this.#recomputed++;
        else if (hasShrunk(segment, again)) this.#unverifiable++;
        else
          faults.push(
            `partition ${partition}: the log gives another record of offsets ${segment.from} to ${segment.to}`,
          );
      }
    }
    return faults;
  }
}

function silenceText(silentMs: number): string {
  if (silentMs === Infinity) return 'no auditor has seen all of it yet';
  return `its auditor has been silent for ${Math.round(silentMs / 1000)} s`;
}

/** The segment as the log gives it now. */
async function segmentAgain(
  access: TierAccess,
  side: TopicSide,
  partition: number,
  { scheme, from, to }: LoggedSegment,
  compacted: boolean,
): Promise<SegmentRecord> {
  let made: SegmentRecord | null = null;
  const account = new PartitionAccount(emptySegment(from, scheme), compacted, (segment) => {
    made ??= segment;
  });
  const fetcher = new RecordFetcher(new KafkaCluster(access.cluster.config), { onRetry: () => {}, onReset: () => {} });
  const digests = new DigestedRecords();
  try {
    const [{ id }] = (await describeTopics(access.cluster, [side.name])) as [TopicMetadata];
    fetcher.add([{ topic: side.name, topicId: id, partition, offset: from, stopOffset: to }]);
    while (account.offset < to) {
      const delivery = await fetcher.next(1_000);
      if (delivery === null) continue;
      account.take(delivery.records, digests);
      delivery.release();
    }
  } finally {
    await fetcher.close();
  }
  return made ?? account.head;
}

/** Whether compaction or retention has taken records since it was recorded. */
function hasShrunk(recorded: SegmentRecord, again: SegmentRecord): boolean {
  const missing = ({ gaps }: SegmentRecord): number =>
    gaps.reduce(
      (sum, { cause, from, to }) => sum + (cause === 'compaction' || cause === 'retention' ? to - from : 0),
      0,
    );
  return missing(again) > missing(recorded);
}
