/**
 * Rows of accumulator cells by key: pages of typed arrays and an index with open addressing. Made for tens of millions of keys: no object
 * a row, and a snapshot takes references to the pages, of which cells are copied when they are written while it lives (copy on write).
 * Rows are never removed one by one; who is done with them drops the table.
 */
import type { Column } from '../model/column.ts';
import type { DataType } from '../model/types.ts';
import { allocateCells, type Cell, type CellColumn, copyCells, widenCells } from './cell-column.ts';
import { createKeyColumn, type KeyColumn } from './key-column.ts';
import { firstPageCapacity, pageMask, pageOf, pageRows, pageShift } from './table-page.ts';

/** Cells of up to `pageRows` rows. `epoch`: the snapshot after which its arrays are nobody else's. */
export type TablePage = { cells: CellColumn[]; hashes: Int32Array; epoch: number };

/** A page as it was: only the first `length` rows count. */
export type FrozenPage = Readonly<{ length: number; keys: readonly Column[]; cells: readonly CellColumn[] }>;

export interface TableSnapshot {
  readonly pages: readonly FrozenPage[];
  /** The pages are not read any more: writes need no copies. */
  release(): void;
}

const smallestIndexBits = 5;
const golden = 0x9e3779b1; // 2^32 / φ: spreads hashes whose low bits a key group has fixed

export class KeyedTable {
  readonly #keys: readonly KeyColumn[];
  readonly #cells: readonly Cell[];
  /** Row r has its cells in `pages[r >>> pageShift]` at `r & pageMask`. */
  readonly pages: TablePage[] = [];
  readonly #wide: boolean[];
  #slots = new Int32Array(2 << smallestIndexBits); // pairs of row + 1 (0 = empty) and hash: one cache line a look-up
  #bits = smallestIndexBits;
  #size = 0;
  #epoch = 0;
  #snapshots = 0;

  constructor(keyTypes: readonly DataType[], cells: readonly Cell[]) {
    this.#keys = keyTypes.map(createKeyColumn);
    this.#cells = cells;
    this.#wide = cells.map(() => false);
  }

  get size(): number {
    return this.#size;
  }

  /**
   * The row of each key at [from, to) of `keys`, whose hashes (state/key-group.ts) are given, into `rows` at the same place. Keys that are
   * new get a row with initial cells.
   */
  upsert(keys: readonly Column[], hashes: Int32Array, from: number, to: number, rows: Int32Array): void {
    for (let k = 0; k < keys.length; k++) this.#keys[k]!.bind(keys[k]!);
    for (let i = from; i < to; i++) rows[i] = this.#find(hashes[i]!, i);
  }

  /** To be called before cells of these rows are written. */
  beforeWrite(rows: Int32Array, from: number, to: number): void {
    if (this.#snapshots === 0) return;
    for (let i = from; i < to; i++) {
      const index = rows[i]! >>> pageShift;
      const page = this.pages[index]!;
      if (page.epoch === this.#epoch) continue;
      const capacity = page.hashes.length;
      page.cells = page.cells.map((column, c) => copyCells(this.#cells[c]!, column, capacity, capacity));
      page.epoch = this.#epoch;
    }
  }

  /** Makes an integer cell wide in every row. */
  widen(cell: number): void {
    if (this.#wide[cell]) return;
    this.#wide[cell] = true;
    for (const page of this.pages) {
      page.cells = page.cells.map((column, c) => (c === cell ? widenCells(this.#cells[c]!, column) : column));
    }
  }

  /** Pages of now; arrays are shared with the table. */
  frozenPages(): FrozenPage[] {
    return this.pages.map((page, index) => ({
      length: Math.min(pageRows, this.#size - index * pageRows),
      keys: this.#keys.map((column) => column.page(index)),
      cells: page.cells,
    }));
  }

  /** The hashes of a page's keys. */
  hashesOf(page: number): Int32Array {
    return this.pages[page]!.hashes;
  }

  /** The keys of some rows as columns of their own. */
  gatherKeys(rows: Int32Array, count: number): Column[] {
    return this.#keys.map((column) => column.gather(rows, count));
  }

  snapshot(): TableSnapshot {
    this.#epoch++;
    this.#snapshots++;
    const pages = this.frozenPages();
    let released = false;
    return {
      pages,
      release: () => {
        if (!released) this.#snapshots--;
        released = true;
      },
    };
  }

  /** Roughly. */
  bytes(): number {
    const perRow = 4 + this.#cells.length * 8;
    const rows = this.pages.reduce((sum, page) => sum + page.hashes.length, 0);
    return this.#slots.byteLength + rows * perRow + this.#keys.reduce((sum, column) => sum + column.bytes(), 0);
  }

  #find(hash: number, index: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (Math.imul(hash, golden) >>> (32 - this.#bits)) * 2;
    for (;;) {
      const row = slots[slot]! - 1;
      if (row < 0) return this.#append(hash, index, slot);
      if (slots[slot + 1] === hash && this.#equals(row, index)) return row;
      slot = (slot + 2) & mask;
    }
  }

  #equals(row: number, index: number): boolean {
    const keys = this.#keys;
    for (let k = 0; k < keys.length; k++) if (!keys[k]!.equals(row, index)) return false;
    return true;
  }

  #append(hash: number, index: number, slot: number): number {
    const row = this.#size++;
    const keys = this.#keys;
    for (let k = 0; k < keys.length; k++) keys[k]!.append(row, index);
    this.#pageFor(row).hashes[row & pageMask] = hash;
    this.#slots[slot] = row + 1;
    this.#slots[slot + 1] = hash;
    if (this.#size * 8 > this.#slots.length * 3) this.#growIndex(); // more than ¾ of the slots taken
    return row;
  }

  #pageFor(row: number): TablePage {
    const index = pageOf(row);
    const page = this.pages[index];
    if (page === undefined) return this.#newPage(index);
    const capacity = page.hashes.length;
    if ((row & pageMask) < capacity) return page;
    const larger = firstPageCapacity(index, capacity);
    page.cells = page.cells.map((column, c) => copyCells(this.#cells[c]!, column, capacity, larger));
    const hashes = new Int32Array(larger);
    hashes.set(page.hashes);
    page.hashes = hashes;
    page.epoch = this.#epoch;
    return page;
  }

  #newPage(index: number): TablePage {
    const capacity = firstPageCapacity(index, 0);
    const cells = this.#cells.map((cell, c) => allocateCells(cell, capacity, this.#wide[c]!));
    const page: TablePage = { cells, hashes: new Int32Array(capacity), epoch: this.#epoch };
    this.pages[index] = page;
    return page;
  }

  #growIndex(): void {
    const old = this.#slots;
    this.#bits++;
    const slots = new Int32Array(old.length * 2);
    const mask = slots.length - 1;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from] === 0) continue;
      let slot = (Math.imul(old[from + 1]!, golden) >>> (32 - this.#bits)) * 2;
      while (slots[slot] !== 0) slot = (slot + 2) & mask;
      slots[slot] = old[from]!;
      slots[slot + 1] = old[from + 1]!;
    }
    this.#slots = slots;
  }
}
