import type { OffsetRun, OffsetRuns } from '../model/offset-runs.ts';

/** The offset runs of a partition, made longer at their end at little cost. */
export class RunLog {
  readonly #runs: OffsetRun[];

  constructor(runs: OffsetRuns) {
    this.#runs = [...runs];
  }

  /** As it stands; valid until the next change. */
  get runs(): OffsetRuns {
    return this.#runs;
  }

  /** The same as `withStretch`, in place. */
  append(stretch: OffsetRun): void {
    if (stretch.sourceTo <= stretch.sourceFrom) return;
    const last = this.#runs.at(-1);
    const continues =
      last !== undefined &&
      last.sourceTo === stretch.sourceFrom &&
      last.targetFrom + (last.sourceTo - last.sourceFrom) === stretch.targetFrom;
    if (continues) this.#runs[this.#runs.length - 1] = { ...last, sourceTo: stretch.sourceTo };
    else this.#runs.push(stretch);
  }

  /** Forgets what the source no longer has: from `sourceOffset` on. */
  cutSource(sourceOffset: number): void {
    this.#cut(({ sourceFrom }) => sourceOffset - sourceFrom);
  }

  /** Forgets what the target no longer has: from `targetOffset` on. */
  cutTarget(targetOffset: number): void {
    this.#cut(({ targetFrom }) => targetOffset - targetFrom);
  }

  /** `kept` says how many of a run's records stay. */
  #cut(kept: (run: OffsetRun) => number): void {
    for (let last = this.#runs.at(-1); last !== undefined; last = this.#runs.at(-1)) {
      const count = kept(last);
      if (count >= last.sourceTo - last.sourceFrom) return;
      this.#runs.pop();
      if (count <= 0) continue;
      this.#runs.push({ ...last, sourceTo: last.sourceFrom + count });
      return;
    }
  }
}
