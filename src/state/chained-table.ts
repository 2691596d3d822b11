/**
 * Rows of cells of which a key may have several: a chain from the newest to the oldest, in an order that the caller keeps. As the keyed table
 * it lies in pages of typed arrays behind an index with open addressing, no object a row, and snapshots take pages copy on write; but rows
 * are removed, and their places used again.
 */
import type { Column } from '../model/column.ts';
import { assert } from '../model/errors.ts';
import type { DataType } from '../model/types.ts';
import { allocateCells, type Cell, type CellColumn, copyCells, resetCell, widenCells } from './cell-column.ts';
import { HashIndex } from './hash-index.ts';
import { createKeyColumn, type KeyColumn } from './key-column.ts';
import type { TablePage } from './keyed-table.ts';
import { firstPageCapacity, pageMask, pageOf, pageRows, pageShift } from './table-page.ts';

/** `older`, `newer`: neighbours in the chain, −1 = none. Free rows are chained by `older`. `keyEpoch`: as `epoch`, of the key columns. */
type ChainPage = TablePage & { older: Int32Array; newer: Int32Array; live: Uint8Array; keyEpoch: number };

/** Rows of a page as they were: `rows` of its arrays. */
export type FrozenRows = Readonly<{ rows: Int32Array; keys: readonly Column[]; cells: readonly CellColumn[] }>;

export interface ChainSnapshot {
  pages(): Iterable<FrozenRows>;
  release(): void;
}

export class ChainedTable {
  readonly #keys: readonly KeyColumn[];
  readonly #cells: readonly Cell[];
  readonly pages: ChainPage[] = [];
  readonly #wide: boolean[];
  /** Of the newest row of each key. */
  readonly #index = new HashIndex();
  #used = 0;
  #free = -1;
  #size = 0;
  #epoch = 0;
  #snapshots = 0;

  constructor(keyTypes: readonly DataType[], cells: readonly Cell[]) {
    this.#keys = keyTypes.map(createKeyColumn);
    this.#cells = cells;
    this.#wide = cells.map(() => false);
  }

  /** Rows that are in a chain. */
  get size(): number {
    return this.#size;
  }

  /** The columns that the indexes of `newest` and `insert` mean from now on. */
  bind(keys: readonly Column[]): void {
    for (let k = 0; k < keys.length; k++) this.#keys[k]!.bind(keys[k]!);
  }

  /** The newest row of a key whose hash is given; −1: it has none. */
  newest(hash: number, index: number): number {
    return this.#index.find(hash, index, this);
  }

  /** The next older row of the same key; −1: there is none. */
  older(row: number): number {
    return this.pages[row >>> pageShift]!.older[row & pageMask]!;
  }

  /** A new row for a key, between `newer` and `older` of its chain (−1: at that end), its cells at their initial values. */
  insert(hash: number, index: number, newer: number, older: number): number {
    const row = this.#take();
    const page = this.pages[pageOf(row)]!;
    const offset = row & pageMask;
    for (let k = 0; k < this.#keys.length; k++) this.#keys[k]!.append(row, index);
    page.hashes[offset] = hash;
    page.live[offset] = 1;
    page.older[offset] = older;
    page.newer[offset] = newer;
    if (older >= 0) this.pages[pageOf(older)]!.newer[older & pageMask] = row;
    if (newer >= 0) this.pages[pageOf(newer)]!.older[newer & pageMask] = row;
    else if (older >= 0) this.#index.replace(hash, older, row);
    else this.#index.add(hash, row);
    this.#size++;
    return row;
  }

  isLive(row: number): boolean {
    return this.pages[pageOf(row)]!.live[row & pageMask] === 1;
  }

  /** Takes a row out of its chain. Its place is not used again before `release`. */
  unlink(row: number): void {
    const page = this.pages[pageOf(row)]!;
    const offset = row & pageMask;
    assert(page.live[offset] === 1, () => `row ${row} is unlinked twice`);
    const [older, newer, hash] = [page.older[offset]!, page.newer[offset]!, page.hashes[offset]!];
    if (older >= 0) this.pages[pageOf(older)]!.newer[older & pageMask] = newer;
    if (newer >= 0) this.pages[pageOf(newer)]!.older[newer & pageMask] = older;
    else if (older >= 0) this.#index.replace(hash, row, older);
    else this.#index.remove(hash, row);
    page.live[offset] = 0;
    this.#size--;
  }

  /** The place of an unlinked row may be used again. */
  release(row: number): void {
    this.#ownKeys(pageOf(row));
    for (const column of this.#keys) column.remove(row);
    this.pages[pageOf(row)]!.older[row & pageMask] = this.#free;
    this.#free = row;
  }

  /** To be called before cells of a row are written. */
  beforeWrite(row: number): void {
    if (this.#snapshots === 0) return;
    const page = this.pages[pageOf(row)]!;
    if (page.epoch === this.#epoch) return;
    const capacity = page.hashes.length;
    page.cells = page.cells.map((column, c) => copyCells(this.#cells[c]!, column, capacity, capacity));
    page.epoch = this.#epoch;
  }

  /** Makes an integer cell wide in every row. */
  widen(cell: number): void {
    if (this.#wide[cell]) return;
    this.#wide[cell] = true;
    for (const page of this.pages) {
      page.cells = page.cells.map((column, c) => (c === cell ? widenCells(this.#cells[c]!, column) : column));
    }
  }

  /** The keys of some rows as columns of their own. */
  gatherKeys(rows: Int32Array, count: number): Column[] {
    return this.#keys.map((column) => column.gather(rows, count));
  }

  /** The cells of some rows as columns of their own. */
  gatherCells(rows: Int32Array, count: number): CellColumn[] {
    return this.#cells.map((cell, c) => {
      const target = allocateCells(cell, count, this.#wide[c]!);
      for (let i = 0; i < count; i++) {
        const source = this.pages[rows[i]! >>> pageShift]!.cells[c]!;
        const place = rows[i]! & pageMask;
        target.values[i] = source.values[place] as never;
        if (target.nulls !== null) target.nulls[i] = source.nulls![place]!;
      }
      return target;
    });
  }

  snapshot(): ChainSnapshot {
    this.#epoch++;
    this.#snapshots++;
    const frozen = this.pages.map((page, index) => ({
      live: page.live.slice(),
      keys: this.#keys.map((column) => column.page(index)),
      cells: page.cells,
    }));
    let released = false;
    return {
      *pages() {
        for (const { live, keys, cells } of frozen) yield { rows: placesOf(live), keys, cells };
      },
      release: () => {
        if (!released) this.#snapshots--;
        released = true;
      },
    };
  }

  /** Roughly. */
  bytes(): number {
    const perRow = 4 + 4 + 4 + 1 + this.#cells.reduce((sum, { initial }) => sum + 8 + (initial === null ? 1 : 0), 0);
    const rows = this.pages.reduce((sum, page) => sum + page.hashes.length, 0);
    return this.#index.bytes() + rows * perRow + this.#keys.reduce((sum, column) => sum + column.bytes(), 0);
  }

  /** Whether the key of a row is that of the bound columns' row `index`. */
  equals(row: number, index: number): boolean {
    const keys = this.#keys;
    for (let k = 0; k < keys.length; k++) if (!keys[k]!.equals(row, index)) return false;
    return true;
  }

  /** A place for a row. */
  #take(): number {
    const row = this.#free;
    if (row < 0) {
      this.#roomFor(this.#used);
      return this.#used++;
    }
    const index = pageOf(row);
    this.#free = this.pages[index]!.older[row & pageMask]!;
    this.#ownKeys(index);
    this.beforeWrite(row);
    const { cells } = this.pages[index]!;
    for (let c = 0; c < cells.length; c++) resetCell(this.#cells[c]!, cells[c]!, row & pageMask);
    return row;
  }

  /** Before a place of the page is used again, or its key forgotten. */
  #ownKeys(index: number): void {
    const page = this.pages[index]!;
    if (this.#snapshots === 0 || page.keyEpoch === this.#epoch) return;
    for (const column of this.#keys) column.detach(index);
    page.keyEpoch = this.#epoch;
  }

  #roomFor(row: number): void {
    const index = pageOf(row);
    const page = this.pages[index];
    const capacity = page?.hashes.length ?? 0;
    if ((row & pageMask) < capacity) return;
    const larger = firstPageCapacity(index, capacity);
    this.pages[index] = page === undefined ? this.#newPage(larger) : this.#grown(page, capacity, larger);
  }

  #newPage(capacity: number): ChainPage {
    return {
      cells: this.#cells.map((cell, c) => allocateCells(cell, capacity, this.#wide[c]!)),
      hashes: new Int32Array(capacity),
      older: new Int32Array(capacity),
      newer: new Int32Array(capacity),
      live: new Uint8Array(capacity),
      epoch: this.#epoch,
      keyEpoch: this.#epoch,
    };
  }

  #grown(page: ChainPage, capacity: number, larger: number): ChainPage {
    const grown = this.#newPage(larger);
    grown.cells = page.cells.map((column, c) => copyCells(this.#cells[c]!, column, capacity, larger));
    grown.hashes.set(page.hashes);
    grown.older.set(page.older);
    grown.newer.set(page.newer);
    grown.live.set(page.live);
    grown.keyEpoch = page.keyEpoch;
    return grown;
  }
}

function placesOf(live: Uint8Array): Int32Array {
  const places = new Int32Array(pageRows);
  let count = 0;
  for (let i = 0; i < live.length; i++) if (live[i] === 1) places[count++] = i;
  return places.subarray(0, count);
}
