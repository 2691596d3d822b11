/** What became of the records of a partition that have no partner: changed, explained, or missing and extra. */
import type { Cause, MirrorLoss } from '../../model/audit.ts';
import type { MatchRun } from './match-runs.ts';
import type { Probed } from './probe.ts';
import type { Sighting } from './record-cursor.ts';

export type FindingKind = 'missing' | 'extra' | 'changed' | 'reordered';
export type Finding = Readonly<{ kind: FindingKind; record: Sighting }>;

/** Offsets of the source, `to` exclusive, without a counterpart, and why. `time`: of a record there, for the bucket that it is told in. */
export type Explanation = Readonly<{ cause: Cause; partition: number; from: number; to: number; time: number }>;

/** How many records of one side the other's retention and compaction explain. */
export type Taken = { retention: number; compaction: number };

export type Verdict = Readonly<{
  findings: readonly Finding[];
  explanations: readonly Explanation[];
  taken: Readonly<{ missing: Taken; extra: Taken }>;
}>;

/** A side of the partition: how many offsets were deleted right before what was read, what was read, and holes in all. */
export type VerdictSide = Readonly<{ deleted: number; from: number; to: number; holes: number }>;

export type Unpaired = Readonly<{
  /** Runs of partners in one order on both sides, by place. Without an order, none. */
  kept: readonly MatchRun[];
  missing: readonly Sighting[];
  extra: readonly Sighting[];
  source: VerdictSide;
  target: VerdictSide;
  /** Of the partition, by what a mirror has written down, the earliest first. */
  losses?: readonly MirrorLoss[];
  /** Where records lie in other partitions than on the other side: places say nothing then, and times take their part. */
  oldest?: Readonly<{ source: number; target: number }>;
}>;

/** What is known of the other side's records, where it had to be looked up. */
export type Lookups = Readonly<{ inSource: Probed; inTarget: Probed }>;

/** Whether a verdict needs look-ups in the source, for what is extra, and in the target, for what is missing. */
export function neededLookups({ missing, extra, source, target, losses = [] }: Unpaired): {
  source: boolean;
  target: boolean;
} {
  const both = missing.length > 0 && extra.length > 0;
  return {
    source: both || (extra.length > 0 && (source.holes > 0 || source.deleted > 0 || losses.length > 0)),
    target: both || (missing.length > 0 && (target.holes > 0 || target.deleted > 0)),
  };
}

export function verdictOf(unpaired: Unpaired, lookups: Lookups): Verdict {
  const judge = new Judge(unpaired, lookups);
  judge.pairNames();
  judge.pairPlaces();
  judge.explainLosses();
  judge.explainRetention();
  judge.explainCompaction();
  if (unpaired.oldest === undefined) judge.pairRest();
  return judge.verdict();
}

/** A place between two kept runs, on both sides: what lies between must be looked for there. */
type Zone = Readonly<{ before: MatchRun | undefined; after: MatchRun | undefined }>;

class Judge {
  readonly #unpaired: Unpaired;
  readonly #lookups: Lookups;
  readonly #explanations: Explanation[] = [];
  readonly #changed: Sighting[] = [];
  readonly #taken = { missing: { retention: 0, compaction: 0 }, extra: { retention: 0, compaction: 0 } };
  #missing: readonly Sighting[];
  #extra: readonly Sighting[];

  constructor(unpaired: Unpaired, lookups: Lookups) {
    this.#unpaired = unpaired;
    this.#lookups = lookups;
    this.#missing = unpaired.missing;
    this.#extra = unpaired.extra;
  }

  verdict(): Verdict {
    const of = (kind: FindingKind, records: readonly Sighting[]): Finding[] =>
      records.map((record) => ({ kind, record }));
    const findings = [...of('missing', this.#missing), ...of('extra', this.#extra), ...of('changed', this.#changed)];
    return { findings, explanations: this.#explanations, taken: this.#taken };
  }

  /** The same name with other content: changed, wherever it lies. */
  pairNames(): void {
    this.#pair(({ identity }) => (identity === null ? null : nameText(identity)));
  }

  /** The same key and time at the same place. */
  pairPlaces(): void {
    this.#pair((sighting, zone) => `${zone}/${sighting.timestamp}/${keyText(sighting)}`);
  }

  /**
   * At the same place, of the same key or else of the same time: what was changed is the other of the two. Only where one side lacks as many
   * as the other has too many, and no hole explains them.
   */
  pairRest(): void {
    const missing = Map.groupBy(this.#missing, (each) => this.#zoneOf(each, 'source'));
    const extra = Map.groupBy(this.#extra, (each) => this.#zoneOf(each, 'target'));
    const open = (zone: number): boolean =>
      missing.get(zone)?.length === extra.get(zone)?.length &&
      this.#holes(zone, 'source') === 0 &&
      this.#holes(zone, 'target') === 0;
    this.#pair((sighting, zone) => (open(zone) ? `${zone}/${keyText(sighting)}` : null));
    this.#pair((sighting, zone) => (open(zone) ? `${zone}/${sighting.timestamp}` : null));
  }

  /**
   * What the source has lost behind its mirror is told in any case: neither side may have it. Copies of records that it had lost after they
   * were mirrored are at the target, right where they lay at the source, and not more of them than were lost: cut off by a truncation, before
   * all others where the topic was made anew.
   */
  explainLosses(): void {
    const { losses = [] } = this.#unpaired;
    if (losses.length === 0) return;
    const { inSource } = this.#lookups;
    const extra = this.#extra.filter((each) => !inSource.hasCopy(each));
    const told = new Set<MirrorLoss>();
    for (const [zone, records] of Map.groupBy(extra, (each) => this.#zoneOf(each, 'target'))) {
      const copies = losses.map((loss) => ({ loss, copied: copiedOf(loss, this.#zone(zone)) }));
      if (records.length > copies.reduce((sum, { copied: { from, to } }) => sum + to - from, 0)) continue;
      let taken = 0;
      for (const { loss, copied } of copies) {
        const own = records.slice(taken, taken + copied.to - copied.from);
        for (const each of own) this.#explain(loss.cause, each, copied.from, copied.to);
        if (own.length > 0 && loss.cause === 'truncation') told.add(loss);
        taken += own.length;
      }
      this.#extra = without(this.#extra, records);
    }
    for (const loss of losses) if (!told.has(loss) && loss.to > loss.from) this.#explanations.push(explanationOf(loss));
  }

  /**
   * What lies before the first partners was deleted on the other side by its retention, if that has deleted as many offsets: then it may have
   * been among them. If there is more of it, something is wrong, and it can't be told which: nothing is explained.
   */
  explainRetention(): void {
    const { source, target, oldest } = this.#unpaired;
    const isFront = (side: 'source' | 'target', other: 'source' | 'target') => (sighting: Sighting) =>
      oldest === undefined ? this.#zoneOf(sighting, side) === 0 : sighting.timestamp < oldest[other];
    const { inSource } = this.#lookups;
    const extra = this.#extra.filter(isFront('target', 'source')).filter((each) => !inSource.hasCopy(each));
    if (extra.length > 0 && extra.length <= source.deleted) {
      for (const each of extra) this.#explain('retention', each, 0, source.deleted);
      this.#extra = without(this.#extra, extra);
      this.#taken.extra.retention += extra.length;
    }
    const missing = this.#missing.filter(isFront('source', 'target'));
    if (missing.length > 0 && missing.length <= target.deleted) {
      for (const each of missing) this.#explain('retention', each, each.offset, each.offset + 1);
      this.#missing = without(this.#missing, missing);
      this.#taken.missing.retention += missing.length;
    }
  }

  /**
   * Compaction may have taken what has a later record of its key, or is a tombstone with nothing left to delete, where there are holes enough
   * at its place. Any other is missing, however many holes there are.
   */
  explainCompaction(): void {
    for (const [zone, missing] of Map.groupBy(this.#missing, (each) => this.#zoneOf(each, 'source'))) {
      const start = this.#zone(zone).before?.target.to ?? -1;
      const taken = missing.filter((each) => this.#isSuperseded(each, this.#lookups.inTarget, start));
      if (taken.length === 0 || taken.length > this.#holes(zone, 'target')) continue;
      for (const each of taken) this.#explain('compaction', each, each.offset, each.offset + 1);
      this.#missing = without(this.#missing, taken);
      this.#taken.missing.compaction += taken.length;
    }
    for (const [zone, extra] of Map.groupBy(this.#extra, (each) => this.#zoneOf(each, 'target'))) {
      const { before, after } = this.#zone(zone);
      const start = before?.source.to ?? -1;
      const { inSource } = this.#lookups;
      const taken = extra.filter((each) => !inSource.hasCopy(each) && this.#isSuperseded(each, inSource, start));
      if (taken.length === 0 || taken.length > this.#holes(zone, 'source')) continue;
      const { source } = this.#unpaired;
      const [from, to] = [before === undefined ? source.from : before.source.to + 1, after?.source.from ?? source.to];
      for (const each of taken) this.#explain('compaction', each, from, to);
      this.#extra = without(this.#extra, taken);
      this.#taken.extra.compaction += taken.length;
    }
  }

  /** Pairs missing and extra records of one name, in their order; null: no name. A copy of a record that is there is no changed one. */
  #pair(nameOf: (sighting: Sighting, zone: number) => string | null): void {
    const { inSource, inTarget } = this.#lookups;
    const waiting = new Map<string, { readonly records: Sighting[]; taken: number }>();
    for (const each of this.#extra) {
      const name = inSource.hasCopy(each) ? null : nameOf(each, this.#zoneOf(each, 'target'));
      const alike = name === null ? undefined : waiting.get(name);
      if (alike !== undefined) alike.records.push(each);
      else if (name !== null) waiting.set(name, { records: [each], taken: 0 });
    }
    const paired: Sighting[] = [];
    for (const each of this.#missing) {
      const name = inTarget.hasCopy(each) ? null : nameOf(each, this.#zoneOf(each, 'source'));
      const alike = name === null ? undefined : waiting.get(name);
      const partner = alike?.records[alike.taken];
      if (alike === undefined || partner === undefined) continue;
      alike.taken++;
      this.#changed.push(each);
      paired.push(each, partner);
    }
    this.#missing = without(this.#missing, paired);
    this.#extra = without(this.#extra, paired);
  }

  #explain(cause: Cause, { partition, timestamp }: Sighting, from: number, to: number): void {
    this.#explanations.push({ cause, partition, from, to, time: timestamp });
  }

  /** Whether the other side has a later record of the key: behind the offset `start`, or, without an order, not of an earlier time. */
  #isSuperseded(sighting: Sighting, other: Probed, start: number): boolean {
    if (sighting.key === null) return false;
    const last = other.lastOfKey(sighting);
    if (last === null) return sighting.tombstone; // after a while it goes too, once all before it are gone
    return this.#unpaired.oldest === undefined ? last.offset > start : last.timestamp >= sighting.timestamp;
  }

  /** Between which kept runs a record lies: the number of those before it. */
  #zoneOf({ index }: Sighting, side: 'source' | 'target'): number {
    const { kept } = this.#unpaired;
    let [low, high] = [0, kept.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (kept[middle]![side].index > index) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #zone(zone: number): Zone {
    return { before: this.#unpaired.kept[zone - 1], after: this.#unpaired.kept[zone] };
  }

  #holes(zone: number, side: 'source' | 'target'): number {
    const { before, after } = this.#zone(zone);
    return (after?.[side].holesFrom ?? this.#unpaired[side].holes) - (before?.[side].holesTo ?? 0);
  }
}

/** A loss as it is told where no record of the target has to do with it: by when it was noticed. */
export function explanationOf({ cause, partition, from, to, time }: MirrorLoss): Explanation {
  return { cause, partition, from, to, time };
}

/** The offsets of records that the source has lost and whose copies can lie in a zone. */
function copiedOf({ cause, from, to }: MirrorLoss, { before, after }: Zone): Readonly<{ from: number; to: number }> {
  if (cause === 'topic-recreated' && before === undefined) return { from: 0, to: from };
  const fits = (before?.source.to ?? -1) < from && from <= (after?.source.from ?? Infinity);
  return { from, to: cause === 'truncation' && fits ? to : from };
}

function nameText({ producer, session, sequence }: NonNullable<Sighting['identity']>): string {
  return `${session}/${sequence}/${producer}`;
}

function keyText({ key }: Sighting): string {
  return key === null ? 'null' : `:${key.toString('latin1')}`;
}

function without(records: readonly Sighting[], taken: readonly Sighting[]): readonly Sighting[] {
  if (taken.length === 0) return records;
  const gone = new Set(taken);
  return records.filter((record) => !gone.has(record));
}
