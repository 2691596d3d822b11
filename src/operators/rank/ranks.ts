/** What a Top-N emits: changes of ranks, of which only those in its range are seen. */
import { op } from '../../model/column.ts';
import type { RankSpec } from '../../model/job-graph.ts';
import type { Row } from '../../model/row.ts';
import type { RowOutput } from '../rows/row-output.ts';

type Range = Pick<RankSpec, 'from' | 'to' | 'outputRank'>;

export class Ranks {
  /** Of the partition whose rows change. */
  to: number;
  /** Whether a row that changes its rank is seen to: it has the rank in it, or may enter or leave the range at its beginning. */
  readonly matter: boolean;
  readonly #from: number;
  readonly #outputRank: boolean;
  readonly #output: RowOutput;

  constructor({ from, to, outputRank }: Range, output: RowOutput) {
    this.to = to;
    this.matter = outputRank || from > 1;
    this.#from = from;
    this.#outputRank = outputRank;
    this.#output = output;
  }

  insert(row: Row, rank: number): void {
    this.#emit(op.insert, row, rank);
  }

  delete(row: Row, rank: number): void {
    this.#emit(op.delete, row, rank);
  }

  before(row: Row, rank: number): void {
    this.#emit(op.updateBefore, row, rank);
  }

  after(row: Row, rank: number): void {
    this.#emit(op.updateAfter, row, rank);
  }

  replace(before: Row, after: Row, rank: number): void {
    this.before(before, rank);
    this.after(after, rank);
  }

  #emit(change: number, row: Row, rank: number): void {
    if (rank < this.#from || rank > this.to) return;
    if (this.#outputRank) this.#output.addJoined(change, row, [rank]);
    else this.#output.add(change, row);
  }
}
