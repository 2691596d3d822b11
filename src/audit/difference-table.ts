/**
 * An invertible Bloom lookup table (Eppstein, Goodrich, Uyeda, Varghese: What's the Difference?, SIGCOMM 2011): every record is added into
 * four cells, one in each quarter of the table. The tables of two tiers are subtracted; what both have is gone then, and the records that
 * make the difference are decoded from cells in which only one is left.
 *
 * A cell is eight words: count, sum of checks, sum of identities and sum of contents, the last two 96 bits wide: so a record that is left
 * several times is still found, as sum / count. A record that was changed has left two entries of one identity. The table decodes about
 * cells / 1.3 entries; with more it says so (`null`), and then a scan has to tell.
 */
import { assert } from '../model/errors.ts';
import { carryOf } from './add-sum.ts';
import { EntryHash } from './entry-hash.ts';
import type { Halves } from './record-hash.ts';

/** An entry that one side has `count` times more than the other; negative: fewer. */
export type TableDifference = Readonly<{ identity: Halves; content: Halves; count: number }>;

/** Words of a cell: where its parts are. */
const cellWords = 8;
const [checkAt, identityAt, contentAt] = [1, 2, 5];
const quarters = 4;
export const mostCells = 65_536;

export class DifferenceTable {
  /** Cells of eight words each: as they are persisted. */
  readonly words: Int32Array;
  readonly #quarter: number;

  /** `cells`: a multiple of four. */
  constructor(cells: number) {
    const fits = cells % quarters === 0 && cells > 0 && cells <= mostCells;
    assert(fits, () => `cells: expected a multiple of ${quarters} up to ${mostCells}, got ${cells}`);
    this.words = new Int32Array(cells * cellWords);
    this.#quarter = cells / quarters;
  }

  get cells(): number {
    return this.words.length / cellWords;
  }

  add(entry: EntryHash): void {
    for (let quarter = 0; quarter < quarters; quarter++) addEntry(this.words, this.#cellAt(entry, quarter), entry);
  }

  merge(other: DifferenceTable): void {
    this.#combine(other, 1n);
  }

  subtract(other: DifferenceTable): void {
    this.#combine(other, -1n);
  }

  clone(): DifferenceTable {
    const copy = new DifferenceTable(this.cells);
    copy.words.set(this.words);
    return copy;
  }

  /** The entries left in it, in no order; null when there are more than it can tell apart. */
  decode(): TableDifference[] | null {
    const rest = this.clone();
    const found: TableDifference[] = [];
    const entry = new EntryHash();
    const limit = this.cells * quarters; // a false find would otherwise go on and on
    let waiting = Array.from({ length: this.cells }, (_, cell) => cell);
    while (waiting.length > 0 && found.length <= limit) {
      const touched = new Set<number>();
      for (const cell of waiting) {
        const difference = rest.#pure(cell, entry);
        if (difference === null) continue;
        found.push(difference);
        for (const other of rest.#remove(entry, difference.count)) touched.add(other);
      }
      waiting = [...touched];
    }
    return rest.words.every((word) => word === 0) ? merged(found) : null;
  }

  /** The one entry of a cell, if it is one, `count` times: it gives the cell's check, and belongs there. */
  #pure(cell: number, entry: EntryHash): TableDifference | null {
    const at = cell * cellWords;
    const count = this.words[at]!;
    if (count === 0) return null;
    const identity = divided(wide(this.words, at + identityAt), count);
    const content = divided(wide(this.words, at + contentAt), count);
    if (identity === null || content === null) return null;
    entry.set(identity.high, identity.low, content.high, content.low);
    if (Math.imul(entry.check, count) !== this.words[at + checkAt]!) return null;
    const belongs = this.#cellAt(entry, Math.floor(cell / this.#quarter)) === at;
    return belongs ? { identity, content, count } : null;
  }

  /** Takes `count` copies of an entry out; returns its cells. */
  #remove(entry: EntryHash, count: number): number[] {
    const cells: number[] = [];
    for (let quarter = 0; quarter < quarters; quarter++) {
      const at = this.#cellAt(entry, quarter);
      this.words[at]! -= count;
      this.words[at + checkAt]! -= Math.imul(entry.check, count);
      subtractWide(this.words, at + identityAt, joined(entry.identityHigh, entry.identityLow) * BigInt(count));
      subtractWide(this.words, at + contentAt, joined(entry.contentHigh, entry.contentLow) * BigInt(count));
      cells.push(at / cellWords);
    }
    return cells;
  }

  #combine(other: DifferenceTable, sign: 1n | -1n): void {
    assert(this.cells === other.cells, () => `tables of ${this.cells} and ${other.cells} cells do not go together`);
    for (let at = 0; at < this.words.length; at += cellWords) {
      this.words[at]! += Number(sign) * other.words[at]!;
      this.words[at + checkAt]! += Number(sign) * other.words[at + checkAt]!;
      for (const part of [identityAt, contentAt])
        subtractWide(this.words, at + part, -sign * wide(other.words, at + part));
    }
  }

  /** Where the words of an entry's cell in that quarter begin: 16 bits of its hash choose it. */
  #cellAt(entry: EntryHash, quarter: number): number {
    const half = quarter < 2 ? entry.high : entry.low;
    const piece = (quarter & 1) === 0 ? half >>> 16 : half & 0xffff;
    return (quarter * this.#quarter + ((piece * this.#quarter) >>> 16)) * cellWords;
  }
}

/** An entry may have been found in pieces, when a false sum came between. */
function merged(found: readonly TableDifference[]): TableDifference[] {
  const entries = Map.groupBy(found, ({ identity, content }) =>
    [identity.high, identity.low, content.high, content.low].join(),
  );
  return [...entries.values()]
    .map((same) => ({ ...same[0]!, count: same.reduce((sum, { count }) => sum + count, 0) }))
    .filter(({ count }) => count !== 0);
}

function addEntry(words: Int32Array, at: number, entry: EntryHash): void {
  words[at]! += 1;
  words[at + checkAt]! += entry.check;
  addWide(words, at + identityAt, entry.identityHigh, entry.identityLow);
  addWide(words, at + contentAt, entry.contentHigh, entry.contentLow);
}

/** Adds an unsigned 64-bit number to the 96 bits at `at`, the low word first. */
function addWide(words: Int32Array, at: number, high: number, low: number): void {
  const first = words[at]!;
  const second = words[at + 1]!;
  const firstSum = (first + low) | 0;
  const secondSum = (second + high + carryOf(first, low, firstSum)) | 0;
  words[at] = firstSum;
  words[at + 1] = secondSum;
  words[at + 2]! += carryOf(second, high, secondSum);
}

/** The signed 96 bits at `at`. */
function wide(words: Int32Array, at: number): bigint {
  return (BigInt(words[at + 2]!) << 64n) | joined(words[at + 1]!, words[at]!);
}

function subtractWide(words: Int32Array, at: number, value: bigint): void {
  const rest = wide(words, at) - value;
  words[at] = Number(BigInt.asIntN(32, rest));
  words[at + 1] = Number(BigInt.asIntN(32, rest >> 32n));
  words[at + 2] = Number(BigInt.asIntN(32, rest >> 64n));
}

function joined(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** An unsigned 64-bit number that is `sum` when taken `count` times; null when there is none. */
function divided(sum: bigint, count: number): Halves | null {
  const quotient = sum / BigInt(count);
  if (quotient * BigInt(count) !== sum || quotient < 0n || quotient >= 2n ** 64n) return null;
  return { high: Number(BigInt.asIntN(32, quotient >> 32n)), low: Number(BigInt.asIntN(32, quotient)) };
}
