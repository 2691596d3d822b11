/** The rows of a match as its expressions see them: by variable, from the first or the last. */
import type { Row } from '../../model/row.ts';
import { type Taken, takenRows } from './partial-match.ts';

/** A row that is not taken yet, looked at as if it were one of the variable's. */
export type Candidate = Readonly<{ variable: string; row: Row }>;

export class MatchRows {
  /** The time of the row that is at work. */
  readonly timeMs: number;
  readonly #last: Taken | null;
  readonly #candidate: Candidate | null;
  readonly #lists = new Map<string | null, readonly Row[]>();

  constructor(last: Taken | null, candidate: Candidate | null, timeMs: number) {
    this.#last = last;
    this.#candidate = candidate;
    this.timeMs = timeMs;
  }

  /** `variable` null: any. */
  all(variable: string | null): readonly Row[] {
    let list = this.#lists.get(variable);
    if (list === undefined) {
      const taken = takenRows(this.#last).filter((row) => variable === null || row.variable === variable);
      const rows = taken.map(({ event }) => event.row);
      list = this.#isOf(variable) ? [...rows, this.#candidate!.row] : rows;
      this.#lists.set(variable, list);
    }
    return list;
  }

  first(variable: string | null, offset: number): Row | null {
    return this.all(variable)[offset] ?? null;
  }

  /** Goes back from the end: as a rule what is asked for is near. */
  last(variable: string | null, offset: number): Row | null {
    let left = offset;
    if (this.#isOf(variable) && left-- === 0) return this.#candidate!.row;
    for (let taken = this.#last; taken !== null; taken = taken.previous) {
      if ((variable === null || taken.variable === variable) && left-- === 0) return taken.event.row;
    }
    return null;
  }

  #isOf(variable: string | null): boolean {
    return this.#candidate !== null && (variable === null || this.#candidate.variable === variable);
  }
}
