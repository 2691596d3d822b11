/** What became of the rows that an operator took in. */
import { type Fate, type Figures, fateFigures } from '../model/account.ts';

export class FateTally {
  /** By fate: for loops that count row by row. */
  readonly counts = new Float64Array(fateFigures.length);

  add(fate: Fate, rows: number): void {
    this.counts[fate]! += rows;
  }

  count(fate: Fate): number {
    return this.counts[fate]!;
  }

  figures(): Figures {
    return Object.fromEntries(fateFigures.map((name, i) => [name, this.counts[i]!]));
  }
}
