import type { MirrorLoss } from '../../model/audit.ts';
import { BucketTotals } from './bucket-totals.ts';
import { Lockstep, mostUnmatched, next, tooDifferent } from './lockstep.ts';
import { isLogStartMoved } from './log-fetcher.ts';
import { type MatchRun, orderedRuns } from './match-runs.ts';
import { nothingKnown, type Probed, probe } from './probe.ts';
import { type CursorEvents, type RecordCursor, type Sighting, silent } from './record-cursor.ts';
import type { TopicSide } from './topic-side.ts';
import { type Explanation, type Finding, neededLookups, type Unpaired, verdictOf } from './verdict.ts';

/** What two partitions have to do with each other. */
export type PartitionComparison = Readonly<{
  partition: number;
  source: BucketTotals;
  target: BucketTotals;
  /** Pairs of records that are the same. */
  matched: number;
  /** Without a partner in this partition, whatever the verdict on them. */
  missing: readonly Sighting[];
  extra: readonly Sighting[];
  findings: readonly Finding[];
  explanations: readonly Explanation[];
}>;

/** Readings of a partition whose beginning retention takes away meanwhile. */
const attempts = 3;

/** Told of every record read, of either side. */
export type OnRead = () => void;

export type PartitionOptions = Readonly<{
  bucketMs: number;
  onRead: OnRead;
  /** Of this partition, by what a mirror says. */
  losses?: readonly MirrorLoss[];
  /** How many records without a partner may be kept. */
  most?: number;
}>;

/** LIMIT (`isTooDifferent`) when more differs than may be kept. */
export async function comparePartition(
  source: TopicSide,
  target: TopicSide,
  partition: number,
  options: PartitionOptions,
): Promise<PartitionComparison> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await new PartitionReading(source, target, partition, options).compare();
    } catch (error) {
      if (!isLogStartMoved(error) || attempt === attempts) throw error;
      await Promise.all([source.begin(partition), target.begin(partition)]);
    }
  }
}

class PartitionReading {
  readonly #sides: Readonly<{ source: TopicSide; target: TopicSide }>;
  readonly #partition: number;
  readonly #totals: Readonly<{ source: BucketTotals; target: BucketTotals }>;
  readonly #onRead: OnRead;
  readonly #losses: readonly MirrorLoss[];
  readonly #most: number;
  readonly #gaps: Explanation[] = [];

  constructor(source: TopicSide, target: TopicSide, partition: number, options: PartitionOptions) {
    const { bucketMs, onRead, losses = [], most = mostUnmatched } = options;
    this.#losses = losses;
    this.#most = most;
    this.#sides = { source, target };
    this.#partition = partition;
    this.#totals = { source: new BucketTotals(bucketMs), target: new BucketTotals(bucketMs) };
    this.#onRead = onRead;
  }

  async compare(): Promise<PartitionComparison> {
    const { source, target } = this.#sides;
    const partition = this.#partition;
    const ours = source.cursor(partition, this.#events('source'));
    const theirs = target.cursor(partition, this.#events('target'));
    const lockstep = new Lockstep(ours, theirs, this.#where, this.#most);
    await lockstep.run();
    if (lockstep.missingCount > 0) await this.#late(lockstep);
    const { kept, moved } = orderedRuns(lockstep.runs.runs);
    const [missing, extra] = [lockstep.missing(), lockstep.extra()];
    const side = (which: TopicSide, { holes }: RecordCursor) => ({ ...which.stretches.get(partition)!, holes });
    const sides = { source: side(source, ours), target: side(target, theirs) };
    const unpaired = { kept, missing, extra, ...sides, losses: this.#losses };
    const { findings, explanations } = verdictOf(unpaired, await this.#lookups(unpaired));
    const reordered = await this.#records(moved);
    return {
      partition,
      ...this.#totals,
      matched: lockstep.runs.matched,
      missing,
      extra,
      findings: [...findings, ...reordered.map((record) => ({ kind: 'reordered', record }) as const)],
      explanations: [...this.#gaps, ...explanations],
    };
  }

  #events(side: 'source' | 'target'): CursorEvents {
    const totals = this.#totals[side];
    return {
      onRecord: (timestamp, size) => {
        totals.add(timestamp, size);
        this.#onRead();
      },
      onGap: (cause, from, to, time) => {
        if (side === 'source') this.#gap(cause, from, to, time);
      },
    };
  }

  get #where(): string {
    return `topic '${this.#sides.source.name}', partition ${this.#partition}`;
  }

  /** Gaps that follow each other are told as one, for transactions of many batches. */
  #gap(cause: 'control' | 'aborted', from: number, to: number, time: number): void {
    const last = this.#gaps.at(-1);
    if (last?.cause === cause && last.to === from) this.#gaps[this.#gaps.length - 1] = { ...last, to };
    else this.#gaps.push({ cause, partition: this.#partition, from, to, time });
  }

  /** What is missing may have been on its way when the ends were taken. */
  async #late(lockstep: Lockstep): Promise<void> {
    const { target } = this.#sides;
    const from = target.stretches.get(this.#partition)!.to;
    const to = await target.end(this.#partition);
    if (to <= from) return;
    const cursor = target.cursor(this.#partition, silent, { from, to });
    for (const { timestamp, size } of await lockstep.late(cursor)) this.#totals.target.add(timestamp, size);
  }

  async #lookups(unpaired: Unpaired): Promise<{ inSource: Probed; inTarget: Probed }> {
    const { source, target } = this.#sides;
    const needed = neededLookups(unpaired);
    return {
      inSource: needed.source ? await probe(source, [this.#partition], unpaired.extra) : nothingKnown,
      inTarget: needed.target ? await probe(target, [this.#partition], unpaired.missing) : nothingKnown,
    };
  }

  /** The source's records of runs, read once more. */
  async #records(runs: readonly MatchRun[]): Promise<Sighting[]> {
    const records: Sighting[] = [];
    const count = runs.reduce((sum, { length }) => sum + length, 0);
    if (count > this.#most) throw tooDifferent(this.#where, runs[0]!.source.from, this.#most);
    for (const { source } of runs) {
      const cursor = this.#sides.source.cursor(this.#partition, silent, { from: source.from, to: source.to + 1 });
      while (await next(cursor)) records.push(cursor.sighting());
    }
    return records;
  }
}
