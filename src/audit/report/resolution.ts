/** What becomes of the records that one side has and the other has not: changed, explained, or missing and extra. */
import {
  type AuditedRecord,
  type Cause,
  type ExplainedGap,
  legitimateCauses,
  type MirrorLoss,
} from '../../model/audit.ts';
import type { Sighting } from '../compare/record-cursor.ts';
import { keyTextOf } from '../compare/report.ts';
import { explainedAbsences } from './absence.ts';
import type { ScannedTopic } from './bucket-scan.ts';
import type { IdentityNames } from './producer-side.ts';
import type { Difference } from './reconcile.ts';
import { segmentsOf } from './topic-view.ts';

/** A record that should be there and is not, and why. `partition` and `offset` are −1 where they can't be told any more. */
export type LostRecord = AuditedRecord & Readonly<{ cause: Cause }>;

/** The two sides of a topic. `sources` null: the producers, who have no log. */
export type ComparedTopics = Readonly<{
  sources: readonly ScannedTopic[] | null;
  target: ScannedTopic;
  losses: readonly MirrorLoss[];
  names: IdentityNames;
}>;

/** A record of one of the sources. */
export type SourceSighting = Sighting & Readonly<{ source: ScannedTopic }>;

/** A difference as it is by now: `count` as in the difference; where its records lie on both sides. */
export type Counted = Readonly<{
  difference: Difference;
  ours: readonly SourceSighting[];
  theirs: readonly Sighting[];
  count: number;
}>;

type ResolvedLists = Readonly<{
  missing: readonly LostRecord[];
  extra: readonly AuditedRecord[];
  changed: readonly AuditedRecord[];
  explained: readonly ExplainedGap[];
}>;

/** Sorts differences into missing, extra, changed and explained. */
export class Resolution {
  readonly #topics: ComparedTopics;
  readonly #bucket: number;
  readonly #missing: LostRecord[] = [];
  readonly #extra: AuditedRecord[] = [];
  readonly #changed: AuditedRecord[] = [];
  readonly #explained: ExplainedGap[] = [];

  constructor(topics: ComparedTopics, bucket: number) {
    this.#topics = topics;
    this.#bucket = bucket;
  }

  lists(): ResolvedLists {
    return {
      missing: this.#missing.sort(byPlace),
      extra: this.#extra.sort(byPlace),
      changed: this.#changed.sort(byPlace),
      explained: joinedGaps(this.#explained),
    };
  }

  async take(counted: readonly Counted[]): Promise<void> {
    const rest = this.#pairChanged(counted);
    const [lacking, surplus] = [rest.filter(({ count }) => count > 0), rest.filter(({ count }) => count < 0)];
    await this.#takeMissing(lacking);
    await this.#takeExtra(surplus);
  }

  /** One identity, or one key, time and partition, with two contents of which each side has one. */
  #pairChanged(counted: readonly Counted[]): readonly Counted[] {
    const paired = new Set<Counted>();
    for (const nameOf of [identityText, placeText]) {
      const surplus = Map.groupBy(
        counted.filter((each) => each.count < 0 && each.ours.length === 0 && !paired.has(each)),
        nameOf,
      );
      for (const each of counted) {
        if (each.count <= 0 || each.theirs.length > 0 || paired.has(each)) continue;
        const name = nameOf(each);
        const partner = name === null ? undefined : surplus.get(name)?.shift();
        if (partner === undefined) continue;
        paired.add(each).add(partner);
        this.#changed.push(this.#record(each, each.ours[0] ?? partner.theirs[0]));
      }
    }
    return counted.filter((each) => !paired.has(each));
  }

  async #takeMissing(lacking: readonly Counted[]): Promise<void> {
    const sightings = lacking.flatMap(({ ours, theirs }) => (theirs.length === 0 ? ours : []));
    const reasons = new Map<Sighting, Cause>();
    for (const [source, own] of Map.groupBy(sightings, (sighting) => sighting.source))
      for (const [sighting, cause] of await explainedAbsences(source, this.#topics.target, own))
        reasons.set(sighting, cause);
    for (const each of lacking) {
      for (let copy = 0; copy < each.count; copy++) {
        const sighting = each.ours.at(-1 - copy);
        const cause = this.#causeOf(each, sighting, reasons);
        const record = this.#record(each, sighting);
        if (!isLegitimate(cause)) this.#missing.push({ ...record, cause });
        else this.#explain(cause, each, record);
      }
    }
  }

  async #takeExtra(surplus: readonly Counted[]): Promise<void> {
    const sightings = surplus.flatMap(({ ours, theirs }) => (ours.length === 0 ? theirs : []));
    const reasons = new Map<Sighting, Cause>(); // what one of the sources explains is explained
    for (const source of this.#topics.sources ?? []) {
      const open = sightings.filter((sighting) => !reasons.has(sighting));
      for (const [sighting, cause] of await explainedAbsences(this.#topics.target, source, open))
        reasons.set(sighting, cause);
    }
    for (const each of surplus) {
      for (let copy = 0; copy < -each.count; copy++) {
        const sighting = each.theirs.at(-1 - copy);
        const cause = sighting === undefined ? undefined : reasons.get(sighting);
        const record = this.#record(each, sighting);
        if (cause === undefined) this.#extra.push(record);
        else this.#explain(cause, each, record);
      }
    }
  }

  #causeOf(each: Counted, sighting: Sighting | undefined, reasons: ReadonlyMap<Sighting, Cause>): Cause {
    const { losses, target, sources } = this.#topics;
    if (sighting !== undefined) {
      const { partition, offset } = sighting;
      const loss = losses.find((one) => one.partition === partition && one.from <= offset && offset < one.to);
      if (loss !== undefined) return loss.cause;
      const reason = reasons.get(sighting);
      if (reason !== undefined) return reason;
    }
    if (this.#bucket < target.view.recreatedMs) return 'topic-recreated';
    if (sighting !== undefined || sources === null) return 'unknown';
    return this.#goneBecause(sources, each);
  }

  /** The source has recorded it and does not have it any more: its retention took it before it was copied, or its compaction did. */
  #goneBecause(sources: readonly ScannedTopic[], { difference: { partition } }: Counted): Cause {
    for (const { view, side, compacted } of sources) {
      for (const [index, stretch] of side?.stretches ?? []) {
        if (partition !== null && partition !== index) continue;
        const segments = segmentsOf(view, index, this.#bucket);
        if (segments.some(({ from }) => from < stretch.from)) return 'retention-overtook';
        if (segments.length > 0 && compacted) return 'compaction';
      }
    }
    return 'unknown';
  }

  #explain(cause: Cause, { difference }: Counted, { partition, offset }: AuditedRecord): void {
    if (offset >= 0) this.#explained.push({ cause, partition, from: offset, to: offset + 1 });
    else this.#explained.push({ cause, partition: difference.partition ?? -1, from: -1, to: -1 });
  }

  #record({ difference }: Counted, sighting: Sighting | undefined): AuditedRecord {
    const name = sighting?.identity ?? this.#topics.names.nameOf(difference.identity, this.#bucket);
    const identity = name === null ? {} : { identity: name };
    if (sighting === undefined)
      return { partition: difference.partition ?? -1, offset: -1, timestamp: this.#bucket, key: null, ...identity };
    const { partition, offset, timestamp, key } = sighting;
    return { partition, offset, timestamp, key: keyTextOf(key), ...identity };
  }
}

function identityText({ difference: { identity, content } }: Counted): string | null {
  const named = identity.high !== content.high || identity.low !== content.low;
  return named ? `${identity.high}/${identity.low}` : null;
}

function placeText({ ours, theirs }: Counted): string | null {
  const sighting = ours[0] ?? theirs[0];
  if (sighting === undefined) return null;
  return JSON.stringify([sighting.partition, sighting.timestamp, keyTextOf(sighting.key)]);
}

function isLegitimate(cause: Cause): boolean {
  return (legitimateCauses as readonly Cause[]).includes(cause);
}

function byPlace(a: AuditedRecord, b: AuditedRecord): number {
  const sequence = (record: AuditedRecord): number => record.identity?.sequence ?? -1;
  return a.partition - b.partition || a.offset - b.offset || sequence(a) - sequence(b);
}

function joinedGaps(gaps: readonly ExplainedGap[]): ExplainedGap[] {
  const joined: ExplainedGap[] = [];
  for (const gap of gaps.toSorted((a, b) => a.partition - b.partition || a.from - b.from)) {
    const last = joined.at(-1);
    const follows = last?.partition === gap.partition && last.cause === gap.cause && last.to >= gap.from;
    if (follows) joined[joined.length - 1] = { ...last, to: Math.max(last.to, gap.to) };
    else joined.push(gap);
  }
  return joined;
}
