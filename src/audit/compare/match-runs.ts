import type { Mark } from './record-cursor.ts';

/** A stretch of one side: its first record is the `index`th; offsets and holes are those at its first and at its last record. */
type RunSide = {
  readonly index: number;
  readonly from: number;
  to: number;
  readonly holesFrom: number;
  holesTo: number;
};

/** Records that follow each other on both sides, `length` of them. */
export type MatchRun = { length: number; readonly source: RunSide; readonly target: RunSide };

/** Which records of the two sides are the same, as runs: a handful where little differs, however many records there are. */
export class MatchRuns {
  readonly runs: MatchRun[] = [];
  #matched = 0;

  /** How many pairs there are. */
  get matched(): number {
    return this.#matched;
  }

  /** A pair. */
  add(source: Mark, target: Mark): void {
    this.addBatch(source, source, target, target);
  }

  /** Pairs of a batch, from its first to its last. */
  addBatch(sourceFirst: Mark, sourceLast: Mark, targetFirst: Mark, targetLast: Mark): void {
    const length = sourceLast.index - sourceFirst.index + 1;
    this.#matched += length;
    const last = this.runs.at(-1);
    const continues =
      last !== undefined &&
      last.source.index + last.length === sourceFirst.index &&
      last.target.index + last.length === targetFirst.index;
    if (continues) {
      last.length += length;
      extend(last.source, sourceLast);
      extend(last.target, targetLast);
    } else {
      this.runs.push({ length, source: begin(sourceFirst, sourceLast), target: begin(targetFirst, targetLast) });
    }
  }
}

function begin(first: Mark, last: Mark): RunSide {
  return { index: first.index, from: first.offset, to: last.offset, holesFrom: first.holes, holesTo: last.holes };
}

function extend(side: RunSide, last: Mark): void {
  side.to = last.offset;
  side.holesTo = last.holes;
}

/** Runs of the same order on both sides, by place, and the fewest records that had to change places for that. */
export type OrderedRuns = Readonly<{ kept: readonly MatchRun[]; moved: readonly MatchRun[] }>;

/**
 * The heaviest set of runs that ascends on both sides is kept: what is left over are the fewest records whose moving explains the order. Of
 * two neighbours of one length that changed places either could have moved: both are named.
 */
export function orderedRuns(runs: readonly MatchRun[]): OrderedRuns {
  const sorted = runs.toSorted((a, b) => a.source.index - b.source.index);
  const kept = new Set(heaviestAscent(sorted));
  const moved = sorted.filter((run) => !kept.has(run));
  const partners = sorted.filter((run, i) => {
    const [before, after] = [sorted[i - 1], sorted[i + 1]];
    return (
      kept.has(run) && [before, after].some((other) => other !== undefined && !kept.has(other) && swapped(run, other))
    );
  });
  return {
    kept: sorted.filter((run) => kept.has(run)),
    moved: [...moved, ...partners].sort((a, b) => a.source.index - b.source.index),
  };
}

function swapped(a: MatchRun, b: MatchRun): boolean {
  const [first, second] = a.source.index < b.source.index ? [a, b] : [b, a];
  return (
    first.length === second.length &&
    first.source.index + first.length === second.source.index &&
    second.target.index + second.length === first.target.index
  );
}

/** Of runs that ascend in `source`, those of the largest total length that ascend in `target` too. */
function heaviestAscent(sorted: readonly MatchRun[]): MatchRun[] {
  if (sorted.every((run, i) => i === 0 || sorted[i - 1]!.target.index < run.target.index)) return [...sorted];
  const ranks = new Map(sorted.toSorted((a, b) => a.target.index - b.target.index).map((run, rank) => [run, rank + 1]));
  const weights = new Float64Array(sorted.length); // of the heaviest ascent that ends with a run
  const before = new Int32Array(sorted.length).fill(-1);
  const best = new Int32Array(sorted.length + 1).fill(-1); // a Fenwick tree over ranks: the run whose ascent is the heaviest
  const heavier = (a: number, b: number): number => (b < 0 || (a >= 0 && weights[a]! >= weights[b]!) ? a : b);
  let last = -1;
  sorted.forEach((run, i) => {
    let found = -1;
    for (let rank = ranks.get(run)! - 1; rank > 0; rank -= rank & -rank) found = heavier(found, best[rank]!);
    before[i] = found;
    weights[i] = run.length + (found < 0 ? 0 : weights[found]!);
    for (let rank = ranks.get(run)!; rank <= sorted.length; rank += rank & -rank) best[rank] = heavier(best[rank]!, i);
    last = heavier(last, i);
  });
  const ascent: MatchRun[] = [];
  for (let i = last; i >= 0; i = before[i]!) ascent.push(sorted[i]!);
  return ascent.reverse();
}
