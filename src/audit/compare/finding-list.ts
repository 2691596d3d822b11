import { bucketStart } from '../bucket-account.ts';
import type { Explanation, Finding, FindingKind } from './verdict.ts';

export type KindCounts = Record<FindingKind, number>;

export const findingKinds = ['missing', 'extra', 'changed', 'reordered'] as const;

/** By partition, offset, and kind. */
export function byPlace(a: Finding, b: Finding): number {
  return (
    a.record.partition - b.record.partition ||
    a.record.offset - b.record.offset ||
    findingKinds.indexOf(a.kind) - findingKinds.indexOf(b.kind)
  );
}

/** Findings of which the first are kept, by place, and the others are counted, by bucket of event time. */
export class FindingList {
  readonly #most: number;
  readonly #bucketMs: number;
  readonly #rest = new Map<number, KindCounts>();
  #first: Finding[] = [];

  constructor(most: number, bucketMs: number) {
    this.#most = most;
    this.#bucketMs = bucketMs;
  }

  add(findings: readonly Finding[]): void {
    const all = [...this.#first, ...findings].sort(byPlace);
    this.#first = all.slice(0, this.#most);
    for (const { kind, record } of all.slice(this.#most))
      this.#counts(bucketStart(record.timestamp, this.#bucketMs))[kind]++;
  }

  /** Findings by bucket that nobody has kept. */
  count(rest: ReadonlyMap<number, KindCounts>): void {
    for (const [from, more] of rest) for (const kind of findingKinds) this.#counts(from)[kind] += more[kind];
  }

  #counts(from: number): KindCounts {
    const counts = this.#rest.get(from) ?? noFindings();
    this.#rest.set(from, counts);
    return counts;
  }

  get first(): readonly Finding[] {
    return this.#first;
  }

  get rest(): ReadonlyMap<number, KindCounts> {
    return this.#rest;
  }
}

export function noFindings(): KindCounts {
  return { missing: 0, extra: 0, changed: 0, reordered: 0 };
}

/** Explanations of one cause, partition and bucket as one, from the first offset to the last. */
export class ExplanationList {
  readonly #bucketMs: number;
  readonly #spans = new Map<string, { -readonly [K in keyof Explanation]: Explanation[K] }>();

  constructor(bucketMs: number) {
    this.#bucketMs = bucketMs;
  }

  add(explanations: readonly Explanation[]): void {
    for (const { cause, partition, from, to, time } of explanations) {
      const name = `${cause}/${partition}/${bucketStart(time, this.#bucketMs)}`;
      const span = this.#spans.get(name);
      if (span === undefined) this.#spans.set(name, { cause, partition, from, to, time });
      else {
        span.from = Math.min(span.from, from);
        span.to = Math.max(span.to, to);
      }
    }
  }

  get all(): readonly Explanation[] {
    return [...this.#spans.values()];
  }
}
