/**
 * Where a partition goes on: from what was stored, held against what both logs have now. What the source no longer has is a loss, and is
 * named with its cause; what the target has beyond the stored position is matched with the source.
 */
import type { Clock } from '../engine/clock.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import { epochEnds } from '../kafka/leader-epochs.ts';
import { listOffsets, offsetSpec, partitionId, type TopicPartition } from '../kafka/offsets.ts';
import type { Cause, MirrorLoss } from '../model/audit.ts';
import { EngineError } from '../model/errors.ts';
import type { MirrorSpec } from './mirror-spec.ts';
import type { MirrorPosition } from './mirror-state.ts';
import type { Stop } from './partition-mirror.ts';
import { RunLog } from './run-log.ts';
import { matchTail } from './tail-match.ts';

/** A pair of topics as they are now. */
export type MirroredTopic = Readonly<{
  topic: string;
  topicId: string;
  targetTopic: string;
  targetTopicId: string;
  /** The source's cleanup may take records away from between others. */
  compacted: boolean;
}>;

export type ResumeContext = Readonly<{
  spec: Pick<MirrorSpec, 'delivery' | 'startFrom'>;
  source: KafkaCluster;
  target: KafkaCluster;
  clock: Clock;
}>;

export type Resumed = Readonly<{
  position: MirrorPosition;
  losses: readonly MirrorLoss[];
  /** Runs that were stored before have been taken back. */
  cut: boolean;
}>;

/** Where a log begins and ends. */
type Bounds = Readonly<{ first: number; end: number }>;

/** Of a partition of the source and its copy. */
export type BothBounds = Readonly<{ source: Bounds; target: Bounds }>;

/** `saved` null: it was never mirrored. `why`: what stopped it, where it ran before. */
export async function resume(
  ctx: ResumeContext,
  topic: MirroredTopic,
  partition: number,
  saved: MirrorPosition | null,
  why: Stop | null,
  bounds?: BothBounds,
): Promise<Resumed> {
  const place = { topic: topic.topic, partition, pair: topic };
  const { source, target } = bounds ?? (await boundsOf(ctx, [place])).get(partitionId(place))!;
  if (saved === null) return { position: initial(ctx, topic, partition, source, target), losses: [], cut: false };
  const resuming = new Resuming(ctx, topic, saved, source, target);
  await resuming.checkSource();
  await resuming.checkTarget();
  resuming.checkRetention(why);
  return resuming.result();
}

/** By the id of the source's partition. */
export async function boundsOf(
  { source, target }: Pick<ResumeContext, 'source' | 'target'>,
  places: readonly (TopicPartition & Readonly<{ pair: MirroredTopic }>)[],
): Promise<Map<string, BothBounds>> {
  const copies = places.map(({ pair, partition }) => ({ topic: pair.targetTopic, partition }));
  const [from, to] = await Promise.all([logBounds(source, places), logBounds(target, copies)]);
  return new Map(places.map((place, i) => [partitionId(place), { source: from[i]!, target: to[i]! }]));
}

async function logBounds(cluster: KafkaCluster, places: readonly TopicPartition[]): Promise<Bounds[]> {
  const first = await listOffsets(cluster, places, offsetSpec.earliest, false);
  const end = await listOffsets(cluster, places, offsetSpec.latest, false);
  return places.map((place) => ({ first: first.get(partitionId(place))!, end: end.get(partitionId(place))! }));
}

function initial(
  { spec, clock }: ResumeContext,
  { topic, topicId, targetTopic }: MirroredTopic,
  partition: number,
  source: Bounds,
  target: Bounds,
): MirrorPosition {
  if (target.end > target.first && spec.startFrom === 'earliest' && spec.delivery !== 'at-least-once') {
    const what = `topic '${targetTopic}', partition ${partition}`;
    const found = `offsets ${target.first} to ${target.end}`;
    throw new EngineError(
      'CONFLICT',
      `${what}: expected nothing in the target before the mirror begins, found ${found}`,
      {
        hint: 'Delete the topic at the target, or write startFrom: latest to add only what is new to what is there.',
      },
    );
  }
  const offset = spec.startFrom === 'earliest' ? source.first : source.end;
  const places = { topic, partition, targetTopic, topicId };
  const ends = { sourceEnd: source.end, targetOffset: target.end };
  return { ...places, ...ends, leaderEpoch: -1, offset, runs: [], droppedChunks: 0, time: clock.now() };
}

class Resuming {
  readonly #ctx: ResumeContext;
  readonly #topic: MirroredTopic;
  readonly #saved: MirrorPosition;
  readonly #source: Bounds;
  readonly #target: Bounds;
  readonly #runs: RunLog;
  readonly #losses: MirrorLoss[] = [];
  #offset: number;
  #targetOffset: number;
  #leaderEpoch: number;
  #cut = false;
  #recreated = false;

  constructor(ctx: ResumeContext, topic: MirroredTopic, saved: MirrorPosition, source: Bounds, target: Bounds) {
    this.#ctx = ctx;
    this.#topic = topic;
    this.#saved = saved;
    this.#source = source;
    this.#target = target;
    this.#runs = new RunLog(saved.runs, saved.droppedChunks);
    this.#offset = saved.offset;
    this.#targetOffset = saved.targetOffset;
    this.#leaderEpoch = saved.leaderEpoch;
  }

  result(): Resumed {
    const { topicId, targetTopic } = this.#topic;
    const position: MirrorPosition = {
      ...this.#saved,
      targetTopic,
      topicId,
      leaderEpoch: this.#leaderEpoch,
      offset: this.#offset,
      sourceEnd: this.#source.end,
      targetOffset: this.#targetOffset,
      runs: this.#runs.runs,
      droppedChunks: this.#runs.droppedChunks,
      time: this.#ctx.clock.now(),
    };
    return { position, losses: this.#losses, cut: this.#cut };
  }

  #lose(from: number, to: number, cause: Cause): void {
    const { topic, partition } = this.#saved;
    this.#losses.push({ topic, partition, from, to, cause, time: this.#ctx.clock.now() });
  }

  /** Another topic by that name, or a log that was cut back. */
  async checkSource(): Promise<void> {
    if (this.#saved.topicId !== this.#topic.topicId) {
      this.#recreated = true;
      this.#lose(this.#offset, Math.max(this.#offset, this.#saved.sourceEnd), 'topic-recreated');
      this.#restartAt(this.#source.first);
      return;
    }
    const end = Math.min(this.#source.end, await this.#epochEnd());
    if (end >= this.#offset) return;
    this.#lose(end, this.#offset, 'truncation');
    this.#runs.cutSource(end);
    this.#cut = true;
    this.#offset = end;
    this.#leaderEpoch = -1;
  }

  #restartAt(offset: number): void {
    this.#runs.cutSource(0);
    this.#cut = true;
    this.#offset = offset;
    this.#leaderEpoch = -1;
  }

  /** Where the source's records of the epoch that was mirrored last end; Infinity where that is not known. */
  async #epochEnd(): Promise<number> {
    if (this.#leaderEpoch < 0) return Infinity;
    const { topic, partition } = this.#saved;
    const ends = await epochEnds(this.#ctx.source, [{ topic, partition, leaderEpoch: this.#leaderEpoch }]);
    const end = ends.get(partitionId(this.#saved))!.endOffset;
    return end < 0 ? Infinity : end;
  }

  async checkTarget(): Promise<void> {
    if (this.#target.end < this.#targetOffset) this.#targetLost();
    else if (this.#ctx.spec.delivery === 'reconcile' && this.#target.end > this.#targetOffset) await this.#matchTail();
  }

  /** The target has lost its last records: they are copied again. */
  #targetLost(): void {
    const first = this.#runs.runs[0]?.sourceFrom ?? this.#offset;
    this.#runs.cutTarget(this.#target.end);
    this.#cut = true;
    this.#offset = Math.min(this.#offset, this.#runs.runs.at(-1)?.sourceTo ?? first);
    this.#targetOffset = this.#target.end;
    this.#leaderEpoch = -1;
  }

  async #matchTail(): Promise<void> {
    const { topic, topicId, targetTopic, targetTopicId, compacted } = this.#topic;
    const { partition } = this.#saved;
    const [from, to] = [this.#targetOffset, this.#target.end];
    this.#targetOffset = to;
    if (this.#recreated) return; // it came from the topic that is gone
    const begun = Math.max(this.#offset, this.#source.first);
    const gone = begun > this.#offset;
    const rule = compacted ? 'compacted' : gone ? 'begin-gone' : 'same';
    const match = await matchTail(
      this.#ctx.source,
      { topic, partition, topicId, from: begun, to: this.#source.end },
      this.#ctx.target,
      { topic: targetTopic, partition, topicId: targetTopicId, from, to },
      rule,
    );
    for (const stretch of match.stretches) this.#runs.append(stretch);
    if (match.kind === 'matched') {
      const all = match.stretches.length > 0;
      // Where nothing of the tail is left at the source, as many offsets as it has records are known to be copied.
      this.#offset = all || !gone ? match.offset : Math.min(this.#offset + (to - from), this.#source.first);
      if (all) this.#leaderEpoch = match.leaderEpoch;
    } else await this.#differs(match.offset, match.targetOffset, to);
  }

  /** The source no longer has what was copied: it was cut back, and has gone on otherwise. Or somebody else has written to the copy. */
  async #differs(offset: number, targetOffset: number, targetEnd: number): Promise<void> {
    if ((await this.#currentEpoch()) === this.#saved.leaderEpoch) throw this.#written(offset, targetOffset);
    this.#offset = offset;
    this.#leaderEpoch = -1;
    this.#lose(offset, offset + (targetEnd - targetOffset), 'truncation');
  }

  /** Without an election no log is cut back. */
  async #currentEpoch(): Promise<number | undefined> {
    const { topics } = await this.#ctx.source.metadata([this.#saved.topic]);
    return topics[0]?.partitions.find(({ partition }) => partition === this.#saved.partition)?.leaderEpoch;
  }

  #written(offset: number, targetOffset: number): EngineError {
    const { targetTopic, partition } = this.#saved;
    const what = `target topic '${targetTopic}', partition ${partition}, offset ${targetOffset}`;
    return new EngineError('CONFLICT', `${what}: expected the copy of offset ${offset}, found another record`, {
      hint: 'A mirrored topic has one writer, the mirror: somebody else has written to it. delivery: at-least-once goes on all the same.',
    });
  }

  checkRetention(why: Stop | null): void {
    if (this.#offset < this.#source.first) {
      this.#lose(this.#offset, this.#source.first, 'retention-overtook');
      this.#offset = this.#source.first;
    }
    if (why?.kind !== 'gap' || this.#topic.compacted || this.#recreated) return;
    if (why.from > this.#offset || why.to <= this.#offset) return;
    this.#lose(this.#offset, why.to, 'unknown');
    this.#offset = why.to;
  }
}
