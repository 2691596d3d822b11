import type { OffsetRun, OffsetRuns } from '../model/offset-runs.ts';
import { runsPerChunk } from './run-chunks.ts';

/** The offset runs of a partition, made longer at their end at little cost. */
export class RunLog {
  readonly #runs: OffsetRun[];
  #droppedChunks: number;

  constructor(runs: OffsetRuns, droppedChunks = 0) {
    this.#runs = [...runs];
    this.#droppedChunks = droppedChunks;
  }

  /** How many chunks of runs have been dropped before those that are here. */
  get droppedChunks(): number {
    return this.#droppedChunks;
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

  /** Drops chunks that lie before the source's first record: nobody goes on from there. */
  dropBefore(sourceOffset: number): void {
    let chunks = 0;
    const isGone = (n: number): boolean => {
      const last = this.#runs[(n + 1) * runsPerChunk - 1];
      return last !== undefined && last.sourceTo <= sourceOffset && (n + 1) * runsPerChunk < this.#runs.length;
    };
    while (isGone(chunks)) chunks++;
    if (chunks === 0) return;
    this.#runs.splice(0, chunks * runsPerChunk);
    this.#droppedChunks += chunks;
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
